"""Running the house (运行): serve, migrate, doctor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from config.settings import Settings


def settings_or_exit() -> Settings:
    """Read the settings; a wrong one ends the command with its sentence and exit code 2."""
    from pydantic import ValidationError

    from config.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            where = f"QIANTAI_{name}: " if name else ""
            click.echo(f"{where}{problem['msg'].removeprefix('Value error, ')}", err=True)
        raise SystemExit(2) from None


@click.command()
@click.option("--host", help="监听地址,盖过 QIANTAI_HOST")
@click.option("--port", type=click.IntRange(0, 65535), help="端口,盖过 QIANTAI_PORT")
def serve(host: str | None, port: int | None) -> None:
    """启动服务。没有填微信账号时是演示模式,自己建库、装样例数据。"""
    from api import server

    settings = settings_or_exit()
    changes = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update=changes)
    try:
        server.serve(settings)
    except server.NotReady as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None


@click.command()
def migrate() -> None:
    """把数据库结构升到最新;重复运行无害。"""
    from models.database import open_database

    settings = settings_or_exit()

    async def go() -> list[str]:
        async with open_database(settings.database) as database:
            return await database.migrate()

    applied = asyncio.run(go())
    click.echo(f"升级了 {len(applied)} 步: {'、'.join(applied)}" if applied else "已是最新,不用升级")


@click.command()
def doctor() -> None:
    """列出当前设置(密钥遮住),并检查数据库、目录和日历。"""
    from pydantic import SecretStr

    settings = settings_or_exit()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            shown = "(已设置)" if value.get_secret_value() else "(空)"
        else:
            shown = _without_password(str(value)) if value not in ("", None) else "(空)"
        click.echo(f"QIANTAI_{name.upper():24} {shown}")
    click.echo(f"模式: {'演示' if settings.is_demo else '正式'}")
    problems = asyncio.run(_examine(settings))
    for problem in problems:
        click.echo(f"有问题: {problem}", err=True)
    if problems:
        raise SystemExit(1)
    click.echo("检查完毕,没有发现问题")


def _without_password(value: str) -> str:
    import re

    return re.sub(r"(://[^:/@]+):[^@]*@", r"\1:***@", value)


async def _examine(settings: Settings) -> list[str]:
    from api.app import utc_now
    from api.operations import CALENDAR_WARNING
    from knowledge.hall import LOCAL
    from models.database import open_database
    from models.items import load_published

    try:
        async with open_database(settings.database) as database:
            with database.active():
                if pending := await database.pending_migrations():
                    return [f"数据库还差 {len(pending)} 步升级,请运行 qiantai migrate"]
                published = await load_published(database)
    except Exception as error:
        return [f"数据库连不上({type(error).__name__}): 请检查 QIANTAI_DATABASE_URL"]
    problems = []
    if not published.catalogue:
        problems.append("还没有发布事项,请运行 qiantai catalogue import items.csv --publish")
    known, today = published.calendar.known_until(), utc_now().astimezone(LOCAL).date()
    if known is None or known - today < CALENDAR_WARNING:
        problems.append(
            f"日历只到 {known or '(空)'},请导入下一年的放假安排: qiantai catalogue import calendar.csv --publish"
        )
    return problems
