"""The order of the line, as drawn and for any line at all; the wait told; the last number of the day."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.hall import LOCAL
from models.rules.line import (
    ALERT_AHEAD,
    BEHIND,
    Contingent,
    Next,
    Tally,
    Wait,
    Way,
    ahead_of,
    expected_finish,
    order,
    spans_of,
    to_alert,
    wait_of,
)
from models.rules.tickets import Kind, Reason, Status, Ticket
from tests.booking import openings

MONDAY = date(2026, 3, 2)
TEN = datetime.combine(MONDAY, time(10), tzinfo=LOCAL)


def a_ticket(number: int, minute: int = 0, *, booked: int | None = None, **fields: Any) -> Ticket:
    """Somebody who came so many minutes before ten; ``booked`` is the minute from ten of their appointment."""
    due = {} if booked is None else {"kind": Kind.BOOKED, "due_at": TEN + timedelta(minutes=booked)}
    given = {"kind": Kind.WALK_IN, "status": Status.WAITING, "arrived_at": TEN - timedelta(minutes=minute)}
    return Ticket(number, f"A{number:03}", "H-DH", "综合受理窗口", MONDAY, **(given | due | fields))


def called(*tickets: Ticket, tally: Tally = Tally(), now: datetime = TEN) -> list[int]:  # noqa: B008 - frozen
    return [one.ticket.id for one in order(tickets, tally, now)]


def test_people_without_an_appointment_are_called_as_they_came() -> None:
    assert called(a_ticket(1, 10), a_ticket(2, 30), a_ticket(3, 20)) == [2, 3, 1]


def test_an_appointment_counts_from_five_minutes_before_its_time() -> None:
    booked, walk_in = a_ticket(1, 0, booked=5), a_ticket(2, 90)

    assert called(booked, walk_in, now=TEN - timedelta(seconds=1)) == [2, 1]
    assert called(booked, walk_in, now=TEN) == [1, 2]


def test_of_two_appointments_the_earlier_time_is_called_first_whoever_came_first() -> None:
    assert called(a_ticket(1, 60, booked=0), a_ticket(2, 1, booked=-10)) == [2, 1]


def test_somebody_early_for_an_appointment_is_called_when_nobody_else_is_there() -> None:
    assert called(a_ticket(1, 0, booked=15)) == [1]


def test_who_goes_first_is_called_next_but_only_every_third_time() -> None:
    plain = [a_ticket(number, 100 - number) for number in range(1, 7)]
    first = [a_ticket(number, 50 - number, reason=Reason.ELDER) for number in range(11, 14)]

    line = order([*plain, *first], Tally(), TEN)

    assert [one.ticket.id for one in line] == [11, 1, 2, 12, 3, 4, 13, 5, 6]
    assert [one.way for one in line][:3] == [Way.FIRST, Way.TURN, Way.TURN]


def test_the_share_counts_what_was_called_before() -> None:
    plain, elder = [a_ticket(1, 90), a_ticket(2, 80), a_ticket(3, 70)], a_ticket(4, reason=Reason.PREGNANT)

    assert called(*plain, elder, tally=Tally(calls=5, plain=0)) == [1, 2, 4, 3]
    assert called(*plain, elder, tally=Tally(calls=6, plain=1)) == [1, 4, 2, 3]


def test_who_may_go_first_and_is_first_anyway_uses_up_no_turn() -> None:
    line = order(
        [a_ticket(1, 90, reason=Reason.ELDER), a_ticket(2, 80), a_ticket(3, 70, reason=Reason.INFANT)], Tally(), TEN
    )

    assert [(one.ticket.id, one.way) for one in line] == [(1, Way.TURN), (3, Way.FIRST), (2, Way.TURN)]


def test_who_comes_back_after_a_missed_call_stands_behind_the_next_two() -> None:
    back = a_ticket(9, 120, readmitted=True, behind=7 + BEHIND)

    assert called(a_ticket(1, 60), a_ticket(2, 50), a_ticket(3, 40), back, tally=Tally(calls=7)) == [1, 2, 9, 3]
    assert called(a_ticket(1, 60), back, tally=Tally(calls=7)) == [1, 9]


def test_who_was_sent_here_from_another_window_keeps_the_time_waited() -> None:
    assert called(a_ticket(1, 30), a_ticket(2, 60, transferred_from="社保医保窗口")) == [2, 1]


def test_only_those_who_wait_are_in_the_line() -> None:
    others = [a_ticket(number, status=status) for number, status in enumerate(Status) if status is not Status.WAITING]

    assert called(*others) == []


MINUTES = st.integers(0, 180)
TICKETS = st.lists(
    st.tuples(
        MINUTES,
        st.one_of(st.none(), st.integers(-60, 60)),
        st.sampled_from([None, None, None, *Reason]),
        st.one_of(st.none(), st.none(), st.integers(0, 12)),
    ),
    max_size=30,
).map(
    lambda people: [
        a_ticket(number, minute, booked=booked, reason=reason, behind=behind, readmitted=behind is not None)
        for number, (minute, booked, reason, behind) in enumerate(people, start=1)
    ]
)
TALLIES = st.builds(Tally, calls=st.integers(0, 20), plain=st.integers(0, 4))


@given(TICKETS, TALLIES)
def test_everybody_is_called_once(tickets: list[Ticket], tally: Tally) -> None:
    assert sorted(called(*tickets, tally=tally)) == [ticket.id for ticket in tickets]


@given(TICKETS, TALLIES, st.randoms(use_true_random=False))
def test_the_order_in_which_tickets_are_read_changes_nothing(
    tickets: list[Ticket], tally: Tally, dice: random.Random
) -> None:
    shuffled = dice.sample(tickets, len(tickets))

    assert called(*shuffled, tally=tally) == called(*tickets, tally=tally)


@given(TICKETS, TALLIES, st.data())
def test_a_remark_changes_nothing(tickets: list[Ticket], tally: Tally, data: st.DataObject) -> None:
    remarked = [replace(ticket, note=data.draw(st.text(max_size=8))) for ticket in tickets]

    assert called(*remarked, tally=tally) == called(*tickets, tally=tally)


@given(TICKETS, TALLIES)
def test_calling_one_by_one_gives_the_order_that_was_told(tickets: list[Ticket], tally: Tally) -> None:
    told, one_by_one, waiting = called(*tickets, tally=tally), [], list(tickets)

    while waiting:
        first = order(waiting, tally, TEN)[0]
        one_by_one.append(first.ticket.id)
        waiting.remove(first.ticket)
        tally = tally.after(first.way)

    assert one_by_one == told


@given(TICKETS, TALLIES)
def test_at_most_one_of_three_calls_is_out_of_turn(tickets: list[Ticket], tally: Tally) -> None:
    ways = [one.way for one in order(tickets, tally, TEN) if one.way is not Way.RETURNED]

    assert all(ways[at : at + 3].count(Way.FIRST) <= 1 for at in range(len(ways)))


@given(TICKETS, TALLIES)
def test_nobody_stands_further_back_for_being_entitled_to_go_first(tickets: list[Ticket], tally: Tally) -> None:
    for ticket in tickets:
        plain = [replace(one, reason=None) if one is ticket else one for one in tickets]
        assert called(*tickets, tally=tally).index(ticket.id) <= called(*plain, tally=tally).index(ticket.id)


@given(st.lists(MINUTES, min_size=2, max_size=20), TALLIES)
def test_equals_are_called_as_their_numbers_were_given_out(minutes: list[int], tally: Tally) -> None:
    tickets = [a_ticket(number, minute) for number, minute in enumerate(minutes)]

    line = called(*tickets, tally=tally)

    assert line == sorted(line, key=lambda number: (-minutes[number], number))


@given(TICKETS, st.integers(0, 20))
def test_who_comes_back_stands_exactly_behind_two(tickets: list[Ticket], calls: int) -> None:
    others = [replace(ticket, behind=None, readmitted=False) for ticket in tickets]
    back = a_ticket(99, 170, readmitted=True, behind=calls + BEHIND)

    line = called(*others, back, tally=Tally(calls))

    assert line.index(99) == min(BEHIND, len(others))
    assert [one for one in line if one != 99] == called(*others, tally=Tally(calls))


@given(st.integers(0, 12), st.integers(0, 4))
def test_an_endless_stream_of_people_who_go_first_keeps_nobody_waiting_for_ever(ahead: int, plain: int) -> None:
    waiting = [a_ticket(number, 100 - number) for number in range(ahead + 1)]
    mine, tally, calls = ahead, Tally(0, plain), 0

    while any(ticket.id == mine for ticket in waiting):
        waiting += [a_ticket(1000 + calls, -calls, reason=Reason.VETERAN)]
        first: Next = order(waiting, tally, TEN)[0]
        waiting.remove(first.ticket)
        tally, calls = tally.after(first.way), calls + 1

    assert calls <= ahead + 1 + ahead // 2 + 1


def test_those_near_their_turn_are_told_unless_they_were_or_have_no_phone() -> None:
    people = [a_ticket(number, 100 - number, person_id=uuid4()) for number in range(7)]
    people[1], people[2] = replace(people[1], person_id=None), replace(people[2], alerted=True)

    near = to_alert(order(people, Tally(), TEN))

    assert [(ticket.id, ahead) for ticket, ahead in near] == [(0, 0), (3, ALERT_AHEAD)]


def test_a_place_is_the_people_ahead() -> None:
    line = order([a_ticket(1, 30), a_ticket(2, 20), a_ticket(3, 10)], Tally(), TEN)

    assert ahead_of(a_ticket(3), line) == 2
    assert ahead_of(a_ticket(4), line) is None


WAITS = {
    "nobody ahead, one window": ((0, 1, [], 15), Wait(0, 20)),
    "four ahead, one window, as long as expected": ((4, 1, [], 15), Wait(45, 95)),
    "four ahead, two windows": ((4, 2, [], 15), Wait(20, 50)),
    "quick services were measured": ((4, 1, [5, 5, 5, 5, 5], 15), Wait(20, 25)),
    "too few were measured": ((4, 1, [5, 5, 5, 5], 15), Wait(45, 95)),
    "no window works": ((4, 0, [], 15), None),
}


@pytest.mark.parametrize(("given_", "told"), WAITS.values(), ids=WAITS)
def test_the_wait_is_told_as_a_range(given_: tuple[int, int, list[float], int], told: Wait | None) -> None:
    ahead, windows, recent, minutes = given_

    assert wait_of(ahead, windows=windows, recent=recent, minutes=minutes) == told


LENGTHS = st.lists(st.floats(0.5, 120), max_size=20)


@given(st.integers(0, 100), st.integers(1, 10), LENGTHS, st.integers(1, 120))
def test_a_range_begins_before_it_ends_and_grows_with_the_line(
    ahead: int, windows: int, recent: list[float], minutes: int
) -> None:
    wait = wait_of(ahead, windows=windows, recent=recent, minutes=minutes)
    longer = wait_of(ahead + 1, windows=windows, recent=recent, minutes=minutes)

    assert wait is not None
    assert longer is not None
    assert 0 <= wait.least < wait.most
    assert wait.least <= longer.least
    assert wait.most <= longer.most


DAY = spans_of(openings(MONDAY))


def at(clock: str) -> datetime:
    return datetime.combine(MONDAY, time.fromisoformat(clock), tzinfo=LOCAL)


FINISHES = {
    "nobody waits": (("09:00", 1, 0, 0), "09:15"),
    "an hour of work for two windows": (("09:00", 2, 60, 0), "09:45"),
    "appointments still to come count": (("09:00", 2, 60, 60), "10:15"),
    "the lunch hour does not count": (("11:20", 1, 30, 0), "14:35"),
    "before the hall opens": (("07:00", 1, 0, 0), "08:45"),
    "to the last minute": (("17:00", 1, 15, 0), "17:30"),
    "a minute too long": (("17:00", 1, 16, 0), None),
    "after closing": (("17:30", 1, 0, 0), None),
    "no window": (("09:00", 0, 0, 0), None),
}


@pytest.mark.parametrize(("given_", "finish"), FINISHES.values(), ids=FINISHES)
def test_numbers_end_when_the_last_could_not_be_served(given_: tuple[str, int, int, int], finish: str | None) -> None:
    clock, windows, waiting, booked = given_

    found = expected_finish(Contingent(DAY, windows, booked), waiting, 15, at(clock))

    assert found == (at(finish) if finish else None)
