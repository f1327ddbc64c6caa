"""The outbox of notices (通知): claimed for a while, sent outside of any transaction, settled; none is lost.

A claim is a lease: a process that dies between claim and settling leaves the row to the next one. What a notice says is
read anew before it is sent, so nobody is reminded of a time that has changed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from knowledge.hall import LOCAL
from models import appointment_rows, tickets
from models.appointment_rows import Booked
from models.database import Database
from models.rules.appointments import State
from models.rules.errors import AppointmentMissing, TicketMissing
from models.rules.notices import NoticeKind
from models.rules.tickets import Status, Ticket

LEASE = timedelta(minutes=2)
"""A claim lasts longer than any send, which gives up after 15 seconds a try."""
MOST_TRIES = 5
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""Before each further try."""


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that is ready to be sent."""

    id: int
    kind: NoticeKind
    identity: str
    appointment: Booked | None
    """As it stands now; None if it is gone."""
    data: dict[str, Any]
    attempts: int
    ticket: Ticket | None = None
    """The number in a hall that it is about, as it stands now."""

    def is_of(self, now: datetime) -> bool:
        """Say whether it is about today, and may come at any hour."""
        moment = self.appointment.starts_at if self.appointment else now
        return moment.astimezone(LOCAL).date() == now.astimezone(LOCAL).date()

    def still_holds(self, now: datetime) -> bool:
        """Say whether the notice is still true: the appointment is at the time it was written for, and in its state.

        Of a number in a hall it is true while the number waits.
        """
        if self.kind is NoticeKind.LINE_NEAR:
            return self.ticket is not None and self.ticket.status is Status.WAITING
        one = self.appointment
        if one is None or one.starts_at != datetime.fromisoformat(self.data["starts_at"]):
            return False
        if self.kind is NoticeKind.HALL_CLOSED:
            return one.state is State.CLOSED and now < one.starts_at
        if self.kind is NoticeKind.PLACE_OFFERED:
            return one.state is State.HELD and one.is_live(now)
        return one.state is State.BOOKED and now < one.starts_at


async def claim(database: Database, *, now: datetime, limit: int = 20) -> list[Due]:
    """Lease notices that are due to this process, the oldest first."""
    lock = " FOR UPDATE SKIP LOCKED" if database.engine == "postgres" else ""
    rows = await database.rows(
        "WITH due AS MATERIALIZED (SELECT id FROM notices WHERE due_at <= $2"
        f" ORDER BY due_at, id LIMIT {int(limit)}{lock})"
        " UPDATE notices SET due_at = $1, attempts = attempts + 1 WHERE id IN (SELECT id FROM due)"
        " RETURNING id, kind, person_id, subject, data, attempts",
        [database.moment(now + LEASE), database.moment(now)],
    )
    return [await _due(database, row) for row in sorted(rows, key=lambda row: int(row["id"]))]


async def _due(database: Database, row: dict[str, Any]) -> Due:
    (person,) = await database.rows(
        "SELECT identity FROM people WHERE id = $1", [database.uuid(UUID(str(row["person_id"])))]
    ) or [{"identity": ""}]
    one, ticket = await _subject(database, row["subject"])
    kind, data = NoticeKind(row["kind"]), database.parsed(row["data"])
    return Due(int(row["id"]), kind, person["identity"], one, data, row["attempts"], ticket)


async def _subject(database: Database, subject: str) -> tuple[Booked | None, Ticket | None]:
    """Give the appointment or the number that a notice is about."""
    noun, _, key = subject.partition(":")
    try:
        if noun == "ticket":
            return None, await tickets.find(int(key))
        return await appointment_rows.find(database, UUID(key)), None
    except (AppointmentMissing, TicketMissing):
        return None, None


async def settle(database: Database, notice: Due, state: str, *, reason: str = "") -> None:
    """Write how a notice ended: sent, dropped or failed."""
    await database.run(
        "UPDATE notices SET state = $2, reason = $3, due_at = NULL WHERE id = $1", [notice.id, state, reason]
    )


async def put_off(database: Database, notice: Due, *, until: datetime) -> None:
    """Leave a notice for later, as if it had not been taken up."""
    await database.run(
        "UPDATE notices SET due_at = $2, attempts = attempts - 1 WHERE id = $1", [notice.id, database.moment(until)]
    )


async def try_later(database: Database, notice: Due, *, now: datetime, reason: str) -> None:
    """Put a notice off after a failure that may pass; after :data:`MOST_TRIES` it has failed."""
    if notice.attempts >= MOST_TRIES:
        await settle(database, notice, "failed", reason=reason)
        return
    pause = PAUSES[min(notice.attempts, len(PAUSES)) - 1]
    await database.run(
        "UPDATE notices SET due_at = $2, reason = $3 WHERE id = $1", [notice.id, database.moment(now + pause), reason]
    )


async def oldest_due(database: Database, *, now: datetime) -> timedelta:
    """Give for how long the oldest notice has been waiting to be sent; zero when none is late."""
    (row,) = await database.rows("SELECT MIN(due_at) AS oldest FROM notices WHERE due_at <= $1", [database.moment(now)])
    return now - database.instant(row["oldest"]) if row["oldest"] is not None else timedelta()
