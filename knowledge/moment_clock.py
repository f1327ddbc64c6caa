"""Times of the day as they are said: 上午, 擦黑, 两点半, 十点来钟, 两点到三点之间.

An hour without a part of the day is taken for the one at which the hall is open; where both or neither are, one to six
o'clock are of the afternoon and seven to twelve of the morning, for nobody comes to an office at two in the night.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum

from knowledge.hall import Hours
from knowledge.moment_words import NUMBER, UNTIL, any_of, number


class Part(StrEnum):
    """A part of the day, with its usual bounds."""

    NIGHT = "night"  # 凌晨: 0 to 6
    MORNING = "morning"  # 上午: 6 to 12
    NOON = "noon"  # 中午: 12 to 14, when most halls close
    AFTERNOON = "afternoon"  # 下午: 12 to 18
    EVENING = "evening"  # 晚上: 18 to 24

    @property
    def ends(self) -> time:
        """The time at which it is over."""
        return _ENDS[self]


_ENDS = {
    Part.NIGHT: time(6),
    Part.MORNING: time(12),
    Part.NOON: time(14),
    Part.AFTERNOON: time(18),
    Part.EVENING: time(23, 59, 59),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time or a span of times; an end that is None is open."""

    start: time | None
    end: time | None
    about: bool = False
    """Said to be rough: 左右, 来钟, 多."""

    @property
    def exact(self) -> bool:
        """One time and no span."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class TimeSaid:
    """One time of the day in the text: a part, a clock, or both where the one settles the other."""

    start: int
    end: int
    part: Part | None
    clock: Clock | None


# Meals: in the countryside 晌午 is eaten at noon; whoever comes after it comes in the afternoon (吃了晌午饭以后).
_MEAL = "(?:吃了|吃过|吃完|吃好)?{}(?:吃了|吃过)?(?:以后|之后|过后|后)"
_PARTS: tuple[tuple[Part, str], ...] = (
    (Part.AFTERNOON, _MEAL.format("(?:晌午饭?|午饭|中午饭|中饭)") + "|(?:吃了|吃过|吃完)(?:晌午饭?|午饭|中午饭|中饭)"),
    (Part.EVENING, _MEAL.format("(?:晚饭|夜饭)") + "|(?:吃了|吃过|吃完)(?:晚饭|夜饭)"),
    (Part.MORNING, _MEAL.format("(?:早饭|早点|早餐)") + "|(?:吃了|吃过|吃完)(?:早饭|早点|早餐)"),
    (Part.NIGHT, any_of("凌晨", "半夜", "大半夜", "后半夜")),
    (Part.AFTERNOON, "中午(?:以后|之后|过后)|晌午(?:以后|之后|过后)|过了晌午|(?:下班|天黑|擦黑)(?:以前|之前|前)"),
    (Part.MORNING, "一?上班就|一上班|刚上班|一?开门就|一开门|刚开门|中午(?:以前|之前|前)"),
    (
        Part.MORNING,
        any_of("上午", "早上", "早晨", "清早", "清晨", "大清早", "一大早", "一早", "早间", "上半天", "上半日")
        + "|天(?:一|刚|麻麻)?亮",
    ),
    (Part.NOON, any_of("中午", "晌午", "正午", "午间", "中午间")),
    (Part.AFTERNOON, any_of("下午", "半下午", "午后", "下半天", "下半日", "后半天")),
    (Part.EVENING, any_of("晚上", "傍晚", "擦黑", "天黑", "黑了", "晚间", "夜里", "夜间", "夜晚", "傍黑")),
    # One character alone only after its day or before its hour: 明早, 早八点.
    (Part.MORNING, f"(?<=[今明后昨])早(?![点些一])|早(?!一点)(?={NUMBER}[点时:])"),
    (Part.EVENING, f"(?<=[今明后昨])晚(?![点些一])|晚(?!一点)(?={NUMBER}[点时:])"),
)
# 下午好 greets; 下午好不好, 下午好吗 ask.
_PART = re.compile(
    "(?:"
    + "|".join(f"(?P<p{i}>{pattern})" for i, (_, pattern) in enumerate(_PARTS))
    + ")(?!好(?!不|吗|么|些|点|的|啦))"
)

# What comes after 点 when points are counted and no hours: 两点建议, 三点五.
_NO_HOUR = "建议|意见|要求|问题|说明|疑问|原因|[0-9]|[一二三四五六七八九](?![十分刻])|儿?[都也]不|点|赞|击|名|菜"
_MINUTES = (
    "(?:(?P<{n}half>半)|(?P<{n}quarter>[一二三])刻"
    "|(?P<{n}min>[0-5][0-9]|[零〇][0-9一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?)分?)?"
)
_POINT = (
    "(?<![0-9.第百千万:/])(?P<{n}hour>" + NUMBER + ")"
    "(?:(?:点(?!" + _NO_HOUR + ")|点(?=[0-5][0-9]分?)|时(?!间|候|节|代|期|常|段))" + _MINUTES + "(?:钟|整)?"
    "|:(?P<{n}digits>[0-5][0-9])(?::[0-5][0-9])?(?![0-9]))"
    "(?P<{n}about>来钟|来点钟|多钟|多点|多(?!少|久)|过(?=$|[^了来去年后])|左右|前后|上下|的样子)?"
)
_CLOCK = re.compile(
    "(?P<rough>大概|大约|差不多|约莫)?"
    + _POINT.replace("{n}", "a_")
    + f"(?:{UNTIL}(?P<part>上午|中午|下午|晚上)?"
    + _POINT.replace("{n}", "b_")
    + ")?(?P<limit>之间|中间|以后|之后|过后|后(?![天面])|往后|起|开始|以前|之前|前(?![天面台])|往前)?"
)
# 一点 is an hour only where something says so: 有一点, 快一点, 一点都不懂.
_LITTLE_BEFORE = re.compile("[有快慢早晚多少好大小差高低近远长短迟便宜简单点这那半]$")


def times_in(text: str, hours: Hours | None) -> Iterator[TimeSaid]:
    """Give the times of the day that a folded ``text`` says, from left to right."""
    at, part, part_end = 0, None, -1
    tokens = sorted((*_PART.finditer(text), *_CLOCK.finditer(text)), key=lambda match: (match.start(), -match.end()))
    for match in tokens:
        if match.start() < at:
            continue
        if match.re is _PART:
            part, part_end, at = _part_of(match), match.end(), match.end()
            yield TimeSaid(match.start(), match.end(), part, None)
            continue
        # The part holds for the hour behind it (下午两点), also over a word or two (上午的九点).
        near = part if part_end >= 0 and len(text[part_end : match.start()].strip("的,，、大概约")) == 0 else None
        clock = _clock_of(match, near, hours)
        if clock is not None and not _is_little(match, text, near):
            at = match.end()
            yield TimeSaid(match.start(), match.end(), near, clock)


def _part_of(match: re.Match[str]) -> Part:
    return _PARTS[int((match.lastgroup or "p0")[1:])][0]


def _is_little(match: re.Match[str], text: str, part: Part | None) -> bool:
    if match["a_hour"] != "一" or part is not None or match.group() != "一点":
        return False
    before, after = text[: match.start()], text[match.end() :]
    return bool(after) or bool(_LITTLE_BEFORE.search(before))


def _clock_of(match: re.Match[str], part: Part | None, hours: Hours | None) -> Clock | None:
    first = _point(match, "a_", part, hours)
    if first is None:
        return _between_hours(match["a_hour"], part, hours)
    said_with = {"上午": Part.MORNING, "中午": Part.NOON, "下午": Part.AFTERNOON, "晚上": Part.EVENING}
    clock = Clock(first, first, about=bool(match["rough"] or match["a_about"]))
    if match["b_hour"]:
        second = _point(match, "b_", said_with.get(match["part"] or "", part), hours)
        if second is not None and second < first and second.hour < 12:
            second = second.replace(hour=second.hour + 12)
        if second is None or second <= first:
            return None
        clock = replace(clock, end=second)
    if match["limit"] and clock.exact:
        if match["limit"].endswith("前"):
            return replace(clock, start=None)
        if match["limit"] not in ("之间", "中间"):
            return replace(clock, end=None)
    return clock


def _between_hours(said: str, part: Part | None, hours: Hours | None) -> Clock | None:
    """Read two hours in one breath: 八九点, 两三点, 十一二点, which says its ten once."""
    tens = "十" if len(said) == 3 and said[0] == "十" else ""
    first = _told(said[:-1], time(0), part, hours)
    second = _told(tens + said[-1], time(0), part, hours)
    if said.isascii() or first is None or second is None or second.hour - first.hour != 1:
        return None
    return Clock(first, second, about=True)


def _point(match: re.Match[str], name: str, part: Part | None, hours: Hours | None) -> time | None:
    minute: int | None = 0
    if match[name + "half"]:
        minute = 30
    elif match[name + "quarter"]:
        minute = 15 * (number(match[name + "quarter"]) or 0)
    elif match[name + "min"] or match[name + "digits"]:
        minute = number(match[name + "min"] or match[name + "digits"])
    return None if minute is None or minute > 59 else _told(match[name + "hour"], time(0, minute), part, hours)


def _told(hour_said: str, minutes: time, part: Part | None, hours: Hours | None) -> time | None:
    hour = number(hour_said)
    if hour is None or hour > 24:
        return None
    if part is None and 1 <= hour <= 12:
        return minutes.replace(hour=_where_open(hour, minutes.minute, hours))
    if hour < 12 and (
        part is Part.AFTERNOON or (part is Part.EVENING and hour > 4) or (part is Part.NOON and hour < 4)
    ):
        hour += 12
    if part in (Part.NIGHT, Part.EVENING) and hour == 12:
        hour = 24
    # Midnight ends the day that was named; there is no time 24:00.
    return time(23, 59) if hour == 24 else minutes.replace(hour=hour)


def _where_open(hour: int, minute: int, hours: Hours | None) -> int:
    usual, other = (hour + 12, hour) if hour <= 6 else (hour, hour % 12 + 12)
    if hours is not None and _is_open(other, minute, hours) and not _is_open(usual, minute, hours):
        return other
    return usual


def _is_open(hour: int, minute: int, hours: Hours) -> bool:
    return any(start <= time(hour, minute) < end for start, end in hours.sessions)
