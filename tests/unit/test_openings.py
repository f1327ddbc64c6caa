"""What opens a hall on a day: each pair of rules by the table of precedence, and the shipped halls day by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import combinations

import pytest

from knowledge.hall import LOCAL, Calendar, CalendarDay, DayKind, Hours, Scope
from knowledge.market import CycleKind, MarketCycle
from knowledge.openings import (
    PRECEDENCE,
    Opening,
    Rule,
    RuleKind,
    is_open_at,
    next_opening,
    rule_from_data,
    sessions_of,
    sessions_on,
    windows_on,
)
from knowledge.spans import Span
from tests.unit.talking import published

pytestmark = pytest.mark.usefixtures("anywhere")

USUAL = "08:30-11:30 14:00-17:30"
DAY = date(2026, 5, 9)  # a Saturday
YEAR = CalendarDay(date(2026, 1, 1), DayKind.HOLIDAY, "元旦", Scope.NATIONAL)
K = RuleKind


def span(text: str) -> Span:
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def spans(text: str) -> tuple[Span, ...]:
    return tuple(map(span, text.split()))


def told(sessions: Iterable[Span]) -> str:
    return " ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in sessions)


def order(kind: RuleKind, when: str = "", **given: object) -> Rule:
    return replace(Rule("H", kind, DAY, DAY, span=span(when) if when else None), **given)


ORDERS = {
    K.EMERGENCY: order(K.EMERGENCY),
    K.CLOSURE: order(K.CLOSURE, "10:00-18:30"),
    K.OPENING: order(K.OPENING, "12:00-13:00"),
    K.EXTENDED: order(K.EXTENDED, "18:00-20:00", weekdays=frozenset((6,))),
    K.LUNCH_DUTY: order(K.LUNCH_DUTY, on_market_days=True),
}
DAYS = {
    K.PREFECTURE_HOLIDAY: CalendarDay(DAY, DayKind.HOLIDAY, "火把节", Scope.CHUXIONG),
    K.NATIONAL_HOLIDAY: CalendarDay(DAY, DayKind.HOLIDAY, "劳动节", Scope.NATIONAL),
    K.MAKEUP_WORKDAY: CalendarDay(DAY, DayKind.MAKEUP_WORKDAY, "调休上班", Scope.NATIONAL),
}


def a_hall(*kinds: RuleKind, rules: Iterable[Rule] = (), windows: dict[str, int] | None = None) -> Opening:
    """Give a hall on whose Saturday exactly these kinds act: by its weekly hours unless the make-up day opens it."""
    by_week = K.WEEKLY_HOURS in kinds or K.MAKEUP_WORKDAY not in kinds
    return Opening(
        hours=Hours(frozenset(range(1, 7 if by_week else 6)), spans(USUAL)),
        calendar=Calendar.of((YEAR, *(DAYS[kind] for kind in kinds if kind in DAYS))),
        windows=windows or {"综合受理窗口": 2},
        cycles=(MarketCycle(CycleKind.WEEKLY, frozenset((6,))),),
        rules=(*(ORDERS[kind] for kind in kinds if kind in ORDERS), *rules),
    )


PAIRS = {
    (K.EMERGENCY, K.CLOSURE): "",
    (K.EMERGENCY, K.OPENING): "",
    (K.EMERGENCY, K.PREFECTURE_HOLIDAY): "",
    (K.EMERGENCY, K.NATIONAL_HOLIDAY): "",
    (K.EMERGENCY, K.EXTENDED): "",
    (K.EMERGENCY, K.LUNCH_DUTY): "",
    (K.EMERGENCY, K.MAKEUP_WORKDAY): "",
    (K.EMERGENCY, K.WEEKLY_HOURS): "",
    (K.CLOSURE, K.OPENING): "08:30-10:00",
    (K.CLOSURE, K.PREFECTURE_HOLIDAY): "",
    (K.CLOSURE, K.NATIONAL_HOLIDAY): "",
    (K.CLOSURE, K.EXTENDED): "08:30-10:00 18:30-20:00",
    (K.CLOSURE, K.LUNCH_DUTY): "08:30-10:00",
    (K.CLOSURE, K.MAKEUP_WORKDAY): "08:30-10:00",
    (K.CLOSURE, K.WEEKLY_HOURS): "08:30-10:00",
    (K.OPENING, K.PREFECTURE_HOLIDAY): "12:00-13:00",
    (K.OPENING, K.NATIONAL_HOLIDAY): "12:00-13:00",
    (K.OPENING, K.EXTENDED): "08:30-11:30 12:00-13:00 14:00-17:30 18:00-20:00",
    (K.OPENING, K.LUNCH_DUTY): "08:30-17:30",
    (K.OPENING, K.MAKEUP_WORKDAY): "08:30-11:30 12:00-13:00 14:00-17:30",
    (K.OPENING, K.WEEKLY_HOURS): "08:30-11:30 12:00-13:00 14:00-17:30",
    (K.PREFECTURE_HOLIDAY, K.NATIONAL_HOLIDAY): "",
    (K.PREFECTURE_HOLIDAY, K.EXTENDED): "",
    (K.PREFECTURE_HOLIDAY, K.LUNCH_DUTY): "",
    (K.PREFECTURE_HOLIDAY, K.MAKEUP_WORKDAY): "",
    (K.PREFECTURE_HOLIDAY, K.WEEKLY_HOURS): "",
    (K.NATIONAL_HOLIDAY, K.EXTENDED): "",
    (K.NATIONAL_HOLIDAY, K.LUNCH_DUTY): "",
    (K.NATIONAL_HOLIDAY, K.MAKEUP_WORKDAY): "",
    (K.NATIONAL_HOLIDAY, K.WEEKLY_HOURS): "",
    (K.EXTENDED, K.LUNCH_DUTY): "08:30-17:30 18:00-20:00",
    (K.EXTENDED, K.MAKEUP_WORKDAY): "08:30-11:30 14:00-17:30 18:00-20:00",
    (K.EXTENDED, K.WEEKLY_HOURS): "08:30-11:30 14:00-17:30 18:00-20:00",
    (K.LUNCH_DUTY, K.MAKEUP_WORKDAY): "08:30-17:30",
    (K.LUNCH_DUTY, K.WEEKLY_HOURS): "08:30-17:30",
    (K.MAKEUP_WORKDAY, K.WEEKLY_HOURS): USUAL,
}
"""(the stronger, the weaker) → when the doors are open if both act on a day that would have its usual hours."""


@pytest.mark.parametrize("pair", PAIRS, ids="-over-".join)
def test_of_two_rules_the_stronger_has_the_last_word(pair: tuple[RuleKind, RuleKind]) -> None:
    stronger, weaker = pair
    hall = a_hall(stronger, weaker)

    assert told(sessions_on(hall, DAY)) == PAIRS[pair]
    assert sessions_on(replace(hall, rules=hall.rules[::-1]), DAY) == spans(PAIRS[pair])


def test_every_pair_of_rules_stands_in_the_table() -> None:
    kinds = [kind for kind, _ in PRECEDENCE]

    assert sorted(kinds) == sorted(RuleKind)
    assert list(PAIRS) == list(combinations(kinds, 2))
    assert all(sentence.endswith(".") for _, sentence in PRECEDENCE)


def test_a_closure_of_one_type_of_window_leaves_the_doors_open() -> None:
    closed = order(K.CLOSURE, window_type="不动产登记窗口")
    hall = a_hall(rules=[closed], windows={"综合受理窗口": 2, "不动产登记窗口": 1})

    assert windows_on(hall, DAY) == {"综合受理窗口": spans(USUAL), "不动产登记窗口": ()}
    assert told(sessions_on(hall, DAY)) == USUAL


def test_a_hall_whose_every_window_is_closed_is_closed() -> None:
    closed = order(K.CLOSURE, window_type="综合受理窗口")

    assert sessions_on(a_hall(rules=[closed]), DAY) == ()
    assert sessions_on(a_hall(rules=[replace(closed, span=span("08:30-11:30"))]), DAY) == spans("14:00-17:30")


def test_extended_hours_of_one_type_of_window_open_the_doors_for_it_alone() -> None:
    duty = order(K.EXTENDED, "18:00-20:00", weekdays=frozenset((6,)), window_type="综合受理窗口")
    hall = a_hall(rules=[duty], windows={"综合受理窗口": 2, "社保医保窗口": 1})

    assert told(windows_on(hall, DAY)["综合受理窗口"]) == f"{USUAL} 18:00-20:00"
    assert told(windows_on(hall, DAY)["社保医保窗口"]) == USUAL
    assert told(sessions_on(hall, DAY)) == f"{USUAL} 18:00-20:00"


def test_lunch_duty_may_take_a_part_of_the_break_and_opens_no_free_day() -> None:
    part = order(K.LUNCH_DUTY, "11:00-12:30", on_market_days=True)
    sunday = DAY + timedelta(days=1)

    assert told(sessions_on(a_hall(rules=[part]), DAY)) == "08:30-12:30 14:00-17:30"
    always = replace(part, last_day=None, on_market_days=False)
    assert sessions_on(a_hall(rules=[always]), sunday) == ()


@pytest.mark.parametrize(
    ("day", "is_open"),
    [("2026-05-08", True), ("2026-05-09", False), ("2026-05-11", False), ("2026-05-16", False), ("2026-05-18", True)],
)
def test_a_closure_holds_from_its_first_day_to_its_last(day: str, is_open: bool) -> None:
    hall = a_hall(rules=[order(K.CLOSURE, last_day=date(2026, 5, 16))])

    assert bool(sessions_on(hall, date.fromisoformat(day))) is is_open


def test_an_emergency_holds_until_it_is_lifted() -> None:
    hall = a_hall(rules=[order(K.EMERGENCY, last_day=None)])

    assert sessions_on(hall, date(2026, 5, 8)) == spans(USUAL)
    assert sessions_on(hall, date(2026, 12, 1)) == ()
    assert next_opening(hall, datetime(2026, 5, 9, 9, 0, tzinfo=LOCAL)) is None


def test_an_opening_without_a_time_has_the_usual_sessions() -> None:
    sunday = date(2026, 5, 10)
    hall = a_hall(rules=[order(K.OPENING, first_day=sunday, last_day=sunday)])

    assert told(sessions_on(hall, sunday)) == USUAL


def test_a_weekly_closure_closes_its_weekday_only() -> None:
    study = order(K.CLOSURE, "14:00-17:30", weekdays=frozenset((5,)), last_day=None)
    hall = a_hall(rules=[replace(study, first_day=date(2026, 5, 1))])

    assert told(sessions_on(hall, date(2026, 5, 15))) == "08:30-11:30"
    assert told(sessions_on(hall, date(2026, 5, 14))) == USUAL


@pytest.mark.parametrize(
    "rule",
    [
        *ORDERS.values(),
        order(K.EMERGENCY, last_day=None, reason="停电"),
        order(K.CLOSURE, "09:00-10:30", window_type="综合受理窗口", weekdays=frozenset((1, 5)), reason="系统升级"),
    ],
)
def test_an_order_survives_storing(rule: Rule) -> None:
    assert rule_from_data(rule.to_data()) == rule


# --- the shipped halls ----------------------------------------------------------------------------------------------

LUNCH = "08:30-17:30"
SATURDAY = "09:00-11:30"


@pytest.mark.parametrize(
    ("hall", "day", "sessions"),
    [
        # the plain week
        ("H-DH", "2026-03-02", USUAL),  # Monday
        ("H-DH", "2026-03-04", USUAL),
        ("H-DH", "2026-03-06", LUNCH),  # Friday: 东华街
        ("H-DH", "2026-03-07", ""),
        ("H-DH", "2026-03-08", ""),
        ("H-NH", "2026-03-06", USUAL),  # no market at the county hall
        ("H-NH", "2026-03-07", SATURDAY),  # by appointment
        ("H-NH", "2026-03-08", ""),
        ("H-CX", "2026-03-07", SATURDAY),
        # market days
        ("H-DGK", "2026-03-03", LUNCH),  # 逢三
        ("H-DGK", "2026-03-08", ""),  # 逢八, but a Sunday
        ("H-DGK", "2026-03-13", LUNCH),
        ("H-DGK", "2026-03-18", LUNCH),
        ("H-DGK", "2026-03-19", USUAL),
        ("H-YL", "2026-03-03", LUNCH),  # 鼠街
        ("H-YL", "2026-03-04", USUAL),
        ("H-YL", "2026-03-09", LUNCH),  # 马街
        ("H-YL", "2026-03-15", ""),  # 鼠街 on a Sunday
        ("H-YL", "2026-03-27", LUNCH),
        # 2024, with the prefecture's own days
        ("H-DH", "2024-04-15", ""),  # 州庆
        ("H-DH", "2024-04-16", ""),
        ("H-DH", "2024-04-17", USUAL),
        ("H-DH", "2024-07-26", LUNCH),  # the Friday before 火把节
        ("H-DH", "2024-07-29", ""),  # 火把节
        ("H-DH", "2024-07-30", ""),
        ("H-DH", "2024-07-31", ""),
        ("H-DH", "2024-08-01", USUAL),
        ("H-NH", "2024-07-27", SATURDAY),
        ("H-DH", "2024-12-20", LUNCH),
        ("H-NH", "2024-12-21", ""),  # 彝族年 on a Saturday: no extended hours
        ("H-DH", "2024-12-23", ""),
        ("H-DH", "2024-12-24", ""),
        ("H-DH", "2024-12-25", USUAL),
        ("H-DH", "2024-02-04", USUAL),  # a Sunday that is worked before 春节
        ("H-DH", "2024-02-10", ""),
        ("H-DH", "2024-10-12", USUAL),  # a Saturday that is worked
        # make-up days
        ("H-DH", "2026-01-04", USUAL),  # Sunday
        ("H-DH", "2026-02-14", USUAL),  # Saturday
        ("H-NH", "2026-02-14", USUAL),  # extended hours lie within the usual ones
        ("H-DGK", "2026-02-28", LUNCH),  # a worked Saturday on which the market is held
        ("H-DH", "2026-05-09", USUAL),
        ("H-DH", "2026-09-20", USUAL),
        ("H-DH", "2026-10-10", USUAL),
        ("H-NH", "2026-10-17", SATURDAY),
        # holidays
        ("H-DH", "2026-01-01", ""),
        ("H-DH", "2026-02-17", ""),
        ("H-DH", "2026-02-20", ""),  # a Friday: the market is held, the hall is closed
        ("H-DGK", "2026-02-23", ""),  # 逢三 within 春节
        ("H-NH", "2026-02-21", ""),  # a Saturday within 春节
        ("H-DH", "2026-02-24", USUAL),
        ("H-DH", "2025-07-15", USUAL),
        ("H-DH", "2025-07-16", ""),
        ("H-DH", "2025-07-18", ""),
        ("H-NH", "2025-07-19", SATURDAY),
        # the turn of the years and the end of the data
        ("H-DH", "2024-12-31", USUAL),
        ("H-DH", "2025-01-01", ""),
        ("H-DH", "2025-12-31", USUAL),
        ("H-DH", "2026-12-31", USUAL),
        ("H-DH", "2027-01-01", ""),
        ("H-DH", "2027-01-04", ""),  # a Monday of which nobody knows
        ("H-NH", "2027-01-09", ""),
    ],
)
def test_the_shipped_halls_open_as_their_tables_say(hall: str, day: str, sessions: str) -> None:
    opening = published().opening_of(hall)

    assert opening is not None
    assert told(sessions_on(opening, date.fromisoformat(day))) == sessions


@pytest.mark.parametrize(
    ("hall", "moment", "opens"),
    [
        ("H-DH", "2026-03-02 23:50", "2026-03-03 08:30"),
        ("H-DH", "2026-03-03 00:10", "2026-03-03 08:30"),
        ("H-DH", "2026-03-02 16:10", "2026-03-02 16:10"),  # 00:10 of that day in Los Angeles
        ("H-DH", "2026-03-02 07:50", "2026-03-02 08:30"),  # 23:50 of the day before in UTC
        ("H-DH", "2026-03-06 11:40", "2026-03-06 11:40"),  # over lunch on a market day
        ("H-DH", "2026-03-05 11:40", "2026-03-05 14:00"),
        ("H-NH", "2026-03-06 23:50", "2026-03-07 09:00"),
        ("H-NH", "2026-03-07 11:30", "2026-03-09 08:30"),
        ("H-DH", "2024-07-26 18:00", "2024-08-01 08:30"),  # over 火把节
        ("H-DH", "2025-12-31 23:50", "2026-01-04 08:30"),
    ],
)
def test_the_doors_open_next(hall: str, moment: str, opens: str) -> None:
    opening = published().opening_of(hall)
    at = datetime.fromisoformat(moment).replace(tzinfo=LOCAL)

    assert opening is not None
    assert next_opening(opening, at) == datetime.fromisoformat(opens).replace(tzinfo=LOCAL)
    assert is_open_at(opening, at) is (moment == opens)


def test_nothing_opens_after_the_last_notice() -> None:
    opening = published().opening_of("H-DH")

    assert opening is not None
    assert next_opening(opening, datetime(2026, 12, 31, 23, 50, tzinfo=LOCAL)) is None
    assert windows_on(opening, date(2027, 1, 4))["综合受理窗口"] == ()
    assert sessions_of(opening, "", date(2027, 1, 4)) == ()


def test_units_without_hours_have_no_opening_and_village_stations_have_one() -> None:
    assert published().opening_of("T532301105") is None
    assert published().opening_of("H-NOWHERE") is None
    station = published().opening_of("V532301105201")
    assert station is not None
    assert told(sessions_on(station, date(2026, 3, 2))) == "09:00-11:30 14:00-17:00"
