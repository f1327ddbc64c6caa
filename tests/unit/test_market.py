"""Market days, generated over two years and held against the almanac: 鼠街 and 马街, 逢三逢八, every Friday."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from knowledge.market import (
    BRANCHES,
    CycleKind,
    Market,
    MarketCycle,
    animal_of,
    branch_of,
    market_from_data,
    values_named,
)

FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
TWO_YEARS = [FIRST + timedelta(days=ahead) for ahead in range((LAST - FIRST).days + 1)]


def cycle(kind: CycleKind, *words: str) -> MarketCycle:
    return MarketCycle(kind, values_named(kind, words), moon)


def moon(day: date) -> int:
    """Stand for a lunar calendar: months of 30 and 29 days in turn, from a new moon on 29 January 2025."""
    age = (day - date(2025, 1, 29)).days % 59
    return age + 1 if age < 30 else age - 29


def days_of(market: MarketCycle) -> list[date]:
    return [day for day in TWO_YEARS if market.is_market_day(day)]


def steps(days: list[date]) -> set[int]:
    return {(second - first).days for first, second in pairwise(days)}


@pytest.mark.parametrize(
    ("day", "branch", "animal"),
    [
        ("1949-10-01", "子", "鼠"),  # 甲子
        ("1970-01-01", "巳", "蛇"),  # 辛巳
        ("1999-12-31", "巳", "蛇"),  # 丁巳
        ("2000-01-01", "午", "马"),  # 戊午
        ("2000-01-07", "子", "鼠"),  # 甲子
        ("2000-02-29", "巳", "蛇"),  # a leap day goes on counting
        ("2024-02-10", "辰", "龙"),  # 甲辰, 春节
    ],
)
def test_the_branch_of_a_day_is_that_of_the_almanac(day: str, branch: str, animal: str) -> None:
    assert BRANCHES[branch_of(date.fromisoformat(day))] == branch
    assert animal_of(date.fromisoformat(day)) == animal


def test_a_rat_and_horse_market_is_held_every_sixth_day() -> None:
    days = days_of(cycle(CycleKind.ZODIAC, "鼠", "马"))

    assert steps(days) == {6}
    assert len(days) in (121, 122)
    assert {animal_of(day) for day in days} == {"鼠", "马"}
    assert days == days_of(cycle(CycleKind.ZODIAC, "子", "午"))


@pytest.mark.parametrize("animal", "鼠牛虎兔龙蛇马羊猴鸡狗猪")
def test_each_animal_comes_round_every_twelfth_day(animal: str) -> None:
    days = days_of(cycle(CycleKind.ZODIAC, animal))

    assert steps(days) == {12}
    assert len(days) in (60, 61)
    assert {animal_of(day) for day in days} == {animal}


def test_a_market_by_the_last_digit_is_held_six_times_a_month() -> None:
    days = days_of(cycle(CycleKind.SOLAR, "3", "8"))

    assert {day.day for day in days} == {3, 8, 13, 18, 23, 28}
    assert len(days) == 24 * 6
    assert steps(days) <= {5, 6, 3, 4}


def test_a_digit_that_february_lacks_is_left_out_there() -> None:
    days = days_of(cycle(CycleKind.SOLAR, "0"))

    assert [day for day in days if day.month == 2] == [
        date(2025, 2, 10),
        date(2025, 2, 20),
        date(2026, 2, 10),
        date(2026, 2, 20),
    ]


def test_a_lunar_market_goes_by_the_moon_that_it_is_given() -> None:
    days = days_of(cycle(CycleKind.LUNAR, "3", "8"))

    assert {moon(day) for day in days} == {3, 8, 13, 18, 23, 28}
    assert date(2025, 1, 31) in days  # the third of the first month
    assert steps(days) <= {4, 5}


@pytest.mark.parametrize(("word", "weekday"), [("日", 7), ("天", 7), ("7", 7), ("五", 5), ("一", 1)])
def test_a_weekly_market_is_held_on_its_weekday(word: str, weekday: int) -> None:
    days = days_of(cycle(CycleKind.WEEKLY, word))

    assert {day.isoweekday() for day in days} == {weekday}
    assert steps(days) == {7}
    assert len(days) in (104, 105)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (CycleKind.ZODIAC, ("鼠", "马")),
        (CycleKind.SOLAR, ("3", "8")),
        (CycleKind.SOLAR, ("1",)),
        (CycleKind.LUNAR, ("0",)),
        (CycleKind.WEEKLY, ("日",)),
    ],
)
def test_the_next_market_day_is_the_first_after_today(kind: CycleKind, words: tuple[str, ...]) -> None:
    market = cycle(kind, *words)
    days = days_of(market)

    for day in TWO_YEARS[:-40]:
        assert market.next_market_day(day) == next(each for each in days if each > day)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (CycleKind.ZODIAC, ("猫",)),
        (CycleKind.ZODIAC, ("鼠马",)),
        (CycleKind.SOLAR, ("三八",)),
        (CycleKind.SOLAR, ("13",)),
        (CycleKind.WEEKLY, ("8",)),
        (CycleKind.WEEKLY, ("末",)),
        (CycleKind.WEEKLY, ()),
    ],
)
def test_a_cycle_that_never_comes_round_is_refused(kind: CycleKind, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cycle(kind, *words)


def test_a_lunar_cycle_needs_a_lunar_calendar() -> None:
    with pytest.raises(ValueError, match="lunar"):
        MarketCycle(CycleKind.LUNAR, frozenset((3,)))


def test_a_market_survives_storing() -> None:
    market = Market("T532324201", "雨露街", cycle(CycleKind.LUNAR, "3", "8"), "样例")

    assert market_from_data(market.to_data(), moon) == market
