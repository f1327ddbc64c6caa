"""The waiting list (候补): a place that comes back is offered to the first in line for a while, then to the next.

An offer is a hold in that person's name, taken by the same conditional update as any booking, so no two people are ever
offered the same place; when it runs out by the clock, the place is free for the next offer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import booking_days, journal
from models.appointment_rows import MEMORY, Booked, Booker, Wanted, history
from models.database import Database, transaction
from models.ending import end_what_is_over
from models.reminders import notice_of
from models.rules.appointments import NOTHING_TAKEN, Channel, Policy, Stretch, slots_left
from models.rules.errors import AlreadyWaiting, IdempotencyKeyReused, Invalid, Refusal
from models.rules.notices import NoticeKind, after_quiet
from models.tables import Waiting
from models.taking import guard_of, ordinal_of_day, rows_of
from models.writing import Guard, Insert, write_guarded

NOON = time(12, 30)
HALVES = ("", "am", "pm")
AT_ONCE = 50
"""People of one day looked at in one go."""


async def join(database: Database, booker: Booker, wanted: Wanted, half: str, *, key: str, now: datetime) -> Waiting:
    """Put somebody on the list of a day (``half``: am, pm or empty); ``wanted.starts_at`` may be any time of that day.

    The same ``key`` again gives the same entry. Raise :class:`AlreadyWaiting` or :class:`IdempotencyKeyReused`.
    """
    if half not in HALVES:
        raise Invalid("请选上午、下午或全天。", field="half")
    known = await of_request(key, booker, wanted)
    if known is not None:
        return known
    try:
        async with transaction(database):
            entry = await Waiting.create(
                id=uuid4(),
                request_key=key,
                live_key=f"{booker.subject}:{wanted.item_code}",
                subject=booker.subject,
                person_id=booker.person_id,
                resident_id=booker.resident_id,
                day_key=wanted.where.key,
                hall_id=wanted.hall_id,
                window_type=wanted.window_type,
                day=wanted.where.day,
                half=half,
                item_code=wanted.item_code,
                item_version=wanted.item_version,
                minutes=wanted.minutes,
                state="waiting",
                created_at=now,
            )
            await journal.record(booker.actor, "waiting.join", f"waiting:{entry.id}", now=now)
    except IntegrityError as error:
        known = await of_request(key, booker, wanted)
        if known is None:
            raise AlreadyWaiting from error
        return known
    return entry


async def of_request(key: str, booker: Booker, wanted: Wanted) -> Waiting | None:
    """Find the entry that an earlier sending of the same request made; raise :class:`IdempotencyKeyReused`."""
    known = await Waiting.filter(request_key=key).first()
    if known is not None and (known.subject, known.item_code) != (booker.subject, wanted.item_code):
        raise IdempotencyKeyReused
    return known


async def leave(database: Database, entry: Waiting, *, actor: str, now: datetime) -> None:
    """Take somebody off the list; twice is harmless."""
    async with transaction(database):
        if await Waiting.filter(id=entry.id, state="waiting").update(state="left", live_key=None):
            await journal.record(actor, "waiting.leave", f"waiting:{entry.id}", now=now)


async def entries_of(person_id: UUID) -> list[Waiting]:
    """Give what a person waits for."""
    return await Waiting.filter(person_id=person_id, state__in=("waiting", "offered")).order_by("created_at")


async def offer_places(
    database: Database,
    *,
    now: datetime,
    policy: Policy,
    openings_of: Callable[[booking_days.DayAtWindow], Sequence[Stretch]],
) -> list[Booked]:
    """Settle the offers that ended, and offer what is free to those who wait, the longest waiting first.

    Run by every process every few seconds; each place is offered to one person, whoever runs it.
    """
    await _settle(database, now=now)
    await _end_past(database, now=now)
    if after_quiet(now) > now:  # nobody is woken, and an offer of the night would run out unread
        return []
    today = now.astimezone(LOCAL).date()
    waited = await Waiting.filter(state="waiting", day__gte=today).distinct().values_list("day_key", "minutes")
    usages = await booking_days.usage_of(database, sorted({key for key, _ in waited}), now=now)
    offered: list[Booked] = []
    for key, minutes in sorted(waited):
        where = booking_days.day_of_key(key)
        openings = openings_of(where)
        free = slots_left(
            openings,
            usages.get(key, NOTHING_TAKEN),
            day=where.day,
            minutes=minutes,
            channel=Channel.ONLINE,
            now=now,
            policy=policy,
        )
        if any(slot.left for slot in free):  # a full day costs nothing more than this look
            offered += await _offer_day(database, where, minutes, openings, now=now, policy=policy)
    return offered


async def _offer_day(
    database: Database,
    where: booking_days.DayAtWindow,
    minutes: int,
    openings: Sequence[Stretch],
    *,
    now: datetime,
    policy: Policy,
) -> list[Booked]:
    """Offer what is free of one day, the longest waiting first."""
    line = Waiting.filter(state="waiting", day_key=where.key, minutes=minutes).order_by("created_at", "id")
    holds = [await _offer(database, entry, openings, now=now, policy=policy) for entry in await line.limit(AT_ONCE)]
    return [hold for hold in holds if hold is not None]


async def _offer(
    database: Database, entry: Waiting, openings: Sequence[Stretch], *, now: datetime, policy: Policy
) -> Booked | None:
    where = booking_days.day_of_key(entry.day_key)
    same_day = where.day == now.astimezone(LOCAL).date()
    usage = (await booking_days.usage_of(database, [where.key], now=now)).get(where.key, NOTHING_TAKEN)
    free = slots_left(
        openings, usage, day=where.day, minutes=entry.minutes, channel=Channel.ONLINE, now=now, policy=policy
    )
    fitting = [slot for slot in free if slot.left and is_in(slot.start, entry.half)]
    if not fitting:
        return None
    booker = Booker(entry.subject, entry.person_id, entry.resident_id)
    wanted = Wanted(
        entry.item_code, entry.item_version, entry.hall_id, entry.window_type, fitting[0].start, entry.minutes
    )
    await booking_days.reclaim(database, where.key, now=now)
    past = await history(database, [entry.subject], [], now.astimezone(LOCAL).date() - MEMORY)
    await end_what_is_over(database, past, now=now)
    try:
        ordinal = ordinal_of_day(booker, past, wanted, now, policy)
        guard = guard_of(database, wanted, wanted.minutes, booker.channel, openings, now, policy)
    except Refusal:  # has booked meanwhile, has enough that day, or may not book online for a while
        return None
    hold, rows = rows_of(
        booker, wanted, key=f"offer:{entry.id}:{uuid4().hex[:8]}", ordinal=ordinal, now=now,
        held_until=now + policy.offer, offered=True,
    )  # fmt: skip
    notice = notice_of(
        NoticeKind.PLACE_OFFERED, hold.id, entry.person_id, hold.starts_at, due=now, now=now,
        same_day=same_day, until=(now + policy.offer).isoformat(),
    )  # fmt: skip
    return hold if await _claim(database, entry, hold, guard, [*rows, notice]) else None


async def _claim(database: Database, entry: Waiting, hold: Booked, guard: Guard, rows: list[Insert]) -> bool:
    """Take the place and the turn together: another process that offers the same loses both."""
    try:
        async with transaction(database):
            taken = await write_guarded(database, guard, rows)
            if not taken:
                return False
            turn = Waiting.filter(id=entry.id, state="waiting")
            if not await turn.update(state="offered", appointment_id=hold.id):
                raise _TurnTaken
    except (IntegrityError, _TurnTaken):
        return False
    return True


class _TurnTaken(Exception):
    """Another process has offered to this person meanwhile."""


async def _settle(database: Database, *, now: datetime) -> None:
    """Close the entries whose offer was taken, let go or ran out."""
    rows: list[dict[str, Any]] = await database.rows(
        "SELECT w.id, a.state, a.place_until, a.counted FROM waiting_list w"
        " JOIN appointments a ON a.id = w.appointment_id WHERE w.state = 'offered'"
    )
    for row in rows:
        if row["state"] == "held" and database.instant(row["place_until"]) > now:
            continue
        taken = row["state"] in ("booked", "arrived", "served")
        end = "taken" if taken else "lapsed"
        async with transaction(database):
            if await Waiting.filter(id=UUID(str(row["id"])), state="offered").update(state=end, live_key=None):
                await journal.record(journal.SYSTEM, f"waiting.{end}", f"waiting:{row['id']}", now=now)


async def _end_past(database: Database, *, now: datetime) -> None:
    today = now.astimezone(LOCAL).date()
    past = Waiting.filter(state="waiting", day__lt=today)
    if await past.exists():  # a write with nothing to do would hold up everybody on SQLite
        async with transaction(database):
            await past.update(state="lapsed", live_key=None)
            await journal.record(journal.SYSTEM, "waiting.lapsed", f"day:{today.isoformat()}", now=now)


def is_in(start: datetime, half: str) -> bool:
    """Say whether a time lies in the half of the day that is waited for."""
    before_noon = start.astimezone(LOCAL).time() < NOON
    return half == "" or before_noon == (half == "am")
