"""Days by the lunar calendar and by feasts: 初八, 腊月十五, 国庆前, 年前.

A month in characters with a day up to thirty and without 号 is lunar where custom says so (八月十五, 三月三), else both
are possible. A feast is the next one; what lies before or after it is read by ``moments.py``.
"""

from __future__ import annotations

import re
from datetime import date

from knowledge import lunar
from knowledge.moment_dates import LATELY
from knowledge.moment_days import Days, Rule, Today, a_date, plus
from knowledge.moment_words import any_of, number

_MONTHS = {"正": 1, "冬": 11, "腊": 12}
_CUSTOM = {(2, 2), (3, 3), (5, 5), (6, 6), (6, 24), (7, 7), (7, 14), (7, 15), (8, 15), (9, 9)}
"""Lunar days that are said like a date: 二月二 to 重阳."""

_SOLAR_FEASTS = {
    "元旦": (1, 1), "妇女节": (3, 8), "三八节": (3, 8), "劳动节": (5, 1), "五一": (5, 1), "六一": (6, 1),
    "儿童节": (6, 1), "国庆": (10, 1), "十一假": (10, 1),
}  # fmt: skip
_LUNAR_FEASTS = {
    "春节": (1, 1), "过年": (1, 1), "大年初一": (1, 1), "元宵": (1, 15), "正月半": (1, 15), "端午": (5, 5),
    "火把节": (6, 24), "七月半": (7, 15), "中元": (7, 15), "中秋": (8, 15), "八月半": (8, 15), "重阳": (9, 9),
    "除夕": (12, 30), "大年三十": (12, 30), "年三十": (12, 30), "三十晚上": (12, 30),
}  # fmt: skip
# 清明 is a solar term; in this century it falls on 4 or 5 April.
_QINGMING = "清明"


def _qingming(year: int) -> date:
    count = year - 2000
    return date(year, 4, int(count * 0.2422 + 4.81) - count // 4)


def _lunar_date(match: re.Match[str], today: Today) -> list[Days]:
    month = _MONTHS.get(match["lu_month"]) or number(match["lu_month"]) or 0
    day = _lunar_day(match["lu_day"])
    if not (1 <= month <= 12 and 1 <= day <= 30):
        return []
    found = lunar.next_day(plus(today.day, -LATELY), month, day, is_leap=bool(match["lu_leap"]))
    days = [Days.one(found)] if found else []
    certain = match["lu_said"] or match["lu_leap"] or match["lu_month"] in _MONTHS or match["lu_day"][0] in "初廿"
    if certain or (month, day) in _CUSTOM:
        return days
    solar = a_date(today.day.year, month, day)
    if solar and solar[0].first < plus(today.day, -LATELY):
        solar = a_date(today.day.year + 1, month, day)
    return solar + days


def _lunar_day(said: str) -> int:
    return number(said.removeprefix("初").replace("半", "十五")) or 0


def _any_month(match: re.Match[str], today: Today) -> list[Days]:
    day = _lunar_day(match["am_day"] or match["am_late"])
    if match["am_rel"] and match["am_rel"].startswith("下"):
        year, month, leap = lunar.month_after(today.day)
        found = lunar.solar_of(year, month, day, is_leap=leap)
    else:
        found = lunar.next_day_of_any_month(today.day, day)
    return [Days.one(found)] if found else []


def _lunar_month(match: re.Match[str], today: Today) -> list[Days]:
    first = lunar.next_day(plus(today.day, -29), _MONTHS[match["lm_month"]], 1)
    if first is None:
        return []
    month = lunar.lunar_of(first)[0]
    last = plus(first, 29) if lunar.lunar_of(plus(first, 29))[0] == month else plus(first, 28)
    if last < today.day:
        return []
    first, last = (plus(last, -5), last) if match["lm_end"] else (first, last)
    return [Days(max(first, today.day), last)]


def _feast(match: re.Match[str], today: Today) -> list[Days]:
    feast = _next_feast(match["feast"], today)
    if match["over"]:  # 过完国庆
        return [Days(plus(days.first, 1), None) for days in feast]
    return feast


def _next_feast(name: str, today: Today) -> list[Days]:
    if name == _QINGMING:
        year = today.day.year
        return [Days.one(_qingming(year) if _qingming(year) >= today.day else _qingming(year + 1))]
    if name in _SOLAR_FEASTS:
        month, day = _SOLAR_FEASTS[name]
        found = date(today.day.year, month, day)
        return [Days.one(found if found >= today.day else date(today.day.year + 1, month, day))]
    found_lunar = lunar.next_day(today.day, *_LUNAR_FEASTS[name])
    return [Days.one(found_lunar)] if found_lunar else []


def _around_new_year(match: re.Match[str], today: Today) -> list[Days]:
    feast = lunar.next_day(plus(today.day, 1), 1, 1)
    if match["before_year"] or match["before_feast"]:
        return [Days(today.day, plus(feast, -1))] if feast else []
    latest = lunar.next_day(plus(today.day, -20), 1, 1)  # 年后 is said until the lanterns are down, too
    return [Days(max(plus(latest, 1), today.day), None)] if latest else []


_LUNAR_DAY = (
    "(?:初[一二三四五六七八九十](?!点)|十[一二三四五六七八九]|二十[一二三四五六七八九]?|三十|廿[一二三四五六七八九]?)"
)
_SCHOOL = "(?!年级|学生|在读|毕业|开学|[一二三四五六七八九0-9]?班|[上下]学期|的?(?:娃|学|新生))"
_LUNAR = "(?:农历|阴历|旧历|老历)"
# 三年前 counts years.
_NO_YEARS = "(?<![几一二三四五六七八九十两0-9多半])"
FEAST_RULES: tuple[Rule, ...] = (
    Rule(
        f"(?P<lu_said>{_LUNAR}的?)?(?P<lu_leap>闰)?(?P<lu_month>[正冬腊]|十[一二]|[一二三四五六七八九十])月"
        f"(?P<lu_day>{_LUNAR_DAY}|[一二三四五六七八九半](?![个天]))(?![号日点月天个]|十)",
        _lunar_date,
    ),
    Rule(
        f"(?<![读上升考念]){_LUNAR}?(?P<am_rel>下个?月|这个?月)?(?P<am_day>初[一二三四五六七八九十])"
        f"(?!点|中|次|步|级|审|婚|衷|始|期){_SCHOOL}|{_LUNAR}的?(?P<am_late>{_LUNAR_DAY})(?![号日])",
        _any_month,
    ),
    Rule("(?P<lm_month>[正冬腊])月(?P<lm_end>底|尾|末)?(?:间|里头|里)?", _lunar_month),
    Rule(
        f"{_NO_YEARS}(?P<before_year>年前|年里头)(?!后)|(?P<before_feast>(?:过年|春节)(?:以前|之前|前(?!一天)))"
        f"|{_NO_YEARS}年后|过[完了]年|开年(?:以后|后)?|(?:过年|春节)(?:以后|之后|过后|后)",
        _around_new_year,
    ),
    Rule(
        f"(?P<over>过完|过了)?(?P<feast>{any_of(*_SOLAR_FEASTS, *_LUNAR_FEASTS, _QINGMING)})节?(?!路|街|村|社区|小学)",
        _feast,
    ),
)
