"""Orders and markets are published from tables: every bad row is named, and the halls open by them at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from click.testing import Result

from api import seed
from config import data
from knowledge.market import CycleKind
from knowledge.opening_tables import markets_from_rows, openings_from_rows
from knowledge.openings import Opening, Openings, Rule, RuleKind, sessions_on
from knowledge.organisations import Organisations
from knowledge.sheets import Row
from models import items, openings
from tests.flows.test_catalogue_commands import run  # noqa: F401 - a fixture
from tests.house import BOTH, House

UNITS = Organisations({u.org_id: u for u in seed.read_organisations(data.CATALOGUE / "organisations.csv").rows})
ORDER = {
    **{"hall_id": "H-DH", "kind": "closure", "window_type": "", "first_day": "2026-03-05", "last_day": ""},
    **{"days": "", "from": "", "to": "", "reason": "停电检修"},
}
MARKET = {"org_id": "T532301105", "name": "东华街", "kind": "zodiac", "values": "鼠;马", "source": "样例"}


def order(**cells: str) -> dict[str, str]:
    return ORDER | {name.rstrip("_"): value for name, value in cells.items()}


def rows(*cells: dict[str, str]) -> list[Row]:
    return [Row(number, row) for number, row in enumerate(cells, start=2)]


def a_rule(**cells: str) -> Rule:
    report = openings_from_rows(rows(order(**cells)), organisations=UNITS)
    assert report.problems == []
    return report.rows[0]


def test_an_order_is_read_cell_by_cell() -> None:
    assert a_rule() == Rule(
        "H-DH", RuleKind.CLOSURE, date(2026, 3, 5), date(2026, 3, 5), reason="停电检修"
    )  # without a last day a closure is for one day
    weekly = a_rule(kind="extended", first_day="2026/3/1", days="6;7", from_="9:00", to="11:30:00")
    assert (weekly.weekdays, weekly.span, weekly.last_day) == ({6, 7}, (time(9), time(11, 30)), None)
    duty = a_rule(kind="lunch_duty", days="1-3;街天", window_type="综合受理窗口")
    assert (duty.weekdays, duty.on_market_days, duty.window_type) == ({1, 2, 3}, True, "综合受理窗口")
    assert a_rule(kind="emergency").last_day is None


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"hall_id": ""}, "hall_id"),
        ({"hall_id": "H-NOWHERE"}, "hall_id"),
        ({"hall_id": "T532301105"}, "hall_id"),  # a township has no hours
        ({"kind": "holiday"}, "kind"),
        ({"kind": "weekly_hours"}, "kind"),
        ({"window_type": "没有的窗口"}, "window_type"),
        ({"first_day": ""}, "first_day"),
        ({"first_day": "三月五日"}, "first_day"),
        ({"last_day": "2026-03-04"}, "last_day"),
        ({"last_day": "明天"}, "last_day"),
        ({"days": "8"}, "days"),
        ({"days": "5-1"}, "days"),
        ({"days": "街"}, "days"),
        ({"kind": "extended"}, "days"),
        ({"kind": "lunch_duty"}, "days"),
        ({"from_": "09:00"}, "from"),
        ({"from_": "9点", "to": "10点"}, "from"),
        ({"from_": "10:00", "to": "09:00"}, "to"),
        ({"from_": "09:00", "to": "09:00"}, "to"),
        ({"from_": "09:00", "to": "10:00+08:00"}, "from"),
        ({"reason": "停" * 41}, "reason"),
    ],
)
def test_a_bad_order_is_named_with_column_and_advice(cells: dict[str, str], column: str) -> None:
    report = openings_from_rows(rows(order(), order(**({"first_day": "2026-03-09"} | cells))), organisations=UNITS)

    assert [(problem.row, problem.column) for problem in report.problems] == [(3, column)]
    assert all(problem.why and problem.advice for problem in report.problems)


def test_two_orders_that_say_the_same_are_refused() -> None:
    report = openings_from_rows(rows(order(), order(reason="检修")), organisations=UNITS)

    assert "同一件事" in str(report.problems[0])


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"org_id": "T-NOWHERE"}, "org_id"),
        ({"name": ""}, "name"),
        ({"name": "街" * 41}, "name"),
        ({"kind": "moon"}, "kind"),
        ({"kind": "lunar", "values": "3;8"}, "kind"),  # until there is a lunar calendar
        ({"values": ""}, "values"),
        ({"values": "猫"}, "values"),
        ({"kind": "solar", "values": "13"}, "values"),
        ({"kind": "weekly", "values": "末"}, "values"),
    ],
)
def test_a_bad_market_is_named_with_column_and_advice(cells: dict[str, str], column: str) -> None:
    report = markets_from_rows(rows(MARKET | {"name": "老街"}, MARKET | cells), organisations=UNITS)

    assert [(problem.row, problem.column) for problem in report.problems] == [(3, column)]


def test_a_lunar_market_is_read_where_there_is_a_lunar_calendar() -> None:
    lunar = MARKET | {"kind": "lunar", "values": "3;8"}

    (market,) = markets_from_rows(rows(lunar), organisations=UNITS, lunar_day=lambda day: day.day).rows

    assert market.cycle.kind is CycleKind.LUNAR
    assert market.cycle.is_market_day(date(2026, 3, 13))


async def of(house: House, hall_id: str) -> Opening:
    with house.database.active():
        opening = (await items.load_published(house.database)).opening_of(hall_id)
    assert opening is not None
    return opening


@BOTH
async def test_what_is_published_opens_and_closes_the_halls(house: House) -> None:
    friday, saturday = date(2026, 3, 6), date(2026, 3, 7)
    shipped = await of(house, "H-DH")

    await house.do(openings.publish_openings, [a_rule(first_day="2026-03-06")], by="clerk", now=house.now)
    closed = await of(house, "H-DH")
    await house.do(openings.publish_markets, [], by="clerk", now=house.now)
    await house.do(openings.publish_openings, [], by="clerk", now=house.now)

    assert len(sessions_on(shipped, friday)) == 1  # 东华街, lunch included
    assert sessions_on(closed, friday) == ()
    assert len(sessions_on(await of(house, "H-DH"), friday)) == 2
    assert sessions_on(await of(house, "H-NH"), saturday) == ()
    journal = await house.rows("SELECT act FROM journal WHERE actor = 'clerk' ORDER BY id")
    assert [row["act"] for row in journal] == ["openings.publish", "markets.publish", "openings.publish"]


@BOTH
async def test_the_shipped_tables_come_back_as_they_are(house: House) -> None:
    with house.database.active():
        stored = (await items.load_published(house.database)).openings

    assert stored == Openings(
        tuple(seed.read_openings(data.CATALOGUE / "openings.csv", UNITS).rows),
        tuple(seed.read_markets(data.CATALOGUE / "markets.csv", UNITS).rows),
    )
    assert all("样例" in market.source for market in stored.markets)


def test_tables_are_checked_compared_and_published_from_the_command_line(
    run: Callable[..., Result],  # noqa: F811
    tmp_path: Path,
) -> None:
    header = ",".join(ORDER)
    closure = "H-DH,closure,,2026-03-05,2026-03-06,,,,停电检修"
    (tmp_path / "openings.csv").write_text(f"{header}\n{closure}\n", "utf-8")
    (tmp_path / "markets.csv").write_text("org_id,name,kind,values\nT532301105,东华街,zodiac,鼠;马\n", "utf-8")

    checked = run("catalogue", "check", "openings.csv")
    done = run("catalogue", "import", "openings.csv", "--publish", "--by", "clerk")
    again = run("catalogue", "import", "openings.csv")
    market = run("catalogue", "import", "markets.csv", "--publish", "--by", "clerk")

    assert "1 行,没有问题" in checked.stdout
    assert "新增 1 行、去掉 5 行" in done.stdout
    assert "+ H-DH 停办 全部窗口 2026-03-05到2026-03-06 停电检修" in done.stdout
    assert "- H-NH 延时服务 综合受理窗口 2024-01-01起 周六 09:00-11:30 周末延时服务,需预约" in done.stdout
    assert "- H-YL 中午值班 全部窗口 2024-01-01起 街天 街天" in done.stdout
    assert "新增 0 行、去掉 0 行" in again.stdout
    assert "+ T532301105 东华街 鼠日、马日" in market.stdout
    assert "- T532301202 大过口街 阳历逢3、8" in market.stdout
    assert (done.exit_code, market.exit_code) == (0, 0)


def test_one_bad_order_and_nothing_is_loaded(run: Callable[..., Result], tmp_path: Path) -> None:  # noqa: F811
    bad = "H-DH,closure,,2026-03-05,,,,,停电\nH-XX,closure,,2026-03-05,,,,,停电"
    (tmp_path / "openings.csv").write_text(f"{','.join(ORDER)}\n{bad}\n", "utf-8")

    result = run("catalogue", "import", "openings.csv", "--publish", "--by", "clerk")

    assert result.exit_code == 1
    assert "第3行 hall_id 列: 没有编号为“H-XX”的机构" in result.stderr


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("星期五开不开门", "3月6日(星期五)停电检修,不开门。"),
        ("星期六开不开门", "3月7日(星期六)休息,不开门。"),
    ],
)
async def test_residents_hear_of_a_closure_at_once(house: House, question: str, told: str) -> None:
    resident = await house.newcomer()
    await resident.say("我是东华镇的")
    await house.do(openings.publish_openings, [a_rule(first_day="2026-03-06")], by="clerk", now=house.now)
    await house.refresh()

    answer = await resident.say(question)

    assert told in "".join(answer["texts"])


async def test_residents_of_longchuan_hear_of_the_hours_on_saturday(house: House) -> None:
    resident = await house.newcomer()
    await resident.say("我是龙川镇的")

    answer = await resident.say("星期六开不开门")

    assert "3月7日(星期六)开门: 09:00-11:30(综合受理窗口周末延时服务,需预约)。" in "".join(answer["texts"])


@pytest.mark.parametrize(("today", "ok", "left"), [((2026, 11, 1), True, 60), ((2026, 11, 2), False, 59)])
async def test_readiness_says_until_when_the_calendar_reaches(house: House, today, ok: bool, left: int) -> None:
    house.clock.set(datetime(*today, 4, 0, tzinfo=UTC).timestamp())

    async with house.client.get("/readyz") as response:
        checks = {check["name"]: check for check in (await response.json())["checks"]}

    assert checks["calendar"] == {"name": "calendar", "ok": ok, "detail": f"known until 2026-12-31, {left} days left"}
    assert response.status == 200
