"""Bookings from the command line (预约): the day's list, sudden closures, pardons, village agents."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from api.cli.house import with_database

if TYPE_CHECKING:
    from models.appointment_rows import Booked
    from models.booking_days import DayAtWindow
    from models.database import Database
    from models.rules.items import Published

_WHEN = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])


@click.group("bookings")
def group() -> None:
    """预约: 看一天的名单、临时关门、免记爽约。"""


@group.command("list")
@click.argument("hall_id", metavar="HALL")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="哪一天, 不填就是今天")
def list_(hall_id: str, day: datetime | None) -> None:
    """列出一个大厅一天的预约, 早的在前; 可以打印出来停电时用。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from knowledge.hall import LOCAL
        from models import appointment_rows
        from models.items import load_published

        published = await load_published(database)
        on: date = day.date() if day else utc_now().astimezone(LOCAL).date()
        listed = await appointment_rows.select(database, "hall_id = $1 AND day = $2", [hall_id, database.day(on)])
        for one in listed:
            click.echo(_line(one, published))
        if not listed:
            click.echo("这一天没有预约")

    with_database(go)


@group.command()
@click.argument("hall_id", metavar="HALL")
@click.argument("window_type", metavar="WINDOW")
@click.option("--from", "begins", type=_WHEN, required=True, help="从几点, 如 2026-03-03 08:30")
@click.option("--until", "ends", type=_WHEN, required=True, help="到几点")
@click.option("--reason", required=True, help="原因, 会告诉群众, 如 停电")
@click.option("--by", required=True, help="经手人")
@click.option("--yes", is_flag=True, help="不看名单, 直接关")
def close(hall_id: str, window_type: str, begins: datetime, ends: datetime, reason: str, by: str, yes: bool) -> None:
    """临时关一个窗口: 先列出受影响的预约, 确认后取消、通知, 群众回复“改时间”就能改。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import closures
        from models.items import load_published

        published = await load_published(database)
        where, opens, shuts = _stretch(hall_id, window_type, begins, ends)
        hit = await closures.affected(database, where, opens, shuts)
        for one in hit:
            click.echo(_line(one, published))
        click.echo(f"受影响的预约 {len(hit)} 个")
        if not yes and not click.confirm("确定关吗?"):
            raise SystemExit(1)
        told = await closures.close(database, where, opens, shuts, reason=reason, by=by, now=utc_now())
        click.echo(f"已关, 通知 {len(told)} 人")

    with_database(go)


@group.command()
@click.argument("hall_id", metavar="HALL")
@click.argument("window_type", metavar="WINDOW")
@click.option("--from", "begins", type=_WHEN, required=True)
@click.option("--until", "ends", type=_WHEN, required=True)
@click.option("--by", required=True, help="经手人")
def reopen(hall_id: str, window_type: str, begins: datetime, ends: datetime, by: str) -> None:
    """把临时关的时段重新开放; 已经通知过的人不会再打扰。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import closures

        where, opens, shuts = _stretch(hall_id, window_type, begins, ends)
        await closures.open_again(database, where, opens, shuts, by=by, now=utc_now())
        click.echo("已重新开放")

    with_database(go)


@group.command()
@click.argument("number")
@click.option("--by", required=True, help="经手人")
def pardon(number: str, by: str) -> None:
    """免记一次没来(生病、路断、下大雨)。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import appointment_rows, attendance
        from models.rules.errors import Refusal

        found = await appointment_rows.select(database, "number = $1", [number])
        try:
            if not found:
                raise SystemExit("没有这个预约号, 请核对")
            await attendance.pardon(database, found[0], clerk=by, now=utc_now())
        except Refusal as refusal:
            raise SystemExit(refusal.message) from None
        click.echo("已免记")

    with_database(go)


@click.group("agents")
def agents_group() -> None:
    """村代办员: 任命、停用。"""


@agents_group.command()
@click.argument("identity")
@click.argument("village_id", metavar="VILLAGE")
@click.option("--by", required=True, help="经手人")
def appoint(identity: str, village_id: str, by: str) -> None:
    """让一个微信用户(APPID:OPENID)做一个村的代办员。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import agents, people
        from models.items import load_published
        from models.rules.people import split_identity

        organisations = (await load_published(database)).organisations
        village = organisations.get(village_id)
        if village is None or organisations.home_in(village) is None:
            raise SystemExit("没有这个村, 编号见 organisations.csv")
        appid, openid = split_identity(identity)
        if not openid:
            raise SystemExit("请写成 APPID:OPENID")
        now = utc_now()
        person = await people.know(database, appid, openid, unionid=None, now=now)
        await agents.appoint(database, person, village_id, by=by, now=now)
        click.echo(f"已任命为{village.short_name}代办员")

    with_database(go)


@agents_group.command()
@click.argument("identity")
@click.option("--by", required=True, help="经手人")
def dismiss(identity: str, by: str) -> None:
    """停用一个代办员, 立即生效。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import agents, people
        from models.rules.people import split_identity

        appid, openid = split_identity(identity)
        now = utc_now()
        person = await people.know(database, appid, openid, unionid=None, now=now)
        await agents.dismiss(database, person, by=by, now=now)
        click.echo("已停用")

    with_database(go)


def _line(one: Booked, published: Published) -> str:
    from knowledge.hall import LOCAL

    entry = published.catalogue.get(one.item_code)
    name = entry.item.name if entry else one.item_code
    return f"{one.starts_at.astimezone(LOCAL):%m-%d %H:%M} {one.number} {one.state.value:9} {one.window_type} {name}"


def _stretch(
    hall_id: str, window_type: str, begins: datetime, ends: datetime
) -> tuple[DayAtWindow, datetime, datetime]:
    from knowledge.hall import LOCAL
    from models.booking_days import DayAtWindow

    where = DayAtWindow(hall_id, window_type, begins.date())
    return where, begins.replace(tzinfo=LOCAL), ends.replace(tzinfo=LOCAL)
