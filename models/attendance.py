"""Who came and who did not (到场、爽约): arrivals, no-shows after the half-day, pardons by a clerk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from knowledge.hall import LOCAL
from models import journal
from models.appointment_rows import Booked, find, line, select
from models.database import Database
from models.rules.appointments import State
from models.rules.errors import AppointmentOver
from models.writing import Guard, write_guarded

BATCH = 200


async def arrive(database: Database, one: Booked, *, actor: str, now: datetime) -> Booked:
    """Note that somebody with an appointment is in the hall; twice is harmless. Raise :class:`AppointmentOver`."""
    if await _turn(database, one, State.BOOKED, State.ARRIVED, "appointment.arrive", actor, now):
        return await find(database, one.id)
    latest = await find(database, one.id)
    if latest.state in (State.ARRIVED, State.SERVED):
        return latest
    raise AppointmentOver


async def served(database: Database, appointment_id: UUID, *, actor: str, now: datetime) -> None:
    """Note that somebody was served; twice is harmless."""
    one = await find(database, appointment_id)
    await _turn(database, one, State.ARRIVED, State.SERVED, "appointment.serve", actor, now)


async def note_no_shows(
    database: Database, *, now: datetime, half_day_ends: Callable[[Booked], datetime]
) -> list[Booked]:
    """Note as missed whatever is booked and whose half-day has ended; however often it runs, each is noted once."""
    values = [
        State.BOOKED.value,
        database.moment(now),
        database.day((now - timedelta(days=7)).astimezone(LOCAL).date()),
        database.day(now.astimezone(LOCAL).date()),
    ]
    waiting = await select(database, "state = $1 AND starts_at < $2 AND day BETWEEN $3 AND $4", values)
    missed = []
    for one in waiting[:BATCH]:
        ended = half_day_ends(one) <= now
        if ended and await _turn(
            database, one, State.BOOKED, State.NO_SHOW, "appointment.no_show", journal.SYSTEM, now
        ):
            missed.append(one)
    return missed


async def pardon(database: Database, one: Booked, *, clerk: str, now: datetime) -> Booked:
    """Take a no-show off somebody's count (ill, storm, road closed); twice is harmless.

    Raise :class:`AppointmentOver` for anything but a no-show.
    """
    guard = Guard(
        "UPDATE appointments SET pardoned_by = $2, updated_at = $3 WHERE id = $1 AND state = $4 AND pardoned_by = $5",
        [database.uuid(one.id), clerk, database.moment(now), State.NO_SHOW.value, ""],
    )
    done = await write_guarded(database, guard, [line(clerk, "appointment.pardon", one, now)])
    latest = await find(database, one.id)
    if not done and not latest.pardoned:
        raise AppointmentOver("只有记为没来的预约才能免记。")
    return latest


async def _turn(
    database: Database, one: Booked, before: State, after: State, act: str, actor: str, now: datetime
) -> bool:
    """Move on from one state to the next, if it is still there and at its time; whoever is here may book again."""
    guard = Guard(
        "UPDATE appointments SET state = $2, updated_at = $3, live_key = NULL, limit_key = NULL"
        " WHERE id = $1 AND state = $4 AND starts_at = $5",
        [
            database.uuid(one.id),
            after.value,
            database.moment(now),
            before.value,
            database.moment(one.starts_at),
        ],
    )
    return await write_guarded(database, guard, [line(actor, act, one, now)])
