"""Rows out of CSV and Excel files, and rows back into them (表格): the one door for data that clerks keep in tables."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

MAX_BYTES = 20 * 1024 * 1024
"""Largest file that is read; a county's whole catalogue is under 2 MiB."""


MAX_UNPACKED = 200 * 1024 * 1024
"""Most bytes that an Excel file may unpack to: a few kilobytes can be made to hold gigabytes."""
MOST_COLUMNS = 200
"""Columns that are read; one stray cell far to the right would make every row sixteen thousand cells long."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, told so that the person who keeps the file can mend it."""

    row: int
    """Row number as the table program shows it (the header is row 1); 0 = the file as a whole."""
    column: str
    why: str
    advice: str

    def __str__(self) -> str:
        place = f"第{self.row}行" if self.row else "整个文件"
        return f"{place}{f' {self.column} 列' if self.column else ''}: {self.why};{self.advice}"


class Unusable(ValueError):
    """The file is no table that we read; ``problem`` says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its number as shown to people, and its cells as trimmed text."""

    number: int
    cells: Mapping[str, str]


def read(content: bytes, filename: str) -> list[Row]:
    """Give the rows of a CSV or XLSX file, blank lines left out; raise :class:`Unusable` if it is neither."""
    if len(content) > MAX_BYTES:
        raise Unusable(Problem(0, "", "文件超过20MB", "请删去图片和空白页后重试"))
    lines = _xlsx(content) if content[:2] == b"PK" else list(_csv(content, filename))
    if not lines:
        raise Unusable(Problem(0, "", "文件是空的", "请检查是否选错了文件"))
    header = [cell.strip() for cell in lines[0]]
    doubled = {name for name in header if name and header.count(name) > 1}
    if doubled:
        raise Unusable(Problem(1, "、".join(sorted(doubled)), "列名重复", "请每个列名只保留一列"))
    body = enumerate(lines[1:], start=2)
    return [Row(number, _cells(header, line)) for number, line in body if any(cell.strip() for cell in line)]


def _cells(header: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    return {name: cell.strip() for name, cell in zip_longest(header, line[: len(header)], fillvalue="") if name}


def _csv(content: bytes, filename: str) -> Iterator[list[str]]:
    # Excel in China saves "CSV" as GB18030; "CSV UTF-8" carries a byte-order mark. Both are read.
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            problem = Problem(0, "", f"“{filename}”不是文字表格", "请另存为“CSV UTF-8”或 Excel(.xlsx)")
            raise Unusable(problem) from error
    if "\x00" in text:
        raise Unusable(Problem(0, "", f"“{filename}”不是文字表格", "请另存为“CSV UTF-8”或 Excel(.xlsx)"))
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise Unusable(Problem(0, "", f"引号或逗号不配对({error})", "请用表格软件打开后重新保存")) from error


def _xlsx(content: bytes) -> list[list[str]]:
    from openpyxl import load_workbook  # 150 ms to import, needed by few commands

    try:
        if sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(content)).infolist()) > MAX_UNPACKED:
            raise Unusable(Problem(0, "", "Excel 文件里的内容太多", "请删去图片和空白页后重试"))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            # The sheet itself is only unpacked while its rows are read: what is torn there shows here.
            lines = book.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS)
            return [[_cell(value) for value in line] for line in lines]
        finally:
            book.close()
    except Unusable:
        raise
    except Exception as error:  # openpyxl raises a dozen kinds for a broken file; each means the same to the clerk
        raise Unusable(Problem(0, "", "不是完好的Excel文件", "请用表格软件打开后另存为 .xlsx")) from error


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "date") and hasattr(value, "isoformat"):
        return str(value.date().isoformat())
    return str(value)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a CSV text with ``header``; a cell that a table program would run as a formula is quoted with a tab."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return "\t" + cell if cell[:1] in ("=", "+", "-", "@") and not cell[1:].replace(".", "", 1).isdigit() else cell
