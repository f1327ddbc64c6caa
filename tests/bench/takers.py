"""People who take places, sixteen at a time: by the verb, and by the same statements on bare connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]

from models import appointments, taking, writing
from models.appointment_rows import Booker, Wanted
from models.database import Database, open_database
from models.rules.appointments import Policy, Stretch
from models.rules.errors import SlotTaken
from tests.booking import COUNTER, NOW, TUESDAY, at, openings, somebody
from tests.postgres import scratch_database

TAKERS = 16
POLICY = Policy()
CLOCKS = tuple(f"{hour:02}:{minute:02}" for hour in (9, 10, 14, 15, 16) for minute in (0, 30))
"""Times of a day that can be booked, by steps of half an hour."""
Statement = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Errand:
    """What one person comes for."""

    booker: Booker
    wanted: Wanted
    openings: Sequence[Stretch]
    key: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast something went: per second, and microseconds of this process's own processor time for each."""

    rate: float
    cpu: float
    done: int
    """How many had what they came for."""


def errand(hall: str, day: date, clock: str, windows: int) -> Errand:
    """Send somebody new."""
    what = Wanted("MZ-001", 1, hall, COUNTER, at(day, clock), 30)
    return Errand(somebody(), what, openings(day, windows), uuid4().hex)


def spread(count: int, *, halls: int = 40, days: int = 20) -> list[Errand]:
    """Send people to many halls, days and times."""
    return [
        errand(f"H{n % halls:03}", TUESDAY + timedelta(days=n // halls % days), CLOCKS[n % len(CLOCKS)], 400)
        for n in range(count)
    ]


def crowd(count: int, *, clocks: Sequence[str] = CLOCKS, windows: int = 10_000) -> list[Errand]:
    """Send people to one day of one hall that nobody else visits; to one time of it if only one clock is given."""
    hall = f"C{uuid4().hex[:12]}"
    return [errand(hall, TUESDAY, clocks[n % len(clocks)], windows) for n in range(count)]


class Notebook(Database):
    """A database that writes down what it is told, has nothing in it, and lets every write pass."""

    def __init__(self) -> None:
        self.engine = "postgres"
        self.told: list[Statement] = []

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Note a statement; a look finds nobody."""
        self.told.append((sql, list(values)))
        return [] if sql.startswith("SELECT") else [{"?column?": 1}]


async def statements(errands: Iterable[Errand]) -> list[list[Statement]]:
    """Give what the verb sends for each errand when all goes well: the same statements with the same values."""
    noted = []
    for one in errands:
        notebook = Notebook()
        await book(notebook, one)
        noted.append(notebook.told)
    return noted


def one_statement(errands: Iterable[Errand]) -> list[list[Statement]]:
    """Give the writing statement alone: the same rows, without a look at what the person booked before."""
    notebook, alone = Notebook(), []
    for one in errands:
        what = one.wanted
        guard = taking.guard_of(notebook, what, what.minutes, one.booker.channel, one.openings, NOW, POLICY)
        _, rows = taking.rows_of(one.booker, what, key=one.key, ordinal=0, now=NOW)
        alone.append([writing.one_statement(notebook, guard, rows)])
    return alone


async def book(database: Database, one: Errand) -> bool:
    """Book by the verb; tell whether there was a place."""
    try:
        await appointments.book(
            database, one.booker, one.wanted, one.openings, key=one.key, now=NOW, policy=POLICY
        )  # fmt: skip
    except SlotTaken:
        return False
    return True


@dataclass
class Counter:
    """One database, reached by the product and by as many bare connections as there are takers."""

    url: str
    database: Database
    bare: list[asyncpg.Connection]

    async def by_verb(self, errands: Sequence[Errand]) -> Pace:
        """Let everybody book by the verb."""
        queue = iter(errands)
        return await _pace(lambda taker: _each(queue, lambda one: book(self.database, one)))

    async def by_hand(self, noted: Sequence[Sequence[Statement]]) -> Pace:
        """Send prepared statements on bare connections, each taker on one of their own."""
        queue = iter(noted)
        return await _pace(lambda taker: _each(queue, lambda told: _send(self.bare[taker], told)))


async def _send(connection: asyncpg.Connection, told: Sequence[Statement]) -> bool:
    rows: list[Any] = []
    try:
        for sql, values in told:
            rows = await connection.fetch(sql, *values)
    except asyncpg.UniqueViolationError:  # two drew the same number to read out; the verb draws again
        return False
    return bool(rows)


async def _each(queue: Iterable[Any], act: Callable[[Any], Awaitable[bool]]) -> list[bool]:
    return [await act(one) for one in queue]


async def _pace(takers: Callable[[int], Awaitable[list[bool]]]) -> Pace:
    started, used = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*(takers(taker) for taker in range(TAKERS)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    count = sum(map(len, answers))
    return Pace(count / seconds, cpu / count * 1e6, sum(map(sum, answers)))


@asynccontextmanager
async def open_counter() -> AsyncIterator[Counter]:
    """Open a counter on an empty PostgreSQL database of its own."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(scratch_database())
        database = await stack.enter_async_context(open_database(url, pool=TAKERS))
        stack.enter_context(database.active())
        await database.migrate()
        bare = [await asyncpg.connect(url) for _ in range(TAKERS)]
        for connection in bare:
            stack.push_async_callback(connection.close)
        yield Counter(url, database, bare)
