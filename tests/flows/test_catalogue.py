"""Publishing: versions, confirmation by a clerk, powers that change hands, the kill switch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api import seed
from config import data
from knowledge.catalogue import ServiceItem
from knowledge.cells import Report
from knowledge.importing import items_from_rows
from knowledge.organisations import Organisations
from knowledge.sheets import read
from models import items
from models.rules.errors import ItemMissing
from models.rules.items import Power, places_on
from tests.house import House

TABLE = (data.CATALOGUE / "items.csv").read_bytes()
BIRTH = "HJ-001"
LONGCHUAN = "T532324101"


def organisations() -> Organisations:
    units = seed.read_organisations(data.CATALOGUE / "organisations.csv").rows
    return Organisations({unit.org_id: unit for unit in units})


def report_of(content: bytes, filename: str = "items.csv") -> Report[ServiceItem]:
    return items_from_rows(read(content, filename), townships=data.TOWNSHIP_COLUMNS, organisations=organisations())


async def test_publishing_keeps_the_version_of_what_did_not_change(house: House) -> None:
    shipped = report_of(TABLE).rows
    changed = [
        replace(item, fee="每本5元") if item.code == BIRTH else item for item in shipped if item.code != "LL-001"
    ]

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
    listed = "SELECT effective_from, effective_to FROM powers WHERE code = $1 AND township_id = $2 ORDER BY id"
    old, new = await house.rows(listed, BIRTH, LONGCHUAN)
    assert (old["effective_to"], new["effective_from"], new["effective_to"]) == ("2026-03-09", "2026-03-10", None)


def test_of_two_powers_in_force_the_later_list_holds_and_both_ends_count() -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 9)
    old = Power(BIRTH, LONGCHUAN, ("PCS-LC",), date(2025, 1, 1))
    new = Power(BIRTH, LONGCHUAN, ("H-NH",), first, last)

    for powers in ((old, new), (new, old)):
        days = (date(2026, 2, 28), first, last, date(2026, 3, 10))
        assert [places_on(powers, BIRTH, LONGCHUAN, day) for day in days] == [
            ("PCS-LC",),
            ("H-NH",),
            ("H-NH",),
            ("PCS-LC",),
        ]
    assert places_on((new,), BIRTH, LONGCHUAN, date(2026, 3, 10)) == ()


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


async def test_new_content_does_not_bring_back_what_a_clerk_switched_off(house: House) -> None:
    await house.do(items.switch_off, BIRTH, by="clerk", now=house.now)
    entries = (await house.do(items.load_published)).catalogue.entries.values()
    changed = [replace(e.item, fee="改过的") if e.item.code == BIRTH else e.item for e in entries]

    await house.do(items.publish_items, changed, by="clerk", now=house.now, today=house.now.date())
    await house.refresh()

    assert (await house.client.get(f"/api/v1/items/{BIRTH}")).status == 404
