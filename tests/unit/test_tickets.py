"""What may happen to a ticket, how somebody with an appointment joins the line, and how a number is read out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from api import seed
from config import data
from knowledge.hall import LOCAL
from models.rules.appointments import Policy
from models.rules.errors import (
    CheckInOver,
    CheckInTooEarly,
    NotCalledEnough,
    ReadmittedBefore,
    Refusal,
    TicketBusy,
    TicketOver,
)
from models.rules.tickets import (
    BETWEEN_CALLS,
    LETTERS,
    OVER,
    SPARE_LETTERS,
    STEPS,
    Act,
    Booking,
    Kind,
    Status,
    Ticket,
    after,
    has_done,
    is_same_call,
    kind_of_arrival,
    letter_of,
    number_of,
    read_out,
)

TEN = datetime(2026, 3, 2, 10, 0, tzinfo=LOCAL)
NOON = TEN.replace(hour=11, minute=30)


def a_ticket(**fields: Any) -> Ticket:
    given = {"kind": Kind.WALK_IN, "status": Status.WAITING, "arrived_at": TEN} | fields
    return Ticket(1, "A001", "H-DH", "综合受理窗口", date(2026, 3, 2), **given)


ARRIVALS = {
    "a second before the quarter of an hour": (-15 * 60 - 1, CheckInTooEarly),
    "a quarter of an hour before": (-15 * 60, Kind.BOOKED),
    "at the time": (0, Kind.BOOKED),
    "a quarter of an hour late": (15 * 60, Kind.BOOKED),
    "a second later": (15 * 60 + 1, Kind.WALK_IN),
    "a second before the half-day ends": (90 * 60 - 1, Kind.WALK_IN),
    "when the half-day ends": (90 * 60, CheckInOver),
}


@pytest.mark.parametrize(("seconds", "end"), ARRIVALS.values(), ids=ARRIVALS)
def test_an_appointment_is_kept_for_a_quarter_of_an_hour(seconds: int, end: Kind | type[Refusal]) -> None:
    booking = Booking(uuid4(), "H-DH", "综合受理窗口", TEN, 30)
    arrival = TEN + timedelta(seconds=seconds)

    if isinstance(end, Kind):
        assert kind_of_arrival(booking, NOON, arrival, Policy()) is end
    else:
        with pytest.raises(end):
            kind_of_arrival(booking, NOON, arrival, Policy())


def test_whoever_is_too_early_is_told_when_to_come() -> None:
    with pytest.raises(CheckInTooEarly, match="请09:45以后再来"):
        kind_of_arrival(Booking(uuid4(), "H", "W", TEN, 30), NOON, TEN - timedelta(hours=1), Policy())


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("act", Act)
def test_only_the_steps_of_the_table_are_possible(status: Status, act: Act) -> None:
    ticket = a_ticket(status=status, calls=3)

    if (status, act) in STEPS:
        assert after(ticket, act) is STEPS[status, act]
    else:
        with pytest.raises(
            ReadmittedBefore if (status, act) == (Status.VOID, Act.READMIT) else (TicketOver, TicketBusy)
        ):
            after(ticket, act)


def test_what_is_over_stays_over() -> None:
    assert {before for before, _ in STEPS} & OVER == set()
    assert set(STEPS.values()) | {Status.VOID} >= OVER


@pytest.mark.parametrize("calls", [1, 2])
def test_nobody_is_passed_over_before_the_third_call(calls: int) -> None:
    with pytest.raises(NotCalledEnough, match="叫满三遍"):
        after(a_ticket(status=Status.CALLED, calls=calls), Act.MISS)


def test_who_misses_once_may_come_back_and_who_misses_twice_may_not() -> None:
    missed = a_ticket(status=Status.CALLED, calls=3)

    assert after(missed, Act.MISS) is Status.MISSED
    assert after(replace(missed, readmitted=True), Act.MISS) is Status.VOID


def test_a_call_needs_time_to_be_heard() -> None:
    called = a_ticket(status=Status.CALLED, calls=1, called_at=TEN)

    assert is_same_call(called, TEN + BETWEEN_CALLS - timedelta(microseconds=1))
    assert not is_same_call(called, TEN + BETWEEN_CALLS)
    assert is_same_call(replace(called, calls=3), TEN + timedelta(minutes=5))


PRESSED_TWICE = {
    Act.MISS: (Status.MISSED, Status.VOID),
    Act.START: (Status.SERVING,),
    Act.FINISH: (Status.DONE,),
    Act.PARK: (Status.PARKED,),
    Act.RESUME: (Status.WAITING,),
    Act.LEAVE: (Status.LEFT,),
}


@pytest.mark.parametrize("act", PRESSED_TWICE)
def test_what_was_done_is_known_as_done(act: Act) -> None:
    known = tuple(status for status in Status if has_done(a_ticket(status=status), act))

    assert known == PRESSED_TWICE[act]


def test_a_ticket_that_waits_was_taken_back_only_if_it_was_missed() -> None:
    assert has_done(a_ticket(readmitted=True), Act.READMIT)
    assert not has_done(a_ticket(), Act.READMIT)


def test_every_kind_of_window_of_the_halls_has_a_letter_of_its_own() -> None:
    units = seed.read_organisations(data.CATALOGUE / "organisations.csv").rows

    published = {bank.type for unit in units for bank in unit.windows}

    assert published <= LETTERS.keys()
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert set(LETTERS.values()) & set(SPARE_LETTERS) == set()
    assert not {"I", "O"} & {*LETTERS.values(), *SPARE_LETTERS}


def test_a_new_kind_of_window_takes_a_letter_that_is_free() -> None:
    assert letter_of("税务窗口", []) == "P"
    assert letter_of("税务窗口", ["A", "P", "Q"]) == "R"
    assert letter_of("综合受理窗口", ["P"]) == "A"


def test_numbers_are_printed_with_three_digits_and_read_out_one_by_one() -> None:
    assert (number_of("A", 12), number_of("B", 999), number_of("B", 1000)) == ("A012", "B999", "B1000")
    assert read_out("A012") == "A零一二"
