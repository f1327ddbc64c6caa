"""Two real processes at one line: nobody is called twice, nobody is lost, numbers have no gap and no double.

Run as a program this file is one of the processes: it opens the database, says so, and starts when it is told to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from models import tickets
from models.database import Database, open_database
from models.line import line_of, standing
from models.rules.errors import WindowBusy
from models.tables import LineRow, TicketRow
from tests.hall import COUNTER, HALL, Hall
from tests.postgres import scratch_database

ROOT = Path(__file__).resolve().parents[2]


async def work_through(hall: Hall, me: int, windows: int) -> list[list[str]]:
    """Call and serve at several windows until nobody waits."""

    async def at_window(window: str) -> list[str]:
        served = []
        while (called := await hall.call(window)) is not None:
            await hall.do(tickets.finish, called)
            served.append(called.number)
        return served

    return await asyncio.gather(*(at_window(f"{me}-{n}") for n in range(windows)))


async def press_one_key(hall: Hall, me: int, times: int) -> list[str]:
    """Press the key of one window, which both processes have."""

    async def press() -> str:
        called = await hall.call("1")
        return called.number if called else ""

    return await asyncio.gather(*(press() for _ in range(times)))


async def draw_numbers(hall: Hall, me: int, times: int) -> list[str]:
    return [ticket.number for ticket in await asyncio.gather(*(hall.draw(key=f"{me}:{n}") for n in range(times)))]


async def draw_one_number(hall: Hall, me: int, times: int) -> list[str]:
    return [ticket.number for ticket in await asyncio.gather(*(hall.draw(key="same") for _ in range(times)))]


async def open_lines(hall: Hall, me: int, times: int) -> list[str]:
    """Draw the first numbers of the day at kinds of windows without a letter of their own."""
    kinds = [f"第{me}{n}类窗口" for n in range(times)]
    return [ticket.number for ticket in await asyncio.gather(*(hall.draw(kind) for kind in kinds))]


WORK: dict[str, Callable[[Hall, int, int], Awaitable[Any]]] = {
    work.__name__: work for work in (work_through, press_one_key, draw_numbers, draw_one_number, open_lines)
}


async def in_one_process(url: str, name: str, me: str, times: str) -> None:
    """Be one of the processes: `ready` goes out, the end of input comes in, what came of it goes out."""
    async with open_database(url) as database:
        with database.active():
            await database.rows("SELECT 1")
            os.write(1, b"ready\n")
            await asyncio.to_thread(os.read, 0, 1)
            os.write(1, json.dumps(await WORK[name](Hall(database), int(me), int(times))).encode() + b"\n")


async def in_two_processes(url: str, work: Callable[..., Any], times: int) -> list[Any]:
    """Start two processes, let both go at once, give what came of each."""
    async with contextlib.AsyncExitStack() as stack:
        processes = [await stack.enter_async_context(started(url, work.__name__, me, times)) for me in (1, 2)]
        for process in processes:
            assert await line_from(process) == b"ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
        return [json.loads(await line_from(process)) for process in processes]


@contextlib.asynccontextmanager
async def started(url: str, *what: Any) -> Any:
    command = [sys.executable, "-m", "tests.races.test_line", url, *map(str, what)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def line_from(process: Process) -> bytes:
    assert process.stdout is not None
    return await process.stdout.readline()


@contextlib.asynccontextmanager
async def a_hall() -> Any:
    async with scratch_database() as url, open_database(url) as database:
        await database.migrate()
        with database.active():
            yield url, Hall(database)


def numbers(count: int) -> list[str]:
    return [f"A{number:03}" for number in range(1, count + 1)]


@pytest.mark.postgres
async def test_ten_windows_call_two_hundred_people_each_once() -> None:
    async with a_hall() as (url, hall):
        for _ in range(200):
            await hall.draw(minutes=1)

        of_windows = [window for process in await in_two_processes(url, work_through, 5) for window in process]

        served = Counter(number for window in of_windows for number in window)
        assert sorted(served) == numbers(200), "nobody is lost"
        assert max(served.values()) == 1, "nobody is called twice"
        assert all(window == sorted(window) for window in of_windows), "and each window calls in their order"
        line = await LineRow.get()
        assert (line.issued, line.calls) == (200, 200)
        calls = await hall.database.rows("SELECT subject FROM journal WHERE act = 'ticket.call' ORDER BY id")
        first_to_last = [f"ticket:{id_}" for id_ in await TicketRow.all().order_by("id").values_list("id", flat=True)]
        assert [row["subject"] for row in calls] == first_to_last, "nobody is passed over"


@pytest.mark.postgres
async def test_one_window_that_is_pressed_in_two_processes_calls_one_person() -> None:
    async with a_hall() as (url, hall):
        for _ in range(20):
            await hall.draw()

        called = [number for process in await in_two_processes(url, press_one_key, 10) for number in process]

        assert called == ["A001"] * 20
        assert len(await hall.line()) == 19


@pytest.mark.postgres
async def test_fifty_people_who_draw_at_once_have_numbers_without_gap_or_double() -> None:
    async with a_hall() as (url, hall):
        drawn = [number for process in await in_two_processes(url, draw_numbers, 25) for number in process]

        assert sorted(drawn) == numbers(50)
        assert await hall.line() == numbers(50)


@pytest.mark.postgres
async def test_one_press_that_arrives_twenty_times_is_one_number() -> None:
    async with a_hall() as (url, hall):
        drawn = [number for process in await in_two_processes(url, draw_one_number, 10) for number in process]

        assert drawn == ["A001"] * 20
        assert await hall.line() == ["A001"]
        assert (await hall.draw()).number == "A002", "and the repeats used up no number"


@pytest.mark.postgres
async def test_lines_that_open_at_once_have_letters_of_their_own() -> None:
    async with a_hall() as (url, _):
        drawn = [number for process in await in_two_processes(url, open_lines, 5) for number in process]

        assert sorted(drawn) == [f"{letter}001" for letter in "PQRSTUVWXY"]


@pytest.mark.postgres
async def test_two_windows_pressed_for_two_lines_at_once_are_two_people_and_one_window_is_one() -> None:
    async with a_hall() as (_, hall):
        await hall.draw()
        await hall.draw("社保医保窗口")

        called = await asyncio.gather(hall.call("1"), hall.call("1", "社保医保窗口"))

        assert called[0] is not None
        assert called[0] == called[1]
        await hall.do(tickets.start, called[0])
        with pytest.raises(WindowBusy):
            await hall.call("1")


@pytest.mark.postgres
async def test_who_leaves_while_being_called_has_either_left_or_been_called() -> None:
    async with a_hall() as (_, hall):
        for _ in range(20):
            await hall.draw()
        waiting = await standing(line_of(HALL, COUNTER, hall.now), now=hall.now)
        leaving = [hall.do(tickets.leave, one.ticket) for one in waiting[::2]]

        ends = await asyncio.gather(*leaving, *(hall.call(f"w{n}") for n in range(10)), return_exceptions=True)

        assert [end for end in ends if isinstance(end, BaseException)] == []
        states = Counter(await TicketRow.all().values_list("status", flat=True))
        assert states["left"] == 10
        assert states["called"] + states["waiting"] == 10


async def naive_call(database: Database, hall: Hall, both_looked: asyncio.Barrier) -> str:
    """Look who is next, then write it down, with nothing that holds the line or looks again."""
    with database.active():
        first = (await standing(line_of(HALL, COUNTER, hall.now), now=hall.now))[0].ticket
        await both_looked.wait()
        await TicketRow.filter(id=first.id).update(status="called")
        return first.number


@pytest.mark.postgres
async def test_without_the_guard_two_windows_would_call_the_same_person() -> None:
    async with a_hall() as (url, hall), open_database(url) as other:
        for _ in range(2):
            await hall.draw()
        both_looked = asyncio.Barrier(2)

        called = await asyncio.gather(*(naive_call(database, hall, both_looked) for database in (hall.database, other)))

        assert called == ["A001", "A001"]
        assert await hall.line() == ["A002"]


async def naive_number(database: Database, both_looked: asyncio.Barrier) -> int:
    """Read the last number, then take the next."""
    with database.active():
        issued = (await LineRow.get()).issued
        await both_looked.wait()
        await LineRow.all().update(issued=issued + 1)
        return issued + 1


@pytest.mark.postgres
async def test_without_the_guard_two_people_would_draw_the_same_number() -> None:
    async with a_hall() as (url, hall), open_database(url) as other:
        await hall.draw()
        both_looked = asyncio.Barrier(2)

        drawn = await asyncio.gather(*(naive_number(database, both_looked) for database in (hall.database, other)))

        assert drawn == [2, 2]


if __name__ == "__main__":
    asyncio.run(in_one_process(*sys.argv[1:]))
