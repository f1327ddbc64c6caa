"""Lunar days and dates, held against the days that the State Council's notices and almanacs print."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from knowledge import lunar


@pytest.mark.parametrize(
    ("day", "month", "lunar_day", "is_leap"),
    [
        ("2026-02-17", 1, 1, False),  # 春节
        ("2026-02-16", 12, 29, False),
        ("2026-06-19", 5, 5, False),  # 端午
        ("2026-09-25", 8, 15, False),  # 中秋
        ("2025-10-06", 8, 15, False),
        ("2025-07-25", 6, 1, True),
        ("2025-07-24", 6, 30, False),
        ("2027-02-06", 1, 1, False),
        ("2028-06-23", 5, 1, True),
    ],
)
def test_a_date_and_its_lunar_day_are_the_same_day(day: str, month: int, lunar_day: int, is_leap: bool) -> None:
    that_day = date.fromisoformat(day)

    assert lunar.lunar_of(that_day) == (month, lunar_day, is_leap)
    assert lunar.next_day(that_day, month, lunar_day, is_leap=is_leap) == that_day


def test_every_day_of_twenty_years_is_found_again() -> None:
    for ahead in range(20 * 365):
        day = date(2024, 1, 1) + timedelta(days=ahead)
        month, lunar_day, is_leap = lunar.lunar_of(day)
        years = [day.year, day.year - 1]
        assert day in [lunar.solar_of(year, month, lunar_day, is_leap=is_leap) for year in years]
        assert lunar.next_day_of_any_month(day, lunar_day) == day


def test_a_day_that_the_calendar_does_not_have_is_told() -> None:
    assert lunar.solar_of(2026, 6, 3, is_leap=True) is None  # the leap month was in 2025
    assert lunar.solar_of(2026, 13, 1) is None


def test_the_eve_of_the_new_year_is_the_thirtieth_also_where_the_month_has_twenty_nine_days() -> None:
    assert lunar.solar_of(2025, 12, 30) == date(2026, 2, 16)


def test_beyond_the_tables_is_an_error() -> None:
    with pytest.raises(ValueError, match="1899"):
        lunar.lunar_of(date(1899, 1, 1))


@pytest.mark.parametrize(
    ("day", "after"),
    [
        ("2025-06-30", (2025, 6, True)),
        ("2025-07-30", (2025, 7, False)),
        ("2027-02-01", (2027, 1, False)),
    ],
)
def test_the_month_after_may_be_a_leap_month(day: str, after: tuple[int, int, bool]) -> None:
    assert lunar.month_after(date.fromisoformat(day)) == after
