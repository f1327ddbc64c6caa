"""A block (代办批次): an agent books one stretch for several neighbours, one after the other at one window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import booking_days
from models.appointment_rows import MEMORY, Booked, Booker, Wanted, history
from models.database import Database
from models.ending import end_what_is_over
from models.rules.appointments import Channel, Policy, Stretch
from models.rules.errors import AlreadyBooked, BlockTooLarge, IdempotencyKeyReused, SlotTaken
from models.taking import guard_of, has_room, ordinal_of_day, rows_of
from models.writing import Insert, write_guarded

TRIES = 5


async def book(
    database: Database,
    members: Sequence[tuple[Booker, Wanted]],
    starts_at: datetime,
    openings: Sequence[Stretch],
    *,
    key: str,
    now: datetime,
    policy: Policy,
) -> list[Booked]:
    """Book all or nobody: the stretch is the sum of the services, each resident gets a record and a time of their own.

    Their times follow each other in the order given; all must be of one hall and kind of window. The same ``key`` again
    gives the same block. Raise :class:`BlockTooLarge`, and what :func:`models.appointments.book` raises.
    """
    subjects = [booker.subject for booker, _ in members]
    if not 0 < len(members) <= policy.group or len(set(subjects)) != len(subjects):
        raise BlockTooLarge(f"一次最多代约{policy.group}个人,同一个人只写一次。")
    placed, minutes = _in_a_row(members, starts_at)
    keys = [f"{key}:{number}" for number in range(len(placed))]
    since = now.astimezone(LOCAL).date() - MEMORY
    for _ in range(TRIES):
        past = await history(database, subjects, keys, since)
        if known := _same_request(past, keys, subjects):
            return known
        if await end_what_is_over(database, past, now=now):
            continue
        guard = guard_of(database, placed[0][1], minutes, Channel.AGENT, openings, now, policy)
        booked: list[Booked] = []
        written: list[tuple[str, list[Insert]]] = []
        for (booker, wanted), own_key in zip(placed, keys, strict=True):
            ordinal = ordinal_of_day(booker, past, wanted, now, policy)
            new, new_rows = rows_of(booker, wanted, key=own_key, ordinal=ordinal, now=now, block_key=key)
            booked.append(new)
            written.append((new.subject, new_rows))
        # In one order for everybody: two blocks with the same residents would wait for each other's keys.
        rows = [row for _, new_rows in sorted(written, key=itemgetter(0)) for row in new_rows]
        try:
            if await write_guarded(database, guard, rows):
                return booked
        except IntegrityError:  # the same request, or one of the residents, was faster: look again
            continue
        await booking_days.reclaim(database, placed[0][1].where.key, now=now)
        if not await has_room(database, placed[0][1], minutes, Channel.AGENT, openings, now, policy):
            if known := _same_request(await history(database, subjects, keys, since), keys, subjects):
                return known
            raise SlotTaken
    raise AlreadyBooked


def _same_request(past: Sequence[Booked], keys: Sequence[str], subjects: Sequence[str]) -> list[Booked]:
    """Find the block that an earlier sending of the same request made; empty if there is none."""
    known = [one for one in past if one.request_key in keys]
    if known and sorted(one.subject for one in known) != sorted(subjects):
        raise IdempotencyKeyReused
    return sorted(known, key=lambda one: one.starts_at)


def _in_a_row(members: Sequence[tuple[Booker, Wanted]], starts_at: datetime) -> tuple[list[tuple[Booker, Wanted]], int]:
    """Give every resident a time after the one before, and the minutes of the whole."""
    offset, placed = 0, []
    for booker, wanted in members:
        placed.append((booker, replace(wanted, starts_at=starts_at + timedelta(minutes=offset))))
        offset += wanted.minutes
    return placed, offset
