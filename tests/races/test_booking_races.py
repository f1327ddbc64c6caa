"""Booking from two processes at once: what may happen once happens once, and nobody sees a database error.

Each race has a twin that acts without a guard (:mod:`tests.races.naive`) and shows that the race is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models import appointment_rows, appointments, blocks, closures, moving, waiting
from models.appointment_rows import Booked, Booker, Wanted
from models.booking_days import DayAtWindow
from models.database import Database
from models.rules.appointments import State, Stretch
from tests.booking import COUNTER, HALL, TUESDAY, Office, an_office, at, neighbour, openings, somebody, wanted
from tests.booking_audit import contradictions
from tests.postgres import scratch_database
from tests.races import naive
from tests.races.two import Act, Outcome, Two, two_processes

pytestmark = pytest.mark.postgres
WEDNESDAY = TUESDAY + timedelta(days=1)
MORNING = ("08:30", "09:00", "09:30", "10:00", "10:30", "11:00")


@dataclass
class Town:
    """The office, and two processes that book there."""

    office: Office
    both: Two

    def book(self, booker: Booker, what: Wanted, key: str = "", **more: Any) -> Act:
        """Give a booking, with the hours as the office has them."""
        given = {"key": key or uuid4().hex, "now": self.office.now, "policy": self.office.policy}
        hours = openings(what.where.day, self.office.windows)
        return Act(more.pop("verb", appointments.book), (booker, what, hours), given | more)

    def move(self, one: Booked, clock: str, day: date = TUESDAY) -> Act:
        given = {"actor": "person", "now": self.office.now, "policy": self.office.policy}
        return Act(moving.move, (one, at(day, clock), openings(day, self.office.windows)), given)

    def block(self, members: list[tuple[Booker, Wanted]], day: date, key: str = "") -> Act:
        start = at(day, "08:30")
        there = [(booker, replace(what, starts_at=start)) for booker, what in members]
        given = {"key": key or uuid4().hex, "now": self.office.now, "policy": self.office.policy}
        return Act(blocks.book, (there, start, openings(day, self.office.windows)), given)

    async def do(self, *acts: Act) -> list[Outcome]:
        return await self.both.perform(acts)

    async def standing(self, what: Wanted) -> int:
        return len(await naive.standing(self.office.database, what))

    async def agrees(self, cap: int = 1) -> None:
        """Count the books anew."""
        assert await contradictions(self.office.database, now=self.office.now, cap=cap) == []


@pytest.fixture(scope="module")
def both() -> Iterator[Two]:
    with two_processes() as both:
        yield both


@pytest.fixture
async def town(both: Two) -> AsyncIterator[Town]:
    async with scratch_database() as url, an_office(url) as office:
        await office.database.migrate()
        async with both.at(url):
            yield Town(office, both)


def told(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.error or "done" for outcome in outcomes)


# --- the last places


async def test_of_two_hundred_ten_get_the_ten_places(town: Town) -> None:
    town.office.windows = 20
    for number in range(20):
        what = wanted(MORNING[number % 5], day=TUESDAY + timedelta(days=number // 5))

        outcomes = await town.do(*(town.book(somebody(), what) for _ in range(200)))

        assert told(outcomes) == {"done": 10, "SlotTaken": 190}
        assert await town.standing(what) == 10
    await town.agrees(cap=10)


async def test_twin_looking_first_lets_more_than_ten_in(town: Town) -> None:
    town.office.windows = 20

    await town.do(*(town.book(somebody(), wanted(), verb=naive.book) for _ in range(60)))

    assert await town.standing(wanted()) > 10


async def test_places_that_ran_out_are_given_to_as_many_as_there_are(town: Town) -> None:
    town.office.windows = 20
    for _ in range(10):
        await town.office.hold()
    town.office.later(minutes=10)

    outcomes = await town.do(*(town.book(somebody(), wanted()) for _ in range(30)))

    assert told(outcomes) == {"done": 10, "SlotTaken": 20}
    await town.agrees(cap=10)


# --- one request


@pytest.mark.parametrize("windows", [2, 20])
async def test_one_request_sent_forty_times_is_one_appointment(town: Town, windows: int) -> None:
    town.office.windows = windows
    mother = somebody()

    outcomes = await town.do(*(town.book(mother, wanted(), "k1") for _ in range(40)))

    assert told(outcomes) == {"done": 40}
    assert len({outcome.value.number for outcome in outcomes}) == 1
    assert await town.standing(wanted()) == 1
    await town.agrees(cap=windows // 2)


async def test_twin_looking_for_the_key_first_books_twice(town: Town) -> None:
    town.office.windows = 20
    mother = somebody()

    await town.do(*(town.book(mother, wanted(), "k1", verb=naive.book, together=True) for _ in range(2)))

    assert await town.standing(wanted()) == 2


async def test_one_block_sent_ten_times_is_one_block(town: Town) -> None:
    agent = uuid4()
    members = [(neighbour(agent), wanted(item="YB-001")) for _ in range(3)]

    outcomes = await town.do(*(town.block(members, TUESDAY, "b") for _ in range(10)))

    assert told(outcomes) == {"done": 10}
    assert len({one.number for outcome in outcomes for one in outcome.value}) == 3
    await town.agrees()


async def test_blocks_of_the_same_neighbours_do_not_wait_for_each_other(town: Town) -> None:
    for number in range(10):
        agent = uuid4()
        members = [(neighbour(agent), wanted(item="YB-001")) for _ in range(6)]
        days = [TUESDAY + timedelta(days=2 * number), TUESDAY + timedelta(days=2 * number + 1)]

        outcomes = await town.do(town.block(members, days[0]), town.block(members[::-1], days[1]))

        assert told(outcomes) == {"done": 1, "AlreadyBooked": 1}
    await town.agrees()


# --- holds


@pytest.mark.parametrize("seconds", [-1, 0, 1])
async def test_a_hold_that_ends_is_its_owners_or_the_next_ones(town: Town, seconds: int) -> None:
    held = [await town.office.hold(what=wanted(clock)) for clock in MORNING]
    town.office.later(minutes=10, seconds=seconds)
    confirms = [Act(appointments.confirm, (one,), {"actor": "person", "now": town.office.now}) for one in held]
    others = [town.book(somebody(), wanted(clock)) for clock in MORNING]

    pairs = [act for pair in zip(confirms, others, strict=True) for act in pair]
    outcomes = await town.do(*pairs)

    mine, theirs = told(outcomes[::2]), told(outcomes[1::2])
    if seconds < 0:
        assert (mine, theirs) == ({"done": 6}, {"SlotTaken": 6})
    else:
        assert (mine, theirs) == ({"HoldOver": 6}, {"done": 6})
    await town.agrees()


async def test_clocks_a_second_apart_give_a_place_once(town: Town) -> None:
    for clock in MORNING:
        held = await town.office.hold(what=wanted(clock))
        before = town.office.now + timedelta(minutes=9, seconds=59)
        after = before + timedelta(seconds=1)

        outcomes = await town.do(
            Act(appointments.confirm, (held,), {"actor": "person", "now": before}),
            town.book(somebody(), wanted(clock), now=after),
        )

        assert sorted(told(outcomes).values()) == [1, 1]
        assert told(outcomes)["done"] == 1
        assert await town.standing(wanted(clock)) == 1
    town.office.later(minutes=10)
    await town.agrees()


async def test_twin_looking_at_the_hold_first_gives_its_place_twice(town: Town) -> None:
    now = town.office.now
    held = await naive.put(
        town.office.database, somebody(), wanted(), key="", now=now, held_until=now + timedelta(minutes=10)
    )

    outcomes = await town.do(
        Act(naive.confirm, (held,), {"now": now + timedelta(minutes=9, seconds=59)}),
        Act(naive.take_what_is_over, (somebody(), wanted()), {"now": now + timedelta(minutes=10)}),
    )

    assert told(outcomes) == {"done": 2}
    assert await town.standing(wanted()) == 2


# --- moves


async def test_a_move_and_a_booking_for_the_last_place(town: Town) -> None:
    for number in range(8):
        day = TUESDAY + timedelta(days=number)
        mine = await town.office.book(what=wanted("14:00", day=day))

        outcomes = await town.do(town.move(mine, "09:00", day), town.book(somebody(), wanted(day=day)))

        assert told(outcomes) == {"done": 1, "SlotTaken": 1}
        assert await town.standing(wanted(day=day)) == 1
    await town.agrees()


async def test_twin_a_move_that_looks_first_takes_the_place_of_another(town: Town) -> None:
    mine = await naive.put(town.office.database, somebody(), wanted("14:00"), key="", now=town.office.now)

    outcomes = await town.do(
        Act(naive.move, (mine, wanted())), town.book(somebody(), wanted(), verb=naive.book, together=True)
    )

    assert told(outcomes) == {"done": 2}
    assert await town.standing(wanted()) == 2


async def test_moves_between_two_days_pass_each_other(town: Town) -> None:
    town.office.windows = 4
    tuesday = [await town.office.book(what=wanted(clock)) for clock in MORNING]
    wednesday = [await town.office.book(what=wanted(clock, day=WEDNESDAY)) for clock in MORNING]
    there = [town.move(one, f"{14 + n // 2}:{n % 2 * 30:02}", WEDNESDAY) for n, one in enumerate(tuesday)]
    back = [town.move(one, f"{14 + n // 2}:{n % 2 * 30:02}", TUESDAY) for n, one in enumerate(wednesday)]

    outcomes = await town.do(*(act for pair in zip(there, back, strict=True) for act in pair))

    assert told(outcomes) == {"done": 12}
    await town.agrees(cap=2)


async def test_moves_to_a_day_nobody_has_booked_yet_pass_each_other(town: Town) -> None:
    for number in range(8):
        early, late = TUESDAY + timedelta(days=7 + number), TUESDAY + timedelta(days=21 + number)
        mine = await town.office.book(what=wanted("09:00", day=late))
        yours = await town.office.book(what=wanted("10:00", day=late))

        outcomes = await town.do(town.move(mine, "09:00", early), town.move(yours, "10:00", early))

        assert told(outcomes) == {"done": 2}
    await town.agrees()


async def test_twin_days_held_in_the_order_given_wait_for_each_other(town: Town) -> None:
    mine, yours = await town.office.book(), await town.office.book(what=wanted(day=WEDNESDAY))

    outcomes = await town.do(
        Act(naive.move_in_its_own_order, (mine, wanted(day=WEDNESDAY).where)),
        Act(naive.move_in_its_own_order, (yours, wanted().where)),
    )

    assert [outcome.error for outcome in outcomes if "Deadlock" in outcome.error]


async def test_a_move_sent_twice_moves_once(town: Town) -> None:
    mine = await town.office.book()

    outcomes = await town.do(*(town.move(mine, "15:00") for _ in range(10)))

    assert told(outcomes) == {"done": 10}
    assert len(await town.office.rows("SELECT 1 FROM journal WHERE act = 'appointment.move'")) == 1
    await town.agrees()


# --- cancelling


async def test_cancelled_twice_and_booked_again_at_once(town: Town) -> None:
    how = {"actor": "person", "now": town.office.now, "policy": town.office.policy, "chance": 0.0}
    for number in range(8):
        mother, day = somebody(), TUESDAY + timedelta(days=number)
        mine = await town.office.book(mother, wanted(day=day))
        away = Act(appointments.cancel, (mine,), how)

        *cancelled, again = await town.do(away, away, away, town.book(mother, wanted("14:00", day=day)))

        assert told(cancelled) == {"done": 3}
        assert again.error in ("", "AlreadyBooked")
    assert len(await town.office.rows("SELECT 1 FROM journal WHERE act = 'appointment.cancel'")) == 8
    await town.agrees()


async def test_twin_looking_first_gives_a_place_back_twice(town: Town) -> None:
    mine = await town.office.book()

    await town.do(Act(naive.cancel, (mine,)), Act(naive.cancel, (mine,)))

    (row,) = await town.office.rows("SELECT online FROM booking_days")
    assert row["online"] == -30


# --- closures


async def test_whoever_books_while_the_hall_closes_is_refused_or_told_once(town: Town) -> None:
    town.office.windows = 20
    span = (at(TUESDAY, "08:30"), at(TUESDAY, "11:30"))
    closing = Act(
        closures.close,
        (DayAtWindow(HALL, COUNTER, TUESDAY), *span),
        {"reason": "停电", "by": "manager", "now": town.office.now},
    )
    held = [await town.office.hold(what=wanted(clock)) for clock in MORNING]
    early = [Act(appointments.confirm, (one,), {"actor": "person", "now": town.office.now}) for one in held]
    bookings = [town.book(somebody(), wanted(MORNING[number % 6])) for number in range(50)]

    outcomes = await town.do(*bookings[:25], closing, *early, closing, *bookings[25:])

    assert set(told(outcomes)) <= {"done", "SlotTaken", "HoldOver", "AppointmentOver"}
    assert sum([await town.standing(wanted(clock)) for clock in MORNING]) == 0
    closed = await appointment_rows.select(town.office.database, "state = $1", [State.CLOSED.value])
    notices = await town.office.rows("SELECT subject FROM notices WHERE kind = 'hall_closed'")
    assert Counter(row["subject"] for row in notices) == {f"appointment:{one.id}": 1 for one in closed}
    await town.agrees(cap=10)


async def test_twin_looking_first_leaves_somebody_booked_in_a_closed_hall(town: Town) -> None:
    span = (at(TUESDAY, "08:30"), at(TUESDAY, "11:30"))

    await town.do(Act(naive.close, span), Act(naive.book_meanwhile, (somebody(), wanted()), {"now": town.office.now}))

    assert await town.standing(wanted()) == 1


# --- the waiting list


def hours_of(where: DayAtWindow) -> tuple[Stretch, ...]:
    """Give one half-hour, of which ten places may be booked online before the shares open."""
    return (Stretch(at(where.day, "09:00"), 30, 40),)


async def offer(database: Database, now: datetime, town_policy: Any) -> list[UUID | None]:
    """Offer what is free, as every process does every few seconds."""
    offered = await waiting.offer_places(database, now=now, policy=town_policy, openings_of=hours_of)
    return [one.person_id for one in offered]


async def test_a_place_is_offered_to_one_of_those_who_wait(town: Town) -> None:
    office = town.office
    everybody = [somebody() for _ in range(6)]
    for number, one in enumerate(everybody):
        await waiting.join(office.database, one, wanted(), "", key=f"w{number}", now=office.now)
        office.later(seconds=1)
    what, hours = wanted(), hours_of(wanted().where)
    for number in range(9):  # of ten places nine are taken, and one by one they run out
        await appointments.hold(
            office.database, somebody(), what, hours, key=f"h{number}", now=office.now, policy=office.policy,
            lasting=timedelta(minutes=number + 1),
        )  # fmt: skip
    lucky: list[UUID | None] = []
    for _ in range(3):
        outcomes = await town.do(*(Act(offer, (office.now, office.policy)) for _ in range(8)))
        assert set(told(outcomes)) == {"done"}
        lucky += [person for outcome in outcomes for person in outcome.value]
        office.later(minutes=1)

    assert lucky == [one.person_id for one in everybody[:3]]
    await town.agrees(cap=10)


async def test_twin_looking_first_offers_one_place_twice(town: Town) -> None:
    await town.do(*(Act(naive.offer, (somebody(), wanted()), {"now": town.office.now}) for _ in range(2)))

    assert await town.standing(wanted()) == 2


# --- hours that change


async def test_nobody_is_lost_while_the_hours_change(town: Town) -> None:
    lost: Counter[str] = Counter()
    for number in range(10):
        what = wanted(MORNING[number % 6], day=TUESDAY + timedelta(days=number // 6))
        acts = []
        for one in range(20):
            town.office.windows = 2 if one // 2 % 2 else 4  # both processes see both
            acts.append(town.book(somebody(), what))

        outcomes = await town.do(*acts)

        lost += told(outcomes)
        done = told(outcomes)["done"]
        assert 1 <= done <= 2
        assert await town.standing(what) == done
    assert set(lost) == {"done", "SlotTaken"}
    assert lost.total() == 200
    await town.agrees(cap=2)


async def test_twin_looking_first_passes_the_larger_capacity(town: Town) -> None:
    town.office.windows = 4

    await town.do(*(town.book(somebody(), wanted(), verb=naive.book) for _ in range(40)))

    assert await town.standing(wanted()) > 2


# --- limits of one person


async def test_one_person_never_gets_more_than_the_limit(town: Town) -> None:
    town.office.windows = 20
    for number in range(5):
        mother, day = somebody(), TUESDAY + timedelta(days=number)

        outcomes = await town.do(
            *(town.book(mother, wanted(MORNING[n % 6], day=day, item=f"MZ-{n:03}")) for n in range(20))
        )

        assert told(outcomes) == {"done": 2, "DayLimitReached": 18}
    await town.agrees(cap=10)


async def test_one_person_books_one_item_once_whatever_the_day(town: Town) -> None:
    town.office.windows = 20
    mother = somebody()
    days = [TUESDAY + timedelta(days=n % 4) for n in range(20)]

    outcomes = await town.do(*(town.book(mother, wanted(MORNING[n % 6], day=day)) for n, day in enumerate(days)))

    assert told(outcomes) == {"done": 1, "AlreadyBooked": 19}
    await town.agrees(cap=10)


async def test_one_person_holds_one_place_however_many_are_tapped(town: Town) -> None:
    town.office.windows = 20
    mother = somebody()
    whats = [wanted(MORNING[n % 6], item=f"MZ-{n:03}") for n in range(12)]

    outcomes = await town.do(*(town.book(mother, what, verb=appointments.hold) for what in whats))

    assert set(told(outcomes)) <= {"done", "SlotTaken"}
    held = await appointment_rows.select(town.office.database, "state = $1", [State.HELD.value])
    assert len(held) == 1
    await town.agrees(cap=10)


async def test_twin_looking_first_passes_the_limit(town: Town) -> None:
    town.office.windows = 20
    mother = somebody()
    await naive.put(town.office.database, mother, wanted("08:30"), key="", now=town.office.now)

    await town.do(*(town.book(mother, wanted(clock), verb=naive.book, together=True) for clock in ("10:00", "10:30")))

    mine = await appointment_rows.select(town.office.database, "subject = $1", [mother.subject])
    assert len(mine) > town.office.policy.per_day
