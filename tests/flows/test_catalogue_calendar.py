"""The calendar is published year by year: a notice replaces the years and scopes that it tells, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result

from api import seed
from config import data
from knowledge.hall import CalendarDay, DayKind, Scope
from models import items
from models.rules.items import missing_prefecture_holidays, plan_calendar
from tests.flows.test_catalogue_commands import run  # noqa: F401 - a fixture
from tests.house import BOTH, House

SHIPPED = seed.read_calendar(data.CATALOGUE / "calendar.csv").rows


def a_day(text: str, name: str = "春节", scope: Scope = Scope.NATIONAL) -> CalendarDay:
    return CalendarDay(date.fromisoformat(text), DayKind.HOLIDAY, name, scope)


async def loaded(house: House) -> set[CalendarDay]:
    with house.database.active():
        calendar = (await items.load_published(house.database)).calendar
    return {row for rows in calendar.days.values() for row in rows}


@BOTH
async def test_next_years_notice_keeps_this_years_days(house: House) -> None:
    notice = [a_day("2027-01-01", "元旦"), a_day("2027-02-06")]

    await house.do(items.publish_calendar, notice, by="clerk", now=house.now)

    assert await loaded(house) == {*SHIPPED, *notice}


async def test_a_notice_replaces_its_year_in_its_scope_only(house: House) -> None:
    corrected = [
        replace(row, name="大春节") if row.name == "春节" else row
        for row in SHIPPED
        if row.day.year == 2025 and row.scope is Scope.NATIONAL and row.name != "国庆节"
    ]

    await house.do(items.publish_calendar, corrected, by="clerk", now=house.now)

    kept = {row for row in SHIPPED if row.day.year != 2025 or row.scope is Scope.CHUXIONG}
    assert await loaded(house) == kept | set(corrected)
    assert any(row.scope is Scope.CHUXIONG and row.day.year == 2025 for row in kept)


def test_the_eve_of_a_new_year_is_no_notice_of_the_old_one() -> None:
    this_year = [a_day("2026-02-17"), a_day("2026-10-01", "国庆节")]
    eve, new_year = a_day("2026-12-31", "元旦"), a_day("2027-01-01", "元旦")

    with_eve = plan_calendar(this_year, [eve, new_year])
    alone = plan_calendar([*this_year, eve, new_year], [a_day("2026-12-30", "元旦")])

    assert (with_eve.gone, with_eve.fresh) == ((), (eve, new_year))
    assert alone.gone == (*this_year, eve)


def test_the_prefectures_holidays_that_no_notice_told_are_named_by_year() -> None:
    assert missing_prefecture_holidays(SHIPPED, since=2024) == {
        2025: ("彝族年",),
        2026: ("州庆", "火把节", "彝族年"),
    }
    assert list(missing_prefecture_holidays(SHIPPED, since=2026)) == [2026]
    fire = a_day("2026-08-05", "火把节", Scope.CHUXIONG)
    assert missing_prefecture_holidays([*SHIPPED, fire], since=2026) == {2026: ("州庆", "彝族年")}


@pytest.mark.parametrize("written", ["2027/2/6", "2027-2-6", "2027-02-06"])
def test_the_import_tells_what_comes_and_goes_in_each_year(
    run: Callable[..., Result],  # noqa: F811
    tmp_path: Path,
    written: str,
) -> None:
    (tmp_path / "calendar.csv").write_text(
        f"date,kind,name,scope\n{written},holiday,春节,national\n2026-08-05,holiday,火把节,chuxiong\n", "utf-8"
    )

    dry = run("catalogue", "import", "calendar.csv")
    done = run("catalogue", "import", "calendar.csv", "--publish", "--by", "clerk")
    again = run("catalogue", "import", "calendar.csv")

    assert done.exit_code == 0
    for told in (dry, done):
        assert told.stdout.splitlines()[:-1] == [
            "2026年 楚雄州: 新增 1 天、去掉 0 天",
            "2027年 全国: 新增 1 天、去掉 0 天",
            "表里没有的年份照旧",
            *sorted(["+ 2027-02-06 春节 放假", "+ 2026-08-05 火把节 放假"], reverse=True),
        ]
    assert "2027年 全国: 新增 0 天、去掉 0 天" in again.stdout


def test_the_import_names_the_days_that_go(run: Callable[..., Result], tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "calendar.csv").write_text("date,kind,name,scope\n2025-07-16,holiday,火把节,chuxiong\n", "utf-8")

    told = run("catalogue", "import", "calendar.csv").stdout

    assert "2025年 楚雄州: 新增 1 天、去掉 5 天" in told
    assert "- 2025-04-14 自治州成立纪念日 放假" in told
    assert "- 2025-07-18 火把节 放假" in told
