"""The office's tables: imported whole or not at all, published in versions, exported as they came."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from api import seed
from api.export import items_csv
from config import data
from knowledge.catalogue import ServiceItem, compare
from knowledge.importing import Report, items_from_rows
from knowledge.organisations import Organisations
from knowledge.sheets import Unusable, read
from models import items
from models.rules.errors import ItemMissing
from tests.house import House

TABLE = (data.CATALOGUE / "items.csv").read_bytes()
LINES = list(csv.reader(io.StringIO(TABLE.decode("utf-8-sig"))))
BIRTH = "HJ-001"
LONGCHUAN = "T532324101"


def organisations() -> Organisations:
    units = seed.read_organisations(data.CATALOGUE / "organisations.csv").rows
    return Organisations({unit.org_id: unit for unit in units})


def report_of(content: bytes, filename: str = "items.csv") -> Report[ServiceItem]:
    return items_from_rows(read(content, filename), townships=data.TOWNSHIP_COLUMNS, organisations=organisations())


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


def test_a_missing_column_is_told_once() -> None:
    lines = [[cell for cell, name in zip(line, LINES[0], strict=True) if name != "at_yulu"] for line in LINES]

    (problem,) = report_of(as_csv(lines)).problems

    assert (problem.row, problem.column) == (1, "at_yulu")


def test_what_is_exported_can_be_imported_without_a_difference(tmp_path: Path) -> None:
    shipped = report_of(TABLE).rows
    tricky = replace(shipped[0], fee="=1+1", proxy_note="-只能本人", steps=("申请", '写"好"\n再交'))

    back = report_of(items_csv([tricky, *shipped[1:]]).encode()).rows

    assert not compare([tricky, *shipped[1:]], back)
    assert compare(shipped, back).changed == {shipped[0].code: ("steps", "fee", "proxy_note")}


async def test_publishing_keeps_the_version_of_what_did_not_change(house: House) -> None:
    shipped = report_of(TABLE).rows
    changed = [replace(item, fee="每本5元") if item.code == BIRTH else item for item in shipped if item.code != "LL-001"]

    await publish(house, changed, today=date(2026, 3, 2))

    card, other = await card_of(house, BIRTH), await card_of(house, "LL-002")
    assert (card["version"], card["fee"]) == (2, "每本5元")
    assert other["version"] == 1
    assert (await house.client.get("/api/v1/items/LL-001")).status == 404
    with house.database.active():
        old = await items.item_version(BIRTH, 1)
        withdrawn = await items.item_version("LL-001", 1)
        with pytest.raises(ItemMissing):
            await items.item_version(BIRTH, 3)
    assert old.item.fee == "不收费"
    assert withdrawn.item.code == "LL-001"

    await publish(house, shipped, today=date(2026, 3, 2))
    assert ((await card_of(house, BIRTH))["version"], (await card_of(house, "LL-001"))["version"]) == (3, 2)


async def publish(house: House, services: list[ServiceItem], *, today: date) -> None:
    await house.do(items.publish_items, services, by="clerk", now=house.now, today=today)
    await house.refresh()


async def card_of(house: House, code: str, **query: str) -> dict[str, Any]:
    async with house.client.get(f"/api/v1/items/{code}", params=query) as response:
        assert response.status == 200
        card: dict[str, Any] = (await response.json())["card"]
        return card


async def test_a_confirmed_item_loses_the_demo_line_and_gets_the_stale_line_after_half_a_year(house: House) -> None:
    assert "演示数据" in (await card_of(house, BIRTH))["notice"]

    await house.do(items.confirm_item, BIRTH, by="clerk", now=house.now, today=date(2026, 3, 2))
    await house.refresh()

    assert (await card_of(house, BIRTH))["notice"] == ""
    assert (await card_of(house, BIRTH))["checked_on"] == "2026-03-02"
    assert "演示数据" in (await card_of(house, "LL-002"))["notice"]
    house.clock.advance(180 * 86_400)
    assert (await card_of(house, BIRTH))["notice"] == ""
    house.clock.advance(86_400)
    assert "半年没有核对" in (await card_of(house, BIRTH))["notice"]


async def test_powers_change_hands_on_their_day(house: House) -> None:
    shipped = report_of(TABLE).rows
    moved = [
        replace(item, places={**item.places, LONGCHUAN: ("H-NH",)}) if item.code == BIRTH else item for item in shipped
    ]

    await publish(house, moved, today=date(2026, 3, 10))  # known today, in force from the 10th

    names = []
    for _ in range(2):
        card = await card_of(house, BIRTH, township="龙川镇")
        names.append([place["name"] for place in card["places"]])
        house.clock.advance(8 * 86_400 - 9 * 3600)  # midnight in Yunnan, as the 10th begins
    assert names == [["龙川派出所"], ["南华县政务服务大厅"]]


async def test_a_switched_off_item_is_in_no_answer_until_it_is_switched_on(house: House) -> None:
    someone = await house.newcomer()

    await house.do(items.switch_off, BIRTH, by="clerk", now=house.now)
    await house.refresh()

    answer = await someone.say("出生登记(新生儿落户)")
    assert answer["card"] is None or answer["card"]["code"] != BIRTH
    assert BIRTH not in str(answer["candidates"])
    assert (await house.client.get(f"/api/v1/items/{BIRTH}")).status == 404
    await house.do(items.switch_on, BIRTH, by="clerk", now=house.now)
    await house.refresh()
    assert (await card_of(house, BIRTH))["version"] == 1
