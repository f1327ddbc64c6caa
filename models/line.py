"""The line of one kind of window on one day (队): hold it, read it, say where somebody stands.

Whoever gives out a number, calls one or takes somebody back holds the line's row until the end of the transaction. So
numbers have no gaps and no doubles, the tally of calls is exact, and of two windows that press at once the second sees
what the first has taken. Every other verb changes one ticket by a conditional update and needs no lock.

Order of locks, for every verb: the line, then tickets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from knowledge.hall import LOCAL
from models.booking_days import DayAtWindow
from models.database import Database
from models.rules.line import Next, Tally, Wait, ahead_of, order, wait_of
from models.rules.tickets import AT_WINDOW, OVER, Kind, Reason, Status, Ticket, letter_of
from models.tables import LineRow, TicketRow

RECENT = 20
"""Services measured last that an estimate looks at."""
ACTIVE = timedelta(minutes=30)
"""A window that called nobody for so long is taken for closed."""


def line_of(hall_id: str, window_type: str, now: datetime) -> DayAtWindow:
    """Give the line of a kind of window on the local day of ``now``."""
    return DayAtWindow(hall_id, window_type, now.astimezone(LOCAL).date())


@dataclass(frozen=True, slots=True)
class Held:
    """A line that nobody else can call or draw from until the transaction ends."""

    where: DayAtWindow
    letter: str
    issued: int
    tally: Tally


_HOLD = "UPDATE lines SET issued = issued WHERE line_key = $1 RETURNING letter, issued, calls, plain"
_OPEN = (
    "INSERT INTO lines(line_key, letter_key, letter, issued, calls, plain) VALUES($1, $2, $3, 0, 0, $4)"
    " ON CONFLICT(line_key) DO UPDATE SET issued = lines.issued RETURNING letter, issued, calls, plain"
)


async def hold_known(database: Database, where: DayAtWindow) -> Held | None:
    """Hold a line, inside an open transaction and before anything else in it; None if nobody has drawn there today."""
    rows = await database.rows(_HOLD, [where.key])
    if not rows:
        return None
    row = rows[0]
    return Held(where, row["letter"], row["issued"], Tally(row["calls"], row["plain"]))


async def hold(database: Database, where: DayAtWindow) -> Held:
    """Hold a line as :func:`hold_known` does; the first of the day opens it and fixes its letter."""
    held = await hold_known(database, where)
    if held is not None:
        return held
    hall_day = f"{where.hall_id}:{where.day.isoformat()}:"
    if database.engine == "postgres":
        # Two kinds of windows without a letter of their own open at once: one after the other.
        await database.run("SELECT pg_advisory_xact_lock(hashtext($1))", [f"lines:{hall_day}"])
    taken = await LineRow.filter(letter_key__startswith=hall_day).values_list("letter", flat=True)
    letter = letter_of(where.window_type, (str(one) for one in taken))
    await database.rows(_OPEN, [where.key, hall_day + letter, letter, Tally().plain])
    held = await hold_known(database, where)
    assert held is not None, "the row was just written"
    return held


def ticket_of(row: TicketRow) -> Ticket:
    """Give a row as the rules see it."""
    return Ticket(
        id=row.id,
        number=row.number,
        hall_id=row.hall_id,
        window_type=row.window_type,
        day=row.day,
        kind=Kind(row.kind),
        status=Status(row.status),
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        reason=Reason(row.reason) if row.reason else None,
        behind=row.behind,
        readmitted=bool(row.readmitted),
        calls=row.calls,
        called_at=row.called_at,
        window=row.window,
        minutes=row.minutes,
        person_id=row.person_id,
        appointment_id=row.appointment_id,
        item_code=row.item_code,
        transferred_from=row.transferred_from,
        transfer_reason=row.transfer_reason,
        note=row.note,
        alerted=row.alert_sent_at is not None,
    )


async def tickets_in(where: DayAtWindow, statuses: Iterable[Status] = ()) -> list[Ticket]:
    """Give the tickets of a line that are in one of these states; without any, all that are not over."""
    wanted = [status.value for status in statuses or set(Status) - OVER]
    rows = await TicketRow.filter(line_key=where.key, status__in=wanted).order_by("id")
    return [ticket_of(row) for row in rows]


async def waiting_in(where: DayAtWindow, tally: Tally, now: datetime) -> tuple[Next, ...]:
    """Give the line in the order in which it will be called, as ``tally`` counts."""
    return order(await tickets_in(where, [Status.WAITING]), tally, now)


async def standing(where: DayAtWindow, *, now: datetime) -> tuple[Next, ...]:
    """Give the line as it stands, for whoever only looks."""
    row = await LineRow.get_or_none(line_key=where.key)
    return await waiting_in(where, Tally(row.calls, row.plain), now) if row else ()


async def minutes_ahead(database: Database, where: DayAtWindow) -> int:
    """Give the work that a line has before it: the expected lengths of all who wait, are served or were parked."""
    rows = await database.rows(
        "SELECT COALESCE(SUM(minutes), 0) AS minutes FROM tickets"
        " WHERE line_key = $1 AND status IN ('waiting', 'called', 'serving', 'parked')",
        [where.key],
    )
    return int(rows[0]["minutes"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands."""

    ticket: Ticket
    ahead: int
    """People called before; 0 too when the number was called already."""
    wait: Wait | None
    """None when there is nothing to wait for, or no window works."""


async def place_of(ticket: Ticket, *, windows: int, now: datetime) -> Place:
    """Say where a ticket stands and how long it will wait; ``windows`` work while none has called anybody lately."""
    where = DayAtWindow(ticket.hall_id, ticket.window_type, ticket.day)
    ahead = ahead_of(ticket, await standing(where, now=now))
    if ahead is None:
        return Place(ticket, 0, None)
    working = await _windows_at_work(where, now) or windows
    wait = wait_of(ahead, windows=working, recent=await _recent_minutes(where), minutes=ticket.minutes)
    return Place(ticket, ahead, wait)


async def _windows_at_work(where: DayAtWindow, now: datetime) -> int:
    lately = TicketRow.filter(line_key=where.key, called_at__gte=now - ACTIVE, window__isnull=False)
    called = set(await lately.values_list("window", flat=True))
    busy = TicketRow.filter(line_key=where.key, status__in=[status.value for status in AT_WINDOW])
    return len(called | set(await busy.values_list("window", flat=True)))


async def _recent_minutes(where: DayAtWindow) -> list[float]:
    """Give the lengths of the services that ended last, from the start (or else the call) to the end."""
    rows = await TicketRow.filter(line_key=where.key, status=Status.DONE.value).order_by("-ended_at").limit(RECENT)
    services = ((row.served_at or row.called_at, row.ended_at) for row in rows)
    return [(ended - begun).total_seconds() / 60 for begun, ended in services if begun and ended]
