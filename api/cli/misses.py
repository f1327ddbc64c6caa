"""Unanswered questions from the command line (未答问题): list them, link one to an item, set one aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from api.cli.house import with_database

if TYPE_CHECKING:
    from models.database import Database


@click.group("misses")
def group() -> None:
    """没答上来的问题: 列出、对上事项、搁置。"""


@group.command("list")
@click.option("--limit", default=50, show_default=True)
def list_(limit: int) -> None:
    """列出没答上来的问题,问得最多的在前。"""

    async def go(database: Database) -> None:
        from models import misses

        for miss in await misses.open_misses(limit):
            click.echo(f"{miss.id:5} {miss.times:4}次 {miss.sample}  (可能: {'、'.join(miss.suggestions) or '无'})")

    with_database(go)


@group.command()
@click.argument("miss_id", type=int)
@click.argument("code")
@click.option("--by", required=True, help="经手人")
def link(miss_id: int, code: str, by: str) -> None:
    """把一个问题对到事项上;下次同样的问题就能答。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import misses

        await misses.link(database, miss_id, code, by=by, now=utc_now())
        click.echo(f"问题 {miss_id} 已对到 {code},两秒内生效")

    with_database(go)


@group.command()
@click.argument("miss_id", type=int)
@click.option("--by", required=True, help="经手人")
def dismiss(miss_id: int, by: str) -> None:
    """搁置一个与办事无关的问题。"""

    async def go(database: Database) -> None:
        from api.app import utc_now
        from models import misses

        await misses.dismiss(database, miss_id, by=by, now=utc_now())
        click.echo(f"问题 {miss_id} 已搁置")

    with_database(go)
