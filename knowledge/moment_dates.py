"""Days as they stand on the solar calendar: 12月3号, 25号, 下个月3号, 月底, 2026-12-03."""

from __future__ import annotations

import re
from datetime import date

from knowledge.moment_days import THIS, Days, Rule, Today, a_date, from_today, month_days, plus, shift_of
from knowledge.moment_words import NUMBER, number

LATELY = 60
"""A date without a year that passed at most so many days ago is taken for the past one, else for next year's."""


def _full_date(match: re.Match[str], today: Today) -> list[Days]:
    month, day = number(match["md_month"]) or 0, number(match["md_day"].rstrip("号日")) or 0
    year = _year_said(match["md_year"], today)
    if year is not None:
        return a_date(year, month, day)
    found = a_date(today.day.year, month, day)
    if not found or found[0].first >= plus(today.day, -LATELY):
        early = a_date(today.day.year - 1, month, day) if today.day.month <= 2 and month >= 11 else []
        return early if early and early[0].first >= plus(today.day, -LATELY) else found
    return a_date(today.day.year + 1, month, day)


def _year_said(said: str | None, today: Today) -> int | None:
    """Give the year that 今年, 明年 or four digits name."""
    if not said:
        return None
    near = {"前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2}.get(said)
    return today.day.year + near if near is not None else int(said.rstrip("年-/."))


def _numeric(match: re.Match[str], today: Today) -> list[Days]:
    return a_date(int(match["is_year"]), int(match["is_month"]), int(match["is_day"]))


def _day_of_month(match: re.Match[str], today: Today) -> list[Days]:
    day = number(match["dm_day"]) or 0
    shift = shift_of(match["dm_rel"])
    base = month_days(today.day.year, today.day.month).first
    if shift is not None:
        base = month_days(base.year, base.month + shift).first
        return a_date(base.year, base.month, day)
    if not 1 <= day <= 31:
        return []
    if day < today.day.day:
        base = month_days(base.year, base.month + 1).first
    while not (found := a_date(base.year, base.month, day)):
        base = month_days(base.year, base.month + 1).first
    return found


_THIRDS = {"底": (25, 31), "末": (25, 31), "尾": (25, 31), "初": (1, 5), "头": (1, 5), "中": (11, 20), "上旬": (1, 10),
           "中旬": (11, 20), "下旬": (21, 31)}  # fmt: skip


def _month(match: re.Match[str], today: Today) -> list[Days]:
    year, month = today.day.year, today.day.month
    shift = shift_of(match["mo_rel"] or "")
    named = number(match["mo_month"] or "")
    third = _THIRDS.get(match["mo_third"] or "", (1, 31))
    if match["mo_month"]:
        if named is None or not 1 <= named <= 12:
            return []
        found = month_days(_year_said(match["mo_year"], today) or year, named, *third)
        if not match["mo_year"] and found.last is not None and found.last < today.day:
            found = month_days(year + 1, named, *third)
        return [from_today(found, today)]
    found = month_days(year, month + (shift or 0), *third)
    # 月初 said after its days is the next month's.
    if shift is None and found.last is not None and found.last < today.day:
        found = month_days(year, month + 1, *third)
    return [from_today(found, today)]


def _year_end(match: re.Match[str], today: Today) -> list[Days]:
    if match["ye"].startswith("年内"):
        return [Days(today.day, date(today.day.year, 12, 31))]
    return [from_today(Days(date(today.day.year, 12, 16), date(today.day.year, 12, 31)), today)]


# 25号 is a date, but not in 25号窗口, 我是25号, 人民路25号.
_NO_DATE_BEHIND = "(?![码窗楼院线车令文桌厅门柜台房路单栋幢牌井坑矿仓店铺机位商铁手称病床]|公告|地块|公馆|电话)"
_NO_DATE_BEFORE = (
    "(?<![0-9.第排路街巷村组])(?<!我是)(?<!叫到)(?<!轮到)(?<!排到)(?<!号是)"
    "(?<!我拿)(?<!拿了)(?<!取了)(?<!抽到)(?<!门牌)(?<!每月)"
)
_YEAR = "(?:[12][0-9]{3}年|前年|去年|今年|明年|后年)"

DATE_RULES: tuple[Rule, ...] = (
    Rule(
        "(?<![0-9])(?P<is_year>20[0-9]{2})(?P<is_dash>[-/.])(?P<is_month>[01]?[0-9])(?P=is_dash)"
        "(?P<is_day>[0-3]?[0-9])(?![0-9])",
        _numeric,
    ),
    Rule(
        f"(?P<md_year>{_YEAR})?(?<![0-9.第])(?P<md_month>{NUMBER})月份?的?"
        f"(?P<md_day>[0-9]{{1,2}}(?![0-9个])(?:号|日|(?![:点天年]))|{NUMBER}(?:号|日)){_NO_DATE_BEHIND}",
        _full_date,
    ),
    Rule(
        f"(?P<dm_rel>(?:[上下]+个?月|{THIS}月|当月)的?)?{_NO_DATE_BEFORE}(?P<dm_day>{NUMBER})"
        f"(?:号|日(?!内|以内|之内|子|[元币]|报)){_NO_DATE_BEHIND}",
        _day_of_month,
    ),
    Rule(
        f"(?:(?P<mo_year>{_YEAR})?(?<![0-9.第每])(?P<mo_month>{NUMBER})月份?+|(?P<mo_rel>[上下]+个?月|{THIS}月|当月)份?的?"
        "|月(?=[底末初尾中]))(?P<mo_third>月?底|末|尾|初(?![一二三四五六七八九十])|头|中旬?|上旬|下旬)?"
        "(?!龄|经|饼|嫂|子|[生亮])",
        _month,
    ),
    Rule("(?P<ye>年底|年末|年尾|年内)", _year_end),
)
