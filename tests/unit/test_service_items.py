"""The catalogue's items: stored and rebuilt, fingerprinted, compared, and stale after half a year."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from knowledge.catalogue import (
    MANDATORY,
    Catalogue,
    PublishedItem,
    ServiceItem,
    compare,
    item_from_data,
    missing_fields,
)
from tests.unit.talking import published

SHIPPED = [entry.item for entry in published().catalogue.entries.values()]
BIRTH = next(item for item in SHIPPED if item.code == "HJ-001")
CHECKED = date(2026, 1, 5)


def test_every_shipped_item_survives_storing_and_keeps_its_fingerprint() -> None:
    for item in SHIPPED:
        stored = json.loads(json.dumps(item.to_data(), ensure_ascii=False))

        assert item_from_data(stored) == item
        assert item_from_data(stored).digest() == item.digest()
    assert len({item.digest() for item in SHIPPED}) == len(SHIPPED)


def test_the_fingerprint_is_the_same_on_any_machine() -> None:
    empty = {
        field.name: type(value)() if type(value := getattr(BIRTH, field.name)) in (str, tuple, dict) else value
        for field in fields(ServiceItem)
    }
    plain = ServiceItem(**empty | {"name": "出生登记", "legal_days": None, "promised_days": 0, "slot_minutes": 15})

    assert plain.digest()[:12] == "b0a74d98ceb0"


@pytest.mark.parametrize(
    "change",
    [{"fee": "5元"}, {"aliases": (*BIRTH.aliases, "报户口")}, {"places": {}}, {"legal_days": 99}, {"materials": ()}],
    ids=lambda change: next(iter(change)),
)
def test_any_change_changes_the_fingerprint_and_is_told_by_field(change: dict) -> None:
    changed = replace(BIRTH, **change)

    assert changed.digest() != BIRTH.digest()
    assert compare([BIRTH], [changed]).changed == {"HJ-001": tuple(change)}


def test_places_may_stand_in_any_order() -> None:
    turned = replace(BIRTH, places=dict(reversed(BIRTH.places.items())))

    assert turned.digest() == BIRTH.digest()
    assert not compare([BIRTH], [turned])


def test_a_comparison_names_what_came_what_went_and_what_changed() -> None:
    one, two, three = SHIPPED[:3]

    difference = compare([one, two], [replace(two, name="改了", fee="改了"), three])

    assert (difference.added, difference.removed) == ((three.code,), (one.code,))
    assert difference.changed == {two.code: ("name", "fee")}
    assert difference
    assert not compare(SHIPPED, reversed(SHIPPED))


@pytest.mark.parametrize("name", MANDATORY)
def test_an_empty_mandatory_field_is_named(name: str) -> None:
    assert missing_fields(BIRTH) == ()
    assert missing_fields(replace(BIRTH, **{name: {} if name == "places" else ""})) == (name,)


@pytest.mark.parametrize(("days", "stale"), [(0, False), (180, False), (181, True)])
def test_an_entry_is_stale_on_the_181st_day_after_its_check(days: int, stale: bool) -> None:
    assert PublishedItem(BIRTH, 1, checked_on=CHECKED).is_stale(CHECKED + timedelta(days)) is stale


def test_an_entry_that_nobody_checked_is_stale() -> None:
    assert PublishedItem(BIRTH, 1).is_stale(CHECKED)


def test_a_switched_off_item_is_in_no_list() -> None:
    off = datetime(2026, 1, 5, tzinfo=UTC)
    catalogue = Catalogue({"A": PublishedItem(BIRTH, 1), "B": PublishedItem(BIRTH, 1, switched_off_at=off)})

    assert len(catalogue) == len(list(catalogue)) == 1
    assert catalogue.get("A") is not None
    assert catalogue.get("B") is catalogue.get("C") is None
    assert not Catalogue()
