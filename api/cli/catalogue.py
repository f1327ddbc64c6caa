"""The catalogue from the command line (目录): check, import, diff, export."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.house import settings_or_exit

if TYPE_CHECKING:
    from knowledge.catalogue import ServiceItem
    from knowledge.importing import Report
    from knowledge.organisations import Organisations
    from models.database import Database
    from models.rules.items import Published

KINDS = ("items", "organisations", "calendar")


@click.group("catalogue")
def group() -> None:
    """事项、机构、日历: 检查、比较、导入、导出。"""


def _kind_of(path: Path, kind: str | None) -> str:
    if kind:
        return kind
    for name in KINDS:
        if name in path.stem:
            return name
    raise click.UsageError(f"看不出 {path.name} 是哪种表,请加 --kind items、organisations 或 calendar")


def _read(path: Path, kind: str, organisations: Organisations | None = None) -> Report[Any]:
    """Read one table; report every bad row and exit 1 if there is any."""
    from api import seed
    from knowledge.sheets import Unusable

    readers: dict[str, Callable[[], Report[Any]]] = {
        "items": lambda: seed.read_items(path, organisations),
        "organisations": lambda: seed.read_organisations(path),
        "calendar": lambda: seed.read_calendar(path),
    }
    try:
        report = readers[kind]()
    except Unusable as error:
        click.echo(f"{path.name}: {error}", err=True)
        raise SystemExit(1) from None
    for problem in report.problems:
        click.echo(f"{path.name}: {problem}", err=True)
    if not report.ok:
        click.echo(f"共 {len(report.problems)} 处问题,什么都没有导入。改好后再来。", err=True)
        raise SystemExit(1)
    return report


file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
kind_option = click.option("--kind", type=click.Choice(KINDS), help="表的种类;文件名里有时可省")


@group.command()
@file_argument
@kind_option
def check(file: Path, kind: str | None) -> None:
    """检查一张表(CSV 或 Excel),列出每一处问题,不写任何东西。"""
    kind = _kind_of(file, kind)
    organisations = None
    if kind == "items":
        organisations = _organisations_beside(file)
    report = _read(file, kind, organisations)
    click.echo(f"{file.name}: {len(report.rows)} 行,没有问题")


def _organisations_beside(file: Path) -> Organisations:
    """Give the organisations that lie beside an item table, else the shipped ones, so that places can be checked."""
    from api import seed
    from config import data
    from knowledge.organisations import Organisations

    beside = file.with_name("organisations.csv")
    report = seed.read_organisations(beside if beside.exists() else data.CATALOGUE / "organisations.csv")
    return Organisations({unit.org_id: unit for unit in report.rows})


@group.command("import")
@file_argument
@kind_option
@click.option("--publish", is_flag=True, help="导入后立即发布;不加只检查并比较")
@click.option("--by", default="cli", show_default=True, help="经手人,写入日志")
@click.option("--note", default="", help="说明,写入发布记录")
def import_(file: Path, kind: str | None, publish: bool, by: str, note: str) -> None:
    """导入一张表(CSV 或 Excel)。有一行不对就整个不导入。"""
    with_database(lambda database: _import(database, file, _kind_of(file, kind), publish, by, note))


async def _import(database: Database, file: Path, kind: str, publish: bool, by: str, note: str) -> None:
    from api.app import utc_now
    from knowledge.hall import LOCAL
    from models import items

    now = utc_now()
    published = await items.load_published(database)
    known = published.organisations if published.organisations.units else _organisations_beside(file)
    rows = _read(file, kind, known).rows
    if kind == "items":
        _print_diff(published, rows)
    if not publish:
        click.echo(f"{file.name}: {len(rows)} 行可以发布。加 --publish 发布。")
        return
    if kind == "items":
        today = now.astimezone(LOCAL).date()
        expected = published.publication
        number = await items.publish_items(database, rows, by=by, now=now, today=today, note=note, expected=expected)
    elif kind == "organisations":
        number = await items.publish_organisations(database, rows, by=by, now=now, note=note)
    else:
        number = await items.publish_calendar(database, rows, by=by, now=now, note=note)
    click.echo(f"已发布,发布号 {number}。正在运行的服务两秒内生效。")


@group.command()
@file_argument
def diff(file: Path) -> None:
    """比较一张事项表和已发布的目录。"""

    async def go(database: Database) -> None:
        from models import items

        published = await items.load_published(database)
        _print_diff(published, _read(file, "items", published.organisations).rows)

    with_database(go)


def _print_diff(published: Published, rows: list[ServiceItem]) -> None:
    from knowledge.catalogue import compare

    changes = compare((entry.item for entry in published.catalogue.entries.values()), rows)
    if not changes:
        click.echo("和已发布的目录没有差别")
        return
    names = {item.code: item.name for item in rows}
    for code in changes.added:
        click.echo(f"+ {code} {names[code]}")
    for code in changes.removed:
        click.echo(f"- {code} {published.catalogue.entries[code].item.name}")
    for code, fields in changes.changed.items():
        click.echo(f"~ {code} {names[code]}: {'、'.join(fields)}")


@group.command()
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
def export(form: str) -> None:
    """把已发布的事项写到标准输出。"""

    async def go(database: Database) -> None:
        from models import items

        published = await items.load_published(database)
        if form == "json":
            entries = [{"version": e.version, **e.item.to_data()} for e in published.catalogue.entries.values()]
            json.dump(entries, sys.stdout, ensure_ascii=False, indent=1)
            sys.stdout.write("\n")
        else:
            from api.export import items_csv

            sys.stdout.write(items_csv(entry.item for entry in published.catalogue.entries.values()))

    with_database(go)


@group.command()
@click.argument("code")
@click.option("--by", required=True, help="核对人")
def confirm(code: str, by: str) -> None:
    """记下某事项已由办事员核对: 去掉“演示数据”字样,半年内有效。"""
    from api.app import utc_now
    from knowledge.hall import LOCAL

    async def go(database: Database) -> None:
        from models import items

        now = utc_now()
        await items.confirm_item(database, code, by=by, now=now, today=now.astimezone(LOCAL).date())
        click.echo(f"{code} 已核对")

    with_database(go)


@group.command("switch")
@click.argument("code")
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--by", required=True, help="经手人")
def switch(code: str, state: str, by: str) -> None:
    """立即停用或恢复某事项的回答,两秒内生效。"""
    from api.app import utc_now

    async def go(database: Database) -> None:
        from models import items

        verb = items.switch_on if state == "on" else items.switch_off
        await verb(database, code, by=by, now=utc_now())
        click.echo(f"{code} 已{'恢复' if state == 'on' else '停用'}")

    with_database(go)


def with_database(go: Callable[[Database], Awaitable[None]]) -> None:
    """Run a coroutine function with the open database; a refusal becomes its sentence and exit code 1."""
    from models.database import open_database
    from models.rules.errors import Refusal

    settings = settings_or_exit()

    async def run() -> None:
        async with open_database(settings.database) as database:
            with database.active():
                if pending := await database.pending_migrations():
                    click.echo(f"数据库还差 {len(pending)} 步升级,请先运行 qiantai migrate", err=True)
                    raise SystemExit(1)
                await go(database)

    try:
        asyncio.run(run())
    except Refusal as refusal:
        click.echo(refusal.message, err=True)
        raise SystemExit(1) from None
