"""The booking office under random acts: after every one of them its books agree, and the journal tells the same."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from models import appointment_rows, attendance, blocks, booking_days, closures, moving, waiting
from models.appointment_rows import Booked, Wanted, select
from models.booking_days import DayAtWindow
from models.database import open_database
from models.rules.appointments import Channel, Policy, State, places_of, quota_of, starts_of
from models.rules.errors import Refusal
from tests.booking import COUNTER, HALL, TUESDAY, Office, at, neighbour, openings, somebody
from tests.booking_audit import contradictions

DAYS = [TUESDAY + timedelta(days=ahead) for ahead in range(3)]
ITEMS = {"MZ-001": 30, "MZ-002": 15, "MZ-003": 45}
"""Item → minutes."""
HALF_DAYS = {"morning": ("08:30", "11:30"), "afternoon": ("14:00", "17:30"), "an hour": ("10:00", "11:00")}
AGENT = uuid4()

days, items, halves = st.sampled_from(DAYS), st.sampled_from(sorted(ITEMS)), st.sampled_from(sorted(HALF_DAYS))
windows = st.integers(0, 5)
places = st.integers(0, 8)
"""Which of the times of a day; few, so that people want the same."""
people = st.integers(0, 4)
which = st.integers(0, 30)
"""Which of the appointments made so far."""


class BookingOffice(RuleBasedStateMachine):
    """One hall, five residents and an agent's six neighbours."""

    template: Path
    folder: Path

    @initialize(number=windows)
    def opens(self, number: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        copy = shutil.copy(self.template, self.folder / f"{uuid4().hex}.sqlite3")
        # Short steps of the clock lead through everything: limits of 30 days become limits of 10.
        policy = Policy(no_shows=2, no_show_days=10)
        opened = self.stack.enter_async_context(open_database(f"sqlite://{copy}"))
        self.office = Office(self.loop.run_until_complete(opened), windows=number, policy=policy)
        self.most = number
        self.residents = [somebody() for _ in range(5)]
        self.neighbours = [neighbour(AGENT) for _ in range(6)]
        self.made: list[Booked] = []
        self.closed: set[tuple[date, str]] = set()

    def do(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """Perform an act; a refusal is an answer too, anything else is not."""

        async def inside() -> Any:
            with self.office.database.active():
                try:
                    return await act()
                except Refusal:
                    return None

        return self.loop.run_until_complete(inside())

    def wanted(self, day: date, item: str, place: int) -> Wanted | None:
        starts = starts_of(openings(day, self.office.windows), ITEMS[item])
        start = starts[place * 2 % len(starts)][0]
        return Wanted(item, 1, HALL, COUNTER, start, ITEMS[item])

    def keep(self, new: Booked | None) -> None:
        """Remember what was taken; nobody passes the shares that hold at that moment."""
        if new is None:
            return
        self.made.append(new)
        office = self.office
        (row,) = self.do(lambda: office.rows("SELECT online, agent FROM booking_days WHERE day_key = $1", new.day_key))
        quota = quota_of(openings(new.day, office.windows), new.day, new.channel, office.now, office.policy)
        assert row[new.channel.value] <= quota.channel
        assert row["online"] + row["agent"] <= quota.together

    def known(self, number: int) -> Booked | None:
        return self.made[number % len(self.made)] if self.made else None

    @rule(person=people, day=days, item=items, place=places)
    def book(self, person: int, day: date, item: str, place: int) -> None:
        self.keep(self.do(lambda: self.office.book(self.residents[person], self.wanted(day, item, place))))

    @rule(person=people, day=days, item=items, place=places)
    def hold(self, person: int, day: date, item: str, place: int) -> None:
        self.keep(self.do(lambda: self.office.hold(self.residents[person], self.wanted(day, item, place))))

    @rule(number=which)
    def confirm(self, number: int) -> None:
        self.on(number, lambda one: self.office.confirm(one))

    @rule(number=which, chance=st.sampled_from([0.0, 0.5, 1.0]))
    def cancel(self, number: int, chance: float) -> None:
        self.on(number, lambda one: self.office.cancel(one, chance))

    @rule(number=which, day=days, place=places)
    def move(self, number: int, day: date, place: int) -> None:
        before = self.known(number)
        if before is None:
            return
        what = self.wanted(day, before.item_code, place)
        moved = self.on(
            number,
            lambda one: moving.move(
                self.office.database, one, what.starts_at, openings(day, self.office.windows),
                actor="person", now=self.office.now, policy=self.office.policy,
            ),
        )  # fmt: skip
        if moved is not None and moved.starts_at != before.starts_at:
            self.keep(moved)

    def on(self, number: int, act: Callable[[Booked], Awaitable[Any]]) -> Any:
        """Act on an appointment as it stands, or (every third) as somebody saw it when it was made."""
        one = self.known(number)
        if one is None:
            return None

        async def with_the_latest() -> Any:
            return await act(one if number % 3 == 0 else await appointment_rows.find(self.office.database, one.id))

        return self.do(with_the_latest)

    @rule(first=st.integers(0, 5), number=st.integers(1, 4), day=days, item=items, place=places)
    def block(self, first: int, number: int, day: date, item: str, place: int) -> None:
        what = self.wanted(day, item, place)
        members = [(self.neighbours[(first + ahead) % 6], what) for ahead in range(number)]
        booked = self.do(
            lambda: blocks.book(
                self.office.database, members, what.starts_at, openings(day, self.office.windows),
                key=uuid4().hex, now=self.office.now, policy=self.office.policy,
            )
        )  # fmt: skip
        for one in booked or []:
            assert one.channel is Channel.AGENT
            self.keep(one)

    @rule(day=days, half=halves)
    def close(self, day: date, half: str) -> None:
        span = [at(day, clock) for clock in HALF_DAYS[half]]
        self.do(
            lambda: closures.close(
                self.office.database, DayAtWindow(HALL, COUNTER, day), *span,
                reason="停电", by="manager", now=self.office.now,
            )
        )  # fmt: skip
        self.closed.add((day, half))

    @rule(day=days)
    def open_again(self, day: date) -> None:
        whole = (at(day, "08:30"), at(day, "17:30"))
        where = DayAtWindow(HALL, COUNTER, day)
        self.do(lambda: closures.open_again(self.office.database, where, *whole, by="manager", now=self.office.now))
        self.closed -= {(day, half) for half in HALF_DAYS}

    @rule(person=people, day=days, item=items, half=st.sampled_from(["", "am", "pm"]))
    def wait(self, person: int, day: date, item: str, half: str) -> None:
        what = self.wanted(day, item, 0)
        self.do(
            lambda: waiting.join(
                self.office.database, self.residents[person], what, half, key=uuid4().hex, now=self.office.now
            )
        )

    @rule()
    def offer(self) -> None:
        office = self.office
        offered = self.do(
            lambda: waiting.offer_places(
                office.database, now=office.now, policy=office.policy,
                openings_of=lambda where: openings(where.day, office.windows),
            )
        )  # fmt: skip
        for one in offered:
            self.keep(one)

    @rule(number=which)
    def arrive(self, number: int) -> None:
        self.on(number, lambda one: attendance.arrive(self.office.database, one, actor="clerk", now=self.office.now))

    @rule(number=which)
    def serve(self, number: int) -> None:
        self.on(number, lambda one: attendance.served(self.office.database, one.id, actor="clerk", now=self.office.now))

    @rule()
    def note_no_shows(self) -> None:
        def ends(one: Booked) -> datetime:
            return at(one.day, "11:30" if one.starts_at < at(one.day, "12:00") else "17:30")

        self.do(lambda: attendance.note_no_shows(self.office.database, now=self.office.now, half_day_ends=ends))

    @rule(number=which)
    def pardon(self, number: int) -> None:
        self.on(number, lambda one: attendance.pardon(self.office.database, one, clerk="clerk", now=self.office.now))

    @rule(day=days)
    def reclaim(self, day: date) -> None:
        key = DayAtWindow(HALL, COUNTER, day).key
        self.do(lambda: booking_days.reclaim(self.office.database, key, now=self.office.now))

    @rule(minutes=st.sampled_from([1, 10, 30, 300, 1440]))
    def time_passes(self, minutes: int) -> None:
        self.office.later(minutes=minutes)

    @rule(number=windows)
    def change_hours(self, number: int) -> None:
        self.office.windows = number
        self.most = max(self.most, number)

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "office"):
            cap = places_of(self.most)
            assert self.do(lambda: contradictions(self.office.database, now=self.office.now, cap=cap)) == []

    @invariant()
    def nobody_is_expected_in_a_closed_hall(self) -> None:
        if not getattr(self, "closed", None):
            return
        booked = self.do(lambda: select(self.office.database, "state = $1", [State.BOOKED.value]))
        for day, half in self.closed:
            begins, ends = (at(day, clock) for clock in HALF_DAYS[half])
            assert [one for one in booked if one.starts_at < ends and _end_of(one) > begins] == []

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.loop.run_until_complete(self.stack.aclose())
            self.loop.close()


def _end_of(one: Booked) -> datetime:
    return one.starts_at + timedelta(minutes=one.minutes)


def test_the_books_agree_whatever_is_done(furnished: Path, tmp_path: Path) -> None:
    machine = type("FurnishedOffice", (BookingOffice,), {"template": furnished, "folder": tmp_path})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
