"""A morning in the hall: numbers drawn and called, missed and taken back, parked, moved, given up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from models import calling, people, tickets
from models.database import open_database
from models.rules.errors import (
    CheckInTooEarly,
    IdempotencyKeyReused,
    NotCalledEnough,
    NumbersGone,
    ReadmittedBefore,
    TicketBusy,
    TicketMissing,
    TicketOver,
    WindowBusy,
)
from models.rules.line import Wait
from models.rules.tickets import Kind, Reason, Status
from models.tickets import Newcomer
from tests.hall import HALL, NINE, OTHER, Hall, a_booking
from tests.house import BOTH

pytestmark = BOTH


@pytest.fixture
async def hall(url: str) -> AsyncIterator[Hall]:
    async with open_database(url) as database:
        with database.active():
            yield Hall(database)


async def test_numbers_are_called_in_the_order_in_which_they_were_drawn(hall: Hall) -> None:
    drawn = [(await hall.draw()).number for _ in range(3)]

    served = [await hall.serve_next() for _ in range(3)]

    assert served == drawn == ["A001", "A002", "A003"]
    assert await hall.call() is None


async def test_each_kind_of_window_has_its_own_numbers_and_each_day_begins_anew(hall: Hall) -> None:
    first = [(await hall.draw()).number, (await hall.draw(OTHER)).number]
    unheard_of = [(await hall.draw(kind)).number for kind in ("税务窗口", "邮政窗口", "税务窗口")]
    hall.pass_by(24 * 3600)

    assert first == ["A001", "B001"]
    assert unheard_of == ["P001", "Q001", "P002"]
    assert (await hall.draw()).number == "A001"
    assert await hall.line() == ["A001"], "nobody of yesterday waits today"


async def test_the_day_of_a_number_is_the_local_one(hall: Hall) -> None:
    hall.windows = 0
    hall.now = datetime(2026, 3, 2, 15, 50, tzinfo=UTC)  # 23:50 in Yunnan
    with pytest.raises(NumbersGone):
        await hall.draw()
    hall.windows, hall.now = 1, datetime(2026, 3, 2, 16, 10, tzinfo=UTC)  # 00:10 of Tuesday

    ticket = await hall.draw()

    assert ticket.day.isoformat() == "2026-03-03"


async def test_the_same_press_gives_the_same_number(hall: Hall) -> None:
    first, again = await hall.draw(key="k"), await hall.draw(key="k")

    assert first == again
    assert (await hall.draw()).number == "A002"
    with pytest.raises(IdempotencyKeyReused):
        await hall.draw(OTHER, key="k")
    with pytest.raises(IdempotencyKeyReused):
        await hall.draw(key="k", newcomer=Newcomer(uuid4()))


async def test_one_person_has_one_number_in_a_line(hall: Hall) -> None:
    mother = Newcomer(uuid4())

    first, second, elsewhere = (
        await hall.draw(newcomer=mother),
        await hall.draw(newcomer=mother),
        await hall.draw(OTHER, newcomer=mother),
    )
    await hall.do(tickets.leave, first)
    anew = await hall.draw(newcomer=mother)

    assert [one.number for one in (first, second, elsewhere, anew)] == ["A001", "A001", "B001", "A002"]


async def test_no_number_is_given_out_that_could_not_be_served_today(hall: Hall) -> None:
    hall.windows, hall.now = 1, NINE + timedelta(hours=8)  # 17:00, half an hour is left
    for _ in range(2):
        await hall.draw()

    with pytest.raises(NumbersGone, match="请预约其他时间"):
        await hall.draw()

    await hall.serve_next()
    assert (await hall.draw()).number == "A003", "the refused one used up no number"


async def test_an_appointment_is_called_at_its_time_before_those_who_just_came(hall: Hall) -> None:
    due = NINE + timedelta(minutes=15)
    booking = a_booking(due)
    for _ in range(3):
        await hall.draw()
    hall.now = NINE - timedelta(seconds=1)
    with pytest.raises(CheckInTooEarly, match="请09:00以后"):
        await hall.check_in(booking)

    hall.now = NINE
    booked = await hall.check_in(booking)

    assert await hall.check_in(booking) == booked, "the same appointment twice is one number"
    assert await hall.line() == ["A001", "A002", "A003", "A004"]
    hall.now = due - timedelta(minutes=5)
    assert await hall.line() == ["A004", "A001", "A002", "A003"]


async def test_who_comes_late_for_an_appointment_waits_with_the_others(hall: Hall) -> None:
    await hall.draw()
    hall.now = NINE + timedelta(hours=1)

    late = await hall.check_in(a_booking(NINE))

    assert late.kind is Kind.WALK_IN
    assert await hall.line() == ["A001", late.number]


async def test_who_goes_first_is_called_next_and_the_reason_stays_on_record(hall: Hall) -> None:
    await hall.draw()
    await hall.serve_next()
    for _ in range(4):
        await hall.draw()
    elder = await hall.draw(newcomer=Newcomer(reason=Reason.ELDER))
    soldier = await hall.draw(newcomer=Newcomer(reason=Reason.VETERAN))

    served = [await hall.serve_next() for _ in range(6)]

    assert served == [elder.number, "A002", "A003", soldier.number, "A004", "A005"]
    assert (await tickets.find(elder.id)).reason is Reason.ELDER


@pytest.mark.parametrize("note", ["booked", "*", "!first", "'; DROP TABLE tickets; --", "\u202e预约"])
async def test_a_remark_never_changes_the_order(hall: Hall, note: str) -> None:
    for _ in range(2):
        await hall.draw()
        hall.pass_by(1)

    remarked = await hall.draw(newcomer=Newcomer(note=note))

    assert remarked.note == note
    assert await hall.line() == ["A001", "A002", "A003"]


async def test_a_number_in_a_remark_is_hidden(hall: Hall) -> None:
    ticket = await hall.draw(newcomer=Newcomer(note="电话13812345678"))

    assert ticket.note == "电话***"


async def test_who_does_not_come_after_three_calls_is_passed_over_and_may_come_back_once(hall: Hall) -> None:
    for _ in range(6):
        await hall.draw()
    missed = await hall.call_in_vain()
    assert (missed.number, missed.status) == ("A001", Status.MISSED)

    await hall.do(tickets.readmit, missed)
    await hall.do(tickets.readmit, missed)

    assert [await hall.serve_next() for _ in range(2)] == ["A002", "A003"]
    assert await hall.line() == ["A001", "A004", "A005", "A006"]
    void = await hall.call_in_vain()
    assert (void.number, void.status) == ("A001", Status.VOID)
    with pytest.raises(ReadmittedBefore):
        await hall.do(tickets.readmit, void)
    assert await hall.serve_next() == "A004"


async def test_a_hasty_press_is_no_further_call(hall: Hall) -> None:
    await hall.draw()
    called = await hall.call()
    assert called is not None

    for _ in range(5):
        called = await hall.do(calling.recall, called)

    assert called.calls == 1
    with pytest.raises(NotCalledEnough):
        await hall.do(tickets.miss, called)
    hall.pass_by(10)
    assert (await hall.do(calling.recall, called)).calls == 2


async def test_a_window_that_presses_twice_skips_nobody(hall: Hall) -> None:
    for _ in range(2):
        await hall.draw()

    first, again = await hall.call(), await hall.call()
    assert first is not None
    assert again == first

    await hall.do(tickets.start, first)
    with pytest.raises(WindowBusy, match="办结、挂起或转走"):
        await hall.call()
    other = await hall.call("2")
    assert other is not None
    assert other.number == "A002"


async def test_who_fetches_a_paper_keeps_the_place_of_their_arrival(hall: Hall) -> None:
    for _ in range(4):
        await hall.draw()
        hall.pass_by(60)
    parked = await hall.call()
    assert parked is not None

    await hall.do(tickets.park, parked)
    assert [await hall.serve_next(), await hall.line()] == ["A002", ["A003", "A004"]]
    await hall.do(tickets.resume, parked)

    assert await hall.line() == ["A001", "A003", "A004"]


async def test_who_is_sent_to_another_window_keeps_number_and_waiting_time(hall: Hall) -> None:
    moved = await hall.draw()
    hall.pass_by(60)
    other = await hall.draw(OTHER)
    called = await hall.call()
    assert called is not None
    await hall.do(tickets.start, called)

    await hall.do(tickets.transfer, called, OTHER, reason="要先交医保")
    await hall.do(tickets.transfer, called, OTHER, reason="要先交医保")

    assert await hall.line() == []
    assert await hall.line(OTHER) == [moved.number, other.number]
    again = await hall.call("5", OTHER)
    assert again is not None
    assert (again.id, again.arrived_at, again.calls) == (moved.id, moved.arrived_at, 1)
    assert (again.transferred_from, again.transfer_reason) == ("综合受理窗口", "要先交医保")


async def test_who_is_sent_to_a_window_that_called_nobody_today_can_be_called(hall: Hall) -> None:
    ticket = await hall.draw()

    await hall.do(tickets.transfer, ticket, OTHER, reason="走错了")

    assert await hall.call("5", OTHER) is not None


async def test_who_gives_up_is_out_of_the_line_for_good(hall: Hall) -> None:
    first = await hall.draw()
    await hall.draw()

    await hall.do(tickets.leave, first)

    assert (await hall.do(tickets.leave, first)).status is Status.LEFT
    assert await hall.line() == ["A002"]
    with pytest.raises(TicketOver, match="重新取号"):
        await hall.do(tickets.resume, first)


async def test_what_a_ticket_does_not_allow_is_refused(hall: Hall) -> None:
    ticket = await hall.draw()

    with pytest.raises(TicketBusy):
        await hall.do(tickets.finish, ticket)
    with pytest.raises(TicketMissing):
        await tickets.find(ticket.id + 1)
    with pytest.raises(TicketMissing):
        await tickets.by_number(HALL, "Z999", now=hall.now)
    assert (await tickets.by_number(HALL, " a001 ", now=hall.now)).id == ticket.id
    hall.pass_by(24 * 3600)
    with pytest.raises(TicketOver):
        await hall.do(tickets.leave, ticket)


async def test_the_place_is_told_with_a_range_that_learns_from_the_day(hall: Hall) -> None:
    for _ in range(7):
        last = await hall.draw()
    assert (await hall.place(last)).wait == Wait(65, 135)

    for _ in range(5):
        called = await hall.call()
        assert called is not None
        hall.pass_by(300)
        await hall.do(tickets.finish, called)

    place = await hall.place(last)
    assert (place.ahead, place.wait) == (1, Wait(5, 10))
    called = await hall.call()
    assert called is not None
    assert (await hall.place(called)).ahead == 0


async def alerts(hall: Hall) -> list[tuple[str, int]]:
    rows = await hall.database.rows("SELECT data FROM notices WHERE kind = 'line_near' ORDER BY id")
    return [(told["number"], told["ahead"]) for row in rows if (told := hall.database.parsed(row["data"]))]


async def test_who_is_near_their_turn_is_told_once_however_the_line_moves(hall: Hall) -> None:
    for _ in range(6):
        await hall.draw(newcomer=Newcomer(uuid4()))
    await hall.serve_next()
    near = [("A002", 0), ("A003", 1), ("A004", 2), ("A005", 3)]
    assert await alerts(hall) == near

    for _ in range(2):
        await hall.draw(newcomer=Newcomer(reason=Reason.ELDER))
    assert (await hall.line()).index("A005") == 5, "two elders have pushed it back"
    for _ in range(3):
        await hall.serve_next()
    assert (await hall.line()).index("A005") == 2

    assert await alerts(hall) == [*near, ("A006", 3)]


async def test_a_paper_slip_is_told_nothing(hall: Hall) -> None:
    for _ in range(3):
        await hall.draw()

    await hall.call()

    assert await alerts(hall) == []


async def test_every_act_is_in_the_journal_without_a_name(hall: Hall) -> None:
    ticket = await hall.draw(newcomer=Newcomer(reason=Reason.PREGNANT, note="李家的"))
    await hall.serve_next()

    rows = await hall.database.rows(
        "SELECT act, detail FROM journal WHERE subject = $1 ORDER BY id", [f"ticket:{ticket.id}"]
    )

    assert [row["act"] for row in rows] == ["ticket.draw", "ticket.call", "ticket.finish"]
    assert hall.database.parsed(rows[1]["detail"])["way"] == "turn"
    assert "李" not in str(rows)


async def test_a_person_who_is_forgotten_keeps_the_place_like_a_paper_slip(hall: Hall) -> None:
    person = await people.know(hall.database, "wx1", "o1", unionid=None, now=hall.now)
    ticket = await hall.draw(newcomer=Newcomer(person))

    await people.forget(hall.database, "wx1", "o1", now=hall.now)

    assert (await tickets.find(ticket.id)).person_id is None
    assert await hall.line() == [ticket.number]
