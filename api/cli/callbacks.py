"""Call-backs from the command line (回电): who waits for a clerk and until when; tick one off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from api.cli.house import with_database

if TYPE_CHECKING:
    from models.database import Database


@click.group("callbacks")
def group() -> None:
    """等着回话的人: 列出、回过后划掉。"""


@group.command("list")
def list_() -> None:
    """列出等着回话的人,约定日期早的在前;过了日期的标“逾期”。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from knowledge.hall import LOCAL
        from models import callbacks
        from models.items import load_published
        from models.rules.people import mask

        today = utc_now().astimezone(LOCAL).date()
        organisations = (await load_published(database)).organisations
        waiting = await callbacks.open_callbacks()
        for one in waiting:
            township = organisations.get(one.township_id)
            late = "逾期" if callbacks.is_overdue(one, today) else "    "
            place = township.name if township else "乡镇不明"
            click.echo(f"{one.id:5} {late} {one.due_on} 前回话 {place} {one.identity}")
            for line in one.transcript:
                click.echo(f"      {mask(line).text}")
        if not waiting:
            click.echo("没有等着回话的人")

    with_database(go)


@group.command()
@click.argument("callback_id", metavar="ID", type=int)
@click.option("--by", required=True, help="经手人")
def done(callback_id: int, by: str) -> None:
    """记下已经回过话。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import callbacks

        if not await callbacks.complete(database, callback_id, by=by, now=utc_now()):
            click.echo(f"没有编号为 {callback_id} 的待回电,可能同事已经回过", err=True)
            raise SystemExit(1)
        click.echo(f"回电 {callback_id} 已划掉")

    with_database(go)
