"""Counts the booking office's books anew: what the rows say, the counters, the journal and the lists must say too."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from models.appointment_rows import Booked, select
from models.booking_days import SHUT
from models.database import Database
from models.rules.appointments import Channel, State, quarters_of
from models.rules.replay import Line, Standing, replay

TABLES = ("booking_days", "appointments", "waiting_list", "notices", "journal")


async def contradictions(database: Database, *, now: datetime, cap: int) -> list[str]:
    """Say what does not agree; ``cap`` is the most that any hours of the story allow at one time."""
    everybody = await select(database, "1 = 1", [])
    return [
        *await _counters(database, everybody, cap),
        *_keys(everybody, now),
        *await _orphans(database, everybody),
        *await _journal(database, everybody, now),
    ]


async def _counters(database: Database, everybody: list[Booked], cap: int) -> list[str]:
    taken: Counter[tuple[str, int]] = Counter()
    minutes: Counter[tuple[str, Channel]] = Counter()
    for one in everybody:
        if one.counted:
            taken.update((one.day_key, quarter) for quarter in quarters_of(one.starts_at, one.minutes))
            minutes[one.day_key, one.channel] += one.minutes
    found = [f"{key} is taken {number} times, {cap} is the most" for key, number in taken.items() if number > cap]
    counted: dict[tuple[str, int], int] = {}
    for row in await database.rows("SELECT day_key, taken, online, agent FROM booking_days"):
        key = row["day_key"]
        counted |= {(key, int(quarter)): number for quarter, number in database.parsed(row["taken"]).items()}
        spent = {channel: minutes[key, channel] for channel in Channel}
        if spent != {Channel.ONLINE: row["online"], Channel.AGENT: row["agent"]}:
            found.append(f"{key} counts {row['online']} + {row['agent']} minutes, its rows {spent}")
    found += [
        f"{key} counts {counted.get(key, 0)}, its rows {taken[key]}"
        for key in sorted(counted.keys() | taken.keys())
        if counted.get(key, 0) % SHUT != taken[key] or not 0 <= counted.get(key, 0) < 2 * SHUT
    ]
    return found


def _keys(everybody: list[Booked], now: datetime) -> list[str]:
    found = []
    for one in everybody:
        if one.is_live(now) and not (one.live_key and one.limit_key and one.counted):
            found.append(f"{one.number} lives without its keys or its place")
        if one.state not in (State.HELD, State.BOOKED) and (one.live_key or one.limit_key or one.hold_key):
            found.append(f"{one.number} is {one.state} and keeps its keys")
    live = Counter((one.subject, one.item_code) for one in everybody if one.is_live(now))
    return found + [f"{key} lives {number} times" for key, number in live.items() if number > 1]


async def _orphans(database: Database, everybody: list[Booked]) -> list[str]:
    known = {str(one.id) for one in everybody}
    offered = await database.rows("SELECT appointment_id FROM waiting_list WHERE state = 'offered'")
    about = await database.rows(
        "SELECT subject FROM notices UNION SELECT subject FROM journal WHERE subject LIKE 'appointment:%'"
    )
    named = [str(row["appointment_id"]) for row in offered] + [row["subject"].partition(":")[2] for row in about]
    return [f"{name} is spoken of, and is not there" for name in named if name not in known]


async def _journal(database: Database, everybody: list[Booked], now: datetime) -> list[str]:
    rows = await database.rows("SELECT act, subject, detail FROM journal ORDER BY id")
    told = replay((Line(row["act"], row["subject"], database.parsed(row["detail"])) for row in rows), now=now)
    stands = {str(one.id): _standing(one, now) for one in everybody}
    names = sorted(told.keys() | stands.keys())
    return [f"the journal says {told.get(n)}, the row {stands.get(n)}" for n in names if told.get(n) != stands.get(n)]


def _standing(one: Booked, now: datetime) -> Standing:
    is_over = one.state is State.HELD and not one.is_live(now)
    state = State.LAPSED if is_over else one.state
    return Standing(state, one.day_key, one.starts_at, one.minutes, one.channel)


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Give all rows of the tables that booking writes, to compare before and after."""
    found = {}
    for table in TABLES:
        rows = await database.rows(f"SELECT * FROM {table}")
        found[table] = sorted((dict(row) for row in rows), key=repr)
    return found
