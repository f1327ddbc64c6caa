"""Days as they are counted from today: 后天, 下周三, 赶街那天, 三天后, 越早越好.

Weeks begin on Monday. Each rule is a pattern and what it gives: the possible days, the likeliest first; nothing if the
words name a day that does not exist (2月30号) or that nobody knows (a market day of a township that told none).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from knowledge.moment_words import NUMBER, any_of, number

MARKET_HORIZON = 60
"""Days within which the next market day is looked for."""
NIGHT_ENDS = 4
"""The hour until which somebody who is still awake may call the day that has begun 明天."""


@dataclass(frozen=True, slots=True)
class Days:
    """One day or a range of days; a last day that is None is open (国庆以后)."""

    first: date
    last: date | None

    @classmethod
    def one(cls, day: date) -> Days:
        """Give a single day."""
        return cls(day, day)

    @property
    def single(self) -> bool:
        """One day and no range."""
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class Today:
    """What the words are counted from."""

    day: date
    hour: int
    is_market_day: Callable[[date], bool] | None = None

    def counted_from(self) -> tuple[date, ...]:
        """Give the days that may be meant by "today": after midnight yesterday, too, for the night is not over."""
        return (self.day, self.day - timedelta(days=1)) if self.hour < NIGHT_ENDS else (self.day,)


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of words for days."""

    pattern: str
    days: Callable[[re.Match[str], Today], list[Days]]


def plus(day: date, count: int) -> date:
    """Give the day ``count`` days after."""
    return day + timedelta(days=count)


def month_days(year: int, month: int, first: int = 1, last: int = 31) -> Days:
    """Give days of a month, which may be counted beyond December."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    end = plus(date(year + month // 12, month % 12 + 1, 1), -1)
    return Days(date(year, month, min(first, end.day)), date(year, month, min(last, end.day)))


def a_date(year: int, month: int, day: int) -> list[Days]:
    """Give one day, or nothing if there is none (2月30号)."""
    try:
        return [Days.one(date(year, month, day))]
    except ValueError:
        return []


def from_today(days: Days, today: Today) -> Days:
    """Leave out the days of a range that are over."""
    if days.last is not None and days.first < today.day <= days.last:
        return replace(days, first=today.day)
    return days


_NEAR = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨": -1, "今天": 0, "今日": 0, "今儿": 0, "今": 0,
    "明天": 1, "明日": 1, "明儿": 1, "明": 1, "后天": 2, "后日": 2, "后": 2, "大后天": 3, "大大后天": 4,
}  # fmt: skip
_SOON = {"明后": (1, 2), "今明": (0, 1), "这两": (0, 2), "这几": (0, 4), "近两": (0, 2), "近几": (0, 4),
         "最近几": (0, 4), "最近两": (0, 2), "过两": (2, 4), "过几": (3, 7), "前两": (-3, -1),
         "前几": (-7, -1)}  # fmt: skip


def _near(match: re.Match[str], today: Today) -> list[Days]:
    return [Days.one(plus(base, _NEAR[match["near"]])) for base in today.counted_from()]


def _still_today(match: re.Match[str], today: Today) -> list[Days]:
    return [Days.one(today.day)]


def _soon(match: re.Match[str], today: Today) -> list[Days]:
    first, last = _SOON[match["soon_word"]]
    return [Days(plus(today.day, first), plus(today.day, last))]


def shift_of(said: str) -> int | None:
    """Give by how many weeks or months 上, 下下 and the like count; None if nothing is said."""
    if not said:
        return None
    return said.count("下") - said.count("上")


def _weekday(match: re.Match[str], today: Today) -> list[Days]:
    wanted = "一二三四五六日".find(match["wd_day"][0].replace("天", "日").replace("七", "日")) + 1
    wanted = wanted or int(match["wd_day"][0])
    length = 1 if len(match["wd_day"]) == 2 else 0  # 周六日
    shift = shift_of(match["wd_rel"])
    found: list[date] = []
    if shift is None:
        # Said on the same weekday: today or in a week, nobody knows.
        ahead = (wanted - today.day.isoweekday()) % 7
        found = [plus(today.day, ahead)] + ([plus(today.day, 7)] if ahead == 0 else [])
    else:
        for base in today.counted_from():
            monday = plus(base, 1 - base.isoweekday())
            found.append(plus(monday, 7 * shift + wanted - 1))
            # On a Sunday many count the week that begins tomorrow as this one: 下周三 may be three or ten days off.
            if base.isoweekday() == 7 and shift >= 0 and wanted != 7:
                found.append(plus(monday, 7 * (shift + 1) + wanted - 1))
    return [Days(day, plus(day, length)) for day in found]


def _week(match: re.Match[str], today: Today) -> list[Days]:
    shift = shift_of(match["wk_rel"]) or 0
    monday = plus(today.day, 1 - today.day.isoweekday() + 7 * shift)
    if match["wk_end"]:  # 周末; said on a Sunday, this one or the next
        ends = [monday, plus(monday, 7)] if not match["wk_rel"] and today.day.isoweekday() == 7 else [monday]
        return [from_today(Days(plus(day, 5), plus(day, 6)), today) for day in ends]
    return [Days(max(monday, today.day) if shift == 0 else monday, plus(monday, 6))]


def _market(match: re.Match[str], today: Today) -> list[Days]:
    if today.is_market_day is None:
        return []
    coming = (plus(today.day, ahead) for ahead in range(MARKET_HORIZON))
    found = [day for day in coming if today.is_market_day(day)][:3]
    said = match["mk_rel"]
    if said:
        found = [day for day in found if day > today.day]
        return [Days.one(day) for day in found[max(0, said.count("下") - 1) :][:1]]
    return [Days.one(day) for day in found[: 2 if found[:1] == [today.day] else 1]]


def _later(match: re.Match[str], today: Today) -> list[Days]:
    count = number(match["la_count"] or match["la_over"] or "")
    unit = match["la_unit"] or match["la_over_unit"]
    if count is None or count == 0:
        return []
    if "月" in unit:
        target = month_days(today.day.year, today.day.month + count, today.day.day, today.day.day)
        return [target]
    return [Days.one(plus(today.day, count * (1 if unit[0] in "天日" else 7)))]


def _open(match: re.Match[str], today: Today) -> list[Days]:
    return [Days(today.day, None)]


def _nobody_knows(match: re.Match[str], today: Today) -> list[Days]:
    return []


WEEK = "(?:星期|礼拜|周)"
THIS = "(?:这个?|本)"
# 三个星期一次 counts weeks, 每周三 is no day; 周三周四 are two days.
_NO_COUNT = (
    "(?<![每0-9几两])(?<![每一二三四五六七八九十几两0-9]个)(?:(?<![一二三四五六七八九十])|(?<=[周期拜][一二三四五六]))"
)
_LATER = "(?:以后|之后|过后|后(?!天|面))"
_UNIT = "天|日|星期|礼拜|周|月"
_MARKET = "(?:赶[街集场]|逢[街集场])子?"
_FINE = "(?:行|可以|得行|得|能来|合适|成|有空)"

NEAR_RULES: tuple[Rule, ...] = (
    Rule(f"(?P<soon_word>{any_of(*_SOON)})(?:天|日|两天)", _soon),
    Rule(
        f"(?<![以之])(?P<near>{any_of(*(word for word in _NEAR if len(word) > 1))}"
        "|[今明后昨](?=上午|下午|中午|[早晚](?![点些])))",
        _near,
    ),
    Rule(
        f"{_NO_COUNT}(?P<wd_rel>(?:[上下]+个?|{THIS})?){WEEK}"
        "(?P<wd_day>六[日天]|[一二三四五六日天七]|[1-7](?![0-9]))(?![次回趟个年月届])",
        _weekday,
    ),
    Rule(f"(?P<wk_rel>[上下]+个?|{THIS}|{_NO_COUNT}(?=周末)){WEEK}(?P<wk_end>末)?(?!岁|边|围)", _week),
    Rule(
        "(?<![不没])(?:(?P<mk_rel>下+一?个?次?)(?:赶?[街集场]子?[天日]?(?!道|上|坊)|逢[街集场])"
        f"|{_MARKET}(?:那一?天|的?那?[天日](?!天)|的?时候|时|的日子)|街子?天)",
        _market,
    ),
    Rule(
        f"(?:再?过)?(?:半|{NUMBER})个?半?(?:小时|钟头){_LATER}|再?过(?:半|{NUMBER})个?半?(?:小时|钟头)"
        "|一会儿?(?=来|去|过来|就)|[等待]一?会儿?(?=来|去|过来|就|$)|现在(?:就|马上)?(?=来|去|过来)",
        _still_today,
    ),
    Rule(
        f"(?P<la_count>{NUMBER})个?(?P<la_unit>{_UNIT}){_LATER}"
        f"|再?过(?P<la_over>{NUMBER})个?(?P<la_over_unit>{_UNIT})(?![上下午])",
        _later,
    ),
)

OPEN_RULES: tuple[Rule, ...] = (
    Rule(
        "(?P<soonest>越[早快]越好|尽[快早]|早点好|最早(?:的时间|的|哪天|什么时候)?|最快(?:的时间|的)?"
        "|最近的(?:时间|一天|号)?)",
        _open,
    ),
    Rule(
        f"随便(?:哪一?[天个]|什么时候|啥时候|几时|哪时|你们?(?:安排|定))(?:都?{_FINE})?|^随便[吧嘛]?$"
        f"|(?:哪一?天|什么时候|啥时候|几时|哪个时候|时间)我?都{_FINE}|随时都?{_FINE}?",
        _open,
    ),
    Rule("改天|改日|二天再|哪天有空|有空再|等有空|过一?段时间|过一?久", _nobody_knows),
)
