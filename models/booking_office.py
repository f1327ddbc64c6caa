"""The booking office (预约处): brings what is published, who asks and the verbs together, for the doors and the bot."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from knowledge.hall import LOCAL
from models import agents, appointment_rows, appointments, attendance, blocks, booking_days, moving, residents, waiting
from models.appointment_rows import Booked, Booker, Wanted
from models.booking_days import DayAtWindow
from models.database import Database
from models.residents import KnownResident
from models.rules.appointments import (
    Channel,
    Policy,
    Slot,
    State,
    Stretch,
    Usage,
    days_open_to_booking,
    slots_left,
)
from models.rules.bookable import Counter, counter_of, half_day_end, openings_on
from models.rules.errors import AppointmentMissing, HoldOver, ItemMissing, NoSuchSlot, StillFree, TooManyWaits
from models.rules.items import Published
from models.sealing import Sealer
from models.tables import Waiting

PAST = timedelta(days=90)
"""How far back a person sees their own appointments."""


@dataclass(frozen=True, slots=True)
class DaySlots:
    """The times of one day; none of them means closed, or all over."""

    day: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class BookingOffice:
    """The verbs of booking for somebody at a door; one object a process."""

    database: Database
    sealer: Sealer
    policy: Policy
    published: Callable[[], Published]
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random

    @property
    def _today(self) -> date:
        return self.clock().astimezone(LOCAL).date()

    def counter(self, code: str, township_id: str) -> Counter:
        """Give where an item is booked; raise :class:`ItemMissing` or NotBookable."""
        published = self.published()
        entry = published.catalogue.get(code)
        if entry is None:
            raise ItemMissing
        return counter_of(published, entry, township_id, self._today)

    def counter_again(self, one: Booked) -> Counter:
        """Give where an appointment is, to look for another time; raise :class:`AppointmentMissing` if it is gone."""
        published = self.published()
        hall, entry = published.organisations.get(one.hall_id), published.catalogue.get(one.item_code)
        if hall is None or entry is None:
            raise AppointmentMissing("这个大厅或事项已经调整,请取消后重新预约。")
        return Counter(hall, one.window_type, one.item_code, entry.version, entry.item.name, one.minutes)

    def openings(self, where: DayAtWindow) -> tuple[Stretch, ...]:
        """Give when a kind of window works on a day."""
        return openings_on(self.published(), where.hall_id, where.window_type, where.day)

    def days(self) -> tuple[date, ...]:
        """Give the days that can be booked now."""
        return days_open_to_booking(self._today, self.published().calendar, self.policy)

    async def slots(self, counter: Counter, channel: Channel = Channel.ONLINE) -> list[DaySlots]:
        """Give the times of every day that can be booked, full ones too."""
        now = self.clock()
        wheres = [DayAtWindow(counter.hall.org_id, counter.window_type, day) for day in self.days()]
        usage = await booking_days.usage_of(self.database, [where.key for where in wheres], now=now)
        return [
            DaySlots(
                where.day,
                slots_left(
                    self.openings(where),
                    usage.get(where.key, Usage({})),
                    day=where.day,
                    minutes=counter.minutes,
                    channel=channel,
                    now=now,
                    policy=self.policy,
                ),
            )
            for where in wheres
        ]

    async def booker(self, person_id: UUID) -> Booker:
        """Give the one who books for themselves: as resident if they gave their name, else as WeChat person."""
        resident = await residents.of_person(self.sealer, person_id, now=self.clock())
        if resident is None:
            return Booker(f"p:{person_id}", person_id)
        return Booker(
            resident.subject, person_id, resident.id, has_priority=resident.has_priority, also=(f"p:{person_id}",)
        )

    async def hold(self, person_id: UUID, counter: Counter, starts_at: datetime, *, key: str) -> Booked:
        """Keep a place while the person makes up their mind."""
        wanted = self._wanted(counter, starts_at)
        return await appointments.hold(
            self.database,
            await self.booker(person_id),
            wanted,
            self.openings(wanted.where),
            key=key,
            now=self.clock(),
            policy=self.policy,
        )

    async def book(self, person_id: UUID, counter: Counter, starts_at: datetime, *, key: str) -> Booked:
        """Take a place for good."""
        wanted = self._wanted(counter, starts_at)
        return await appointments.book(
            self.database,
            await self.booker(person_id),
            wanted,
            self.openings(wanted.where),
            key=key,
            now=self.clock(),
            policy=self.policy,
        )

    async def confirm(self, person_id: UUID, appointment_id: UUID) -> Booked:
        """Turn a hold into an appointment."""
        one = await self.mine(person_id, appointment_id)
        return await appointments.confirm(self.database, one, actor=f"person:{person_id}", now=self.clock())

    async def cancel(self, person_id: UUID, appointment_id: UUID) -> Booked:
        """Give an appointment up."""
        one = await self.mine(person_id, appointment_id)
        return await appointments.cancel(
            self.database,
            one,
            actor=f"person:{person_id}",
            now=self.clock(),
            policy=self.policy,
            chance=self.chance(),
        )

    async def move(self, person_id: UUID, appointment_id: UUID, starts_at: datetime) -> Booked:
        """Move an appointment to another time."""
        one = await self.mine(person_id, appointment_id)
        day = starts_at.astimezone(LOCAL).date()
        if day not in self.days():
            raise NoSuchSlot
        return await moving.move(
            self.database,
            one,
            starts_at,
            self.openings(DayAtWindow(one.hall_id, one.window_type, day)),
            actor=f"person:{person_id}",
            now=self.clock(),
            policy=self.policy,
        )

    async def mine(self, person_id: UUID, appointment_id: UUID) -> Booked:
        """Give an appointment that the person booked; anybody else's is :class:`AppointmentMissing`."""
        one = await appointment_rows.find(self.database, appointment_id)
        if person_id == one.agent_id:
            await agents.village_of(person_id)  # whoever has left office touches nothing any more
        elif person_id != one.person_id:
            raise AppointmentMissing
        return one

    async def all_mine(self, person_id: UUID) -> list[Booked]:
        """Give what a person booked in the last quarter and ahead; for neighbours only while they are an agent."""
        listed = await appointment_rows.of_person(self.database, person_id, since=self._today - PAST)
        if any(one.agent_id == person_id for one in listed) and not await agents.is_in_office(person_id):
            return [one for one in listed if one.person_id == person_id]
        return listed

    async def live_of(self, person_id: UUID) -> list[Booked]:
        """Give the appointments that a person may still keep, move or give up; those of a closed hall can be moved."""
        now = self.clock()
        listed = await appointment_rows.of_person(self.database, person_id, since=self._today)
        return [
            one
            for one in listed
            if one.person_id == person_id
            and (one.state is State.CLOSED or (one.state is State.BOOKED and one.starts_at > now - self.policy.late))
        ]

    async def kept_for(self, person_id: UUID) -> UUID:
        """Give the place that is kept for a person, the one offered last first; raise HoldOver without any."""
        listed = await appointment_rows.of_person(self.database, person_id, since=self._today)
        held = [one for one in listed if one.is_held and one.is_live(self.clock())]
        if not held:
            raise HoldOver
        return max(held, key=lambda one: one.place_until or one.starts_at).id

    async def book_block(
        self, agent_id: UUID, members: Sequence[tuple[KnownResident, Counter]], starts_at: datetime, *, key: str
    ) -> list[Booked]:
        """Book one stretch for several neighbours; all at the same hall and kind of window, or NoSuchSlot."""
        if len({(counter.hall.org_id, counter.window_type) for _, counter in members}) > 1:
            raise NoSuchSlot("一批人要在同一个大厅、同一种窗口办,请分开约。")
        placed = [
            (
                Booker(resident.subject, None, resident.id, agent_id, resident.has_priority),
                self._wanted(counter, starts_at),
            )
            for resident, counter in members
        ]
        openings = self.openings(placed[0][1].where) if placed else ()
        return await blocks.book(
            self.database, placed, starts_at, openings, key=key, now=self.clock(), policy=self.policy
        )

    async def wait(self, person_id: UUID, counter: Counter, day: date, half: str, *, key: str) -> Waiting:
        """Put somebody on the waiting list of a day."""
        if day not in self.days():
            raise NoSuchSlot
        noon = datetime.combine(day, waiting.NOON, tzinfo=LOCAL)
        wanted = Wanted(
            counter.item_code,
            counter.item_version,
            counter.hall.org_id,
            counter.window_type,
            noon,
            counter.minutes,
        )
        booker = await self.booker(person_id)
        if (known := await waiting.of_request(key, booker, wanted)) is not None:
            return known  # sent again: the day may have got room since, and that changes nothing
        now = self.clock()
        free = [slot for of in await self.slots(counter) if of.day == day for slot in of.slots]
        openings = self.openings(wanted.where)
        if not openings or not any(slot.start > now for slot in free):
            raise NoSuchSlot
        if any(slot.left for slot in free if waiting.is_in(slot.start, half)):
            raise StillFree
        if len(await waiting.entries_of(person_id)) >= self.policy.waiting:
            raise TooManyWaits
        return await waiting.join(self.database, booker, wanted, half, key=key, now=now)

    async def agent_village(self, person_id: UUID) -> str:
        """Give the village for which somebody acts; raise NotAnAgent."""
        return await agents.village_of(person_id)

    async def sweep(self) -> None:
        """Offer the places that came back, and note who did not come; harmless however often and wherever it runs."""
        now, published = self.clock(), self.published()
        await waiting.offer_places(self.database, now=now, policy=self.policy, openings_of=self.openings)

        def ends(one: Booked) -> datetime:
            return half_day_end(published, one.hall_id, one.window_type, one.starts_at, one.minutes)

        await attendance.note_no_shows(self.database, now=now, half_day_ends=ends)

    def _wanted(self, counter: Counter, starts_at: datetime) -> Wanted:
        wanted = Wanted(
            counter.item_code,
            counter.item_version,
            counter.hall.org_id,
            counter.window_type,
            starts_at,
            counter.minutes,
        )
        if wanted.where.day not in self.days():
            raise NoSuchSlot
        return wanted
