"""Verbs of calling (叫号): the next of a line, and the same number again.

The next is chosen by the pure rule (``models/rules/line.py``) while the line is held, so of windows that press at once
each sees what the one before has taken: nobody is called twice and nobody is passed over. The claim itself is a
conditional update all the same, for a ticket may leave the line, which takes no lock, between look and claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tortoise.exceptions import IntegrityError

from models import journal
from models.database import Database, transaction
from models.line import Held, hold_known, line_of, ticket_of, waiting_in
from models.rules.errors import TicketBusy, WindowBusy
from models.rules.line import Next, to_alert
from models.rules.notices import NoticeKind
from models.rules.tickets import Act, Status, Ticket, after, is_same_call
from models.tables import LineRow, TicketRow
from models.tickets import find
from models.writing import Insert, write


async def call_next(
    database: Database, hall_id: str, window_type: str, window: str, *, actor: str, now: datetime
) -> Ticket | None:
    """Call the next of a line to a window; None if nobody waits.

    A window that called somebody who has not come yet gets the same ticket again, so pressing twice skips nobody.
    Raise :class:`WindowBusy` while the window serves somebody.
    """
    where = line_of(hall_id, window_type, now)
    window_key = f"{hall_id}:{where.day.isoformat()}:{window}"
    try:
        async with transaction(database):
            held = await hold_known(database, where)
            if held is None:
                return None
            return await _at(window_key) or await _call(database, held, window, window_key, actor=actor, now=now)
    except IntegrityError:  # the same window pressed twice, for two kinds at once: the other call stands
        called = await _at(window_key)
        if called is None:
            raise
        return called


async def _at(window_key: str) -> Ticket | None:
    row = await TicketRow.get_or_none(window_key=window_key)
    if row is None:
        return None
    if row.status == Status.SERVING:
        raise WindowBusy
    return ticket_of(row)


async def _call(
    database: Database, held: Held, window: str, window_key: str, *, actor: str, now: datetime
) -> Ticket | None:
    while line := await waiting_in(held.where, held.tally, now):
        first, *others = line
        claim = TicketRow.filter(id=first.ticket.id, status=Status.WAITING, line_key=held.where.key)
        if await claim.update(
            status=Status.CALLED,
            window=window,
            window_key=window_key,
            calls=1,
            called_at=now,
            served_at=None,
            behind=None,
        ):
            await _count(held, first, window, actor=actor, now=now)
            await _alert(database, others, now=now)
            return await find(first.ticket.id)
    return None


async def _count(held: Held, called: Next, window: str, *, actor: str, now: datetime) -> None:
    tally = held.tally.after(called.way)
    await LineRow.filter(line_key=held.where.key).update(calls=tally.calls, plain=tally.plain)
    detail = {"line": held.where.key, "window": window, "way": called.way, "call": tally.calls}
    await journal.record(actor, "ticket.call", f"ticket:{called.ticket.id}", now=now, detail=detail)


async def _alert(database: Database, line: Sequence[Next], *, now: datetime) -> None:
    """Post a notice to those who have come near their turn, once each, however the line moves afterwards."""
    for ticket, ahead in to_alert(line):
        if not await TicketRow.filter(id=ticket.id, alert_sent_at=None).update(alert_sent_at=now):
            continue
        notice = {
            "event_key": f"ticket:{ticket.id}:{NoticeKind.LINE_NEAR}",
            "kind": NoticeKind.LINE_NEAR.value,
            "person_id": ticket.person_id,
            "subject": f"ticket:{ticket.id}",
            "data": {"number": ticket.number, "ahead": ahead},
            "due_at": now,
            "state": "waiting",
            "attempts": 0,
            "reason": "",
            "created_at": now,
        }
        await write(database, [Insert("notices", notice, once="event_key")])


async def recall(database: Database, ticket_id: int, *, actor: str, now: datetime) -> Ticket:
    """Call a number again, up to the third time; a press right after the last call is no further one.

    Raises as :func:`after` does.
    """
    ticket = await find(ticket_id)
    after(ticket, Act.RECALL)
    if is_same_call(ticket, now):
        return ticket
    async with transaction(database):
        seen = TicketRow.filter(id=ticket.id, status=Status.CALLED, calls=ticket.calls, called_at=ticket.called_at)
        called = await seen.update(calls=ticket.calls + 1, called_at=now)
        if called:
            detail = {"window": ticket.window, "calls": ticket.calls + 1}
            await journal.record(actor, "ticket.recall", f"ticket:{ticket.id}", now=now, detail=detail)
    latest = await find(ticket.id)
    if not called and latest.status is not Status.CALLED:
        raise TicketBusy
    return latest
