"""Verbs of tickets (号): draw, check in, and what happens to one until it is over. Calling is in ``models/calling.py``.

Each verb is one transaction, or part of the caller's, and is journalled. Pressing twice changes nothing: what creates
is known by its key, what moves a ticket on finds it moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from knowledge.hall import LOCAL
from models import attendance, journal
from models.booking_days import DayAtWindow
from models.database import Database, transaction
from models.line import Held, hold, line_of, minutes_ahead, ticket_of
from models.rules.appointments import Policy
from models.rules.errors import IdempotencyKeyReused, NumbersGone, TicketBusy, TicketMissing, TicketOver
from models.rules.line import BEHIND, Contingent, expected_finish
from models.rules.people import mask
from models.rules.tickets import (
    AT_WINDOW,
    OVER,
    Act,
    Booking,
    Kind,
    Reason,
    Status,
    Ticket,
    after,
    has_done,
    kind_of_arrival,
    number_key,
    number_of,
)
from models.tables import LineRow, TicketRow

LONGEST = 200
"""Characters of a remark that are kept."""
TRIES = 5
"""Times a step looks again when the ticket was moved between its look and its write."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who joins a line, beside their appointment if there is one."""

    person_id: UUID | None = None
    """Who is told; None for a paper slip."""
    reason: Reason | None = None
    note: str = ""
    item_code: str | None = None


async def find(ticket_id: int) -> Ticket:
    """Give one ticket; raise :class:`TicketMissing`."""
    row = await TicketRow.get_or_none(id=ticket_id)
    if row is None:
        raise TicketMissing
    return ticket_of(row)


async def by_number(hall_id: str, number: str, *, now: datetime) -> Ticket:
    """Give the ticket of today with a number as printed; raise :class:`TicketMissing`."""
    printed = number.strip().upper() or "-"
    row = await TicketRow.get_or_none(number_key=number_key(hall_id, now.astimezone(LOCAL).date(), printed))
    if row is None:
        raise TicketMissing
    return ticket_of(row)


async def draw(
    database: Database,
    hall_id: str,
    window_type: str,
    *,
    newcomer: Newcomer,
    contingent: Contingent,
    minutes: int,
    key: str,
    actor: str,
    now: datetime,
) -> Ticket:
    """Give a number to somebody without an appointment; whoever waits in the line already keeps the number they have.

    The same ``key`` again gives the same ticket. Raise :class:`NumbersGone` when they could not be served today, and
    :class:`IdempotencyKeyReused` when the key came from somebody else or for another line.
    """
    where = line_of(hall_id, window_type, now)
    try:
        async with transaction(database):
            held = await hold(database, where)
            known = await _of_request(key, where, newcomer) or await _waiting_already(where, newcomer)
            if known is not None:
                return known
            ahead = await minutes_ahead(database, where)
            if expected_finish(contingent, ahead, minutes, now) is None:
                raise NumbersGone
            fields = {"request_key": key, "kind": Kind.WALK_IN.value, "minutes": minutes}
            return await _issue(held, newcomer, fields, act="ticket.draw", actor=actor, now=now)
    except IntegrityError:  # the same key came for two lines at once: the other one has it
        known = await _of_request(key, where, newcomer)
        if known is None:
            raise
        return known


async def check_in(
    database: Database,
    booking: Booking,
    *,
    session_ends: datetime,
    policy: Policy,
    actor: str,
    now: datetime,
    reason: Reason | None = None,
    note: str = "",
) -> Ticket:
    """Give a number to somebody with an appointment, once; ``session_ends`` ends the half-day of the appointment.

    Raise :class:`CheckInTooEarly` or :class:`CheckInOver`. Whoever is late joins those without an appointment. That
    the appointment is theirs and live is for the caller to see.
    """
    where = line_of(booking.hall_id, booking.window_type, booking.due_at)
    newcomer = Newcomer(booking.person_id, reason, note, booking.item_code)
    async with transaction(database):
        held = await hold(database, where)
        known = await TicketRow.get_or_none(appointment_id=booking.appointment_id)
        if known is not None:
            return ticket_of(known)
        kind = kind_of_arrival(booking, session_ends, now, policy)
        fields = {
            "request_key": f"appointment:{booking.appointment_id}",
            "kind": kind.value,
            "minutes": booking.minutes,
            "appointment_id": booking.appointment_id,
            "due_at": booking.due_at,
        }
        return await _issue(held, newcomer, fields, act="ticket.check_in", actor=actor, now=now)


async def _of_request(key: str, where: DayAtWindow, newcomer: Newcomer) -> Ticket | None:
    row = await TicketRow.get_or_none(request_key=key)
    if row is None:
        return None
    same_line = row.hall_id == where.hall_id and where.window_type in (row.window_type, row.transferred_from)
    if not same_line or row.person_id != newcomer.person_id:
        raise IdempotencyKeyReused
    return ticket_of(row)


async def _waiting_already(where: DayAtWindow, newcomer: Newcomer) -> Ticket | None:
    if newcomer.person_id is None:
        return None
    theirs = TicketRow.filter(line_key=where.key, person_id=newcomer.person_id, kind=Kind.WALK_IN.value)
    row = await theirs.exclude(status__in=[status.value for status in OVER]).order_by("id").first()
    return ticket_of(row) if row is not None else None


async def _issue(
    held: Held, newcomer: Newcomer, fields: dict[str, Any], *, act: str, actor: str, now: datetime
) -> Ticket:
    """Write a ticket with the next number of a held line."""
    where, serial = held.where, held.issued + 1
    number = number_of(held.letter, serial)
    await LineRow.filter(line_key=where.key).update(issued=serial)
    row = await TicketRow.create(
        **fields,
        number=number,
        number_key=number_key(where.hall_id, where.day, number),
        hall_id=where.hall_id,
        window_type=where.window_type,
        day=where.day,
        line_key=where.key,
        person_id=newcomer.person_id,
        reason=newcomer.reason or "",
        note=mask(newcomer.note).text[:LONGEST],
        item_code=newcomer.item_code,
        arrived_at=now,
        status="waiting",
    )
    detail = {"line": where.key, "number": number, "kind": row.kind, "reason": row.reason}
    await journal.record(actor, act, f"ticket:{row.id}", now=now, detail=detail)
    return ticket_of(row)


async def start(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Note that the person came to the window. Raises as :func:`after` does."""
    return await _step(database, ticket_id, Act.START, actor=actor, now=now, served_at=now)


async def finish(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Note that the person was served. Raises as :func:`after` does."""
    return await _step(database, ticket_id, Act.FINISH, actor=actor, now=now)


async def miss(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Pass over somebody who did not come after three calls; the second time the number is void.

    Raise :class:`NotCalledEnough` before the third call.
    """
    return await _step(database, ticket_id, Act.MISS, actor=actor, now=now)


async def park(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Take somebody out of the line who fetches a paper or fills in a form."""
    return await _step(database, ticket_id, Act.PARK, actor=actor, now=now)


async def resume(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Put somebody who was parked back, where their time of arrival places them."""
    return await _step(database, ticket_id, Act.RESUME, actor=actor, now=now)


async def leave(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Let somebody give up their place."""
    return await _step(database, ticket_id, Act.LEAVE, actor=actor, now=now)


async def readmit(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Take somebody back who missed their calls, behind the next two, once; raise :class:`ReadmittedBefore`."""
    ticket = await _today(ticket_id, now)
    async with transaction(database):
        held = await hold(database, DayAtWindow(ticket.hall_id, ticket.window_type, ticket.day))
        behind = held.tally.calls + BEHIND
        return await _step(database, ticket_id, Act.READMIT, actor=actor, now=now, behind=behind, readmitted=True)


async def transfer(
    database: Database, ticket_id: int, window_type: str, *, reason: str, actor: str, now: datetime
) -> Ticket:
    """Send somebody to another kind of window, with the number and the waiting time they have."""
    ticket = await _today(ticket_id, now)
    if ticket.window_type == window_type:
        return ticket
    target = DayAtWindow(ticket.hall_id, window_type, ticket.day)
    async with transaction(database):
        await hold(database, target)  # there must be a line to be called from
        return await _step(
            database,
            ticket_id,
            Act.TRANSFER,
            actor=actor,
            now=now,
            window_type=window_type,
            line_key=target.key,
            transferred_from=ticket.window_type,
            transfer_reason=mask(reason).text[:LONGEST],
            behind=None,
            calls=0,
            window=None,
        )


async def _today(ticket_id: int, now: datetime) -> Ticket:
    ticket = await find(ticket_id)
    if ticket.day != now.astimezone(LOCAL).date():
        raise TicketOver
    return ticket


async def _step(database: Database, ticket_id: int, act: Act, *, actor: str, now: datetime, **changes: Any) -> Ticket:
    """Move a ticket on; nothing happens if the same was done before.

    Who finds that it was moved meanwhile looks again, and the rule decides about what stands there now: somebody who
    gives up just as their number is called has given up.
    """
    for _ in range(TRIES):
        ticket = await _today(ticket_id, now)
        if has_done(ticket, act):
            return ticket
        if await _move(database, ticket, act, after(ticket, act), actor=actor, now=now, changes=changes):
            return await find(ticket_id)
    raise TicketBusy


async def _move(
    database: Database,
    ticket: Ticket,
    act: Act,
    status: Status,
    *,
    actor: str,
    now: datetime,
    changes: dict[str, Any],
) -> bool:
    """Write a step if the ticket still is as it was seen."""
    line = DayAtWindow(ticket.hall_id, ticket.window_type, ticket.day).key
    written = changes | {"status": status}
    if status not in AT_WINDOW:
        written["window_key"] = None  # the window is free
    if status in OVER:
        written["ended_at"] = now
    async with transaction(database):
        seen = TicketRow.filter(id=ticket.id, status=ticket.status, called_at=ticket.called_at, line_key=line)
        moved = await seen.update(**written)
        if moved:
            detail = {"from": ticket.status, "to": status, "line": written.get("line_key", line)}
            await journal.record(actor, f"ticket.{act}", f"ticket:{ticket.id}", now=now, detail=detail)
        if moved and status is Status.DONE and ticket.appointment_id is not None:
            await attendance.served(database, ticket.appointment_id, actor=actor, now=now)
    return bool(moved)
