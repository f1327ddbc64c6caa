"""Running the house (运行): serve, migrate, doctor; and how every command reaches settings and database."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from datetime import date

    from config.settings import Settings
    from knowledge.hall import Calendar
    from models.database import Database

T = TypeVar("T")


PATIENCE = 10.0
"""Seconds in which the database must answer before it counts as away."""


def settings_or_exit() -> Settings:
    """Read the settings; a wrong one ends the command with its sentence and exit code 2."""
    from pydantic import ValidationError

    from config.settings import Settings, sentences

    try:
        return Settings()
    except ValidationError as error:
        for sentence in sentences(error):
            click.echo(sentence, err=True)
    except UnicodeDecodeError:
        click.echo(".env 不是 UTF-8 文字,请用编辑器另存为 UTF-8", err=True)
    raise SystemExit(2)


class DatabaseAway(Exception):
    """The database cannot be reached; the message says why and what to check."""


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Database]:
    """Open the database and see that it answers; raise :class:`DatabaseAway`.

    Its own statements do not tell: Tortoise takes a database that is away for one without a single migration.
    """
    from models.database import open_database

    async with AsyncExitStack() as stack:
        try:
            database = await stack.enter_async_context(open_database(settings.database))
            stack.enter_context(database.active())
            async with asyncio.timeout(PATIENCE):
                await database.rows("SELECT 1 AS one")
        except Exception as error:  # whatever the driver, the resolver or the address throws: the answer is the same
            raise DatabaseAway(f"数据库连不上({_why(error)}): 请检查 QIANTAI_DATABASE_URL") from error
        yield database


def _why(error: Exception) -> str:
    import socket

    from asyncpg import InvalidAuthorizationSpecificationError
    from tortoise.exceptions import DBConnectionError

    known: tuple[tuple[type[Exception], str], ...] = (
        (TimeoutError, f"{PATIENCE:.0f} 秒没有回应"),
        (socket.gaierror, "找不到这个主机"),
        (ConnectionRefusedError, "主机上没有数据库在这个端口"),
        (InvalidAuthorizationSpecificationError, "用户名或密码不对"),
        (DBConnectionError, "没有这个库"),
        (PermissionError, "没有读写文件的权限"),
    )
    if isinstance(error, ValueError):
        return str(error) if str(error).startswith("数据库地址") else "地址写得不对"
    return next((why for kind, why in known if isinstance(error, kind)), type(error).__name__)


def run_or_exit(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; a database that is away or a refusal becomes its sentence and exit code 1."""
    from models.rules.errors import Refusal

    try:
        return asyncio.run(work)
    except (DatabaseAway, Refusal) as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None


def with_database(go: Callable[[Database], Awaitable[None]]) -> None:
    """Run a coroutine function with the open, up-to-date database; what is wrong ends with a sentence and exit 1."""
    settings = settings_or_exit()

    async def run() -> None:
        async with reached(settings) as database:
            if pending := await database.pending_migrations():
                click.echo(f"数据库还差 {len(pending)} 步升级,请先运行 qiantai migrate", err=True)
                raise SystemExit(1)
            await go(database)

    run_or_exit(run())


@click.command()
@click.option("--host", help="监听地址,盖过 QIANTAI_HOST")
@click.option("--port", type=click.IntRange(0, 65535), help="端口,盖过 QIANTAI_PORT")
def serve(host: str | None, port: int | None) -> None:
    """启动服务。没有填微信账号时是演示模式,自己建库、装样例数据。"""
    gc.disable()  # what is imported stays for good: looking for garbage in it takes a tenth of the start
    from api import server

    gc.freeze()
    gc.enable()

    settings = settings_or_exit()
    changes = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update=changes)
    run_or_exit(_knock(settings))
    try:
        server.serve(settings)
    except server.NotReady as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None


async def _knock(settings: Settings) -> None:
    async with reached(settings):
        pass


@click.command()
def migrate() -> None:
    """把数据库结构升到最新;重复运行无害。"""
    settings = settings_or_exit()

    async def go() -> list[str]:
        async with reached(settings) as database:
            return await database.migrate()

    applied = run_or_exit(go())
    click.echo(f"升级了 {len(applied)} 步: {'、'.join(applied)}" if applied else "已是最新,不用升级")


@click.command()
def doctor() -> None:
    """列出当前设置(密钥遮住),并检查数据库、目录、日历和回电。"""
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
    problems, reminders = asyncio.run(_examine(settings))
    for problem in problems:
        click.echo(f"有问题: {problem}", err=True)
    for reminder in reminders:
        click.echo(f"提醒: {reminder}", err=True)
    if problems:
        raise SystemExit(1)
    click.echo(f"检查完毕,没有发现问题{f',有 {len(reminders)} 处提醒' if reminders else ''}")


def _without_password(value: str) -> str:
    import re

    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", value)


async def _examine(settings: Settings) -> tuple[list[str], list[str]]:
    """Give what is wrong, and what somebody should see to: the latter is no fault of the installation."""
    from api.app import utc_now
    from knowledge.hall import LOCAL
    from models.callbacks import overdue_callbacks
    from models.items import load_published

    today = utc_now().astimezone(LOCAL).date()
    try:
        async with reached(settings) as database:
            if pending := await database.pending_migrations():
                return [f"数据库还差 {len(pending)} 步升级,请运行 qiantai migrate"], []
            published = await load_published(database)
            overdue = len(await overdue_callbacks(today))
    except DatabaseAway as away:
        return [str(away)], []
    problems = [] if published.catalogue else ["还没有发布事项,请运行 qiantai catalogue import items.csv --publish"]
    problems += _end_of(published.calendar, today)
    reminders = _prefecture_days_of(published.calendar, today)
    if overdue:
        reminders.append(f"有 {overdue} 个回电已过约定日期,请运行 qiantai callbacks list")
    return problems, reminders


def _end_of(calendar: Calendar, today: date) -> list[str]:
    from api.operations import CALENDAR_WARNING

    if calendar.days_of_data_left(today) >= CALENDAR_WARNING:
        return []
    known = calendar.known_until() or "(空)"
    return [f"日历只到 {known},请导入下一年的放假安排: qiantai catalogue import calendar.csv --publish"]


def _prefecture_days_of(calendar: Calendar, today: date) -> list[str]:
    from models.rules.items import missing_prefecture_holidays

    days = (row for rows in calendar.days.values() for row in rows)
    return [
        f"{year}年楚雄州的{'、'.join(names)}还没有装入日历,那几天会当成工作日。请照州政府的放假通知填一张表"
        "(scope 列填 chuxiong),运行 qiantai catalogue import calendar.csv --publish"
        for year, names in missing_prefecture_holidays(days, since=today.year).items()
    ]
