"""The catalogue from the command line (目录): check, import, diff, export."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.house import with_database

if TYPE_CHECKING:
    from knowledge.catalogue import CatalogueDiff, PublishedItem, ServiceItem
    from knowledge.cells import Report
    from knowledge.hall import CalendarDay, Scope
    from knowledge.organisations import Organisations
    from models.database import Database
    from models.rules.items import Published

    Publish = Callable[..., Awaitable[int]]

KINDS = ("items", "organisations", "calendar", "markets", "openings")
MOST_LINES = 30
"""Lines of a difference that an import prints; ``diff`` prints them all."""


@click.group("catalogue")
def group() -> None:
    """事项、机构、日历、街期、开放安排: 检查、比较、导入、导出。"""


def _kind_of(path: Path, kind: str | None) -> str:
    if kind:
        return kind
    for name in KINDS:
        if name in path.stem:
            return name
    raise click.UsageError(f"看不出 {path.name} 是哪种表,请加 --kind {'、'.join(KINDS[:-1])} 或 {KINDS[-1]}")


def _read(path: Path, kind: str, organisations: Organisations | None = None) -> Report[Any]:
    """Read one table; report every bad row and exit 1 if there is any."""
    from api import seed
    from knowledge.sheets import Unusable

    readers: dict[str, Callable[[], Report[Any]]] = {
        "items": lambda: seed.read_items(path, organisations),
        "organisations": lambda: seed.read_organisations(path),
        "calendar": lambda: seed.read_calendar(path),
        "markets": lambda: seed.read_markets(path, organisations),
        "openings": lambda: seed.read_openings(path, organisations),
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
    organisations = None if kind in ("organisations", "calendar") else _organisations_beside(file)
    report = _read(file, kind, organisations)
    click.echo(f"{file.name}: {len(report.rows)} 行,没有问题")


def _organisations_beside(file: Path) -> Organisations:
    """Give the organisations that lie beside a table, else the shipped ones, so that places can be checked."""
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
@click.option(
    "--allow-removals", type=click.IntRange(0), default=0, metavar="N", help="准许一次撤下超过一成的事项,最多 N 项"
)
def import_(file: Path, kind: str | None, publish: bool, by: str, note: str, allow_removals: int) -> None:
    """导入一张表(CSV 或 Excel)。有一行不对就整个不导入。"""
    kind = _kind_of(file, kind)
    with_database(
        lambda database: _import(database, file, kind, publish=publish, by=by, note=note, allowed=allow_removals)
    )


async def _import(
    database: Database, file: Path, kind: str, *, publish: bool, by: str, note: str, allowed: int
) -> None:
    from api.app import utc_now
    from api.cli.wording import market_told, rule_told
    from knowledge.hall import LOCAL
    from models import items, openings

    now = utc_now()
    published = await items.load_published(database)
    known = published.organisations if published.organisations.units else _organisations_beside(file)
    rows = _read(file, kind, known).rows
    if kind == "items":
        changes = _compared(published, rows)
        _print(_told(published, rows, changes), most=MOST_LINES)
        _refuse_removals(len(changes.removed), len(published.catalogue.entries), allowed)
    if kind == "calendar":
        _print(_calendar_told(published, rows), most=MOST_LINES)
    if kind == "markets":
        _print(_replaced(map(market_told, published.openings.markets), map(market_told, rows)), most=MOST_LINES)
    if kind == "openings":
        _print(_replaced(map(rule_told, published.openings.rules), map(rule_told, rows)), most=MOST_LINES)
    if not publish:
        click.echo(f"{file.name}: {len(rows)} 行可以发布。加 --publish 发布。")
        return
    if kind == "items":
        today = now.astimezone(LOCAL).date()
        expected = published.publication
        number = await items.publish_items(database, rows, by=by, now=now, today=today, note=note, expected=expected)
    else:
        verbs: dict[str, Publish] = {
            "organisations": items.publish_organisations,
            "calendar": items.publish_calendar,
            "markets": openings.publish_markets,
            "openings": openings.publish_openings,
        }
        number = await verbs[kind](database, rows, by=by, now=now, note=note)
    click.echo(f"已发布,发布号 {number}。正在运行的服务两秒内生效。")


@group.command()
@file_argument
def diff(file: Path) -> None:
    """比较一张事项表和已发布的目录。"""

    async def go(database: Database) -> None:
        from models import items

        published = await items.load_published(database)
        rows = _read(file, "items", published.organisations).rows
        _print(_told(published, rows, _compared(published, rows)))

    with_database(go)


def _compared(published: Published, rows: list[ServiceItem]) -> CatalogueDiff:
    from knowledge.catalogue import compare

    return compare((entry.item for entry in published.catalogue.entries.values()), rows)


def _told(published: Published, rows: list[ServiceItem], changes: CatalogueDiff) -> list[str]:
    """Word a difference, a line each: the sum, what goes, what changes, what comes, what is switched off."""
    entries = published.catalogue.entries
    names = {code: entry.item.name for code, entry in entries.items()} | {item.code: item.name for item in rows}
    if not entries:
        return [f"目录还是空的,这次新增 {len(changes.added)} 项"]
    counts = f"新增 {len(changes.added)} 项、撤下 {len(changes.removed)} 项、改动 {len(changes.changed)} 项"
    off = [code for code, entry in entries.items() if entry.switched_off_at]
    return [
        f"和已发布的目录比: {counts}" if changes else "和已发布的目录没有差别",
        *(f"! {code} {names[code]}: 已停用{',发布后仍然停用' if code in changes.changed else ''}" for code in off),
        *(f"- {code} {names[code]}" for code in changes.removed),
        *(f"~ {code} {names[code]}: {'、'.join(fields)}" for code, fields in changes.changed.items()),
        *(f"+ {code} {names[code]}" for code in changes.added),
    ]


def _calendar_told(published: Published, rows: list[CalendarDay]) -> list[str]:
    """Word what an import does to the calendar: the sum of each year and scope, then the days."""
    from knowledge.hall import DayKind, Scope
    from models.rules.items import plan_calendar

    plan = plan_calendar((day for days in published.calendar.days.values() for day in days), rows)
    kinds = {DayKind.HOLIDAY: "放假", DayKind.MAKEUP_WORKDAY: "上班"}
    scopes = {Scope.NATIONAL: "全国", Scope.CHUXIONG: "楚雄州"}
    sums = [
        f"{year}年 {scopes[scope]}: 新增 {_count(plan.fresh, year, scope)} 天、去掉 {_count(plan.gone, year, scope)} 天"
        for year, scope in sorted({(day.day.year, day.scope) for day in (*plan.gone, *plan.fresh, *rows)})
    ]
    return [
        *sums,
        "表里没有的年份照旧",
        *(f"- {day.day} {day.name} {kinds[day.kind]}" for day in plan.gone),
        *(f"+ {day.day} {day.name} {kinds[day.kind]}" for day in plan.fresh),
    ]


def _replaced(in_force: Iterable[str], published: Iterable[str]) -> list[str]:
    """Word what an import does to a table that it replaces as a whole: what goes, then what comes."""
    old, new = dict.fromkeys(in_force), dict.fromkeys(published)
    gone, fresh = [line for line in old if line not in new], [line for line in new if line not in old]
    return [
        f"和已发布的比: 新增 {len(fresh)} 行、去掉 {len(gone)} 行",
        *(f"- {line}" for line in gone),
        *(f"+ {line}" for line in fresh),
    ]


def _count(days: Iterable[CalendarDay], year: int, scope: Scope) -> int:
    return sum((day.day.year, day.scope) == (year, scope) for day in days)


def _print(lines: list[str], *, most: int | None = None) -> None:
    for line in lines[:most]:
        click.echo(line)
    if most is not None and len(lines) > most:
        click.echo(f"…另有 {len(lines) - most} 处")


def _refuse_removals(count: int, in_force: int, allowed: int) -> None:
    """End with a sentence and exit code 1 if the table lacks so many items that it may be only a part."""
    from models.rules.items import may_withdraw

    if may_withdraw(count, in_force=in_force, allowed=allowed):
        return
    why = f"这张表会撤下 {count} 项,超过现有 {in_force} 项的一成,什么都没有导入。"
    click.echo(f"{why}请核对表是否完整;确实要撤,加 --allow-removals {count}", err=True)
    raise SystemExit(1)


@group.command()
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
def export(form: str) -> None:
    """把已发布的事项写到标准输出。"""

    async def go(database: Database) -> None:
        from models import items

        published = await items.load_published(database)
        if form == "json":
            json.dump(
                [_exported(entry) for entry in published.catalogue.entries.values()],
                sys.stdout,
                ensure_ascii=False,
                indent=1,
            )
            sys.stdout.write("\n")
        else:
            from api.export import items_csv

            sys.stdout.write(items_csv(entry.item for entry in published.catalogue.entries.values()))

    with_database(go)


def _exported(entry: PublishedItem) -> dict[str, Any]:
    return {"version": entry.version, "switched_off": entry.switched_off_at is not None, **entry.item.to_data()}


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
