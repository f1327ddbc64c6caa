"""The booking door (预约): times that are free, appointments, blocks of an agent, the waiting list."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field, field_validator

from api.auth import citizen, limit_address
from api.items import township_of
from api.keys import BOOKINGS, CLOCK, DATABASE, SEALER, SHELF
from api.payload import Answer, Body, answer, idempotency_key, read
from knowledge.hall import LOCAL
from models import residents, waiting
from models.appointment_rows import Booked
from models.booking_office import BookingOffice
from models.rules.appointments import Channel
from models.rules.bookable import Counter, nearest_free
from models.rules.errors import AppointmentMissing, Invalid, NotAnAgent, SlotTaken
from models.rules.numbers import spoken
from models.tables import Waiting


class SlotData(Answer):
    """A time that can be booked; ``left`` 0 is full."""

    start: datetime
    minutes: int
    left: int


class DayData(Answer):
    """The times of one day."""

    day: date
    slots: list[SlotData]


class Slots(Answer):
    """Where and when an item can be booked."""

    item: str
    hall: str
    hall_name: str
    window_type: str
    minutes: int
    days: list[DayData]


class AppointmentData(Answer):
    """An appointment as its owner sees it."""

    id: UUID
    number: str
    number_spoken: str
    state: str
    item: str
    item_name: str
    hall: str
    hall_name: str
    window_type: str
    start: datetime
    minutes: int
    held_until: datetime | None
    """Until when a place is kept that is not confirmed."""
    block: str | None


class Appointments(Answer):
    """The appointments of the last quarter and ahead, the earliest first."""

    appointments: list[AppointmentData]


class _Chosen(Body):
    item: str = Field(max_length=16, description="事项编码")
    township: str = Field(max_length=64, description="乡镇编号或名称")
    start: datetime = Field(description="开始时间, 要带时区")

    @field_validator("start")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        if value.tzinfo is None or not 2000 < value.year < 2100:
            raise ValueError("a time without zone, or of another age")
        return value.astimezone(UTC)


class Choose(_Chosen):
    """A time for an item."""


class Move(Body):
    """Another time for an appointment."""

    start: datetime

    _aware = field_validator("start")(_Chosen._aware.__func__)  # type: ignore[attr-defined]


class Neighbour(Body):
    """One resident of a block, in the order in which they are served."""

    name: str = Field(min_length=2, max_length=30)
    id_number: str = Field(min_length=18, max_length=18)
    item: str | None = Field(default=None, max_length=16, description="不填就和整批一样")


class Block(_Chosen):
    """A stretch for several neighbours."""

    residents: list[Neighbour] = Field(min_length=1, max_length=50)


class WaitFor(Body):
    """A day (or half of one) on which a place is wanted."""

    item: str = Field(max_length=16)
    township: str = Field(max_length=64)
    day: date
    half: Literal["", "am", "pm"] = ""


class WaitingData(Answer):
    """A place on the waiting list."""

    id: UUID
    item: str
    hall: str
    day: date
    half: str
    state: str
    appointment: UUID | None
    """The place that is kept for this person: confirm it before its time is over."""


class WaitingList(Answer):
    """What a person waits for."""

    waiting: list[WaitingData]


async def slots(request: web.Request) -> web.Response:
    """Give the times at which an item can be booked for the residents of a township."""
    limit_address(request)
    office = request.app[BOOKINGS]
    counter = office.counter(request.match_info["code"], township_of(request, request.query.get("township", "")))
    days = await office.slots(counter, Channel.ONLINE)
    return answer(
        Slots(
            item=counter.item_code,
            hall=counter.hall.org_id,
            hall_name=counter.hall.name,
            window_type=counter.window_type,
            minutes=counter.minutes,
            days=[
                DayData(
                    day=of.day,
                    slots=[SlotData(start=s.start.astimezone(LOCAL), minutes=s.minutes, left=s.left) for s in of.slots],
                )
                for of in days
            ],
        )
    )


async def hold(request: web.Request) -> web.Response:
    """Keep a place for some minutes while the form is filled."""
    return await _take(request, keep=True)


async def book(request: web.Request) -> web.Response:
    """Book a place at once."""
    return await _take(request, keep=False)


async def _take(request: web.Request, *, keep: bool) -> web.Response:
    person = await citizen(request)
    key = f"{person.person_id}:{idempotency_key(request)}"
    body = await read(request, Choose)
    office = request.app[BOOKINGS]
    counter = office.counter(body.item, township_of(request, body.township))
    take = office.hold if keep else office.book
    try:
        booked = await take(person.person_id, counter, body.start, key=key)
    except SlotTaken as refusal:
        raise await _with_alternatives(office, refusal, counter, body.start, Channel.ONLINE) from None
    return answer(_shown(request, booked), status=201)


async def mine(request: web.Request) -> web.Response:
    """Give one's own appointments, an agent's blocks too."""
    person = await citizen(request)
    listed = await request.app[BOOKINGS].all_mine(person.person_id)
    return answer(Appointments(appointments=[_shown(request, one) for one in listed]))


async def one(request: web.Request) -> web.Response:
    """Give one appointment."""
    person = await citizen(request)
    return answer(_shown(request, await request.app[BOOKINGS].mine(person.person_id, _id(request))))


async def confirm(request: web.Request) -> web.Response:
    """Turn a kept place into an appointment."""
    person = await citizen(request)
    return answer(_shown(request, await request.app[BOOKINGS].confirm(person.person_id, _id(request))))


async def cancel(request: web.Request) -> web.Response:
    """Give an appointment up."""
    person = await citizen(request)
    return answer(_shown(request, await request.app[BOOKINGS].cancel(person.person_id, _id(request))))


async def move(request: web.Request) -> web.Response:
    """Move an appointment to another time; the old place is given back only if the new one is taken."""
    person = await citizen(request)
    body = await read(request, Move)
    office = request.app[BOOKINGS]
    try:
        moved = await office.move(person.person_id, _id(request), body.start)
    except SlotTaken as refusal:
        before = await office.mine(person.person_id, _id(request))
        raise await _with_alternatives(
            office, refusal, office.counter_again(before), body.start, before.channel
        ) from None
    return answer(_shown(request, moved))


async def book_block(request: web.Request) -> web.Response:
    """Book one stretch for several neighbours, by a village agent."""
    person = await citizen(request)
    office = request.app[BOOKINGS]
    village = await office.agent_village(person.person_id)
    key = f"{person.person_id}:{idempotency_key(request)}"
    body = await read(request, Block)
    township = township_of(request, body.township)
    home = request.app[SHELF].desk.published.organisations.township_of(village)
    if home is None or home.org_id != township:
        raise NotAnAgent("代办员只能给本乡镇的乡亲约。")
    now = request.app[CLOCK]()
    members = []
    for number, neighbour in enumerate(body.residents):
        try:
            resident = await residents.enrol(
                request.app[DATABASE],
                request.app[SEALER],
                neighbour.name,
                neighbour.id_number,
                actor=f"agent:{person.person_id}",
                now=now,
            )
        except Invalid as refusal:
            sentence = f"第{number + 1}个人: {refusal.message}"
            raise type(refusal)(sentence, field=f"residents.{number}.{refusal.field}") from None
        members.append((resident, office.counter(neighbour.item or body.item, township)))
    try:
        block = await office.book_block(person.person_id, members, body.start, key=key)
    except SlotTaken as refusal:
        raise await _with_alternatives(office, refusal, members[0][1], body.start, Channel.AGENT) from None
    return answer(Appointments(appointments=[_shown(request, booked) for booked in block]), status=201)


async def wait(request: web.Request) -> web.Response:
    """Join the waiting list of a day."""
    person = await citizen(request)
    key = f"{person.person_id}:{idempotency_key(request)}"
    body = await read(request, WaitFor)
    office = request.app[BOOKINGS]
    counter = office.counter(body.item, township_of(request, body.township))
    entry = await office.wait(person.person_id, counter, body.day, body.half, key=key)
    return answer(_waiting(entry), status=201)


async def waits(request: web.Request) -> web.Response:
    """Give what one waits for."""
    person = await citizen(request)
    return answer(WaitingList(waiting=[_waiting(entry) for entry in await waiting.entries_of(person.person_id)]))


async def stop_waiting(request: web.Request) -> web.Response:
    """Leave the waiting list."""
    person = await citizen(request)
    mine = [entry for entry in await waiting.entries_of(person.person_id) if entry.id == _id(request)]
    if not mine:
        raise AppointmentMissing("没有找到这个候补,可能已经结束了。")
    office = request.app[BOOKINGS]
    await waiting.leave(office.database, mine[0], actor=f"person:{person.person_id}", now=office.clock())
    return answer(WaitingList(waiting=[_waiting(entry) for entry in await waiting.entries_of(person.person_id)]))


async def _with_alternatives(
    office: BookingOffice, refusal: SlotTaken, counter: Counter, start: datetime, channel: Channel
) -> SlotTaken:
    free = [slot for of in await office.slots(counter, channel) for slot in of.slots]
    refusal.alternatives = tuple(slot.start.astimezone(LOCAL) for slot in nearest_free(free, start))
    return refusal


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError as error:
        raise AppointmentMissing from error


def _shown(request: web.Request, booked: Booked) -> AppointmentData:
    published = request.app[SHELF].desk.published
    hall, entry = published.organisations.get(booked.hall_id), published.catalogue.get(booked.item_code)
    return AppointmentData(
        id=booked.id,
        number=booked.number,
        number_spoken=spoken(booked.number),
        state=booked.state_at(request.app[CLOCK]()).value,
        item=booked.item_code,
        item_name=entry.item.name if entry else booked.item_code,
        hall=booked.hall_id,
        hall_name=hall.name if hall else booked.hall_id,
        window_type=booked.window_type,
        start=booked.starts_at.astimezone(LOCAL),
        minutes=booked.minutes,
        held_until=booked.place_until.astimezone(LOCAL) if booked.is_held and booked.place_until else None,
        block=booked.block_key.partition(":")[2] if booked.block_key else None,
    )


def _waiting(entry: Waiting) -> WaitingData:
    return WaitingData(
        id=entry.id,
        item=entry.item_code,
        hall=entry.hall_id,
        day=entry.day,
        half=entry.half,
        state=entry.state,
        appointment=entry.appointment_id,
    )
