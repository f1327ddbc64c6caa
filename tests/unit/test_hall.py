"""Working days and opening hours, held against the notices for 楚雄: 调休, 火把节, the turn of the year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from api import seed
from config import data
from knowledge.hall import LOCAL, Calendar, CalendarDay, DayKind, Hours, Scope
from knowledge.openings import Opening, is_open_at, next_opening, sessions_on

CALENDAR = Calendar.of(tuple(seed.read_calendar(data.CATALOGUE / "calendar.csv").rows))
HOURS = Hours(frozenset(range(1, 6)), ((time(8, 30), time(11, 30)), (time(14, 0), time(17, 30))))
HALL = Opening(HOURS, CALENDAR)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("day", "worked", "name"),
    [
        ("2026-03-02", True, None),  # Monday
        ("2026-03-07", False, None),  # Saturday
        ("2026-01-01", False, "元旦"),
        ("2026-01-04", True, None),  # Sunday, 调休
        ("2026-02-14", True, None),  # Saturday, 调休 before 春节
        ("2026-02-17", False, "春节"),
        ("2026-02-23", False, "春节"),
        ("2026-02-24", True, None),
        ("2026-02-28", True, None),
        ("2025-07-16", False, "火把节"),  # of the prefecture alone, a Wednesday
        ("2025-07-18", False, "火把节"),
        ("2025-07-21", True, None),
        ("2025-04-15", False, "自治州成立纪念日"),
        ("2026-10-10", True, None),
        ("2025-10-06", False, "中秋节"),
    ],
)
def test_the_notices_say_which_days_are_worked(day: str, worked: bool, name: str | None) -> None:
    assert CALENDAR.is_workday(date.fromisoformat(day)) is worked
    assert CALENDAR.holiday_name(date.fromisoformat(day)) == name


def test_a_holiday_of_the_prefecture_closes_a_makeup_day_of_the_nation() -> None:
    sunday = date(2026, 9, 20)
    festival = CalendarDay(sunday, DayKind.HOLIDAY, "火把节", Scope.CHUXIONG)
    makeup = CalendarDay(sunday, DayKind.MAKEUP_WORKDAY, "调休上班", Scope.NATIONAL)

    for rows in ((festival, makeup), (makeup, festival)):
        assert not Calendar.of(rows).is_workday(sunday)
    assert Calendar.of((makeup,)).is_workday(sunday)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-03-02", 1, "2026-03-03"),
        ("2026-03-06", 1, "2026-03-09"),  # over a weekend
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday that is worked
        ("2026-02-14", 1, "2026-02-24"),  # over 春节
        ("2026-02-14", 5, "2026-02-28"),
        ("2025-07-15", 1, "2025-07-21"),  # over 火把节 and a weekend
        ("2025-12-31", 1, "2026-01-04"),  # over the turn of the year
        ("2025-12-30", 2, "2026-01-04"),
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-10-08", 3, "2026-10-12"),
    ],
)
def test_a_limit_counts_working_days_and_not_its_first_day(start: str, count: int, end: str) -> None:
    assert CALENDAR.add_workdays(date.fromisoformat(start), count) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-02 08:29:59", False),
        ("2026-03-02 08:30", True),
        ("2026-03-02 11:29:59", True),
        ("2026-03-02 11:30", False),
        ("2026-03-02 13:59:59", False),
        ("2026-03-02 14:00", True),
        ("2026-03-02 17:29:59", True),
        ("2026-03-02 17:30", False),
        ("2026-03-07 09:00", False),
        ("2026-02-14 09:00", True),
        ("2025-07-16 09:00", False),
    ],
)
def test_a_hall_is_open_from_its_first_minute_until_before_its_last(moment: str, is_open: bool) -> None:
    assert is_open_at(HALL, at(moment)) is is_open
    assert is_open_at(HALL, at(moment).astimezone(UTC)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-03-02 00:00", "2026-03-02 08:30"),
        ("2026-03-02 09:15", "2026-03-02 09:15"),  # open: now
        ("2026-03-02 11:30", "2026-03-02 14:00"),
        ("2026-03-02 17:30", "2026-03-03 08:30"),
        ("2026-03-06 18:00", "2026-03-09 08:30"),
        ("2026-02-14 18:00", "2026-02-24 08:30"),
        ("2025-12-31 18:00", "2026-01-04 08:30"),
        ("2025-07-15 20:00", "2025-07-21 08:30"),
    ],
)
def test_the_next_opening_is_found(moment: str, opens: str) -> None:
    assert next_opening(HALL, at(moment)) == at(opens)


def test_a_hall_that_opens_on_two_days_only_opens_on_a_makeup_day_too() -> None:
    morning = ((time(9, 0), time(12, 0)),)
    fair = Opening(Hours(frozenset((2, 4)), morning), CALENDAR)

    assert sessions_on(fair, date(2026, 3, 2)) == ()
    assert sessions_on(fair, date(2026, 3, 3)) == morning
    assert sessions_on(fair, date(2026, 2, 14)) == morning


def test_a_hall_that_never_opens_has_no_next_opening() -> None:
    assert next_opening(Opening(Hours(frozenset(), ()), CALENDAR), at("2026-03-02 09:00")) is None


def test_no_opening_is_told_past_the_last_notice() -> None:
    assert next_opening(HALL, at("2026-12-31 18:00")) is None
    assert sessions_on(HALL, date(2027, 1, 4)) == ()


def test_hours_survive_storing() -> None:
    assert Hours.from_data(HOURS.to_data()) == HOURS


def test_the_calendar_knows_how_far_it_reaches() -> None:
    local = CalendarDay(date(2027, 8, 1), DayKind.HOLIDAY, "火把节", Scope.CHUXIONG)

    assert Calendar.of(()).known_until() is None
    assert Calendar.of((local,)).known_until() is None  # a local notice says nothing of the nation's
    assert CALENDAR.known_until() == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("today", "left"), [("2026-11-01", 60), ("2026-11-02", 59), ("2026-12-31", 0), ("2027-03-01", 0)]
)
def test_the_days_of_data_are_counted_down_to_the_end_of_the_year(today: str, left: int) -> None:
    assert CALENDAR.days_of_data_left(date.fromisoformat(today)) == left
    assert Calendar.of(()).days_of_data_left(date.fromisoformat(today)) == 0


def test_every_working_day_follows_the_one_before() -> None:
    day, last = date(2024, 12, 31), date(2026, 12, 30)
    while day < last:
        following = CALENDAR.next_workday(day)
        assert CALENDAR.is_workday(following)
        between = (day + timedelta(days=n) for n in range(1, (following - day).days))
        assert not any(CALENDAR.is_workday(each) for each in between)
        day = following
