"""Verbs of appointments (预约): book, hold, confirm, cancel. Each is one transaction, idempotent, journalled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import booking_days
from models.appointment_rows import MEMORY, Booked, Booker, Wanted, find, line, look
from models.database import Database
from models.ending import end_what_is_over, let_go
from models.reminders import reminders_of
from models.rules.appointments import LIVE, Policy, State, Stretch, is_late_cancel, pause_before_return
from models.rules.errors import AppointmentMoved, AppointmentOver, HoldOver, SlotTaken
from models.taking import TRIES, guard_of, ordinal_of_day, rows_of, same_request, take_as_stranger
from models.writing import Guard, write_guarded


async def book(
    database: Database,
    booker: Booker,
    wanted: Wanted,
    openings: Sequence[Stretch],
    *,
    key: str,
    now: datetime,
    policy: Policy,
) -> Booked:
    """Take a place for good. The same ``key`` again gives the same appointment.

    Raise :class:`SlotTaken`, :class:`NoSuchSlot`, and what :func:`ordinal_of_day` raises.
    """
    return await _take(database, booker, wanted, openings, key=key, now=now, policy=policy, held_until=None)


async def hold(
    database: Database,
    booker: Booker,
    wanted: Wanted,
    openings: Sequence[Stretch],
    *,
    key: str,
    now: datetime,
    policy: Policy,
    lasting: timedelta | None = None,
) -> Booked:
    """Keep a place while the person makes up their mind; an earlier hold of the same person is let go.

    ``lasting`` is the policy's hold if not given. Raises as :func:`book` does.
    """
    until = now + (lasting or policy.hold)
    return await _take(database, booker, wanted, openings, key=key, now=now, policy=policy, held_until=until)


async def _take(
    database: Database,
    booker: Booker,
    wanted: Wanted,
    openings: Sequence[Stretch],
    *,
    key: str,
    now: datetime,
    policy: Policy,
    held_until: datetime | None,
) -> Booked:
    since = now.astimezone(LOCAL).date() - MEMORY
    new = await take_as_stranger(
        database, booker, wanted, openings, key=key, since=since, now=now, policy=policy, held_until=held_until
    )
    if new is not None:
        return new
    for _ in range(TRIES):
        past, usage = await look(database, booker, wanted, key=key, since=since, now=now)
        if (known := same_request(past, key, booker, wanted)) is not None:
            return known
        if not any(one.is_held and one.day_key == wanted.where.key for one in past):
            # Refused before anything is let go: whoever reaches for a full time keeps the place they hold.
            guard_of(database, wanted, wanted.minutes, booker.channel, openings, now, policy, usage)
        if await let_go(database, past, booker, wanted, now=now):  # and take at once: who lets go must not end empty
            past, usage = await look(database, booker, wanted, key=key, since=since, now=now)
        ordinal = ordinal_of_day(booker, past, wanted, now, policy)
        guard = guard_of(database, wanted, wanted.minutes, booker.channel, openings, now, policy, usage)
        new, rows = rows_of(booker, wanted, key=key, ordinal=ordinal, now=now, held_until=held_until)
        try:
            if await write_guarded(database, guard, rows):
                return new
        except IntegrityError:  # the same request, or another of the same person, was faster: look again
            continue
        await booking_days.reclaim(database, wanted.where.key, now=now)
    raise SlotTaken


async def confirm(database: Database, one: Booked, *, actor: str, now: datetime) -> Booked:
    """Turn a hold into an appointment; raise :class:`HoldOver` from the second at which its time ends.

    Confirming twice gives the same appointment.
    """
    guard = Guard(
        "UPDATE appointments SET state = $2, place_until = NULL, hold_key = NULL, updated_at = $3"
        " WHERE id = $1 AND state = $4 AND counted = $5 AND place_until > $3",
        [database.uuid(one.id), State.BOOKED.value, database.moment(now), State.HELD.value, True],
    )
    rows = [
        line(actor, "appointment.confirm", one, now),
        *reminders_of(one.id, one.person_id, one.starts_at, now),
    ]
    if await write_guarded(database, guard, rows):
        return await find(database, one.id)
    latest = await find(database, one.id)
    if latest.state is State.BOOKED:
        return latest
    if latest.state in (State.HELD, State.LAPSED):
        raise HoldOver
    raise AppointmentOver


async def cancel(
    database: Database, one: Booked, *, actor: str, now: datetime, policy: Policy, chance: float
) -> Booked:
    """Give an appointment up; its place comes back after a pause (``chance`` from 0 to 1 decides how long).

    Cancelling twice is harmless, and so is cancelling a hold whose time is over. Raise :class:`AppointmentOver` for one
    that was used or missed.
    """
    if one.state is State.BOOKED and now >= one.starts_at:
        raise AppointmentOver
    pause = pause_before_return(one.starts_at, now, chance, policy)
    is_late = one.state is State.BOOKED and is_late_cancel(one.starts_at, now, policy)
    guard = Guard(
        "UPDATE appointments SET state = $2, live_key = NULL, limit_key = NULL, hold_key = NULL, place_until = $3,"
        " late_cancel = $4, updated_at = $5 WHERE id = $1 AND state = $6 AND starts_at = $7"
        " AND (place_until IS NULL OR place_until > $5)",
        [
            database.uuid(one.id),
            State.CANCELLED.value,
            database.moment(now + pause),
            is_late,
            database.moment(now),
            one.state.value,
            database.moment(one.starts_at),
        ],
    )
    if one.state in LIVE and await write_guarded(
        database, guard, [line(actor, "appointment.cancel", one, now, until=(now + pause).isoformat())]
    ):
        return await find(database, one.id)
    latest = await find(database, one.id)
    if await end_what_is_over(database, [latest], now=now):
        latest = await find(database, one.id)
    if latest.state in (State.CANCELLED, State.CLOSED, State.LAPSED):
        return latest
    if latest.state in LIVE:
        raise AppointmentMoved
    raise AppointmentOver
