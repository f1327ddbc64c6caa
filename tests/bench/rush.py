"""Two processes, two thousand takers, fifty places: how many places too many were given away, and was each told right.

``python -m tests.bench.rush URL`` is one of the two: a line on its standard input names the hall of the next rush, a
line on its output tells how many of its takers had a place.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

from models.database import open_database
from tests.bench.takers import Counter, Errand, errand, open_counter
from tests.booking import COUNTER, TUESDAY

TAKERS, SEATS, RUNS, PROCESSES = 2_000, 50, 20, 2


def run() -> None:
    """Print what twenty rushes left behind."""
    asyncio.run(_run())


async def _run() -> None:
    too_many = told_wrong = unsold = 0
    async with open_counter() as counter:
        processes = [await _start(counter.url) for _ in range(PROCESSES)]
        for number in range(RUNS):
            hall = f"R{number}"
            told = sum(await asyncio.gather(*(_rush(process, hall) for process in processes)))
            given = await _given(counter, hall)
            too_many += max(0, given - SEATS)
            unsold += max(0, SEATS - given)
            told_wrong += abs(told - given)
        for process in processes:
            await process.communicate(b"")  # closes its input, which ends it
    print(
        f"{RUNS} rushes of {TAKERS} takers in {PROCESSES} processes for {SEATS} places:"
        f" overbooked {too_many}, left over {unsold}, told wrong {told_wrong} (target 0)"
    )


async def _start(url: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.rush", url, stdin=PIPE, stdout=PIPE)


async def _rush(process: Process, hall: str) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{hall}\n".encode())
    return int(await process.stdout.readline())


async def _given(counter: Counter, hall: str) -> int:
    key = f"{hall}:{TUESDAY}:{COUNTER}"
    live = await counter.database.rows(
        "SELECT count(*) AS live FROM appointments WHERE day_key = $1 AND counted = $2 AND live_key IS NOT NULL",
        [key, True],
    )
    return int(live[0]["live"])


def _taker(hall: str) -> Errand:
    return errand(hall, TUESDAY, "10:00", SEATS * 2)  # half of the windows are for those who just come


async def _serve(url: str) -> None:
    async with open_database(url, pool=8) as database:
        with database.active():
            counter = Counter(url, database, [])
            while hall := (await asyncio.to_thread(sys.stdin.readline)).strip():
                pace = await counter.by_verb([_taker(hall) for _ in range(TAKERS // PROCESSES)])
                print(pace.done, flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
