"""How a place is taken (占号): what a resident's limits allow, the statement, and the rows written with it.

The verbs that take places (an appointment, a move, a block, an offer of the waiting list) are put together from these.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import booking_days
from models.appointment_rows import Booked, Booker, Wanted, line
from models.booking_days import Strangers
from models.database import Database
from models.reminders import reminders_of
from models.rules.appointments import (
    NOTHING_TAKEN,
    Channel,
    Policy,
    State,
    Stretch,
    Usage,
    block_ends,
    is_too_soon,
    places_of,
    quarters_of,
    quota_of,
    windows_from,
)
from models.rules.errors import (
    AlreadyBooked,
    DayLimitReached,
    IdempotencyKeyReused,
    NoSuchSlot,
    OnlineBookingPaused,
    SlotTaken,
    TooManyAhead,
)
from models.rules.numbers import SERIAL, appointment_number
from models.writing import Guard, Insert, write_guarded

TRIES = 5
"""Times a booking looks again when somebody else wrote between its look and its write."""


def same_request(past: Sequence[Booked], key: str, booker: Booker, wanted: Wanted) -> Booked | None:
    """Find the appointment that an earlier sending of the same request made.

    Raise :class:`IdempotencyKeyReused` if the key came with something else, or from somebody else.
    """
    for one in past:
        if one.request_key == key:
            if one.subject != booker.subject or one.item_code != wanted.item_code:
                raise IdempotencyKeyReused
            return one
    return None


def ordinal_of_day(booker: Booker, past: Sequence[Booked], wanted: Wanted, now: datetime, policy: Policy) -> int:
    """Give the number of this appointment among those of its resident and day, 0 for the first.

    Raise :class:`AlreadyBooked`, :class:`TooManyAhead`, :class:`DayLimitReached` or :class:`OnlineBookingPaused`.
    """
    mine = [one for one in past if one.subject in (booker.subject, *booker.also)]
    live = [one for one in mine if one.is_live(now)]
    if any(one.item_code == wanted.item_code and one.state is not State.HELD for one in live):
        raise AlreadyBooked
    if len([one for one in live if one.state is not State.HELD]) >= policy.live:
        raise TooManyAhead
    today = now.astimezone(LOCAL).date()
    missed = [one.day for one in mine if one.state is State.NO_SHOW and not one.pardoned]
    if booker.channel is Channel.ONLINE and not booker.has_priority and block_ends(missed, today, policy):
        raise OnlineBookingPaused
    same_day = [one for one in live if one.day == wanted.where.day]
    used = {int(one.limit_key.rsplit(":", 1)[1]) for one in same_day if one.limit_key}
    free = [ordinal for ordinal in range(policy.per_day) if ordinal not in used]
    if not free or len(same_day) >= policy.per_day:
        raise DayLimitReached
    return free[0]


def guard_of(
    database: Database,
    wanted: Wanted,
    minutes: int,
    channel: Channel,
    openings: Sequence[Stretch],
    now: datetime,
    policy: Policy,
    usage: Usage = NOTHING_TAKEN,
    strangers: Strangers | None = None,
) -> Guard:
    """Give the statement that takes the place; raise :class:`NoSuchSlot` or :class:`SlotTaken` if there is none at all.

    ``minutes`` is the whole stretch: one service, or all services of a block. ``usage`` is what the caller has seen
    taken. With ``strangers`` it takes no place for those who booked before.
    """
    windows = windows_from(openings, wanted.starts_at, wanted.minutes)
    ends = wanted.starts_at + timedelta(minutes=minutes)
    inside = any(o.start <= wanted.starts_at and ends <= o.start + timedelta(minutes=o.minutes) for o in openings)
    if not windows or not inside or is_too_soon(wanted.starts_at, now, policy):
        raise NoSuchSlot
    quarters, cap = quarters_of(wanted.starts_at, minutes), places_of(windows)
    quota = quota_of(openings, wanted.where.day, channel, now, policy)
    if not usage.fits(quarters, cap, minutes, channel, quota):
        raise SlotTaken
    return booking_days.taking(
        database,
        wanted.where,
        quarters,
        cap=cap,
        minutes=minutes,
        channel=channel,
        quota=quota,
        strangers=strangers,
    )


def rows_of(
    booker: Booker,
    wanted: Wanted,
    *,
    key: str,
    ordinal: int,
    now: datetime,
    held_until: datetime | None = None,
    offered: bool = False,
    block_key: str | None = None,
) -> tuple[Booked, list[Insert]]:
    """Give a new appointment and all the rows that it is written with: itself, its journal line, its reminders.

    A person has one hold at a time, beside places ``offered`` from the waiting list.
    """
    day = wanted.where.day
    state = State.HELD if held_until else State.BOOKED
    new = Booked(
        id=uuid4(),
        number=appointment_number(day, secrets.randbelow(SERIAL)),
        state=state,
        subject=booker.subject,
        person_id=booker.person_id,
        agent_id=booker.agent_id,
        block_key=block_key,
        item_code=wanted.item_code,
        hall_id=wanted.hall_id,
        window_type=wanted.window_type,
        starts_at=wanted.starts_at,
        minutes=wanted.minutes,
        channel=booker.channel,
        day_key=wanted.where.key,
        place_until=held_until,
        counted=True,
        request_key=key,
        live_key=f"{booker.subject}:{wanted.item_code}",
        limit_key=f"{booker.subject}:{day.isoformat()}:{ordinal}",
        hold_key=booker.subject if held_until and not offered else None,
        late_cancel=False,
        pardoned=False,
    )
    row = {
        "id": new.id,
        "number": new.number,
        "request_key": key,
        "live_key": new.live_key,
        "limit_key": new.limit_key,
        "hold_key": new.hold_key,
        "subject": new.subject,
        "person_id": new.person_id,
        "resident_id": booker.resident_id,
        "agent_id": new.agent_id,
        "block_key": block_key,
        "day_key": new.day_key,
        "hall_id": new.hall_id,
        "window_type": new.window_type,
        "day": day,
        "item_code": new.item_code,
        "item_version": wanted.item_version,
        "starts_at": new.starts_at,
        "minutes": new.minutes,
        "channel": new.channel.value,
        "state": state.value,
        "counted": True,
        "place_until": held_until,
        "late_cancel": False,
        "pardoned_by": "",
        "created_at": now,
        "updated_at": now,
    }
    if held_until:
        held = line(booker.actor, "appointment.hold", new, now, until=held_until.isoformat())
        return new, [Insert("appointments", row), held]
    reminders = reminders_of(new.id, new.person_id, new.starts_at, now)
    return new, [Insert("appointments", row), line(booker.actor, "appointment.book", new, now), *reminders]


async def take_as_stranger(
    database: Database,
    booker: Booker,
    wanted: Wanted,
    openings: Sequence[Stretch],
    *,
    key: str,
    since: date,
    now: datetime,
    policy: Policy,
    held_until: datetime | None,
) -> Booked | None:
    """Take a place for somebody who has not booked before, in one statement; None if there is more to look at."""
    strangers = Strangers((booker.subject, *booker.also), since)
    try:
        guard = guard_of(database, wanted, wanted.minutes, booker.channel, openings, now, policy, strangers=strangers)
        new, rows = rows_of(booker, wanted, key=key, ordinal=0, now=now, held_until=held_until)
        return new if await write_guarded(database, guard, rows) else None
    except (NoSuchSlot, SlotTaken, IntegrityError):  # perhaps it is a request that was granted before
        return None


async def has_room(
    database: Database,
    wanted: Wanted,
    minutes: int,
    channel: Channel,
    openings: Sequence[Stretch],
    now: datetime,
    policy: Policy,
) -> bool:
    """Say whether a place that was refused is free after all: somebody else may have given back what was over."""
    cap = places_of(windows_from(openings, wanted.starts_at, wanted.minutes))
    quota = quota_of(openings, wanted.where.day, channel, now, policy)
    usage = (await booking_days.usage_of(database, [wanted.where.key], now=now)).get(wanted.where.key, NOTHING_TAKEN)
    return usage.fits(quarters_of(wanted.starts_at, minutes), cap, minutes, channel, quota)
