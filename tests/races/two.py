"""Two real processes on one PostgreSQL, each with a database of its own, that begin at the same moment."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

from models.database import Database, open_database
from models.rules.errors import Refusal

_here: dict[str, Any] = {}
"""What a process keeps between two calls: its loop, its database, the barrier of both."""


@dataclass(frozen=True, slots=True)
class Act:
    """A verb and what it is given, beside the database; named by its module, so that it can be sent."""

    verb: Callable[..., Awaitable[Any]]
    args: tuple[Any, ...] = ()
    named: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an act: its value, or the name of the refusal or error."""

    value: Any = None
    error: str = ""


def _begin(barrier: Barrier) -> None:
    _here.update(barrier=barrier, loop=asyncio.new_event_loop())


def _open(url: str) -> None:
    manager = open_database(url)
    _here.update(manager=manager, database=_here["loop"].run_until_complete(manager.__aenter__()))


def _close() -> None:
    _here["loop"].run_until_complete(_here["manager"].__aexit__(None, None, None))


def _perform(acts: Sequence[Act]) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        database: Database = _here["database"]
        with database.active():
            return list(await asyncio.gather(*(_outcome(database, act) for act in acts)))

    _here["barrier"].wait(timeout=60)
    outcomes: list[Outcome] = _here["loop"].run_until_complete(all_of_them())
    return outcomes


async def _outcome(database: Database, act: Act) -> Outcome:
    try:
        return Outcome(await act.verb(database, *act.args, **(act.named or {})))
    except Refusal as refusal:
        return Outcome(error=type(refusal).__name__)
    except Exception as error:  # told to the test, which accepts none
        return Outcome(error=f"{type(error).__module__}.{type(error).__name__}: {error}")


async def meet() -> None:
    """Wait inside an act until an act of the other process is as far: for verbs without a guard, one a process."""
    await asyncio.to_thread(_here["barrier"].wait, 60)


class Two:
    """Both processes."""

    def __init__(self, one: ProcessPoolExecutor, other: ProcessPoolExecutor) -> None:
        self._both = (one, other)

    @asynccontextmanager
    async def at(self, url: str) -> AsyncIterator[None]:
        """Let both work on a database for the time of the block."""
        await self._each(_open, url)
        try:
            yield
        finally:
            await self._each(_close)

    async def _each(self, do: Callable[..., None], *args: Any) -> None:
        await asyncio.gather(*(asyncio.wrap_future(process.submit(do, *args)) for process in self._both))

    async def perform(self, acts: Sequence[Act]) -> list[Outcome]:
        """Let one process do every second act and the other the rest, all at once; give outcomes in their order."""
        halves = await asyncio.gather(
            *(
                asyncio.wrap_future(process.submit(_perform, acts[number::2]))
                for number, process in enumerate(self._both)
            )
        )
        return [halves[number % 2][number // 2] for number in range(len(acts))]


@contextmanager
def two_processes() -> Iterator[Two]:
    """Start both; they end with the block."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn, initializer=_begin, initargs=(barrier,)))
            for _ in range(2)
        )
        yield Two(one, other)
