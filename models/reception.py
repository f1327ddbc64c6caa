"""The reception (取号台): published hours, appointments and the line brought together for whoever gives out numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from knowledge.hall import LOCAL
from models import attendance, tickets
from models.appointment_rows import Booked, select
from models.booking_days import DayAtWindow
from models.database import Database, transaction
from models.line import Place, line_of, place_of
from models.rules.appointments import Policy, State
from models.rules.bookable import half_day_end, openings_on, windows_of
from models.rules.errors import AppointmentMissing, NoWindowHere, TicketMissing
from models.rules.items import Published
from models.rules.line import Contingent, spans_of
from models.rules.tickets import OVER, Booking, Reason, Ticket
from models.tables import TicketRow
from models.tickets import Newcomer

SERVICE = 15
"""Minutes that a service takes where nothing better is known."""


@dataclass(frozen=True)
class Reception:
    """Gives out numbers and says where one stands; one object a process."""

    database: Database
    policy: Policy
    published: Callable[[], Published]
    clock: Callable[[], datetime]

    async def draw(
        self,
        hall_id: str,
        window_type: str,
        newcomer: Newcomer,
        *,
        key: str,
        actor: str,
        minutes: int = SERVICE,
    ) -> Ticket:
        """Give a number to somebody without an appointment; raise NoWindowHere, NumbersGone."""
        now = self.clock()
        where = line_of(hall_id, window_type, now)
        return await tickets.draw(
            self.database,
            hall_id,
            window_type,
            newcomer=newcomer,
            contingent=await self.contingent(where),
            minutes=minutes,
            key=key,
            actor=actor,
            now=now,
        )

    async def contingent(self, where: DayAtWindow) -> Contingent:
        """Give what decides how many numbers a line may still give out: hours, windows, appointments still to come."""
        now = self.clock()
        values = [where.key, State.BOOKED.value, self.database.moment(now)]
        booked = await select(self.database, "day_key = $1 AND state = $2 AND starts_at >= $3", values)
        spans = spans_of(openings_on(self.published(), where.hall_id, where.window_type, where.day))
        return Contingent(spans, self._windows(where), sum(one.minutes for one in booked))

    async def check_in(self, one: Booked, *, actor: str, reason: Reason | None = None, note: str = "") -> Ticket:
        """Give a number to somebody with an appointment, and note that they came; twice gives the same number.

        Raise CheckInTooEarly, CheckInOver, or AppointmentOver for one that was given up.
        """
        now = self.clock()
        ends = half_day_end(self.published(), one.hall_id, one.window_type, one.starts_at, one.minutes)
        booking = Booking(
            one.id, one.hall_id, one.window_type, one.starts_at, one.minutes, one.person_id, one.item_code
        )
        async with transaction(self.database):
            ticket = await tickets.check_in(
                self.database,
                booking,
                session_ends=ends,
                policy=self.policy,
                actor=actor,
                now=now,
                reason=reason,
                note=note,
            )
            await attendance.arrive(self.database, one, actor=actor, now=now)
        return ticket

    async def by_number(self, number: str) -> Booked:
        """Find an appointment by the number that was read out; raise :class:`AppointmentMissing`."""
        found = await select(self.database, "number = $1", [number])
        if not found:
            raise AppointmentMissing
        return found[0]

    async def place(self, ticket: Ticket) -> Place:
        """Say where somebody stands, and how long it will take."""
        windows = self._windows(DayAtWindow(ticket.hall_id, ticket.window_type, ticket.day))
        return await place_of(ticket, windows=windows, now=self.clock())

    async def tickets_of(self, person_id: UUID) -> list[Ticket]:
        """Give a person's numbers of today that are not over."""
        today = self.clock().astimezone(LOCAL).date()
        rows = TicketRow.filter(person_id=person_id, day=today).exclude(status__in=[status.value for status in OVER])
        return [await tickets.find(row.id) for row in await rows.order_by("id")]

    async def mine(self, person_id: UUID, ticket_id: int) -> Ticket:
        """Give a person's own number; anybody else's is :class:`TicketMissing`."""
        ticket = await tickets.find(ticket_id)
        if ticket.person_id != person_id:
            raise TicketMissing
        return ticket

    def _windows(self, where: DayAtWindow) -> int:
        hall = self.published().organisations.get(where.hall_id)
        windows = windows_of(hall, where.window_type) if hall is not None else 0
        if not windows:
            raise NoWindowHere
        return windows
