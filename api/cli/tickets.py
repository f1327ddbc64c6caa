"""Tickets from the command line (取号叫号): for the window, until clerks have their page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from api.cli.house import with_database

if TYPE_CHECKING:
    from knowledge.organisations import Organisation
    from models.database import Database
    from models.reception import Reception
    from models.rules.items import Published
    from models.rules.tickets import Ticket

REASONS = ("elder", "disabled", "pregnant", "infant", "veteran")
BY = click.option("--by", required=True, help="经手人")


@click.group("tickets")
def group() -> None:
    """取号、叫号、过号: 大厅按编号(如 H-DH),窗口类型写全名(如 综合受理窗口)。"""


@group.command()
@click.argument("hall")
def line(hall: str) -> None:
    """列出大厅各类窗口的排队情况: 手上的、等着的(按叫号顺序)、挂起的、过号的。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models.items import load_published
        from models.line import line_of, standing, tickets_in
        from models.rules.tickets import Status

        now = utc_now()
        unit = _hall(await load_published(database), hall)
        for bank in unit.windows:
            where = line_of(hall, bank.type, now)
            waiting = [one.ticket for one in await standing(where, now=now)]
            others = [ticket for ticket in await tickets_in(where) if ticket.status is not Status.WAITING]
            if not waiting and not others:
                continue
            click.echo(f"{bank.type}: 等着 {len(waiting)} 人")
            for ticket in (*others, *waiting):
                click.echo(f"  {_told(ticket)}")

    with_database(go)


@group.command()
@click.argument("hall")
@click.argument("window_type")
@click.option("--minutes", default=15, show_default=True, type=click.IntRange(1, 240), help="预计办多少分钟")
@click.option("--first", type=click.Choice(REASONS), help="优先的理由: 老年、残疾、孕妇、抱婴、军人")
@click.option("--note", default="", help="备注,不影响顺序")
@BY
def draw(hall: str, window_type: str, minutes: int, first: str | None, note: str, by: str) -> None:
    """给没有预约的人取一个号。"""

    async def go(database: Database) -> None:
        from uuid import uuid4

        from bot import phrases
        from models.rules.tickets import Reason
        from models.tickets import Newcomer

        reception = await _reception(database)
        newcomer = Newcomer(reason=Reason(first) if first else None, note=note)
        key = f"cli:{uuid4()}"
        ticket = await reception.draw(hall, window_type, newcomer, key=key, actor=by, minutes=minutes)
        place = await reception.place(ticket)
        wait = (place.wait.least, place.wait.most) if place.wait else None
        click.echo(phrases.ticket_drawn(ticket.number, place.ahead, wait))

    with_database(go)


@group.command("check-in")
@click.argument("number")
@click.option("--first", type=click.Choice(REASONS), help="优先的理由: 老年、残疾、孕妇、抱婴、军人")
@BY
def check_in(number: str, first: str | None, by: str) -> None:
    """有预约的人到了: 报预约号, 给一个排队号。"""

    async def go(database: Database) -> None:
        from bot import phrases
        from models.rules.tickets import Reason

        reception = await _reception(database)
        booked = await reception.by_number(number)
        ticket = await reception.check_in(booked, actor=by, reason=Reason(first) if first else None)
        place = await reception.place(ticket)
        wait = (place.wait.least, place.wait.most) if place.wait else None
        click.echo(phrases.ticket_drawn(ticket.number, place.ahead, wait))

    with_database(go)


@group.command()
@click.argument("hall")
@click.argument("window_type")
@click.argument("window")
@BY
def call(hall: str, window_type: str, window: str, by: str) -> None:
    """叫下一个号到 WINDOW 号窗口。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import calling
        from models.items import load_published

        _windows(await load_published(database), hall, window_type)
        called = await calling.call_next(database, hall, window_type, window, actor=by, now=utc_now())
        click.echo(_announced(called) if called else "没有人在排队")

    with_database(go)


def _step(name: str, told: Callable[[Ticket], str], help_: str) -> None:
    """Add a command that does one thing with one number of today."""

    @group.command(name, help=help_)
    @click.argument("hall")
    @click.argument("number")
    @BY
    def command(hall: str, number: str, by: str) -> None:
        async def go(database: Database) -> None:
            from models import calling, tickets

            verbs: dict[str, Any] = {
                "recall": calling.recall,
                "start": tickets.start,
                "missed": tickets.miss,
                "readmit": tickets.readmit,
                "done": tickets.finish,
                "park": tickets.park,
                "resume": tickets.resume,
                "leave": tickets.leave,
            }
            click.echo(told(await _with_number(database, verbs[name], hall, number, by)))

        with_database(go)


async def _with_number(
    database: Database, verb: Callable[..., Any], hall: str, number: str, by: str, *more: str, **named: str
) -> Ticket:
    from api.app import utc_now
    from models import tickets

    now = utc_now()
    ticket = await tickets.by_number(hall, number, now=now)
    moved: Ticket = await verb(database, ticket.id, *more, actor=by, now=now, **named)
    return moved


@group.command()
@click.argument("hall")
@click.argument("number")
@click.argument("window_type")
@click.option("--reason", required=True, help="为什么转,对方窗口看得到")
@BY
def transfer(hall: str, number: str, window_type: str, reason: str, by: str) -> None:
    """转到另一类窗口,号和等的时间都不变。"""

    async def go(database: Database) -> None:
        from models import tickets
        from models.items import load_published

        _windows(await load_published(database), hall, window_type)
        click.echo(_told(await _with_number(database, tickets.transfer, hall, number, by, window_type, reason=reason)))

    with_database(go)


def _hall(published: Published, hall: str) -> Organisation:
    from models.rules.errors import NoWindowHere

    unit = published.organisations.get(hall)
    if unit is None:
        raise NoWindowHere
    return unit


def _windows(published: Published, hall: str, window_type: str) -> tuple[Organisation, int]:
    from models.rules.errors import NoWindowHere

    unit = _hall(published, hall)
    for bank in unit.windows:
        if bank.type == window_type:
            return unit, bank.count
    raise NoWindowHere


def _announced(ticket: Ticket) -> str:
    from bot import phrases
    from models.rules.tickets import read_out

    return phrases.ticket_called(read_out(ticket.number), ticket.window or "")


def _passed_over(ticket: Ticket) -> str:
    from bot import phrases
    from models.rules.tickets import Status

    return phrases.ticket_missed(ticket.number, ticket.status is Status.VOID)


def _told(ticket: Ticket) -> str:
    """Give one line about a ticket, for the clerk."""
    from knowledge.hall import LOCAL

    states = {
        "waiting": "等着",
        "called": f"叫到{ticket.window}号窗口",
        "serving": f"{ticket.window}号窗口在办",
        "missed": "过号",
        "parked": "挂起",
        "done": "办完",
        "left": "走了",
        "void": "作废",
    }
    marks = [
        f"{ticket.arrived_at.astimezone(LOCAL):%H:%M}到",
        f"预约{ticket.due_at.astimezone(LOCAL):%H:%M}" if ticket.due_at else "",
        "优先" if ticket.reason else "",
        f"从{ticket.transferred_from}转来: {ticket.transfer_reason}" if ticket.transferred_from else "",
        ticket.note,
    ]
    return " ".join([ticket.number, states[ticket.status], *filter(None, marks)])


_step("recall", _announced, "再叫一遍;叫满三遍没人来,用 missed。")
_step("start", _told, "人到窗口了,开始办。")
_step("missed", _passed_over, "叫了三遍没来,算过号。")
_step("readmit", _told, "过号的人来了,排到后面两个人之后,只有一次。")
_step("done", _told, "办完了。")
_step("park", _told, "挂起: 去补材料、填表,先不叫。")
_step("resume", _told, "挂起的人好了,回到原来的先后。")
_step("leave", _told, "不等了,把号退掉。")


async def _reception(database: Database) -> Reception:
    from api import seed
    from api.app import utc_now
    from models.items import load_published
    from models.reception import Reception

    published = await load_published(database)
    return Reception(database, seed.policy(), lambda: published, utc_now)
