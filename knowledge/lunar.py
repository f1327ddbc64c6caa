"""The lunar calendar (农历), by which rural residents count: lunar days and solar dates into each other.

Months are 1 = 正月 to 11 = 冬月, 12 = 腊月. The tables reach from 1900 to 2100. Only this file knows the library.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from borax.calendars.lunardate import InvalidLunarDateError, LunarDate


def lunar_of(day: date) -> tuple[int, int, bool]:
    """Give month, day and whether the month is a leap month (闰月).

    Raises ValueError outside the tables.
    """
    lunar = _lunar(day)
    return lunar.month, lunar.day, bool(lunar.leap)


def lunar_day(day: date) -> int:
    """Give the day of the lunar month, 1 to 30; it tells market days that go by the moon."""
    return lunar_of(day)[1]


def solar_of(year: int, month: int, day: int, *, is_leap: bool = False) -> date | None:
    """Give the date of a day in the lunar ``year``; None when that year has no such day.

    The thirtieth of 腊月 is the eve of the new year (大年三十) also in a year in which the month has 29 days.
    """
    found = _solar(year, month, day, is_leap)
    if found is None and (month, day, is_leap) == (12, 30, False):
        found = _solar(year, 12, 29, False)
    return found


def next_day(since: date, month: int, day: int, *, is_leap: bool = False) -> date | None:
    """Give the first date from ``since`` on that is ``day`` of ``month``; None if none comes within three years."""
    year = _lunar(since).year
    dates = (solar_of(lunar_year, month, day, is_leap=is_leap) for lunar_year in range(year, year + 4))
    return next((found for found in dates if found is not None and found >= since), None)


def next_day_of_any_month(since: date, day: int) -> date | None:
    """Give the first date from ``since`` on that is the lunar ``day`` of whatever month (初八, 十五)."""
    lunar = _lunar(since)
    year, month, is_leap = lunar.year, lunar.month, bool(lunar.leap)
    for _ in range(4):  # the thirtieth may be missing from several months that follow each other
        found = _solar(year, month, day, is_leap)
        if found is not None and found >= since:
            return found
        year, month, is_leap = _month_after(year, month, is_leap)
    return None


def month_after(day: date) -> tuple[int, int, bool]:
    """Give year, month and leap of the lunar month after the one in which ``day`` lies (下个月初八)."""
    lunar = _lunar(day)
    return _month_after(lunar.year, lunar.month, bool(lunar.leap))


def _month_after(year: int, month: int, is_leap: bool) -> tuple[int, int, bool]:
    if not is_leap and _solar(year, month, 1, True) is not None:
        return year, month, True
    return (year + 1, 1, False) if month == 12 else (year, month + 1, False)


def _lunar(day: date) -> LunarDate:
    try:
        return LunarDate.from_solar(day)
    except InvalidLunarDateError as error:
        raise ValueError(f"no lunar tables for {day}") from error


@lru_cache(maxsize=1024)
def _solar(year: int, month: int, day: int, is_leap: bool) -> date | None:
    try:
        found: date = LunarDate(year, month, day, int(is_leap)).to_solar_date()
    except InvalidLunarDateError:
        return None
    return found
