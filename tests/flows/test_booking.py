"""Booking a window: what the resident who books, changes her mind or comes too late sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import uuid4

import pytest

from models import appointment_rows, attendance, blocks, closures, waiting
from models.booking_days import DayAtWindow
from models.rules.appointments import Channel, State
from models.rules.errors import (
    AlreadyBooked,
    AppointmentMoved,
    AppointmentOver,
    BlockTooLarge,
    DayLimitReached,
    HoldOver,
    IdempotencyKeyReused,
    NoSuchSlot,
    OnlineBookingPaused,
    SlotTaken,
    TooManyAhead,
)
from tests.booking import COUNTER, HALL, NOW, TUESDAY, Office, an_office, at, neighbour, openings, somebody, wanted
from tests.house import BOTH

pytestmark = BOTH


@pytest.fixture
async def office(url: str) -> AsyncIterator[Office]:
    async with an_office(url) as office:
        yield office


async def test_a_booking_is_there_with_number_journal_and_reminders(office: Office) -> None:
    mother = somebody()

    booked = await office.book(mother)

    assert booked.state is State.BOOKED
    assert await office.taken("09:00") == 1
    assert await office.taken("09:15") == 1
    assert await office.taken("09:30") == 0
    (row,) = await office.rows("SELECT act, actor FROM journal WHERE subject = $1", f"appointment:{booked.id}")
    assert row == {"act": "appointment.book", "actor": f"person:{mother.person_id}"}
    notices = await office.rows("SELECT kind FROM notices ORDER BY kind")
    assert [row["kind"] for row in notices] == ["reminder_day", "reminder_hour"]


async def test_the_second_of_two_windows_stays_free_for_those_who_just_come(office: Office) -> None:
    await office.book()

    with pytest.raises(SlotTaken):
        await office.book()


async def test_the_same_request_again_is_the_same_appointment(office: Office) -> None:
    mother = somebody()

    first, again = await office.book(mother, key="k1"), await office.book(mother, key="k1")

    assert first.number == again.number
    assert await office.taken("09:00") == 1
    with pytest.raises(IdempotencyKeyReused):
        await office.book(somebody(), key="k1")
    with pytest.raises(IdempotencyKeyReused):
        await office.book(mother, wanted(item="MZ-002"), key="k1")


async def test_one_live_appointment_an_item_and_two_a_day(office: Office) -> None:
    mother = somebody()
    await office.book(mother)
    with pytest.raises(AlreadyBooked):
        await office.book(mother, wanted("10:00"))

    await office.book(mother, wanted("10:00", item="MZ-002"))
    with pytest.raises(DayLimitReached):
        await office.book(mother, wanted("14:00", item="MZ-003"))


async def test_what_is_cancelled_can_be_booked_again_by_the_same_person(office: Office) -> None:
    mother = somebody()
    first = await office.book(mother)
    await office.cancel(first)
    office.later(minutes=6)

    second = await office.book(mother)

    assert second.number != first.number
    assert await office.taken("09:00") == 1


async def test_a_cancelled_place_rests_before_it_comes_back(office: Office) -> None:
    booked = await office.book()
    await office.cancel(booked, chance=1.0)

    office.later(minutes=29, seconds=59)
    with pytest.raises(SlotTaken):
        await office.book()
    office.later(seconds=1)
    assert await office.taken("09:00") == 0
    await office.book()


async def test_on_its_own_day_a_cancelled_place_comes_back_at_once(office: Office) -> None:
    office.now = at(TUESDAY, "08:00")
    booked = await office.book(what=wanted("10:00"))
    await office.cancel(booked, chance=1.0)

    await office.book(what=wanted("10:00"))


async def test_cancelling_late_is_noted_and_cancelling_twice_is_harmless(office: Office) -> None:
    booked = await office.book(what=wanted("10:00"))
    office.now = at(TUESDAY, "08:30")

    gone = await office.cancel(booked)

    assert gone.late_cancel
    assert (await office.cancel(booked)).number == gone.number
    assert len(await office.rows("SELECT 1 FROM journal WHERE act = 'appointment.cancel'")) == 1


@pytest.mark.parametrize(("seconds", "confirmed"), [(599, True), (600, False), (601, False)])
async def test_a_hold_ends_by_the_clock(office: Office, seconds: int, confirmed: bool) -> None:
    held = await office.hold()
    office.later(seconds=seconds)

    if confirmed:
        assert (await office.confirm(held)).state is State.BOOKED
        with pytest.raises(SlotTaken):
            await office.book()
    else:
        with pytest.raises(HoldOver):
            await office.confirm(held)
        assert (await office.book()).state is State.BOOKED
        with pytest.raises(HoldOver):
            await office.confirm(held)


async def test_a_person_holds_one_place_at_a_time(office: Office) -> None:
    mother = somebody()
    await office.hold(mother, wanted("09:00"))
    await office.hold(mother, wanted("10:00"))

    assert (await office.taken("09:00"), await office.taken("10:00")) == (0, 1)


async def test_booking_lets_ones_own_hold_go(office: Office) -> None:
    mother = somebody()
    await office.hold(mother, wanted("09:00"))

    await office.book(mother, wanted("09:00"))

    assert await office.taken("09:00") == 1


async def test_moving_gives_the_old_place_back_only_with_the_new(office: Office) -> None:
    mine, _ = await office.book(), await office.book(what=wanted("10:00"))

    with pytest.raises(SlotTaken):
        await office.move(mine, "10:00")
    assert (await office.taken("09:00"), await office.taken("10:00")) == (1, 1)

    moved = await office.move(mine, "10:30")
    assert (moved.starts_at, moved.number) == (at(TUESDAY, "10:30"), mine.number)
    assert (await office.taken("09:00"), await office.taken("10:30")) == (0, 1)
    await office.book()


async def test_moving_to_another_day_counts_there(office: Office) -> None:
    mine = await office.book()
    wednesday = TUESDAY + timedelta(days=1)

    moved = await office.move(mine, "09:00", wednesday)

    assert (await office.taken("09:00"), await office.taken("09:00", wednesday)) == (0, 1)
    back = await office.move(moved, "09:00")
    assert (await office.move(back, "09:00")).day == TUESDAY
    with pytest.raises(AppointmentMoved):
        await office.move(moved, "10:00")


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        ("11:30", TUESDAY),
        ("12:00", TUESDAY),
        ("09:10", TUESDAY),
        ("17:30", TUESDAY),
        ("09:30", NOW.date()),
    ],
)
async def test_times_at_which_nobody_can_come_are_refused(office: Office, clock: str, day: date) -> None:
    with pytest.raises(NoSuchSlot):
        await office.book(what=wanted(clock, day=day))


async def test_shares_are_kept_for_agents_until_the_afternoon_before(office: Office) -> None:
    office.windows, office.now = 1, NOW
    await office.book(what=wanted("08:30"))
    await office.book(what=wanted("09:00"))
    await office.book(what=wanted("09:30"))
    with pytest.raises(SlotTaken):
        await office.book(what=wanted("10:00"))

    office.now = at(NOW.date(), "16:00")
    for clock in ("10:00", "10:30", "11:00"):
        await office.book(what=wanted(clock))
    with pytest.raises(SlotTaken):  # the other half is for people who just come
        await office.book(what=wanted("14:00"))


async def test_an_agent_books_six_neighbours_in_a_row(office: Office) -> None:
    agent = uuid4()
    members = [(neighbour(agent), wanted(item="YB-001")) for _ in range(6)]

    block = await blocks.book(
        office.database, members, at(TUESDAY, "08:30"), openings(), key="b1", now=NOW, policy=office.policy
    )
    again = await blocks.book(
        office.database, members, at(TUESDAY, "08:30"), openings(), key="b1", now=NOW, policy=office.policy
    )

    assert [f"{one.starts_at:%H:%M}" for one in block] == ["08:30", "09:00", "09:30", "10:00", "10:30", "11:00"]
    assert [one.number for one in again] == [one.number for one in block]
    assert {one.channel for one in block} == {Channel.AGENT}
    assert await office.taken("11:15") == 1
    with pytest.raises(SlotTaken):
        await office.book(what=wanted("09:30"))


async def test_a_block_is_all_or_nobody(office: Office) -> None:
    agent, known = uuid4(), somebody()
    await office.book(known, wanted("14:00"))
    members = [(neighbour(agent), wanted()), (known, wanted())]

    with pytest.raises(AlreadyBooked):
        await blocks.book(
            office.database, members, at(TUESDAY, "08:30"), openings(), key="b", now=NOW, policy=office.policy
        )

    assert await office.taken("08:30") == 0
    with pytest.raises(BlockTooLarge):
        await blocks.book(
            office.database, members[:1] * 2, at(TUESDAY, "08:30"), openings(), key="c", now=NOW, policy=office.policy
        )


async def test_three_missed_appointments_stop_online_booking_but_never_the_old(office: Office) -> None:
    mother = somebody()
    for ahead in range(3):
        day = TUESDAY + timedelta(days=ahead)
        office.now = at(day - timedelta(days=1), "09:00")
        await office.book(mother, wanted("09:00", day=day))
        office.now = at(day, "11:30")
        missed = await attendance.note_no_shows(
            office.database, now=office.now, half_day_ends=lambda one: at(one.day, "11:30")
        )
        assert len(missed) == 1
        assert await attendance.note_no_shows(office.database, now=office.now, half_day_ends=lambda one: NOW) == []
    friday = TUESDAY + timedelta(days=3)

    with pytest.raises(OnlineBookingPaused):
        await office.book(mother, wanted(day=friday))
    elder = somebody(has_priority=True)
    assert (await office.book(elder, wanted(day=friday))).state is State.BOOKED

    await attendance.pardon(office.database, missed[0], clerk="clerk", now=office.now)
    assert (await office.book(mother, wanted("10:00", day=friday))).state is State.BOOKED


async def test_a_no_show_is_noted_only_after_the_half_day(office: Office) -> None:
    booked = await office.book()
    office.now = at(TUESDAY, "11:29")
    await attendance.note_no_shows(office.database, now=office.now, half_day_ends=lambda one: at(one.day, "11:30"))

    arrived = await attendance.arrive(office.database, booked, actor="clerk", now=office.now)

    assert arrived.state is State.ARRIVED
    with pytest.raises(AppointmentOver):
        await office.cancel(arrived)


async def test_a_sudden_closure_tells_everybody_once_and_lets_them_choose_again(office: Office) -> None:
    early, late = await office.book(), await office.book(what=wanted("14:00"))
    where = DayAtWindow(HALL, COUNTER, TUESDAY)
    span = (at(TUESDAY, "08:30"), at(TUESDAY, "11:30"))

    hit = await closures.close(office.database, where, *span, reason="停电", by="manager", now=office.now)
    nobody = await closures.close(office.database, where, *span, reason="停电", by="manager", now=office.now)

    assert [one.number for one in hit] == [early.number]
    assert nobody == []
    told = await office.rows("SELECT subject FROM notices WHERE kind = 'hall_closed'")
    assert [row["subject"] for row in told] == [f"appointment:{early.id}"]
    with pytest.raises(SlotTaken):
        await office.book(what=wanted("10:00"))
    closed = await appointment_rows.find(office.database, early.id)
    assert closed.state is State.CLOSED
    assert (await office.move(closed, "15:00")).state is State.BOOKED
    assert late.state is State.BOOKED


async def test_opening_twice_opens_no_more_than_there_is(office: Office) -> None:
    where, span = DayAtWindow(HALL, COUNTER, TUESDAY), (at(TUESDAY, "08:30"), at(TUESDAY, "11:30"))
    for _ in range(2):
        await closures.close(office.database, where, *span, reason="停电", by="manager", now=office.now)
    for _ in range(2):
        await closures.open_again(office.database, where, *span, by="manager", now=office.now)

    await office.book()
    with pytest.raises(SlotTaken):
        await office.book()


async def test_a_closure_of_minutes_closes_the_quarters_it_touches(office: Office) -> None:
    where = DayAtWindow(HALL, COUNTER, TUESDAY)
    await closures.close(
        office.database, where, at(TUESDAY, "09:05"), at(TUESDAY, "09:25"), reason="停电", by="manager", now=office.now
    )

    with pytest.raises(SlotTaken):
        await office.book(what=wanted("09:00"))
    assert (await office.book(what=wanted("09:30"))).state is State.BOOKED


async def test_whoever_moves_back_and_meets_a_second_closure_is_told_again(office: Office) -> None:
    mine = await office.book()
    where, span = DayAtWindow(HALL, COUNTER, TUESDAY), (at(TUESDAY, "08:30"), at(TUESDAY, "11:30"))
    for _ in range(2):
        await closures.close(office.database, where, *span, reason="停电", by="manager", now=office.now)
        office.later(minutes=10)
        await closures.open_again(office.database, where, *span, by="manager", now=office.now)
        await office.move(await appointment_rows.find(office.database, mine.id), "09:00")

    assert len(await office.rows("SELECT 1 FROM notices WHERE kind = 'hall_closed'")) == 2


async def test_a_hold_in_a_hall_that_closes_is_let_go_and_nobody_is_told(office: Office) -> None:
    held = await office.hold()
    where, span = DayAtWindow(HALL, COUNTER, TUESDAY), (at(TUESDAY, "08:30"), at(TUESDAY, "11:30"))

    hit = await closures.close(office.database, where, *span, reason="停电", by="manager", now=office.now)

    assert hit == []
    assert await office.rows("SELECT 1 FROM notices") == []
    with pytest.raises(HoldOver):
        await office.confirm(held)


async def test_whoever_is_in_the_hall_may_book_again(office: Office) -> None:
    mother = somebody()
    first = await office.book(mother)
    office.now = at(TUESDAY, "09:00")
    await attendance.arrive(office.database, first, actor="clerk", now=office.now)

    assert (await office.book(mother, wanted("15:00"))).state is State.BOOKED
    assert (await office.book(mother, wanted("15:30", item="MZ-002"))).state is State.BOOKED


async def test_cancelling_what_has_run_out_does_not_keep_the_place(office: Office) -> None:
    held = await office.hold()
    office.later(minutes=10)

    assert (await office.cancel(held, chance=1.0)).state is State.LAPSED
    assert (await office.book()).state is State.BOOKED


async def test_a_hold_that_ran_out_elsewhere_stands_in_nobodys_way(office: Office) -> None:
    agent, resident = uuid4(), somebody()
    wednesday = TUESDAY + timedelta(days=1)
    await office.hold(resident, wanted("09:00"))
    mine = await office.book(resident, wanted("09:00", day=wednesday, item="MZ-002"))
    office.later(minutes=10)

    moved = await office.move(mine, "10:00")
    block = await blocks.book(
        office.database,
        [(resident, wanted(day=wednesday)), (neighbour(agent), wanted(day=wednesday))],
        at(wednesday, "08:30"),
        openings(wednesday),
        key="b",
        now=office.now,
        policy=office.policy,
    )

    assert (moved.day, len(block)) == (TUESDAY, 2)


async def test_whoever_may_not_book_online_does_not_stop_the_waiting_list(office: Office) -> None:
    blocked, patient = somebody(), somebody()
    for ahead in range(3):
        day = TUESDAY + timedelta(days=ahead)
        office.now = at(day - timedelta(days=1), "09:00")
        await office.book(blocked, wanted(day=day))
        office.now = at(day, "11:30")
        await attendance.note_no_shows(office.database, now=office.now, half_day_ends=lambda one: office.now)
    friday = TUESDAY + timedelta(days=3)
    for number, one in enumerate((blocked, patient)):
        await waiting.join(office.database, one, wanted(day=friday), "am", key=f"w{number}", now=office.now)
        office.later(seconds=1)

    offered = await waiting.offer_places(
        office.database, now=office.now, policy=office.policy, openings_of=lambda where: openings(where.day)
    )

    assert [one.person_id for one in offered] == [patient.person_id]


@pytest.mark.parametrize(
    ("clock", "day", "offers"), [("21:00", 1, 0), ("07:29", 1, 0), ("07:30", 1, 1), ("07:29", 0, 0)]
)
async def test_nothing_is_offered_while_nobody_would_be_told(office: Office, clock: str, day: int, offers: int) -> None:
    what = wanted("09:30", day=TUESDAY + timedelta(days=day))
    await waiting.join(office.database, somebody(), what, "", key="w", now=office.now)
    office.now = at(TUESDAY, clock)

    offered = await waiting.offer_places(
        office.database, now=office.now, policy=office.policy, openings_of=lambda where: openings(where.day)
    )

    assert len(offered) == offers
    with pytest.raises(IdempotencyKeyReused):
        await waiting.join(office.database, somebody(), what, "", key="w", now=office.now)


async def test_reaching_for_a_full_time_does_not_lose_the_place_held(office: Office) -> None:
    mother, wednesday = somebody(), TUESDAY + timedelta(days=1)
    held = await office.hold(mother, wanted("09:00"))
    await office.book(what=wanted("09:00", day=wednesday))

    with pytest.raises(SlotTaken):
        await office.hold(mother, wanted("09:00", day=wednesday))

    assert (await office.confirm(held)).state is State.BOOKED


async def test_nobody_has_more_than_four_ahead(office: Office) -> None:
    mother = somebody()
    for ahead in range(4):
        await office.book(mother, wanted(day=TUESDAY + timedelta(days=ahead), item=f"MZ-00{ahead}"))

    with pytest.raises(TooManyAhead):
        await office.book(mother, wanted("10:00", day=TUESDAY + timedelta(days=3), item="MZ-009"))


async def test_nothing_is_given_up_or_moved_after_its_time(office: Office) -> None:
    booked = await office.book()
    office.now = at(TUESDAY, "09:00")

    with pytest.raises(AppointmentOver):
        await office.cancel(booked)
    with pytest.raises(AppointmentOver):
        await office.move(booked, "14:00")
