"""Verbs of appointments (预约): book, hold, confirm, cancel, move. Each is one transaction, idempotent, journalled."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import booking_days
from models.booking_days import DayAtWindow, Strangers
from models.database import Database, transaction
from models.reminders import reminders_of
from models.rules.appointments import (
    LIVE,
    Channel,
    Opening,
    Policy,
    State,
    Usage,
    block_ends,
    is_late_cancel,
    is_too_soon,
    pause_before_return,
    places_of,
    quarters_of,
    quota_of,
    windows_from,
)
from models.rules.errors import (
    AlreadyBooked,
    AppointmentMissing,
    AppointmentMoved,
    AppointmentOver,
    DayLimitReached,
    HoldOver,
    IdempotencyKeyReused,
    NoSuchSlot,
    OnlineBookingPaused,
    SlotTaken,
)
from models.rules.numbers import SERIAL, appointment_number
from models.writing import Guard, Insert, passes, write, write_guarded

TRIES = 5
"""Times a booking looks again when somebody else wrote between its look and its write."""
MEMORY = timedelta(days=61)
"""How far back a resident's appointments are looked at: no-shows of 30 days may block for 30 more."""

NOTHING_TAKEN = Usage({})


@dataclass(frozen=True, slots=True)
class Booker:
    """For whom and by whom a place is taken."""

    subject: str
    """Whom the limits hold for: "r:" + resident, or "p:" + person who gave no name yet."""
    person_id: UUID | None
    """Who is told; None for a neighbour without WeChat."""
    resident_id: UUID | None = None
    agent_id: UUID | None = None
    has_priority: bool = False
    """Never blocked for no-shows."""
    also: tuple[str, ...] = ()
    """Earlier subjects of the same person, whose appointments count too."""

    @property
    def actor(self) -> str:
        """Name who acts, for the journal."""
        return f"agent:{self.agent_id}" if self.agent_id else f"person:{self.person_id}"

    @property
    def channel(self) -> Channel:
        """Tell by whose share they book."""
        return Channel.AGENT if self.agent_id else Channel.ONLINE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be booked."""

    item_code: str
    item_version: int
    hall_id: str
    window_type: str
    starts_at: datetime
    minutes: int

    @property
    def where(self) -> DayAtWindow:
        """Give the booking day."""
        return DayAtWindow(self.hall_id, self.window_type, self.starts_at.astimezone(LOCAL).date())


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment as it stands."""

    id: UUID
    number: str
    state: State
    subject: str
    person_id: UUID | None
    agent_id: UUID | None
    block_key: str | None
    item_code: str
    hall_id: str
    window_type: str
    starts_at: datetime
    minutes: int
    channel: Channel
    day_key: str
    place_until: datetime | None
    counted: bool
    request_key: str
    live_key: str | None
    limit_key: str | None
    hold_key: str | None
    late_cancel: bool
    pardoned: bool

    @property
    def day(self) -> date:
        """Give the local day."""
        return self.starts_at.astimezone(LOCAL).date()

    @property
    def is_held(self) -> bool:
        """Say whether the place was only kept, whatever the clock says."""
        return self.state is State.HELD

    def state_at(self, now: datetime) -> State:
        """Give the state, with a hold that ran out as lapsed."""
        return State.LAPSED if self.is_held and not self.is_live(now) else self.state

    def is_live(self, now: datetime) -> bool:
        """Say whether the person may still come; a hold lives until its time is over."""
        if self.state is State.HELD:
            return self.counted and self.place_until is not None and now < self.place_until
        return self.state is State.BOOKED


_COLUMNS = (
    "a.id, a.number, a.state, a.subject, a.person_id, a.agent_id, a.block_key, a.item_code, a.hall_id, a.window_type,"
    " a.starts_at, a.minutes, a.channel, a.day_key, a.place_until, a.counted, a.request_key, a.live_key, a.limit_key,"
    " a.hold_key, a.late_cancel, a.pardoned_by"
)


def _booked(database: Database, row: dict[str, Any]) -> Booked:
    def uuid(value: Any) -> UUID | None:
        return UUID(str(value)) if value is not None else None

    return Booked(
        id=UUID(str(row["id"])),
        number=row["number"],
        state=State(row["state"]),
        subject=row["subject"],
        person_id=uuid(row["person_id"]),
        agent_id=uuid(row["agent_id"]),
        block_key=row["block_key"],
        item_code=row["item_code"],
        hall_id=row["hall_id"],
        window_type=row["window_type"],
        starts_at=database.instant(row["starts_at"]),
        minutes=row["minutes"],
        channel=Channel(row["channel"]),
        day_key=row["day_key"],
        place_until=database.instant(row["place_until"]) if row["place_until"] is not None else None,
        counted=bool(row["counted"]),
        request_key=row["request_key"],
        live_key=row["live_key"],
        limit_key=row["limit_key"],
        hold_key=row["hold_key"],
        late_cancel=bool(row["late_cancel"]),
        pardoned=bool(row["pardoned_by"]),
    )


async def select(
    database: Database, condition: str, values: Sequence[Any], *, for_update: bool = False
) -> list[Booked]:
    """Give the appointments that fit a condition on the table, in the order of their times.

    ``for_update`` keeps others from changing them until the transaction ends.
    """
    locked = " FOR UPDATE" if for_update and database.engine == "postgres" else ""
    rows = await database.rows(
        f"SELECT {_COLUMNS} FROM appointments a WHERE {condition} ORDER BY starts_at, number{locked}", values
    )
    return [_booked(database, row) for row in rows]


async def find(database: Database, appointment_id: UUID) -> Booked:
    """Give one appointment; raise :class:`AppointmentMissing`."""
    found = await select(database, "id = $1", [database.uuid(appointment_id)])
    if not found:
        raise AppointmentMissing
    return found[0]


async def of_person(database: Database, person_id: UUID, *, since: date) -> list[Booked]:
    """Give what a person booked, for themselves or as an agent, from a day on; live and past."""
    key = database.uuid(person_id)
    return await select(database, "(person_id = $1 OR agent_id = $1) AND day >= $2", [key, database.day(since)])


async def history(database: Database, subjects: Iterable[str], keys: Iterable[str], since: date) -> list[Booked]:
    """Give the appointments that count for limits: those of the subjects since a day, and those of the request keys."""
    subjects, keys = tuple(subjects), tuple(keys)
    listed = [f"${number}" for number in range(2, len(subjects) + len(keys) + 2)]
    condition = f"(subject IN ({', '.join(listed[: len(subjects)])}) AND day >= $1)"
    if keys:
        condition += f" OR request_key IN ({', '.join(listed[len(subjects) :])})"
    return await select(database, condition, [database.day(since), *subjects, *keys])


async def _look(
    database: Database, booker: Booker, wanted: Wanted, *, key: str, since: date, now: datetime
) -> tuple[list[Booked], Usage]:
    """Give what counts for the booker's limits, and what is taken of the day, in one statement as of one moment."""
    subjects = (booker.subject, *booker.also)
    listed = ", ".join(f"${number}" for number in range(6, len(subjects) + 6))
    is_past = f"(a.subject IN ({listed}) AND a.day >= $2) OR a.request_key = $3"
    is_over = "a.day_key = $1 AND a.counted = $4 AND a.place_until <= $5"
    rows = await database.rows(
        f"SELECT d.taken, d.online, d.agent, {_COLUMNS}, ({is_past}) AS is_past, ({is_over}) AS is_over"
        " FROM (SELECT 1) AS one LEFT JOIN booking_days d ON d.day_key = $1"
        f" LEFT JOIN appointments a ON {is_past} OR ({is_over}) ORDER BY starts_at, number",
        [wanted.where.key, database.day(since), key, True, database.moment(now), *subjects],
    )
    past = [_booked(database, row) for row in rows if row["is_past"]]
    if rows[0]["taken"] is None:
        return past, NOTHING_TAKEN
    return past, booking_days.usage_in(database, rows[0], [row for row in rows if row["is_over"]])


def ordinal_of_day(booker: Booker, past: Sequence[Booked], wanted: Wanted, now: datetime, policy: Policy) -> int:
    """Give the number of this appointment among those of its resident and day, 0 for the first.

    Raise :class:`AlreadyBooked`, :class:`DayLimitReached` or :class:`OnlineBookingPaused`.
    """
    mine = [one for one in past if one.subject in (booker.subject, *booker.also)]
    live = [one for one in mine if one.is_live(now)]
    if any(one.item_code == wanted.item_code and one.state is not State.HELD for one in live):
        raise AlreadyBooked
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
    openings: Sequence[Opening],
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


def line(actor: str, act: str, one: Booked, now: datetime, **more: Any) -> Insert:
    """Give the journal line of an act; it holds what is needed to replay the appointment, and nobody's name."""
    detail = {
        "day_key": one.day_key,
        "starts_at": one.starts_at.isoformat(),
        "minutes": one.minutes,
        "channel": one.channel.value,
        "item": one.item_code,
        **more,
    }
    row = {"at": now, "actor": actor, "act": act, "subject": f"appointment:{one.id}", "detail": detail}
    return Insert("journal", row)


async def book(
    database: Database,
    booker: Booker,
    wanted: Wanted,
    openings: Sequence[Opening],
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
    openings: Sequence[Opening],
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
    openings: Sequence[Opening],
    *,
    key: str,
    now: datetime,
    policy: Policy,
    held_until: datetime | None,
) -> Booked:
    since = now.astimezone(LOCAL).date() - MEMORY
    new = await _take_as_stranger(
        database, booker, wanted, openings, key=key, since=since, now=now, policy=policy, held_until=held_until
    )
    if new is not None:
        return new
    for _ in range(TRIES):
        past, usage = await _look(database, booker, wanted, key=key, since=since, now=now)
        if (known := same_request(past, key, booker, wanted)) is not None:
            return known
        if await let_go(database, past, booker, wanted, now=now):  # and take at once: who lets go must not end empty
            past = await history(database, (booker.subject, *booker.also), [key], since)
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


async def _take_as_stranger(
    database: Database,
    booker: Booker,
    wanted: Wanted,
    openings: Sequence[Opening],
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
    openings: Sequence[Opening],
    now: datetime,
    policy: Policy,
) -> bool:
    """Say whether a place that was refused is free after all: somebody else may have given back what was over."""
    cap = places_of(windows_from(openings, wanted.starts_at, wanted.minutes))
    quota = quota_of(openings, wanted.where.day, channel, now, policy)
    usage = (await booking_days.usage_of(database, [wanted.where.key], now=now)).get(wanted.where.key, NOTHING_TAKEN)
    return usage.fits(quarters_of(wanted.starts_at, minutes), cap, minutes, channel, quota)


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


async def end_what_is_over(database: Database, past: Sequence[Booked], *, now: datetime) -> bool:
    """End holds whose time is over, so that their keys stand in nobody's way; tell whether there was any."""
    over = {one.day_key for one in past if one.state is State.HELD and one.counted and not one.is_live(now)}
    for key in sorted(over):
        await booking_days.reclaim(database, key, now=now)
    return bool(over)


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


async def move(
    database: Database,
    one: Booked,
    starts_at: datetime,
    openings: Sequence[Opening],
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
    if one.state not in (State.BOOKED, State.CLOSED):
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
    raise SlotTaken


async def _move(
    database: Database,
    one: Booked,
    wanted: Wanted,
    openings: Sequence[Opening],
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
