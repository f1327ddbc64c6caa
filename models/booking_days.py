"""The booking day (预约日): one row counts what is taken of one day at one kind of window.

How a place is taken: one conditional update of that row raises every quarter of the stretch and the channel's minutes,
or touches nothing. So whoever comes first has the place, on both engines, in any number of processes, and shares and
capacity cannot be passed. A closed quarter counts :data:`SHUT` more, which no capacity reaches.

A place that comes back by the clock (a hold that ran out, a cancelled place after its pause) is given back by whoever
wants it next: :func:`reclaim`. Nothing depends on a sweeper being alive.

Order of locks, for every verb: booking days first, sorted; then appointments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from models.database import Database, transaction
from models.rules.appointments import Channel, Quota, State, Usage, quarters_of
from models.writing import Guard

SHUT = 1000
"""What a closed quarter counts beside its places: more than any hall has windows."""


@dataclass(frozen=True, slots=True)
class DayAtWindow:
    """One day at one kind of window of one hall."""

    hall_id: str
    window_type: str
    day: date

    @property
    def key(self) -> str:
        """Name the row."""
        return f"{self.hall_id}:{self.day.isoformat()}:{self.window_type}"


@dataclass(frozen=True, slots=True)
class Strangers:
    """Subjects who have no appointment from a day on: no rule of the house can speak against their booking."""

    subjects: tuple[str, ...]
    since: date


def day_of_key(key: str) -> DayAtWindow:
    """Give back what :attr:`DayAtWindow.key` names."""
    hall_id, day, window_type = key.split(":", 2)
    return DayAtWindow(hall_id, window_type, date.fromisoformat(day))


def _marks(engine: str, quarters: Iterable[int]) -> list[str]:
    return [str(quarter) if engine == "postgres" else f"$.{quarter}" for quarter in quarters]


def _now_taken(engine: str, mark: str) -> str:
    if engine == "postgres":
        return f"COALESCE((booking_days.taken->>{mark}::text)::int, 0)"
    return f"COALESCE(json_extract(booking_days.taken, {mark}), 0)"


def _changed(engine: str, marks: Sequence[str], change: str) -> str:
    """Write ``taken`` with ``change`` (as ``+ 1``) applied to every marked quarter."""
    if engine == "postgres":
        pairs = ", ".join(f"{mark}::text, {_now_taken(engine, mark)} {change}" for mark in marks)
        return f"booking_days.taken || jsonb_build_object({pairs})"
    pairs = ", ".join(f"{mark}, {_now_taken(engine, mark)} {change}" for mark in marks)
    return f"json_set(booking_days.taken, {pairs})"


def taking(
    database: Database,
    where: DayAtWindow,
    quarters: range,
    *,
    cap: int,
    minutes: int,
    channel: Channel,
    quota: Quota,
    strangers: Strangers | None = None,
) -> Guard:
    """Give the statement that takes one place in every quarter, or touches no row if one is full or a share is used up.

    The caller has seen that an empty day has room: a day of which nothing was taken yet has no row to compare with.
    With ``strangers`` it also touches no row if one of them has booked before. What is full already is seen without
    locking the row; those who come at the same time meet at the row itself.
    """
    values: list[Any] = [
        where.key,
        where.hall_id,
        where.window_type,
        database.day(where.day),
        database.json({str(quarter): 1 for quarter in quarters}),
        minutes if channel is Channel.ONLINE else 0,
        minutes if channel is Channel.AGENT else 0,
        quota.channel - minutes,
        quota.together - minutes,
        cap,
    ]
    first = len(values) + 1
    values += _marks(database.engine, quarters)
    marks = tuple(f"${number}" for number in range(first, len(values) + 1))
    known = ""
    if strangers is not None:
        values += [database.day(strangers.since), *strangers.subjects]
        named = [f"${number}" for number in range(len(values) - len(strangers.subjects), len(values) + 1)]
        listed = ", ".join(named[1:])
        known = f" AND NOT EXISTS(SELECT 1 FROM appointments WHERE day >= {named[0]} AND subject IN ({listed}))"
    return Guard(_taking(database.engine, marks, channel, known), values)


@lru_cache(maxsize=256)
def _taking(engine: str, marks: tuple[str, ...], channel: Channel, known: str) -> str:
    free = " AND ".join(f"{_now_taken(engine, mark)} < $10" for mark in marks)
    room = f"booking_days.{channel.value} <= $8 AND booking_days.online + booking_days.agent <= $9 AND {free}"
    row = ", ".join(f"${number}" for number in range(1, 8))
    if engine == "postgres":  # it cannot infer the types of what is selected
        row = "$1::text, $2, $3, $4::date, $5::jsonb, $6::int, $7::int"
    return (
        f"INSERT INTO booking_days(day_key, hall_id, window_type, day, taken, online, agent) SELECT {row}"
        f" WHERE NOT EXISTS(SELECT 1 FROM booking_days WHERE day_key = $1 AND NOT ({room})){known}"
        f" ON CONFLICT(day_key) DO UPDATE SET taken = {_changed(engine, marks, '+ 1')},"
        " online = booking_days.online + excluded.online, agent = booking_days.agent + excluded.agent"
        f" WHERE {room}"
    )


async def give_back(database: Database, key: str, places: Iterable[tuple[datetime, int, Channel]]) -> None:
    """Give places (start, minutes, channel) back to their day; inside a transaction that holds the day's row."""
    for start, minutes, channel in places:
        await _change(database, key, quarters_of(start, minutes), "- 1", {channel: -minutes})


async def _change(
    database: Database, key: str, quarters: Iterable[int], change: str, minutes: dict[Channel, int]
) -> None:
    marks = _marks(database.engine, quarters)
    named = [f"${number}" for number in range(2, len(marks) + 2)]
    online, agent = minutes.get(Channel.ONLINE, 0), minutes.get(Channel.AGENT, 0)
    await database.run(
        f"UPDATE booking_days SET taken = {_changed(database.engine, named, change)},"
        f" online = online + {int(online)}, agent = agent + {int(agent)} WHERE day_key = $1",
        [key, *marks],
    )


async def shut(database: Database, where: DayAtWindow, quarters: Iterable[int], *, opened_again: bool = False) -> None:
    """Close (or open again) a stretch of a day, inside a transaction; nobody books it then, whatever they saw.

    A quarter is closed or not, however often it is told so.
    """
    await lock(database, where.key)
    await _change(database, where.key, quarters, f"% {SHUT}" if opened_again else f"% {SHUT} + {SHUT}", {})


async def lock(database: Database, *keys: str) -> None:
    """Hold days until the transaction ends, in one order for everybody; the first statement of its transaction.

    A day without a row is given one: what does not exist could be held by nobody, and two verbs that make each other's
    second day would wait for each other.
    """
    for key in sorted(set(keys)):
        where = day_of_key(key)
        await database.run(
            "INSERT INTO booking_days(day_key, hall_id, window_type, day, taken, online, agent)"
            f" VALUES($1, $2, $3, $4, {'$5::jsonb' if database.engine == 'postgres' else '$5'}, 0, 0)"
            " ON CONFLICT(day_key) DO UPDATE SET online = booking_days.online",
            [key, where.hall_id, where.window_type, database.day(where.day), "{}"],
        )


_OVER = "day_key = $2 AND counted = $3 AND place_until <= $4"


async def reclaim(database: Database, key: str, *, now: datetime) -> int:
    """Give back the places of a day whose time is over; tell how many.

    It writes no journal: the line of a hold says until when, so that its end is known from there.
    """
    values = [False, key, True, database.moment(now)]
    if not await database.rows(f"SELECT 1 FROM appointments WHERE {_OVER} AND counted <> $1 LIMIT 1", values):
        return 0  # the common case, when many want the last place: no lock for nothing
    async with transaction(database):
        await lock(database, key)
        over = await database.rows(
            "UPDATE appointments SET counted = $1, live_key = NULL, limit_key = NULL, hold_key = NULL,"
            f" state = CASE WHEN state = '{State.HELD}' THEN '{State.LAPSED}' ELSE state END"
            f" WHERE {_OVER} RETURNING starts_at, minutes, channel",
            values,
        )
        await give_back(
            database, key, [(database.instant(r["starts_at"]), r["minutes"], Channel(r["channel"])) for r in over]
        )
    return len(over)


async def usage_of(database: Database, keys: Sequence[str], *, now: datetime) -> dict[str, Usage]:
    """Give what is taken of each day, all of it as of one moment; places whose time is over count as free."""
    if not keys:
        return {}
    listed = ", ".join(f"${number}" for number in range(3, len(keys) + 3))
    rows = await database.rows(
        "SELECT d.day_key, d.taken, d.online, d.agent, a.starts_at, a.minutes, a.channel FROM booking_days d"
        " LEFT JOIN appointments a ON a.day_key = d.day_key AND a.place_until <= $1 AND a.counted = $2"
        f" WHERE d.day_key IN ({listed})",
        [database.moment(now), True, *keys],
    )
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(row["day_key"], []).append(row)
    return {
        key: usage_in(database, found[0], [row for row in found if row["starts_at"] is not None])
        for key, found in days.items()
    }


def usage_in(database: Database, day: dict[str, Any], over: Iterable[dict[str, Any]]) -> Usage:
    """Give what is taken by a day's row, less the appointments that are ``over``; all read at one moment."""
    taken = {int(quarter): count for quarter, count in database.parsed(day["taken"]).items()}
    minutes = {Channel.ONLINE: day["online"], Channel.AGENT: day["agent"]}
    for row in over:
        for quarter in quarters_of(database.instant(row["starts_at"]), row["minutes"]):
            taken[quarter] = taken.get(quarter, 0) - 1
        minutes[Channel(row["channel"])] -= row["minutes"]
    return Usage(taken, minutes[Channel.ONLINE], minutes[Channel.AGENT])
