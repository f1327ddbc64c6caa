"""One kind of window of one hall without doors: draw, call and the rest, with the tedious arguments filled in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from knowledge.hall import LOCAL
from models import calling, line, tickets
from models.database import Database
from models.line import Place, line_of
from models.rules.appointments import Policy
from models.rules.line import Contingent, spans_of
from models.rules.tickets import Booking, Ticket
from models.tickets import Newcomer
from tests.booking import openings

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 2 March 2026, 09:00 in Yunnan."""
HALL, COUNTER, OTHER = "H-DH", "综合受理窗口", "社保医保窗口"


@dataclass
class Hall:
    """The verbs of a line; ``now`` is the clock."""

    database: Database
    now: datetime = NINE
    windows: int = 50

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    async def draw(
        self, window_type: str = COUNTER, *, key: str = "", newcomer: Newcomer | None = None, minutes: int = 15
    ) -> Ticket:
        """Draw a number; without a key it is a new press of the key."""
        spans = spans_of(openings(self.now.astimezone(LOCAL).date()))
        return await tickets.draw(
            self.database,
            HALL,
            window_type,
            newcomer=newcomer or Newcomer(),
            contingent=Contingent(spans, self.windows),
            minutes=minutes,
            key=key or f"key-{uuid4()}",
            actor="clerk",
            now=self.now,
        )

    async def check_in(self, booking: Booking) -> Ticket:
        """Let somebody with an appointment arrive; their morning ends at half past eleven."""
        ends = datetime.combine(booking.due_at.astimezone(LOCAL).date(), time(11, 30), tzinfo=LOCAL)
        return await tickets.check_in(
            self.database, booking, session_ends=ends, policy=Policy(), actor="clerk", now=self.now
        )

    async def call(self, window: str = "1", window_type: str = COUNTER) -> Ticket | None:
        """Press the key for the next at a window."""
        return await calling.call_next(self.database, HALL, window_type, window, actor="clerk", now=self.now)

    async def do(self, verb: Callable[..., Awaitable[Ticket]], ticket: Ticket, *more: Any, **named: Any) -> Ticket:
        """Do something with a number."""
        return await verb(self.database, ticket.id, *more, actor="clerk", now=self.now, **named)

    async def serve_next(self, window: str = "1") -> str:
        """Call and serve the next; give the number."""
        called = await self.call(window)
        assert called is not None
        await self.do(tickets.finish, called)
        return called.number

    async def call_in_vain(self, window: str = "1") -> Ticket:
        """Call the next three times; nobody comes."""
        called = await self.call(window)
        assert called is not None
        for _ in range(2):
            self.pass_by(30)
            called = await self.do(calling.recall, called)
        return await self.do(tickets.miss, called)

    async def line(self, window_type: str = COUNTER) -> list[str]:
        """Give the numbers that wait, in the order in which they will be called."""
        return [one.ticket.number for one in await line.standing(line_of(HALL, window_type, self.now), now=self.now)]

    async def place(self, ticket: Ticket, windows: int = 1) -> Place:
        """Say where somebody stands now."""
        return await line.place_of(await tickets.find(ticket.id), windows=windows, now=self.now)


def a_booking(due_at: datetime, **fields: Any) -> Booking:
    """Give an appointment as the line knows it."""
    return Booking(uuid4(), HALL, COUNTER, due_at, 30, **fields)
