"""Moving an appointment (改期) to another time: the old place and the new one change hands in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import booking_days
from models.appointment_rows import Booked, Booker, Wanted, find, history, line
from models.database import Database, transaction
from models.ending import end_what_is_over
from models.reminders import reminders_of
from models.rules.appointments import Policy, State, Stretch
from models.rules.errors import AlreadyBooked, AppointmentMoved, AppointmentOver, SlotTaken
from models.taking import TRIES, guard_of, has_room, ordinal_of_day
from models.writing import passes, write


async def move(
    database: Database,
    one: Booked,
    starts_at: datetime,
    openings: Sequence[Stretch],
    *,
    actor: str,
    now: datetime,
    policy: Policy,
) -> Booked:
    """Move an appointment to another time at the same kind of window: the old place is given back only with the new.

    Also for one whose hall closed. Moving to where it already is changes nothing. Raise :class:`SlotTaken`,
    :class:`NoSuchSlot`, :class:`DayLimitReached`, :class:`AppointmentOver` or :class:`AppointmentMoved`.
    """
    if one.starts_at == starts_at and one.state is State.BOOKED:
        return one
    if one.state not in (State.BOOKED, State.CLOSED) or (one.state is State.BOOKED and now >= one.starts_at):
        raise AppointmentOver
    wanted = Wanted(one.item_code, 0, one.hall_id, one.window_type, starts_at, one.minutes)
    for _ in range(TRIES):
        try:
            return await _move(database, one, wanted, openings, actor=actor, now=now, policy=policy)
        except SlotTaken:
            await booking_days.reclaim(database, wanted.where.key, now=now)
            if not await has_room(database, wanted, wanted.minutes, one.channel, openings, now, policy):
                raise
        except IntegrityError:  # another of the same person was faster, or a hold that is over stands in the way
            past = await history(database, [one.subject], [], now.astimezone(LOCAL).date())
            await end_what_is_over(database, past, now=now)
            if any(other.id != one.id and other.item_code == one.item_code and other.is_live(now) for other in past):
                raise AlreadyBooked from None
    raise SlotTaken


async def _move(
    database: Database,
    one: Booked,
    wanted: Wanted,
    openings: Sequence[Stretch],
    *,
    actor: str,
    now: datetime,
    policy: Policy,
) -> Booked:
    guard = guard_of(database, wanted, wanted.minutes, one.channel, openings, now, policy)
    async with transaction(database):
        await booking_days.lock(database, one.day_key, wanted.where.key)
        latest = await find(database, one.id)
        if (latest.state, latest.starts_at) == (State.BOOKED, wanted.starts_at):
            return latest
        if (latest.state, latest.starts_at) != (one.state, one.starts_at):
            raise AppointmentMoved
        past = await history(database, [one.subject], [], now.astimezone(LOCAL).date())
        others = [other for other in past if other.id != one.id]
        ordinal = ordinal_of_day(Booker(one.subject, one.person_id, has_priority=True), others, wanted, now, policy)
        if latest.counted:
            await booking_days.give_back(database, one.day_key, [(one.starts_at, one.minutes, one.channel)])
        if not await passes(database, guard):
            raise SlotTaken
        moved = await database.run(
            "UPDATE appointments SET state = $2, day_key = $3, day = $4, starts_at = $5, live_key = $6, limit_key = $7,"
            " counted = $8, place_until = NULL, updated_at = $9 WHERE id = $1 AND state = $10 AND starts_at = $11",
            [
                database.uuid(one.id),
                State.BOOKED.value,
                wanted.where.key,
                database.day(wanted.where.day),
                database.moment(wanted.starts_at),
                f"{one.subject}:{one.item_code}",
                f"{one.subject}:{wanted.where.day.isoformat()}:{ordinal}",
                True,
                database.moment(now),
                one.state.value,
                database.moment(one.starts_at),
            ],
        )
        if not moved:
            raise AppointmentMoved
        new = await find(database, one.id)
        rows = [
            line(actor, "appointment.move", new, now, before=one.starts_at.isoformat(), before_day=one.day_key),
            *reminders_of(new.id, new.person_id, new.starts_at, now),
        ]
        await write(database, rows)
        return new
