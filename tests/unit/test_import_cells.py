"""The office's tables cell by cell: each kind of bad cell is told with place, reason and advice, and none raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.data import TOWNSHIP_COLUMNS
from knowledge.catalogue import CaseType, DayUnit, Proxyable
from knowledge.cells import Report
from knowledge.importing import calendar_from_rows, items_from_rows, organisations_from_rows
from knowledge.organisations import Organisations
from knowledge.sheets import Row

ITEM = {
    **{"code": "HJ-001", "name": "出生登记", "type": "公共服务", "department": "公安局", "audience": "新生儿"},
    **{"conditions": "本地户籍;在国内出生", "materials": '[{"name": "出生医学证明", "defer": true}]'},
    **{"steps": "申请 → 受理", "legal_days": "5", "promised_days": "1", "day_unit": "", "case_type": "即办件"},
    **{"fee": "不收费", "legal_basis": "户口登记条例", "window_type": "公安窗口", "bookable": "y"},
    **{"slot_minutes": "15", "visits": "", "proxyable": "部分可代办", "result": "户口簿", "aliases": "上户口;落户"},
    **dict.fromkeys(TOWNSHIP_COLUMNS, "H-1;VILLAGE"),
}
UNIT = {
    **{"org_id": "H-1", "name": "大厅", "kind": "hall", "parent_id": "", "service_hall_id": "", "open_days": "1-5"},
    **{"hours_am": "08:30-11:30", "hours_pm": "14:00-17:30", "windows": '[{"type": "综合窗口", "count": 2}]'},
    **{"latitude": "25.19", "longitude": "101.27", "pilot": "Y"},
}
DAY = {"date": "2026-10-10", "kind": "makeup_workday", "name": "调休", "scope": "national"}


def rows(*cells: dict[str, str]) -> list[Row]:
    return [Row(number, row) for number, row in enumerate(cells, start=2)]


def read_items(*cells: dict[str, str], organisations: Organisations | None = None) -> Report:
    return items_from_rows(rows(*cells), townships=TOWNSHIP_COLUMNS, organisations=organisations)


def told(report: Report) -> list[tuple[int, str]]:
    assert all(problem.why and problem.advice for problem in report.problems)
    return [(problem.row, problem.column) for problem in report.problems]


def test_a_good_row_becomes_an_item() -> None:
    (item,) = read_items(ITEM).rows

    assert (item.code, item.case_type, item.proxyable) == ("HJ-001", CaseType.INSTANT, Proxyable.PARTLY)
    assert (item.legal_days, item.promised_days, item.day_unit, item.visits) == (5, 1, DayUnit.WORKING, 1)
    assert (item.bookable, item.slot_minutes) == (True, 15)
    assert (item.conditions, item.steps) == (("本地户籍", "在国内出生"), ("申请", "受理"))
    assert (item.materials[0].name, item.materials[0].required, item.materials[0].deferrable) == (
        "出生医学证明",
        True,
        True,
    )
    assert set(item.places.values()) == {("H-1", "VILLAGE")}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", ""),
        ("code", "hj-001"),
        ("code", "HJ-1"),
        ("code", "HJ001"),
        ("name", ""),
        ("department", ""),
        ("audience", ""),
        ("conditions", " ; "),
        ("steps", "→"),
        ("fee", ""),
        ("result", ""),
        ("at_yulu", ""),
        ("at_yulu", ";;"),
        ("materials", "[{"),
        ("materials", "{}"),
        ("materials", "7"),
        ("materials", '["出生证"]'),
        ("materials", '[{"name": " "}]'),
        ("materials", '[{"name": "x", "copies": "一份"}]'),
        ("materials", '[{"name": "x", "copies": true}]'),
        ("materials", '[{"name": "x", "copies": -1}]'),
        ("legal_days", "五"),
        ("legal_days", "-1"),
        ("legal_days", "1.5"),
        ("legal_days", "99999"),
        ("promised_days", "6"),  # the law says 5
        ("day_unit", "天"),
        ("case_type", ""),
        ("case_type", "快办件"),
        ("proxyable", "能"),
        ("slot_minutes", ""),
        ("slot_minutes", "1"),
        ("visits", "10"),
    ],
)
def test_each_kind_of_bad_cell_in_an_item_is_told_at_its_place(column: str, value: str) -> None:
    report = read_items(ITEM | {"code": "HJ-002", "aliases": ""}, ITEM | {column: value})

    assert told(report) == [(3, column)]
    assert [item.code for item in report.rows] == ["HJ-002"]


def test_all_bad_cells_of_a_row_are_told_at_once() -> None:
    report = read_items(ITEM | {"code": "x", "case_type": "?", "visits": "99", "at_yulu": ""})

    assert {column for _, column in told(report)} == {"code", "case_type", "visits", "at_yulu"}


def test_rows_that_contradict_each_other_are_told() -> None:
    assert told(read_items(ITEM, ITEM | {"aliases": ""})) == [(3, "code")]
    assert told(read_items(ITEM, ITEM | {"code": "HJ-002"})) == [(0, "aliases"), (0, "aliases")]
    assert told(read_items(ITEM, organisations=Organisations())) == [(2, column) for column in TOWNSHIP_COLUMNS]


def test_a_missing_column_is_told_before_any_row() -> None:
    cells = {name: cell for name, cell in ITEM.items() if name not in ("proxyable", "at_yulu")}

    assert sorted(told(read_items(cells, cells))) == [(1, "at_yulu"), (1, "proxyable")]
    assert read_items(cells).rows == []


def test_a_good_row_becomes_an_organisation() -> None:
    (unit,) = organisations_from_rows(rows(UNIT)).rows

    assert (unit.org_id, unit.short_name, unit.parent_id, unit.pilot) == ("H-1", "大厅", None, True)
    assert (unit.latitude, unit.windows[0].count) == (25.19, 2)
    assert unit.hours is not None
    assert sorted(unit.hours.weekdays) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("column", "value", "at"),
    [
        ("org_id", "", ""),
        ("name", "", ""),
        ("kind", "castle", ""),
        ("windows", "[", ""),
        ("windows", '[{"type": "x"}]', ""),
        ("windows", '[{"type": "x", "count": 0}]', ""),
        ("windows", "7", ""),
        ("open_days", "Mo-Fr", ""),
        ("open_days", "5-1", ""),
        ("hours_am", "八点半", ""),
        ("hours_am", "11:30-08:30", ""),
        ("hours_pm", "11:00-17:00", ""),
        ("latitude", "north", ""),
        ("longitude", "25.19", "latitude"),
        ("parent_id", "NOWHERE", ""),
        ("service_hall_id", "NOWHERE", ""),
        ("parent_id", "H-1", ""),  # its own parent
    ],
)
def test_each_kind_of_bad_cell_in_an_organisation_is_told(column: str, value: str, at: str) -> None:
    report = organisations_from_rows(rows(UNIT | {column: value}))

    assert [problem.column for problem in report.problems] == [at or column]
    told(report)


def test_a_circle_of_parents_is_told_for_each_in_it() -> None:
    circle = [UNIT | {"org_id": one, "parent_id": above} for one, above in ("AB", "BC", "CA")]

    assert told(organisations_from_rows(rows(*circle))) == [(0, "parent_id")] * 3


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("date", ""),
        ("date", "10月1日"),
        ("date", "2026-02-30"),
        ("date", "2026-10-09"),  # a Friday needs no make-up
        ("kind", "party"),
        ("scope", "world"),
    ],
)
def test_each_kind_of_bad_cell_in_the_calendar_is_told(column: str, value: str) -> None:
    assert told(calendar_from_rows(rows(DAY | {column: value}))) == [(2, column)]


def test_a_day_stands_once_in_each_scope() -> None:
    local = DAY | {"scope": "chuxiong"}

    assert calendar_from_rows(rows(DAY, local)).ok
    assert told(calendar_from_rows(rows(DAY, local, local))) == [(0, "date")]


A_CELL = (
    st.text(max_size=12)
    | st.text('0123456789-:.;→[]{}"一二①²½Yy', max_size=10)
    | st.sampled_from(['[{"name": NaN}]', "[[]]", "null", "[1e999]", "[" * 1500, '[{"name": "x", "copies": 1e9}]', "²"])
    | st.sampled_from(['[{"type": "x", "count": 1e999}]', '[{"type": "x", "count": "٣"}]', "08:30-", "9" * 5000])
)


@given(st.data())
@settings(max_examples=150)
def test_whatever_stands_in_the_cells_nothing_raises(data: st.DataObject) -> None:
    for good, read in ((ITEM, read_items), (UNIT, organisations_from_rows), (DAY, calendar_from_rows)):
        changed = data.draw(st.dictionaries(st.sampled_from(sorted(good)), A_CELL, max_size=4))

        report = read_items(good | changed) if read is read_items else read(rows(good | changed))

        assert len(report.rows) == 1 or report.problems
        assert all(str(problem) for problem in report.problems)
