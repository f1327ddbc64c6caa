"""Booking as it must not be: look, then write. Each twin of a race test shows with these that the race is real."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from models.appointment_rows import Booked, Booker, Wanted, find, select
from models.booking_days import DayAtWindow
from models.database import Database, transaction
from models.rules.appointments import Policy, State, Stretch, places_of, windows_from
from models.rules.errors import AppointmentOver, DayLimitReached, HoldOver, SlotTaken
from models.taking import rows_of
from models.writing import Insert, write
from tests.races.two import meet

STANDING = f"state IN ('{State.HELD}', '{State.BOOKED}')"


async def book(
    database: Database,
    booker: Booker,
    wanted: Wanted,
    openings: Sequence[Stretch],
    *,
    key: str,
    now: datetime,
    policy: Policy,
    together: bool = False,
) -> Booked:
    """Look whether the key is known, whether the day has room and the person may, then write."""
    known = await select(database, "block_key = $1", [key])
    cap = places_of(windows_from(openings, wanted.starts_at, wanted.minutes))
    is_full = len(await standing(database, wanted)) >= cap
    mine = await select(database, f"subject = $1 AND {STANDING}", [booker.subject])
    if together:
        await meet()
    if known:
        return known[0]
    if is_full:
        raise SlotTaken
    if len(mine) >= policy.per_day:
        raise DayLimitReached
    return await put(database, booker, wanted, key=key, now=now)


async def put(
    database: Database, booker: Booker, wanted: Wanted, *, key: str, now: datetime, held_until: datetime | None = None
) -> Booked:
    """Write an appointment without any of the keys that keep a second one out."""
    new, rows = rows_of(booker, wanted, key=uuid4().hex, ordinal=0, now=now, held_until=held_until, block_key=key)
    free = {"live_key": None, "limit_key": None, "hold_key": None}
    async with transaction(database):
        await write(database, [Insert(row.table, {**row.row, **free}) for row in rows if row.table == "appointments"])
    return new


async def standing(database: Database, wanted: Wanted) -> list[Booked]:
    """Give who is booked or held at a time."""
    return await select(
        database,
        f"day_key = $1 AND starts_at = $2 AND {STANDING}",
        [wanted.where.key, database.moment(wanted.starts_at)],
    )


async def confirm(database: Database, one: Booked, *, now: datetime) -> Booked:
    """Look whether the hold still stands, then write."""
    latest = await find(database, one.id)
    await meet()
    if not latest.is_live(now):
        raise HoldOver
    await meet()
    await _set(database, one, state=State.BOOKED.value)
    return latest


async def take_what_is_over(database: Database, booker: Booker, wanted: Wanted, *, now: datetime) -> Booked:
    """Look whether the holds at a time are over, end them, then write."""
    held = await standing(database, wanted)
    await meet()
    if any(one.is_live(now) for one in held):
        raise SlotTaken
    for one in held:
        await _set(database, one, state=State.LAPSED.value)
    new = await put(database, booker, wanted, key="", now=now)
    await meet()
    return new


async def move(database: Database, one: Booked, wanted: Wanted) -> None:
    """Look whether the new time is free, then write."""
    taken = await standing(database, wanted)
    await meet()
    if taken:
        raise SlotTaken
    await _set(database, one, starts_at=database.moment(wanted.starts_at))


async def move_in_its_own_order(database: Database, one: Booked, to: DayAtWindow) -> None:
    """Hold the day one comes from, then the day one goes to."""
    async with transaction(database):
        await database.rows("SELECT 1 FROM booking_days WHERE day_key = $1 FOR UPDATE", [one.day_key])
        await meet()
        await database.rows("SELECT 1 FROM booking_days WHERE day_key = $1 FOR UPDATE", [to.key])


async def cancel(database: Database, one: Booked) -> None:
    """Look whether it stands, then give its place back."""
    latest = await find(database, one.id)
    await meet()
    if latest.state is not State.BOOKED:
        raise AppointmentOver
    await _set(database, one, state=State.CANCELLED.value)
    await database.run("UPDATE booking_days SET online = online - $2 WHERE day_key = $1", [one.day_key, one.minutes])


async def close(database: Database, begins: datetime, ends: datetime) -> list[Booked]:
    """Look who is booked, end that, and let no one book from then on."""
    hit = await select(database, f"starts_at >= $1 AND starts_at < $2 AND {STANDING}", [begins, ends])
    await meet()
    await meet()
    for one in hit:
        await _set(database, one, state=State.CLOSED.value)
    return hit


async def book_meanwhile(database: Database, booker: Booker, wanted: Wanted, *, now: datetime) -> Booked:
    """Book between the two steps of the other process."""
    await meet()
    new = await put(database, booker, wanted, key="", now=now)
    await meet()
    return new


async def offer(database: Database, booker: Booker, wanted: Wanted, *, now: datetime) -> Booked:
    """Look whether a place is free, then offer it."""
    taken = await standing(database, wanted)
    await meet()
    if taken:
        raise SlotTaken
    return await put(database, booker, wanted, key="", now=now, held_until=now + timedelta(minutes=30))


async def _set(database: Database, one: Booked, **values: Any) -> None:
    for name, value in values.items():
        await database.run(f"UPDATE appointments SET {name} = $2 WHERE id = $1", [database.uuid(one.id), value])
