"""What residents hear about opening hours: the sessions of the day, with what the office says to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from bot.guide import day_hours_text, today_text
from knowledge.hall import LOCAL
from knowledge.openings import Opening, Rule, RuleKind
from tests.unit.talking import published

pytestmark = pytest.mark.usefixtures("anywhere")
MONDAY = date(2026, 3, 2)
MORNING_OUT = Rule("H-DH", RuleKind.CLOSURE, MONDAY, MONDAY, span=(time(9, 0), time(11, 30)), reason="停电检修")
DAY_OUT = replace(MORNING_OUT, span=None)
LAND_OUT = replace(DAY_OUT, window_type="法律服务窗口", last_day=date(2026, 3, 31), reason="系统升级")


def hall(hall_id: str, *rules: Rule) -> Opening:
    opening = published().opening_of(hall_id)
    assert opening is not None
    return replace(opening, rules=(*opening.rules, *rules))


@pytest.mark.parametrize(
    ("opening", "moment", "told"),
    [
        (hall("H-DH"), "2026-03-02 09:00", "现在开着,11:30关门。"),
        (hall("H-DH"), "2026-03-02 12:00", "现在没开,今天14:00开门。"),
        (hall("H-DH"), "2026-03-06 12:00", "现在开着,17:30关门(街天)。"),
        (hall("H-DH"), "2026-03-02 18:00", "今天已经下班,3月3日(星期二)08:30开门。"),
        (hall("H-DH"), "2026-03-07 09:00", "今天不上班,3月9日(星期一)08:30开门。"),
        (hall("H-NH"), "2026-03-07 09:00", "现在开着,11:30关门(综合受理窗口周末延时服务,需预约)。"),
        (hall("H-NH"), "2026-03-07 00:10", "现在没开,今天09:00开门(综合受理窗口周末延时服务,需预约)。"),
        (hall("H-DH", MORNING_OUT), "2026-03-02 10:00", "现在没开,今天14:00开门(停电检修)。"),
        (hall("H-DH", DAY_OUT), "2026-03-02 10:00", "今天停电检修,3月3日(星期二)08:30开门。"),
        (hall("H-DH"), "2024-07-29 10:00", "今天火把节放假,8月1日(星期四)08:30开门。"),
        (hall("H-DH"), "2026-12-31 23:50", "今天已经下班,不开门。那时候的放假安排还没有公布,去之前请先打12345问一下。"),
        (hall("H-DH"), "2027-01-01 00:10", "那时候的放假安排还没有公布,去之前请先打12345问一下。"),
    ],
)
def test_the_answer_for_now_tells_what_holds_now(opening: Opening, moment: str, told: str) -> None:
    assert today_text(opening, datetime.fromisoformat(moment).replace(tzinfo=LOCAL)) == told


@pytest.mark.parametrize(
    ("opening", "day", "told"),
    [
        (hall("H-DH"), "2026-03-03", "3月3日(星期二)开门: 08:30-11:30、14:00-17:30。"),
        (hall("H-DH"), "2026-03-06", "3月6日(星期五)开门: 08:30-17:30(街天)。"),
        (hall("H-DH"), "2026-03-08", "3月8日(星期日)休息,不开门。"),
        (hall("H-NH"), "2026-03-07", "3月7日(星期六)开门: 09:00-11:30(综合受理窗口周末延时服务,需预约)。"),
        (hall("H-NH"), "2026-02-21", "2月21日(星期六)春节放假,不开门。"),
        (hall("H-DH", MORNING_OUT), "2026-03-02", "3月2日(星期一)开门: 08:30-09:00、14:00-17:30(停电检修)。"),
        (hall("H-DH", DAY_OUT), "2026-03-02", "3月2日(星期一)停电检修,不开门。"),
        (hall("H-DH", LAND_OUT), "2026-03-03", "3月3日(星期二)开门: 08:30-11:30、14:00-17:30(法律服务窗口系统升级)。"),
        (hall("H-DH", LAND_OUT), "2026-03-08", "3月8日(星期日)休息,不开门。"),
    ],
)
def test_the_answer_for_a_day_tells_its_sessions_and_the_reason(opening: Opening, day: str, told: str) -> None:
    assert day_hours_text(opening, date.fromisoformat(day)) == told
