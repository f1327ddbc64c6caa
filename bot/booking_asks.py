"""What the talk asks of the booking office (预约的请求), and what it is told: plain data both ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import structlog

from models import people
from models.appointment_rows import Booked
from models.booking_office import BookingOffice, DaySlots
from models.rules.bookable import Counter
from models.rules.errors import Refusal
from models.rules.people import split_identity

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ShowTimes:
    """Ask: the times at which an item can be booked, or an appointment moved to."""

    code: str
    township: str
    moving: UUID | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Ask: keep this time while the person confirms."""

    code: str
    township: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    """Ask: the kept place becomes an appointment; without an id, whichever place is kept for the person."""

    appointment: UUID | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Ask: give a kept place or an appointment up."""

    appointment: UUID


@dataclass(frozen=True, slots=True)
class Shift:
    """Ask: move an appointment to another time."""

    appointment: UUID
    start: datetime


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Ask: put the person on the waiting list of a day."""

    code: str
    township: str
    day: date
    half: str


@dataclass(frozen=True, slots=True)
class ShowMine:
    """Ask: the person's live appointments; to see them, give one up, or move one."""

    purpose: str
    """see | give_up | move."""


BookingAsk = ShowTimes | Keep | Settle | GiveUp | Shift | WaitFor | ShowMine


@dataclass(frozen=True, slots=True)
class Times:
    """Told: where an item is booked, and every time of the days ahead."""

    counter: Counter
    days: tuple[DaySlots, ...]


@dataclass(frozen=True, slots=True)
class Mine:
    """Told: the person's live appointments, those of a closed hall too; the earliest first."""

    appointments: tuple[Booked, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """Told: the appointment after the act."""

    appointment: Booked


@dataclass(frozen=True, slots=True)
class OnList:
    """Told: the person is on the waiting list."""

    day: date
    half: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Told: it cannot be done, and why."""

    refusal: Refusal


Told = Times | Mine | Done | OnList | Refused


async def perform(office: BookingOffice, identity: str, ask: BookingAsk, *, key: str) -> Told:
    """Do what the talk asks; a refusal is told, not raised. The same ``key`` again has the same effect once."""
    appid, openid = split_identity(identity)
    try:
        person_id = await people.know(office.database, appid, openid, unionid=None, now=office.clock())
        return await _perform(office, person_id, ask, key)
    except Refusal as refusal:
        log.info("booking refused", code=refusal.code)
        return Refused(refusal)


async def _perform(office: BookingOffice, person_id: UUID, ask: BookingAsk, key: str) -> Told:
    match ask:
        case ShowTimes(code, township, None):
            counter = office.counter(code, township)
            return Times(counter, tuple(await office.slots(counter)))
        case ShowTimes(moving=moving):
            assert moving is not None
            counter = office.counter_again(await office.mine(person_id, moving))
            return Times(counter, tuple(await office.slots(counter)))
        case Keep(code, township, start):
            held = await office.hold(person_id, office.counter(code, township), start, key=f"chat:{key}")
            return Done(held)
        case Settle(appointment):
            return Done(await office.confirm(person_id, appointment or await office.kept_for(person_id)))
        case GiveUp(appointment):
            return Done(await office.cancel(person_id, appointment))
        case Shift(appointment, start):
            return Done(await office.move(person_id, appointment, start))
        case WaitFor(code, township, day, half):
            await office.wait(person_id, office.counter(code, township), day, half, key=f"chat:{key}")
            return OnList(day, half)
        case ShowMine():
            return Mine(tuple(await office.live_of(person_id)))
