"""Weekly hours and the calendar (办公时间、工作日): which days are worked; what opens a hall is in ``openings.py``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
"""The one time zone in which residents and clerks live; stored times are UTC."""


class DayKind(StrEnum):
    """How a date differs from the plain Monday-to-Friday week."""

    HOLIDAY = "holiday"
    MAKEUP_WORKDAY = "makeup_workday"  # 调休: a weekend day that is worked


class Scope(StrEnum):
    """Whose calendar a row belongs to."""

    NATIONAL = "national"
    CHUXIONG = "chuxiong"  # 火把节, 彝族年, 自治州成立纪念日


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One row of the yearly notices (放假通知)."""

    day: date
    kind: DayKind
    name: str
    scope: Scope
    source: str = ""


@dataclass(frozen=True)
class Calendar:
    """Working days, from the notices loaded so far."""

    days: Mapping[date, tuple[CalendarDay, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: tuple[CalendarDay, ...]) -> Calendar:
        """Build from rows in any order; one date may have a row for each scope."""
        days: dict[date, tuple[CalendarDay, ...]] = {}
        for row in rows:
            days[row.day] = (*days.get(row.day, ()), row)
        return cls(days)

    def is_workday(self, day: date) -> bool:
        """Say whether offices work on ``day``: a holiday closes, else a make-up day opens, else Monday to Friday."""
        kinds = {row.kind for row in self.days.get(day, ())}
        if DayKind.HOLIDAY in kinds:
            return False
        return DayKind.MAKEUP_WORKDAY in kinds or day.isoweekday() <= 5

    def is_holiday(self, day: date, scope: Scope) -> bool:
        """Say whether ``day`` is a holiday of the nation, or of the prefecture."""
        return any(row.kind is DayKind.HOLIDAY and row.scope is scope for row in self.days.get(day, ()))

    def is_makeup_workday(self, day: date) -> bool:
        """Say whether a notice makes ``day`` a working day (调休); a holiday on the same day still closes it."""
        return any(row.kind is DayKind.MAKEUP_WORKDAY for row in self.days.get(day, ()))

    def holiday_name(self, day: date) -> str | None:
        """Name the holiday on ``day``, if it is one."""
        return next((row.name for row in self.days.get(day, ()) if row.kind is DayKind.HOLIDAY), None)

    def next_workday(self, day: date) -> date:
        """Give the first working day after ``day``."""
        return self.add_workdays(day, 1)

    def add_workdays(self, day: date, count: int) -> date:
        """Give the last day of a limit of ``count`` working days: ``day`` itself does not count (行政许可法 82)."""
        while count > 0:
            day += timedelta(days=1)
            if self.is_workday(day):
                count -= 1
        return day

    def knows(self, day: date) -> bool:
        """Say whether the notice for the year of ``day`` is loaded; without it nobody can say what is worked."""
        known = self.known_until()
        return known is not None and day <= known

    def known_until(self) -> date | None:
        """Give the end of the last year for which a national notice is loaded; None when none is."""
        return self._known_until

    @cached_property
    def _known_until(self) -> date | None:
        years = [day.year for day, rows in self.days.items() if any(row.scope is Scope.NATIONAL for row in rows)]
        return date(max(years), 12, 31) if years else None

    def days_of_data_left(self, today: date) -> int:
        """Count the days after ``today`` up to the end of the notices; 0 once they have ended."""
        known = self.known_until()
        return max(0, (known - today).days) if known else 0


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly opening hours of a hall, in local time."""

    weekdays: frozenset[int]
    """ISO weekdays, 1 = Monday, on which the hall is open; what else opens or closes it is in ``openings.py``."""
    sessions: tuple[tuple[time, time], ...]
    """Opening and closing time of the morning and the afternoon."""

    def to_data(self) -> dict[str, Any]:
        """Give plain data for storing."""
        spans = [[start.isoformat("minutes"), end.isoformat("minutes")] for start, end in self.sessions]
        return {"weekdays": sorted(self.weekdays), "sessions": spans}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Hours:
        """Rebuild what :meth:`to_data` gave."""
        spans = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in data["sessions"])
        return cls(frozenset(data["weekdays"]), spans)


_WEEKDAY = re.compile(r"(下个?|这个?|本)?(?:星期|礼拜|周)([一二三四五六日天末])")
_NEAR = {"今天": 0, "今日": 0, "今早": 0, "今晚": 0, "明天": 1, "明早": 1, "明日": 1, "后天": 2, "大后天": 3}

_HOLIDAY = re.compile("元旦|春节|过年|清明|五一|劳动节|端午|中秋|国庆|火把节|彝族年")
"""The national holidays, and the two of the prefecture."""


def names_holiday(text: str) -> bool:
    """Say whether a holiday is asked about, also one whose dates nobody has announced yet."""
    return _HOLIDAY.search(text) is not None


def day_asked(text: str, today: date, calendar: Calendar) -> date | None:
    """Give the day that a question about opening hours names (明天, 星期六, 国庆); None if it names none.

    A weekday is the next one, today included; 下星期 is a week later. A holiday is its next first day.
    """
    for word in sorted(_NEAR, key=lambda word: -len(word)):
        if word in text:
            return today + timedelta(days=_NEAR[word])
    match = _WEEKDAY.search(text)
    if match:
        wanted = 6 if match[2] == "末" else "一二三四五六日".find(match[2].replace("天", "日")) + 1
        ahead = (wanted - today.isoweekday()) % 7
        next_week = (match[1] or "").startswith("下")
        return today + timedelta(days=7 - today.isoweekday() + wanted if next_week else ahead)
    for day in sorted(calendar.days):
        name = calendar.holiday_name(day)
        if day >= today and name and (name in text or name.removesuffix("节") in text):
            return day
    return None
