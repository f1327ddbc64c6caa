"""When somebody wants to come (什么时候来): "后天下午两点半去办社保" → the day after tomorrow, 14:30; rest "去办社保".

Words for days and words for times of the day are found apart and put together here. Where words may mean several days,
all of them are given, the likeliest first, and the caller asks. The rules and why: docs/decisions/0010-when.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from knowledge.hall import LOCAL, Hours
from knowledge.moment_clock import Clock, Part, TimeSaid, times_in
from knowledge.moment_days import Days, Today
from knowledge.moment_said import DaySaid, days_said, is_refused
from knowledge.moment_words import UNTIL, Folded

__all__ = ["Clock", "Days", "Part", "Reading", "When", "when"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that the words may mean, in local time (Asia/Shanghai)."""

    days: Days | None
    """None if no day was said: "十点来钟" while a day is already agreed."""
    part: Part | None = None
    clock: Clock | None = None
    """A time or span of times; it goes before ``part``, which then only settled the hour."""
    past: bool = False
    """Over already: yesterday, or this morning said in the afternoon."""


@dataclass(frozen=True, slots=True)
class When:
    """What a text says about time; falsy if it says nothing.

    Words without a reading name no day that can be had: 2月30号, 改天, a market day that nobody told, 明天没空.
    """

    readings: tuple[Reading, ...]
    spans: tuple[tuple[int, int], ...]
    """The words that were read, as places in the text."""
    rest: str
    """The text without them, for whoever reads what is wanted."""
    soonest: bool = False
    """Said to be as early as can be (越早越好)."""

    def __bool__(self) -> bool:
        return bool(self.spans)

    @property
    def ambiguous(self) -> bool:
        """Several readings: ask which."""
        return len(self.readings) > 1


_MOVED = re.compile("(?:改|换|推迟|推|挪|延|调|移|提前)(?:到|成|为|至|约到|期到)")
_GLUE = re.compile(f"(?:{UNTIL}|或者|或|还是|和|跟|挨|的|[,，、/]|大概|大约|那|在)+")
_TAIL = re.compile("(?:那一?天|当天|的?时候|之间|左右|这天|之内|那日)+")
_EDGES = " \t\r\n,，。.、!！;；:："


def when(
    text: str, now: datetime, *, is_market_day: Callable[[date], bool] | None = None, hours: Hours | None = None
) -> When:
    """Read when somebody wants to come.

    Args:
        text: what was written or dictated; only the first 160 characters are read.
        now: aware; days are counted from its date in Asia/Shanghai.
        is_market_day: tells the township's market days (街天); without it "赶街那天" has no reading.
        hours: settles an hour without a part of the day, and whether today is over.
    """
    folded, local = Folded.of(text), now.astimezone(LOCAL)
    today = Today(local.date(), local.hour, is_market_day)
    days = days_said(folded.text, today)
    times = list(times_in(_without(folded.text, days), hours))
    spans = _spans(folded, [*((said.start, said.end) for said in days), *((said.start, said.end) for said in times)])
    wanted = [said for said in days if not is_refused(said, folded.text)]
    starts = [*(said.start for said in wanted), *(said.start for said in times)]
    moved = [match.end() for match in _MOVED.finditer(folded.text) if max(starts, default=-1) >= match.end()]
    if moved:  # 从明天改到后天: only what comes behind counts
        wanted = [said for said in wanted if said.start >= moved[-1]]
        times = [said for said in times if said.start >= moved[-1]]
    only_refused = bool(days) and not wanted and not moved
    readings = () if only_refused else tuple(_readings(wanted, times, folded.text, local, hours))
    return When(readings, spans, _rest(text, spans), any(said.soonest for said in wanted))


def _without(text: str, days: Sequence[DaySaid]) -> str:
    """Write a day's word over the words of each day, so that 一 of 星期一早上 is not taken for that of 一早."""
    for said in days:
        text = text[: said.start] + "今" * (said.end - said.start) + text[said.end :]
    return text


def _readings(
    days: Sequence[DaySaid], times: Sequence[TimeSaid], text: str, now: datetime, hours: Hours | None
) -> Iterator[Reading]:
    found: dict[Reading, None] = {}
    for i, said in enumerate(days):
        start = said.start if i else 0
        end = days[i + 1].start if i + 1 < len(days) else len(text)
        own = _settled([time for time in times if start <= time.start < end])
        meant = [_marked(Reading(d, t.part, t.clock), now, hours) for d in said.days for t in own or [_NO_TIME]]
        coming = [reading for reading in meant if not reading.past]
        found.update(dict.fromkeys(coming or meant[:1]))
    if not days:
        found.update(dict.fromkeys(Reading(None, time.part, time.clock) for time in _settled(times)))
    yield from found


_NO_TIME = TimeSaid(0, 0, None, None)


def _settled(times: Sequence[TimeSaid]) -> list[TimeSaid]:
    """Leave out a part of the day that an hour behind it made exact (下午, then 两点半)."""
    left: list[TimeSaid] = []
    for time in times:
        if left and left[-1].clock is not None and time.clock is None and left[-1].end == time.start:
            continue  # 五点半下班前
        if left and left[-1].clock is None and (time.part in (left[-1].part, None) and time.clock is not None):
            left.pop()
        elif left and left[-1].clock is None and time.clock is None and left[-1].end == time.start:
            left.pop()  # 明早下午: in Yunnan 明早 is tomorrow
        left.append(replace(time, part=None) if time.clock is not None else time)
    return left


def _marked(reading: Reading, now: datetime, hours: Hours | None) -> Reading:
    days, today, clock = reading.days, now.date(), now.time()
    if days is None or days.last is None or days.last > today:
        return reading
    if days.last < today:
        return replace(reading, past=True)
    over = reading.part.ends if reading.part else None
    if reading.clock is not None:
        over = reading.clock.end
    elif over is None and hours is not None and hours.sessions:
        over = hours.sessions[-1][1]
    return replace(reading, past=over is not None and over < clock)


def _spans(folded: Folded, found: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Give the words that were read, glued where only little words stand between."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        tail = _TAIL.match(folded.text, end)
        end = tail.end() if tail else end
        if joined and (start <= joined[-1][1] or _GLUE.fullmatch(folded.text, joined[-1][1], start)):
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(folded.place(start, end) for start, end in joined)


def _rest(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in (*spans, (len(text), len(text))):
        piece = text[at:start].strip(_EDGES)
        kept.append(piece.removeprefix("的") if at else piece)  # 把明天的改到后天
        at = end
    return " ".join(piece for piece in kept if piece)
