"""How a live appointment ends before it is used (失效): its keys are emptied, and its place goes back to its day.

A hold whose time is over ends by whoever meets it next: its keys would stand in the way of a new booking.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models import booking_days
from models.appointment_rows import Booked, Booker, Wanted, line
from models.database import Database, transaction
from models.rules.appointments import State
from models.writing import write


async def end(database: Database, one: Booked, state: State, *, now: datetime) -> bool:
    """Empty the keys of a live appointment and give its place back, inside a transaction that holds its day.

    Give False if it is no longer as ``one`` says.
    """
    ended = await database.run(
        "UPDATE appointments SET state = $2, counted = $3, place_until = NULL, live_key = NULL, limit_key = NULL,"
        " hold_key = NULL, updated_at = $4 WHERE id = $1 AND state = $5 AND counted = $6",
        [database.uuid(one.id), state.value, False, database.moment(now), one.state.value, True],
    )
    if ended:
        await booking_days.give_back(database, one.day_key, [(one.starts_at, one.minutes, one.channel)])
    return bool(ended)


async def end_what_is_over(database: Database, past: Sequence[Booked], *, now: datetime) -> bool:
    """End holds whose time is over, so that their keys stand in nobody's way; tell whether there was any."""
    over = {one.day_key for one in past if one.state is State.HELD and one.counted and not one.is_live(now)}
    for key in sorted(over):
        await booking_days.reclaim(database, key, now=now)
    return bool(over)


async def let_go(database: Database, past: Sequence[Booked], booker: Booker, wanted: Wanted, *, now: datetime) -> bool:
    """End a person's hold, and one for the same item, before they take another place; tell whether there was any."""
    mine = [one for one in past if one.subject == booker.subject]
    was_over = await end_what_is_over(database, mine, now=now)
    held = [
        one
        for one in mine
        if one.state is State.HELD
        and one.is_live(now)
        and (one.hold_key is not None or one.item_code == wanted.item_code)
    ]
    for one in held:
        async with transaction(database):
            await booking_days.lock(database, one.day_key)
            if await end(database, one, State.LAPSED, now=now):
                await write(database, [line(booker.actor, "appointment.lapse", one, now)])
    return was_over or bool(held)
