"""Slots computed from the sessions of a day: on the grid, wholly within a session, for as many as there are windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.hall import LOCAL, Calendar, CalendarDay, DayKind, Hours, Scope
from knowledge.market import CycleKind, MarketCycle
from knowledge.openings import KEPT, Opening, Rule, RuleKind, sessions_of
from knowledge.slots import Slot, slots_on
from knowledge.spans import gaps, joined, without
from tests.unit.talking import published

DESK, LAND = "综合受理窗口", "不动产登记窗口"
MONDAY = date(2026, 3, 2)
anywhere = pytest.mark.usefixtures("anywhere")


def hall(hall_id: str) -> Opening:
    opening = published().opening_of(hall_id)
    assert opening is not None
    return opening


def clocks(slots: tuple[Slot, ...]) -> list[str]:
    return [f"{slot.start.astimezone(LOCAL):%H:%M}" for slot in slots]


@anywhere
@pytest.mark.parametrize(
    ("minutes", "count", "first", "last"),
    [
        (30, 13, "08:30", "17:00"),
        (60, 6, "08:30", "16:00"),  # half an hour of the afternoon is left over
        (45, 8, "08:30", "16:15"),
        (180, 2, "08:30", "14:00"),  # the whole morning
        (181, 1, "14:00", "14:00"),  # longer than the morning
        (210, 1, "14:00", "14:00"),
        (211, 0, "", ""),  # longer than any session
        (7, 55, "08:30", "17:23"),
        (1, 390, "08:30", "17:29"),
    ],
)
def test_a_service_fits_wholly_into_a_session(minutes: int, count: int, first: str, last: str) -> None:
    slots = slots_on(hall("H-DH"), DESK, MONDAY, minutes)

    assert len(slots) == count
    assert (clocks(slots)[:1], clocks(slots)[-1:]) == ([first] * bool(first), [last] * bool(last))
    assert {slot.windows for slot in slots} <= {2}


@anywhere
@pytest.mark.parametrize(
    ("hall_id", "window_type", "day", "count", "first"),
    [
        ("H-DH", DESK, "2026-03-02", 13, "08:30"),
        ("H-DH", DESK, "2026-03-06", 18, "08:30"),  # a market day: also over lunch
        ("H-DH", DESK, "2026-03-07", 0, ""),
        ("H-DH", "没有的窗口", "2026-03-02", 0, ""),
        ("H-NH", DESK, "2026-03-07", 5, "09:00"),  # extended hours on a Saturday
        ("H-NH", LAND, "2026-03-07", 0, ""),  # not at every window
        ("H-NH", LAND, "2026-03-06", 13, "08:30"),
        ("H-DH", DESK, "2026-02-14", 13, "08:30"),  # a worked Saturday
        ("H-NH", LAND, "2026-02-14", 13, "08:30"),
        ("H-DGK", DESK, "2026-02-28", 18, "08:30"),  # worked, and a market day
        ("H-DH", DESK, "2024-07-30", 0, ""),  # 火把节
        ("H-DH", DESK, "2025-12-31", 13, "08:30"),
        ("H-DH", DESK, "2026-01-01", 0, ""),
        ("H-DH", DESK, "2026-12-31", 13, "08:30"),
        ("H-DH", DESK, "2027-01-04", 0, ""),  # nobody knows yet
    ],
)
def test_slots_follow_the_day(hall_id: str, window_type: str, day: str, count: int, first: str) -> None:
    slots = slots_on(hall(hall_id), window_type, date.fromisoformat(day), 30)

    assert len(slots) == count
    assert clocks(slots)[:1] == [first] * bool(first)
    assert all(slot.start.astimezone(LOCAL).date().isoformat() == day for slot in slots)


@anywhere
def test_a_slot_begins_in_utc_on_the_right_moment() -> None:
    first = slots_on(hall("H-DH"), DESK, MONDAY, 30)[0]

    assert first == Slot(datetime(2026, 3, 2, 0, 30, tzinfo=UTC), 30, 2)
    assert first.start.utcoffset() == timedelta(0)


@anywhere
@pytest.mark.parametrize("span", [("00:10", "00:40"), ("23:20", "23:50")])
def test_a_session_beside_midnight_stays_on_its_day(span: tuple[str, str]) -> None:
    start, end = map(time.fromisoformat, span)
    night = replace(hall("H-DH"), hours=Hours(frozenset(range(1, 6)), ((start, end),)), rules=())

    (slot,) = slots_on(night, DESK, MONDAY, 30)

    assert slot.start.astimezone(LOCAL) == datetime.combine(MONDAY, start, tzinfo=LOCAL)


def test_the_grid_begins_anew_behind_a_closure() -> None:
    closure = Rule("H-DH", RuleKind.CLOSURE, MONDAY, MONDAY, span=(time(9, 10), time(9, 40)))
    opening = replace(hall("H-DH"), rules=(closure,))

    assert clocks(slots_on(opening, DESK, MONDAY, 30))[:3] == ["08:30", "09:40", "10:10"]


@pytest.mark.parametrize("minutes", [0, -30])
def test_a_slot_without_length_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="minute"):
        slots_on(hall("H-DH"), DESK, MONDAY, minutes)


# --- whatever the office orders -------------------------------------------------------------------------------------

_times = st.integers(0, 24 * 12 - 1).map(lambda fives: time(fives // 12, fives % 12 * 5))
_spans = st.tuples(_times, _times).filter(lambda pair: pair[0] < pair[1])
_days = st.dates(date(2026, 2, 1), date(2026, 3, 31))
_rules = st.builds(
    Rule,
    hall_id=st.just("H"),
    kind=st.sampled_from(KEPT),
    first_day=st.dates(date(2026, 1, 15), date(2026, 3, 15)),
    last_day=st.none() | st.dates(date(2026, 3, 1), date(2026, 4, 15)),
    weekdays=st.frozensets(st.integers(1, 7), max_size=3),
    on_market_days=st.booleans(),
    span=st.none() | _spans,
    window_type=st.sampled_from(("", DESK, LAND)),
)
_calendar_days = st.builds(
    CalendarDay,
    day=_days,
    kind=st.sampled_from(DayKind),
    name=st.just("节"),
    scope=st.sampled_from(Scope),
)
_openings = st.builds(
    Opening,
    hours=st.builds(Hours, st.frozensets(st.integers(1, 7)), st.lists(_spans, max_size=3).map(joined)),
    calendar=st.lists(_calendar_days, max_size=8).map(
        lambda days: Calendar.of((CalendarDay(date(2026, 1, 1), DayKind.HOLIDAY, "元旦", Scope.NATIONAL), *days))
    ),
    windows=st.fixed_dictionaries({DESK: st.integers(1, 6), LAND: st.integers(1, 3)}),
    cycles=st.just((MarketCycle(CycleKind.ZODIAC, frozenset((0, 6))),)),
    rules=st.lists(_rules, max_size=6).map(tuple),
)


@given(_openings, st.sampled_from((DESK, LAND)), _days, st.integers(5, 240))
def test_slots_lie_apart_within_sessions_and_outside_every_closure(
    opening: Opening, window_type: str, day: date, minutes: int
) -> None:
    slots = slots_on(opening, window_type, day, minutes)
    sessions = sessions_of(opening, window_type, day)
    closed = [
        rule.span or (time.min, time.max)
        for rule in opening.rules
        if rule.kind in (RuleKind.CLOSURE, RuleKind.EMERGENCY)
        and rule.window_type in ("", window_type)
        and rule.holds_on(day, is_market_day=opening.is_market_day(day))
    ]
    ends = [slot.start + timedelta(minutes=minutes) for slot in slots]

    assert all(end <= following.start for end, following in zip(ends, slots[1:], strict=False))
    for slot, end in zip(slots, ends, strict=True):
        start, close = slot.start.astimezone(LOCAL).time(), end.astimezone(LOCAL).time()
        assert sum(opens <= start and close <= closes for opens, closes in sessions) == 1
        assert all(close <= shut or reopened <= start for shut, reopened in closed)
        assert not any(start < reopened and shut < close for shut, reopened in gaps(sessions))
        assert slot.windows == opening.windows[window_type]


@given(_openings, st.sampled_from((DESK, LAND)), _days)
def test_no_minute_of_a_session_is_lost_to_the_grid(opening: Opening, window_type: str, day: date) -> None:
    length = sum(
        (datetime.combine(day, end) - datetime.combine(day, start)) // timedelta(minutes=5)
        for start, end in sessions_of(opening, window_type, day)
    )

    assert len(slots_on(opening, window_type, day, 5)) == length


@given(st.lists(_spans, max_size=6), _spans)
def test_spans_joined_are_in_order_and_what_is_taken_is_gone(given_spans: list[tuple[time, time]], taken) -> None:
    whole = joined(given_spans)

    assert all(first[1] < second[0] for first, second in pairwise(whole))
    assert joined((*whole, *given_spans)) == whole
    rest = without(whole, taken)
    assert all(end <= taken[0] or taken[1] <= start for start, end in rest)
    assert joined((*rest, taken)) == joined((*whole, taken))
