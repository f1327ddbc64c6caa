"""Tables of clerks: CSV as Excel saves it in China, Excel itself, and everything that is neither."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from knowledge import sheets
from knowledge.sheets import MAX_UNPACKED, Problem, Unusable, read, write_csv

TABLE = "code,name,aliases\nMZ-001,低保, 吃低保;五保 \n\nHJ-001,出生登记,\n"
CELLS = [
    (2, {"code": "MZ-001", "name": "低保", "aliases": "吃低保;五保"}),
    (4, {"code": "HJ-001", "name": "出生登记", "aliases": ""}),
]


def cells(content: bytes, name: str = "items.csv") -> list[tuple[int, dict[str, str]]]:
    return [(row.number, dict(row.cells)) for row in read(content, name)]


def a_book(*lines: list[object]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_is_read_as_it_was_saved(encoding: str, newline: str) -> None:
    assert cells(TABLE.replace("\n", newline).encode(encoding)) == CELLS


def test_excel_gives_the_same_rows_under_any_file_name() -> None:
    book = a_book(["code", "name", "aliases"], ["MZ-001", "低保", " 吃低保;五保 "], [], ["HJ-001", "出生登记", None])

    assert cells(book, "items.xlsx") == CELLS
    assert cells(book, "items.csv") == CELLS


def test_numbers_and_dates_of_excel_are_written_as_people_write_them() -> None:
    book = a_book(["a", "b", "c", "d"], [30, 30.0, 1.5, datetime(2026, 10, 1)], [date(2026, 3, 2), True, 0, "007"])  # noqa: DTZ001

    assert [list(row.cells.values()) for row in read(book, "x.xlsx")] == [
        ["30", "30", "1.5", "2026-10-01"],
        ["2026-03-02", "True", "0", "007"],
    ]


def test_short_and_long_lines_and_nameless_columns_are_survived() -> None:
    assert cells(b"code,name,\nA\nB,two,nameless,extra\n,,\n") == [
        (2, {"code": "A", "name": ""}),
        (3, {"code": "B", "name": "two"}),
    ]


@pytest.mark.parametrize(
    ("content", "row", "why"),
    [
        (b"", 0, "空的"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", 0, "不是文字表格"),
        (b"code,name\nA,\x00\n", 0, "不是文字表格"),
        (b"PK\x03\x04", 0, "Excel"),
        (b'code,name\n"A,B\n', 0, "引号"),
        (b"code,name,code\n", 1, "列名重复"),
        (b"x" * (sheets.MAX_BYTES + 1), 0, "20MB"),
    ],
    ids=["empty", "picture", "zero byte", "torn book", "quote", "doubled column", "too large"],
)
def test_what_is_no_table_is_refused_with_reason_and_advice(content: bytes, row: int, why: str) -> None:
    with pytest.raises(Unusable, match=why) as refused:
        read(content, "items.csv")

    assert (refused.value.problem.row, bool(refused.value.problem.advice)) == (row, True)


def test_a_zip_that_is_no_book_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("hello.txt", "hello")

    with pytest.raises(Unusable, match="Excel"):
        read(out.getvalue(), "items.xlsx")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    rows = []
    with contextlib.suppress(Unusable):
        rows = read(content, "x.csv")

    assert [row.number for row in rows] == sorted({row.number for row in rows})


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "\t=1+1"),
        ("@SUM(A1)", "\t@SUM(A1)"),
        ("+cmd", "\t+cmd"),
        ("-只能本人", "\t-只能本人"),
        ("-5", "-5"),
        ("+1.5", "+1.5"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_cell_that_a_table_program_would_run_is_disarmed(cell: str, written: str) -> None:
    (_, line) = csv.reader(io.StringIO(write_csv(["a", "b"], [[cell, "x"]])))

    assert line == [written, "x"]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8), min_size=2, max_size=2))
def test_what_is_written_is_read_back(line: list[str]) -> None:
    text = write_csv(["a", "b"], [line])

    rows = read(text.encode(), "x.csv")

    assert [list(row.cells.values()) for row in rows] == (
        [[cell.strip() for cell in line]] if any(c.strip() for c in line) else []
    )


def test_a_problem_tells_its_place() -> None:
    assert str(Problem(3, "code", "不对", "请改")) == "第3行 code 列: 不对;请改"
    assert str(Problem(0, "", "空的", "请换")) == "整个文件: 空的;请换"


def test_an_excel_file_that_unpacks_to_far_more_than_it_is_gets_a_sentence() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(5):
            archive.writestr(f"xl/media/{number}.bin", bytes(MAX_UNPACKED // 4))

    with pytest.raises(Unusable, match="内容太多"):
        read(packed.getvalue(), "items.xlsx")
