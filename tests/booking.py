"""A booking office without doors: a database, opening hours of one hall, a clock in the caller's hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from knowledge.hall import LOCAL
from models import appointments, booking_days, moving
from models.appointment_rows import Booked, Booker, Wanted
from models.booking_days import DayAtWindow
from models.database import Database, open_database
from models.rules.appointments import Policy, Stretch

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 2 March 2026, 09:00 in Yunnan."""
TUESDAY = date(2026, 3, 3)
HALL, COUNTER = "H-DH", "综合受理窗口"


def at(day: date, clock: str) -> datetime:
    """Give a local time of a day."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=LOCAL)


def openings(day: date = TUESDAY, windows: int = 2) -> tuple[Stretch, ...]:
    """Give the morning (08:30 to 11:30) and the afternoon (14:00 to 17:30)."""
    return (Stretch(at(day, "08:30"), 180, windows), Stretch(at(day, "14:00"), 210, windows))


def somebody(**more: Any) -> Booker:
    """Give a new person."""
    person = uuid4()
    return Booker(f"p:{person}", person, **more)


def neighbour(agent: UUID) -> Booker:
    """Give a resident without WeChat for whom an agent books."""
    resident = uuid4()
    return Booker(f"r:{resident}", None, resident, agent)


def wanted(clock: str = "09:00", *, day: date = TUESDAY, item: str = "MZ-001", minutes: int = 30) -> Wanted:
    """Give something to book."""
    return Wanted(item, 1, HALL, COUNTER, at(day, clock), minutes)


@dataclass
class Office:
    """The verbs with the tedious arguments filled in."""

    database: Database
    now: datetime = NOW
    policy: Policy = field(default_factory=Policy)
    windows: int = 2

    async def book(self, booker: Booker | None = None, what: Wanted | None = None, key: str = "") -> Booked:
        what = what or wanted()
        return await appointments.book(
            self.database,
            booker or somebody(),
            what,
            openings(what.where.day, self.windows),
            key=key or uuid4().hex,
            now=self.now,
            policy=self.policy,
        )

    async def hold(self, booker: Booker | None = None, what: Wanted | None = None, key: str = "") -> Booked:
        what = what or wanted()
        return await appointments.hold(
            self.database,
            booker or somebody(),
            what,
            openings(what.where.day, self.windows),
            key=key or uuid4().hex,
            now=self.now,
            policy=self.policy,
        )

    async def confirm(self, one: Booked) -> Booked:
        return await appointments.confirm(self.database, one, actor="person", now=self.now)

    async def cancel(self, one: Booked, chance: float = 0.0) -> Booked:
        return await appointments.cancel(
            self.database, one, actor="person", now=self.now, policy=self.policy, chance=chance
        )

    async def move(self, one: Booked, clock: str, day: date = TUESDAY) -> Booked:
        return await moving.move(
            self.database,
            one,
            at(day, clock),
            openings(day, self.windows),
            actor="person",
            now=self.now,
            policy=self.policy,
        )

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def taken(self, clock: str, day: date = TUESDAY) -> int:
        """Give how many places are taken at a time, as anybody who asks is told."""
        key = DayAtWindow(HALL, COUNTER, day).key
        usage = (await booking_days.usage_of(self.database, [key], now=self.now)).get(key)
        moment = at(day, clock).astimezone(LOCAL)
        return usage.taken.get((moment.hour * 60 + moment.minute) // 15, 0) if usage else 0

    async def rows(self, sql: str, *values: Any) -> Sequence[dict[str, Any]]:
        return await self.database.rows(sql, values)


@asynccontextmanager
async def an_office(url: str, **given: Any) -> AsyncIterator[Office]:
    """Open the office on a database that has been migrated."""
    async with open_database(url) as database:
        with database.active():
            yield Office(database, **given)
