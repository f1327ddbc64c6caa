"""The office's tables: CSV or Excel, imported whole or not at all, every bad row named, exported as they came."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from api.export import items_csv
from knowledge import sheets
from knowledge.catalogue import compare
from knowledge.importing import calendar_from_rows
from knowledge.sheets import Unusable
from tests.flows.test_catalogue import TABLE, report_of

LINES = list(csv.reader(io.StringIO(TABLE.decode("utf-8-sig"))))


def as_csv(lines: list[list[str]], encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode(encoding)


def as_xlsx(lines: list[list[Any]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append([int(cell) if str(cell).isdecimal() else cell for cell in line])
    book.save(out)
    return out.getvalue()


def with_cells(cells: Mapping[str, str], *, line: int) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(LINES[0], LINES[line], strict=True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_any_encoding_and_excel_give_equal_items(encoding: str) -> None:
    shipped = report_of(TABLE)

    assert shipped.ok
    assert len(shipped.rows) == len(LINES) - 1
    assert report_of(as_csv(LINES, encoding)).rows == shipped.rows
    assert report_of(as_xlsx(LINES[:30]), "items.xlsx").rows == shipped.rows[:29]


BAD: dict[str, tuple[dict[str, str], str]] = {
    "a code that is none": ({"code": "XK1"}, "code"),
    "a code used before": ({"code": LINES[1][0]}, "code"),
    "no code": ({"code": ""}, "code"),
    "materials that are no JSON": ({"materials": "[{"}, "materials"),
    "materials that are no list": ({"materials": '{"name": "x"}'}, "materials"),
    "a material without a name": ({"materials": '[{"form": "原件"}]'}, "materials"),
    "copies without end": ({"materials": '[{"name": "x", "copies": 99}]'}, "materials"),
    "a strange unit of days": ({"day_unit": "天"}, "day_unit"),
    "a strange kind of case": ({"case_type": "快办件"}, "case_type"),
    "a strange word for proxy": ({"proxyable": "可以"}, "proxyable"),
    "a promise longer than the law": ({"legal_days": "5", "promised_days": "9"}, "promised_days"),
    "days in words": ({"legal_days": "二十"}, "legal_days"),
    "bookable without a length": ({"bookable": "Y", "slot_minutes": ""}, "slot_minutes"),
    "a hall that does not exist": ({"at_donghua": "H-NOWHERE"}, "at_donghua"),
    "nowhere to go": ({"at_yulu": ""}, "at_yulu"),
    "no fee": ({"fee": ""}, "fee"),
    "too many visits": ({"visits": "12"}, "visits"),
}


def test_each_bad_row_is_named_with_column_reason_and_advice() -> None:
    lines = [LINES[0], LINES[1], *(with_cells(cells, line=n) for n, (cells, _) in enumerate(BAD.values(), start=2))]

    report = report_of(as_csv(lines))

    assert not report.ok
    assert len(report.rows) == 1
    told = {(problem.row, problem.column): problem for problem in report.problems}
    for row, (name, (_, column)) in enumerate(BAD.items(), start=3):
        assert (row, column) in told, name
        assert told[row, column].why
        assert told[row, column].advice
        assert str(told[row, column]).startswith(f"第{row}行 {column} 列: ")
    assert len(report.problems) == len(BAD)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "空的"),
        (b"\xff\xfe\x00\x01" * 9, "不是文字表格"),
        (b"PK\x03\x04broken", "Excel"),
        (b'code,name\n"XK', "引号"),
        (b"code,code\n1,2\n", "列名重复"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(Unusable, match=said):
        report_of(content)


@pytest.mark.parametrize("column", ["at_yulu", "fee", "legal_basis", "materials", "slot_minutes"])
def test_a_missing_column_is_told_once(column: str) -> None:
    lines = [[cell for cell, name in zip(line, LINES[0], strict=True) if name != column] for line in LINES]

    (problem,) = report_of(as_csv(lines)).problems

    assert (problem.row, problem.column, problem.why) == (1, column, "缺这一列")


def test_a_table_of_a_header_alone_has_no_rows() -> None:
    (problem,) = report_of(as_csv(LINES[:1])).problems

    assert (problem.row, problem.why) == (0, "没有数据行")


def test_a_book_whose_sheet_is_torn_is_no_sound_excel_file() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(LINES[:3]))) as whole, zipfile.ZipFile(out, "w") as torn:
        for name in whole.namelist():
            torn.writestr(name, whole.read(name)[: 300 if "sheet1" in name else None])

    for content in (out.getvalue(), as_xlsx(LINES[:3])[:900]):
        with pytest.raises(Unusable, match="不是完好的Excel文件"):
            report_of(content, "items.xlsx")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2027-02-06", date(2027, 2, 6)),
        ("2027-2-6", date(2027, 2, 6)),
        ("2027/2/6", date(2027, 2, 6)),
        ("2027/12/31", date(2027, 12, 31)),
        ("2027/2-6", None),
        ("27/2/6", None),
        ("2027/2/30", None),
        ("6/2/2027", None),
    ],
)
def test_dates_are_read_as_offices_and_table_programs_write_them(written: str, read_as: date | None) -> None:
    report = calendar_from_rows(
        sheets.read(f"date,kind,name,scope\n{written},holiday,春节,national\n".encode(), "c.csv")
    )

    assert [day.day for day in report.rows] == ([read_as] if read_as else [])
    assert [problem.column for problem in report.problems] == ([] if read_as else ["date"])


def test_what_is_exported_can_be_imported_without_a_difference() -> None:
    shipped = report_of(TABLE).rows
    tricky = replace(shipped[0], fee="=1+1", proxy_note="-只能本人", steps=("申请", '写"好"\n再交'))

    back = report_of(items_csv([tricky, *shipped[1:]]).encode()).rows

    assert not compare([tricky, *shipped[1:]], back)
    assert compare(shipped, back).changed == {shipped[0].code: ("steps", "fee", "proxy_note")}
