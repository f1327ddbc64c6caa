"""Market days (赶街天): on which days a township holds its market (街天), computed from the cycle people know it by.

In Yunnan the markets go by the animal of the day (鼠街, 马街: every sixth day, "空五赶六"), by the last digit of the
date (逢三逢八, by the sun or the moon), or by the weekday.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

ANIMALS = "鼠牛虎兔龙蛇马羊猴鸡狗猪"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
WEEKDAYS = "一二三四五六日"

BRANCH_OFFSET = 2
"""Branch of a day (0 = 子) less its proleptic Gregorian ordinal, modulo 12.

The sexagenary days run on unbroken: number of the day in the cycle = Julian day number at noon − 11, modulo 60. Anchors
by which it was checked: 1949-10-01 is 甲子, 1970-01-01 辛巳, 2000-01-01 戊午 (as the almanac libraries of 6tail give
them).
"""
FARTHEST = 62
"""Days within which every cycle comes round, a last digit that some months lack (逢一, lunar 三十) included."""

LunarDay = Callable[[date], int]
"""Gives the day of the lunar month, 1 to 30."""


class CycleKind(StrEnum):
    """By what a market day is told."""

    ZODIAC = "zodiac"  # 属相日: branch of the day, 0 = 子 (鼠)
    SOLAR = "solar"  # 阳历逢几: last digit of the date
    LUNAR = "lunar"  # 农历逢几: last digit of the lunar day
    WEEKLY = "weekly"  # 星期几: ISO weekday


_RANGES = {
    CycleKind.ZODIAC: range(12),
    CycleKind.SOLAR: range(10),
    CycleKind.LUNAR: range(10),
    CycleKind.WEEKLY: range(1, 8),
}


@dataclass(frozen=True, slots=True)
class MarketCycle:
    """When a market comes round; raise ValueError for a cycle that never would."""

    kind: CycleKind
    values: frozenset[int]
    lunar_day: LunarDay | None = field(default=None, repr=False, compare=False)
    """Needed by a lunar cycle alone."""

    def __post_init__(self) -> None:
        if not self.values or not self.values <= set(_RANGES[self.kind]):
            raise ValueError(f"a {self.kind} cycle cannot have the values {sorted(self.values)}")
        if self.kind is CycleKind.LUNAR and self.lunar_day is None:
            raise ValueError("a lunar cycle needs a lunar calendar")

    def is_market_day(self, day: date) -> bool:
        """Say whether the market is held on ``day``."""
        return self._mark(day) in self.values

    def next_market_day(self, day: date) -> date:
        """Give the first market day after ``day``."""
        following = (day + timedelta(days=ahead) for ahead in range(1, FARTHEST + 1))
        return next(each for each in following if self.is_market_day(each))

    def _mark(self, day: date) -> int:
        if self.kind is CycleKind.ZODIAC:
            return branch_of(day)
        if self.kind is CycleKind.WEEKLY:
            return day.isoweekday()
        if self.kind is CycleKind.SOLAR:
            return day.day % 10
        assert self.lunar_day is not None
        return self.lunar_day(day) % 10

    def to_data(self) -> dict[str, Any]:
        """Give plain data for storing."""
        return {"kind": self.kind.value, "values": sorted(self.values)}


def branch_of(day: date) -> int:
    """Give the branch (地支) of a day: 0 = 子 (鼠) to 11 = 亥 (猪)."""
    return (day.toordinal() + BRANCH_OFFSET) % 12


def animal_of(day: date) -> str:
    """Give the animal (属相) of a day: "鼠"."""
    return ANIMALS[branch_of(day)]


@dataclass(frozen=True, slots=True)
class Market:
    """街: one market of a township, or of the place of one hall."""

    org_id: str
    name: str
    cycle: MarketCycle
    source: str = ""

    @property
    def key(self) -> str:
        """Name the market: one unit, one name."""
        return f"{self.org_id}:{self.name}"

    def to_data(self) -> dict[str, Any]:
        """Give plain data for storing; :func:`market_from_data` is the way back."""
        return {"org_id": self.org_id, "name": self.name, "cycle": self.cycle.to_data(), "source": self.source}


def market_from_data(data: Mapping[str, Any], lunar_day: LunarDay | None = None) -> Market:
    """Rebuild what :meth:`Market.to_data` gave; a lunar one needs the lunar calendar again."""
    cycle = MarketCycle(CycleKind(data["cycle"]["kind"]), frozenset(data["cycle"]["values"]), lunar_day)
    return Market(data["org_id"], data["name"], cycle, data["source"])


def values_named(kind: CycleKind, words: tuple[str, ...]) -> frozenset[int]:
    """Read how people write a cycle: 鼠 or 子, 3, 日; raise ValueError for a word that is none of its kind."""
    return frozenset(_value(kind, word) for word in words)


def _value(kind: CycleKind, word: str) -> int:
    if len(word) != 1:
        raise ValueError(word)
    if kind is CycleKind.ZODIAC:
        return ANIMALS.index(word) if word in ANIMALS else BRANCHES.index(word)
    if kind is CycleKind.WEEKLY and not word.isdecimal():
        return WEEKDAYS.index(word.replace("天", "日")) + 1
    value = int(word)
    if value not in _RANGES[kind]:
        raise ValueError(word)
    return value
