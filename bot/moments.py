"""The wish to come at some time (想哪天来), as stretches among which free places are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot import booking_phrases
from knowledge.hall import LOCAL
from knowledge.moments import Clock, Part, Reading, when
from models.rules.items import Published

ABOUT = timedelta(minutes=60)
"""Around a rough time (十点来钟) so much earlier and later will do."""
HORIZON = timedelta(days=60)
"""An open end (国庆以后) reaches so far."""
_PARTS = {
    Part.NIGHT: (time(0), time(6)),
    Part.MORNING: (time(6), time(12, 30)),
    Part.NOON: (time(11), time(14, 30)),
    Part.AFTERNOON: (time(12, 30), time(18, 30)),
    Part.EVENING: (time(17), time(23, 59)),
}


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that the words may mean: the times from ``begins`` to ``ends``, on each day within ``clock``."""

    begins: datetime
    ends: datetime
    clock: tuple[time, time]
    label: str
    exact: bool = False
    """A time and no stretch: ``begins`` is meant."""
    past: bool = False
    """Over already."""

    def holds(self, start: datetime) -> bool:
        """Say whether a place that begins at ``start`` is what was meant."""
        opens, closes = self.clock
        return self.begins <= start < self.ends and opens <= start.astimezone(LOCAL).time() < closes

    def named(self, wish: Wish) -> str:
        """Give the words with the day that they mean, unless they name the date themselves."""
        return wish.words if "月" in wish.words else f"{wish.words}({self.label})"

    @property
    def half(self) -> str:
        """Give the half of the day that is meant: am, pm, or empty for both."""
        opens, closes = self.clock
        return "am" if closes <= time(12, 30) else "pm" if opens >= time(12) else ""


@dataclass(frozen=True, slots=True)
class Wish:
    """When somebody wants to come."""

    words: str
    """As said."""
    rest: str
    """The sentence without it: what they want."""
    spans: tuple[Span, ...]
    """What it may mean, the likeliest first; none for words that name no day."""


def wish_in(
    text: str, published: Published, township: str | None, now: datetime, *, agreed: date | None = None
) -> Wish | None:
    """Find the time that a sentence names; None if it names none. ``agreed`` is the day already spoken of."""
    hall = published.organisations.hall_of(township) if township else None
    opening = published.opening_of(hall.org_id) if hall else None
    said = when(
        text,
        now,
        is_market_day=opening.is_market_day if opening else None,
        hours=hall.hours if hall else None,
    )
    if not said:
        return None
    words = "".join(text[start:end] for start, end in said.spans)
    today = now.astimezone(LOCAL).date()
    spans = tuple(_span(reading, agreed or today, today) for reading in said.readings)
    return Wish(words, said.rest, spans)


def _span(reading: Reading, agreed: date, today: date) -> Span:
    days = reading.days
    first, last = (days.first, days.last) if days else (agreed, agreed)
    begins = _at(max(first, today) if not reading.past else first, time(0))
    ends = _at(last, time(0)) + timedelta(days=1) if last else begins + HORIZON
    opens, closes = _clock(reading.clock, reading.part)
    exact_time = reading.clock.start if reading.clock and reading.clock.exact and not reading.clock.about else None
    if exact_time is not None and first == last:
        return Span(_at(first, exact_time), ends, (exact_time, time.max), _label(first, exact_time), True, reading.past)
    if first == last:
        begins, ends = _at(first, opens), min(ends, _at(first, closes))
    return Span(begins, ends, (opens, closes), _label(first, None, reading.part), past=reading.past)


def _clock(clock: Clock | None, part: Part | None) -> tuple[time, time]:
    if clock is None:
        return _PARTS[part] if part else (time(0), time.max)
    opens, closes = clock.start or time(0), clock.end or time.max
    if clock.about or opens == closes:
        return _shifted(opens, -ABOUT), _shifted(closes, ABOUT)
    return opens, closes


def _shifted(clock: time, by: timedelta) -> time:
    moved = datetime.combine(date(2000, 1, 2), clock) + by
    return moved.time() if moved.date() == date(2000, 1, 2) else (time(0) if by < timedelta() else time.max)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=LOCAL)


def _label(day: date, clock: time | None, part: Part | None = None) -> str:
    if clock is not None:
        return booking_phrases.moment(_at(day, clock))
    names = {Part.MORNING: "上午", Part.AFTERNOON: "下午", Part.NOON: "中午", Part.EVENING: "晚上", Part.NIGHT: "凌晨"}
    return booking_phrases.day(day) + (names[part] if part else "")
