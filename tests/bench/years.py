"""Years of appointments: what booking, looking and sweeping cost with a month's, and with a hundred times as many."""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from models import appointment_rows, attendance, booking_days, waiting
from models.appointment_rows import Booked, Booker
from models.booking_days import DayAtWindow
from models.rules.appointments import Channel, Usage, slots_left
from tests.bench.takers import POLICY, Counter, Errand, book, open_counter, spread
from tests.booking import COUNTER, HALL, NOW, TUESDAY, openings

SIZES = (10_000, 1_000_000)
TIMES = 60
WEEK = [DayAtWindow(HALL, COUNTER, TUESDAY + timedelta(days=n)) for n in range(7)]

_PAST = """
INSERT INTO appointments(id, number, request_key, subject, person_id, day_key, hall_id, window_type, day, item_code,
  item_version, starts_at, minutes, channel, state, counted, place_until, late_cancel, pardoned_by,
  created_at, updated_at)
SELECT md5('a' || n)::uuid, n::text, 'past:' || n, 'p:' || person, person, hall || ':' || day || ':{counter}', hall,
  '{counter}', day, 'MZ-001', 1, day + time '01:00' + (n % 14) * interval '30 minutes', 30, 'online',
  CASE n % 10 WHEN 0 THEN 'cancelled' WHEN 1 THEN 'no_show' ELSE 'served' END, n % 10 <> 0,
  CASE WHEN n % 10 = 0 THEN day + time '00:30' END, false, '', day - 3, day
FROM (SELECT n, 'H-' || n % 20 AS hall, date '2026-03-01' - (n / 700)::int AS day,
  md5('p' || n)::uuid AS person
  FROM generate_series({first}, {last}) AS n) AS past
"""
_WEEK = """
INSERT INTO appointments(id, number, request_key, live_key, subject, person_id, day_key, hall_id, window_type, day,
  item_code, item_version, starts_at, minutes, channel, state, counted, place_until, late_cancel, pardoned_by,
  created_at, updated_at)
SELECT md5('w' || n)::uuid, 'w' || n, 'week:' || n, 'w' || n, 'p:w' || n, md5('pw' || n)::uuid,
  hall || ':' || day || ':{counter}', hall, '{counter}', day, 'MZ-001', 1,
  day + time '01:00' + (n % 14) * interval '30 minutes', 30, 'online', 'booked', true,
  CASE WHEN n % 50 = 0 THEN timestamp '2026-03-02 00:30' END, false, '', day - 3, day - 3
FROM (SELECT n, CASE WHEN n % 20 = 0 THEN '{hall}' ELSE 'H-' || n % 20 END AS hall, date '2026-03-03' + n % 7 AS day
  FROM generate_series(1, 10000) AS n) AS week
"""
_DAYS = """
INSERT INTO booking_days(day_key, hall_id, window_type, day, taken, online, agent)
SELECT day_key, min(hall_id), min(window_type), min(day), '{}', (30 * count(*))::int, 0
FROM appointments GROUP BY day_key ON CONFLICT DO NOTHING
"""
_PEOPLE_WAIT = """
INSERT INTO waiting_list(id, request_key, subject, person_id, day_key, hall_id, window_type, day, half, item_code,
  item_version, minutes, state, created_at, appointment_id)
SELECT md5('l' || n)::uuid, 'list:' || n, 'p:' || n, md5('l' || n)::uuid, 'H', 'H', '{counter}', date '2026-03-01', '',
  'MZ-001', 1, 30, 'lapsed', timestamp '2026-03-01', md5('a' || n)::uuid FROM generate_series({first}, {last}) AS n
"""
_NAMES = {"counter": COUNTER, "hall": HALL}


def run() -> None:
    """Print the median milliseconds of each act at both sizes, and statements that read a whole table."""
    asyncio.run(_run())


async def _run() -> None:
    seen: dict[str, list[float]] = {}
    async with open_counter() as counter:
        for turn, (filled, size) in enumerate(pairwise((0, *SIZES))):
            await _fill(counter, filled + 1, size)
            for name, act in _acts(counter, turn).items():
                seen.setdefault(name, []).append(await _milliseconds(act))
        whole = await _whole_reads(counter)
    print(f"{'milliseconds at':26}" + "".join(f"{size:>12,}" for size in SIZES) + f"{'growth':>9}")
    for name, times in seen.items():
        print(f"{name:26}" + "".join(f"{one:12.2f}" for one in times) + f"{times[-1] / times[0]:9.2f}")
    print("targets: a week's times within 20 ms; growth 1, noise 1.3")
    print(f"tables of which whole scans were made: {whole or 'none'}")


async def _fill(counter: Counter, first: int, last: int) -> None:
    connection = counter.bare[0]
    if first == 1:
        await connection.execute(_WEEK.format(**_NAMES))
    await connection.execute(_PAST.format(first=first, last=last, **_NAMES), timeout=600)
    await connection.execute(_PEOPLE_WAIT.format(first=first // 10 + 1, last=last // 10, **_NAMES))
    await connection.execute(_DAYS)
    await connection.execute("VACUUM ANALYZE", timeout=600)
    await connection.execute("CHECKPOINT", timeout=600)
    await connection.execute("SELECT pg_stat_reset()")


def _acts(counter: Counter, turn: int) -> dict[str, Callable[[], Awaitable[Any]]]:
    database = counter.database
    new, again = iter(spread(TIMES)), iter(enumerate(spread(TIMES), 100 + TIMES * turn))

    async def times_of_a_week() -> None:
        usage = await booking_days.usage_of(database, [where.key for where in WEEK], now=NOW)
        for where in WEEK:
            slots_left(
                openings(where.day),
                usage.get(where.key, Usage({})),
                day=where.day,
                minutes=30,
                channel=Channel.ONLINE,
                now=NOW,
                policy=POLICY,
            )

    async def look_at_history() -> None:
        await appointment_rows.history(database, [f"p:{_person(7)}"], ["key"], (NOW - appointment_rows.MEMORY).date())

    return {
        "book": lambda: book(database, next(new)),
        "book, known person": lambda: _known(counter, *next(again)),
        "times of a week": times_of_a_week,
        "history of one person": look_at_history,
        "appointments of a person": lambda: appointment_rows.of_person(database, _person(7), since=NOW.date()),
        "give back what is over": lambda: booking_days.reclaim(database, WEEK[0].key, now=NOW),
        "no-shows of a week": lambda: attendance.note_no_shows(database, now=NOW, half_day_ends=_later),
        "offers": lambda: waiting.offer_places(database, now=NOW, policy=POLICY, openings_of=lambda where: ()),
    }


async def _known(counter: Counter, number: int, one: Errand) -> bool:
    """Let somebody book who was here before."""
    return await book(counter.database, replace(one, booker=Booker(f"p:{_person(number)}", _person(number))))


def _person(number: int) -> UUID:
    """Name the person of a past appointment as the statement above does."""
    return UUID(hashlib.md5(f"p{number}".encode()).hexdigest())


def _later(one: Booked) -> datetime:
    return NOW + timedelta(hours=1)


async def _milliseconds(act: Callable[[], Awaitable[Any]]) -> float:
    await act()  # plans and caches of connections
    times = []
    for _ in range(TIMES - 1):
        started = time.perf_counter()
        await act()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


async def _whole_reads(counter: Counter) -> dict[str, int]:
    """Name the large tables that were read from end to end since they were filled, and how often."""
    rows = await counter.database.rows(
        "SELECT s.relname, s.seq_scan FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid"
        " WHERE s.seq_scan > 0 AND c.reltuples >= 10000"
    )
    return {row["relname"]: row["seq_scan"] for row in rows}
