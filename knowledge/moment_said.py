"""The days that a text says, and which of its words mean one day together: 星期三到星期五, 12月3号星期四, 周三周四."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from knowledge.moment_dates import DATE_RULES
from knowledge.moment_days import NEAR_RULES, OPEN_RULES, Days, Today, plus
from knowledge.moment_feasts import FEAST_RULES
from knowledge.moment_words import UNTIL


@dataclass(frozen=True, slots=True)
class DaySaid:
    """Words for days in the text, and the days they may mean, the likeliest first."""

    start: int
    end: int
    days: tuple[Days, ...]
    soonest: bool = False
    weekday: bool = False
    """Said by its weekday alone, which goes with every date of that weekday."""


_RULES = (*OPEN_RULES, *FEAST_RULES, *DATE_RULES, *NEAR_RULES)
_DAY = re.compile("|".join(f"(?P<r{i}>{rule.pattern})" for i, rule in enumerate(_RULES)))

_BEFORE = re.compile("(?:节|假)?(?:以前|之前|前(?![天面台头两几]))")
_EVE = re.compile("(?:节|假)?的?(?:前一天|头一天|前天)")
_AFTER = re.compile("(?:节|假)?(?:以后|之后|过后|后(?!天|面|勤|台)|往后|起|开始)")
_TO = re.compile(UNTIL)
_OR = re.compile("[,，、/]?(?:或者|或|还是|和|跟|与|要么|要不|挨|、|,|，|/)?(?:是)?")
_SAID_TWICE = ("", ",", "，", "(", "（", "的", "也就是", "就是")
# A date of somebody's life: 1986年3月5号出生, 2月1日以后生的娃娃.
_OF_A_LIFE = re.compile("的?(?:出生(?!证|医学)|生的|生人|生(?=$|[,，。]))|入的?党|结的?婚的|死的|去世")
_NOT_BEFORE = re.compile("(?:除了|除开|不是|不要|不约|别约|别)$")
_NOT_BEHIND = re.compile(
    "(?:的|我|就|都|可能|怕是|那天|[上中下]午|早上|晚上)*(?:没空|没得空|没有空|没时间|没有时间|不得空|不得闲|不有空|来不了|去不了|来不成"
    "|去不成|走不开|不行|不方便|不来|不去|有事|要出门|都?要?上班|都?要?上课)(?!吗|么|嘛|啊?[?？])"
)
# What stands between or behind words of time and belongs to them.


def days_said(text: str, today: Today) -> list[DaySaid]:
    """Give the days that a folded ``text`` says, from left to right; none where no calendar reaches."""
    try:
        return _joined(list(_found(text, today)), text)
    except (ValueError, OverflowError):  # before 1900 or after 2100 there are no lunar tables
        return []


def _found(text: str, today: Today) -> Iterator[DaySaid]:
    for match in _DAY.finditer(text):
        rule = _RULES[int((match.lastgroup or "r0")[1:])]
        days, end = rule.days(match, today), match.end()
        if rule in OPEN_RULES:
            yield DaySaid(match.start(), end, tuple(days), soonest=bool(match["soonest"]))
            continue
        if (limit := _EVE.match(text, end)) is not None:
            days = [Days.one(plus(said.first, -1)) for said in days]
        elif (limit := _BEFORE.match(text, end)) is not None:
            days = [_before(said, today.day) for said in days]
        elif (limit := _AFTER.match(text, end)) is not None:
            starts = limit.group() in ("起", "开始")
            days = [Days(said.first if starts else plus(said.last or said.first, 1), None) for said in days]
        end = limit.end() if limit else end
        if not _OF_A_LIFE.match(text, end):
            yield DaySaid(match.start(), end, tuple(days), weekday=match.groupdict().get("wd_rel") == "" and not limit)


def _before(said: Days, today: date) -> Days:
    # Before the end of the month means within it; before a day means not on it.
    last = plus(said.first, -1) if said.single or said.last is None else said.last
    return Days(min(today, last), last)


def _joined(said: list[DaySaid], text: str) -> list[DaySaid]:
    """Put together what belongs together: 星期三到星期五, 星期六28号, 周三周四."""
    joined: list[DaySaid] = []
    for token in said:
        last = joined[-1] if joined else None
        gap = text[last.end : token.start] if last else None
        if last is None or gap is None or not last.days or not token.days or len(gap) > 3:
            joined.append(token)
            continue
        days = _range(last, token) if _TO.fullmatch(gap) else ()
        if not days and gap in _SAID_TWICE:
            days = _both(last, token)
        if not days and _OR.fullmatch(gap) and last.weekday == token.weekday:
            days = _neighbours(last, token)
        if days:
            joined[-1] = DaySaid(last.start, token.end, days, last.soonest or token.soonest)
        else:
            joined.append(token)
    return joined


def _range(one: DaySaid, other: DaySaid) -> tuple[Days, ...]:
    first, last = one.days[0].first, other.days[0].last
    if last is not None and last < first and other.weekday:  # 周一到周五, said on a Wednesday
        last = plus(last, 7)
    return (Days(first, last),) if last is None or last >= first else ()


def _both(one: DaySaid, other: DaySaid) -> tuple[Days, ...]:
    """Give the days that both words may mean: 这周六 and 28号, 12月3号 and 星期四, 下周 and 越早越好."""
    for weekday, date_said in ((one, other), (other, one)):
        days = date_said.days[0]
        if weekday.weekday and days.single and days.first.isoweekday() == weekday.days[0].first.isoweekday():
            return date_said.days
    found: dict[Days, None] = {}
    for a in one.days:
        for b in other.days:
            first, ends = max(a.first, b.first), [days.last for days in (a, b) if days.last is not None]
            if not ends or first <= min(ends):
                found[Days(first, min(ends) if ends else None)] = None
    return tuple(found)


def _neighbours(one: DaySaid, other: DaySaid) -> tuple[Days, ...]:
    """Make a range of days that follow each other: 明天或者后天."""
    last = one.days[-1].last
    if len(one.days) == 1 and last is not None and plus(last, 1) == other.days[0].first:
        return (Days(one.days[0].first, other.days[0].last),)
    return ()


def is_refused(said: DaySaid, text: str) -> bool:
    """Say whether a day is named to say no to it: 明天没空, 除了星期三."""
    return bool(_NOT_BEFORE.search(text[: said.start]) or _NOT_BEHIND.match(text, said.end))
