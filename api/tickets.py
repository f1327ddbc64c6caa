"""The line's door (取号): a number for whoever stands in the hall, one's place, giving it up; the halls and windows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import Field, model_validator

from api.auth import citizen, limit_address
from api.keys import BOOKINGS, CLOCK, RECEPTION, SHELF
from api.payload import Answer, Body, answer, idempotency_key, read
from bot import phrases
from bot.guide import hours_text, today_text
from knowledge.hall import LOCAL
from models import tickets
from models.rules.bookable import BOOKED_AT
from models.rules.errors import NoWindowHere, TicketMissing
from models.rules.tickets import Ticket
from models.tickets import Newcomer


class WindowData(Answer):
    """So many windows of one kind."""

    type: str
    count: int


class HallData(Answer):
    """A hall, its windows and hours."""

    org_id: str
    name: str
    short_name: str
    windows: list[WindowData]
    hours: str
    today: str
    """Whether it is open now, in a sentence."""
    market_day: bool
    """Whether today is a market day there (街天)."""


class Halls(Answer):
    """The halls that take bookings and give out numbers."""

    halls: list[HallData]


class Draw(Body):
    """A number: with one's appointment, or for a kind of window. The hall is on the code that hangs there."""

    hall: str = Field(max_length=16)
    window_type: str | None = Field(default=None, max_length=32, description="没有预约时填窗口类型")
    number: str | None = Field(default=None, max_length=20, description="有预约时填预约号")

    @model_validator(mode="after")
    def _one_of_both(self) -> Draw:
        if (self.window_type is None) == (self.number is None):
            raise ValueError("either an appointment or a kind of window")
        return self


class TicketData(Answer):
    """A number as its holder sees it."""

    id: int
    number: str
    hall: str
    window_type: str
    status: str
    window: str | None
    """The window that calls."""
    ahead: int
    wait_least: int | None
    wait_most: int | None
    """Minutes of waiting, from and to; null when nothing is waited for."""
    due_at: datetime | None
    said: str
    """The whole in a sentence."""


class Tickets(Answer):
    """One's numbers of today."""

    tickets: list[TicketData]


async def halls(request: web.Request) -> web.Response:
    """List the halls."""
    limit_address(request)
    published, now = request.app[SHELF].desk.published, request.app[CLOCK]()
    listed = []
    for unit in published.organisations:
        opening = published.opening_of(unit.org_id)
        if unit.kind in BOOKED_AT and opening is not None:
            listed.append(
                HallData(
                    org_id=unit.org_id,
                    name=unit.name,
                    short_name=unit.short_name,
                    windows=[WindowData(type=bank.type, count=bank.count) for bank in unit.windows],
                    hours=hours_text(opening.hours),
                    today=today_text(opening, now),
                    market_day=opening.is_market_day(now.astimezone(LOCAL).date()),
                )
            )
    return answer(Halls(halls=listed))


async def draw(request: web.Request) -> web.Response:
    """Take a number in the hall: with one's appointment, or without one."""
    person = await citizen(request)
    key = f"{person.person_id}:{idempotency_key(request)}"
    body = await read(request, Draw)
    reception, actor = request.app[RECEPTION], f"person:{person.person_id}"
    if body.number is None:
        newcomer = Newcomer(person_id=person.person_id)
        ticket = await reception.draw(body.hall, body.window_type or "", newcomer, key=key, actor=actor)
    else:
        number = "".join(sign for sign in body.number if sign.isdecimal())
        booked = await reception.by_number(number)
        await request.app[BOOKINGS].mine(person.person_id, booked.id)
        if booked.hall_id != body.hall:
            raise NoWindowHere("这个预约不在这个大厅,请看一下预约写的是哪个大厅。")
        ticket = await reception.check_in(booked, actor=actor)
    return answer(await _shown(request, ticket), status=201)


async def my_tickets(request: web.Request) -> web.Response:
    """Give one's numbers of today, each with its place."""
    person = await citizen(request)
    held = await request.app[RECEPTION].tickets_of(person.person_id)
    return answer(Tickets(tickets=[await _shown(request, ticket) for ticket in held]))


async def place(request: web.Request) -> web.Response:
    """Say where one stands."""
    person = await citizen(request)
    return answer(await _shown(request, await request.app[RECEPTION].mine(person.person_id, _id(request))))


async def leave(request: web.Request) -> web.Response:
    """Give one's place up."""
    person = await citizen(request)
    reception = request.app[RECEPTION]
    ticket = await reception.mine(person.person_id, _id(request))
    actor = f"person:{person.person_id}"
    left = await tickets.leave(reception.database, ticket.id, actor=actor, now=reception.clock())
    return answer(await _shown(request, left))


def _id(request: web.Request) -> int:
    given: Any = request.match_info["id"]
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise TicketMissing
    return int(given)


async def _shown(request: web.Request, ticket: Ticket) -> TicketData:
    place = await request.app[RECEPTION].place(ticket)
    wait = (place.wait.least, place.wait.most) if place.wait else None
    return TicketData(
        id=ticket.id,
        number=ticket.number,
        hall=ticket.hall_id,
        window_type=ticket.window_type,
        status=ticket.status.value,
        window=ticket.window,
        ahead=place.ahead,
        wait_least=wait[0] if wait else None,
        wait_most=wait[1] if wait else None,
        due_at=ticket.due_at.astimezone(LOCAL) if ticket.due_at else None,
        said=phrases.ticket_drawn(ticket.number, place.ahead, wait),
    )
