"""What opens a hall on a day (开门): weekly hours, holidays, market days, and what the office has ordered besides.

Everything that may open or close is one kind of rule, and :data:`PRECEDENCE` says which has the last word. Nothing is
open past the last day that the calendar knows: of such a day nobody can say whether it is worked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from knowledge.hall import LOCAL, Calendar, Hours, Scope
from knowledge.market import Market, MarketCycle
from knowledge.spans import Span, gaps, joined, without

FARTHEST_OPENING = 60
"""Days within which the next opening is looked for."""


class RuleKind(StrEnum):
    """What may open or close a hall, or some of its windows."""

    EMERGENCY = "emergency"  # 紧急关闭: no light, flood, a death in the house
    CLOSURE = "closure"  # 停办
    OPENING = "opening"  # 加开
    PREFECTURE_HOLIDAY = "prefecture_holiday"  # 州里的假
    NATIONAL_HOLIDAY = "national_holiday"  # 全国的假
    EXTENDED = "extended"  # 延时服务
    LUNCH_DUTY = "lunch_duty"  # 中午不休息
    MAKEUP_WORKDAY = "makeup_workday"  # 调休上班
    WEEKLY_HOURS = "weekly_hours"  # 办公时间


PRECEDENCE: tuple[tuple[RuleKind, str], ...] = (
    (RuleKind.EMERGENCY, "An emergency closes whatever anything else has opened, until it is lifted."),
    (RuleKind.CLOSURE, "A closure takes its span out of the day, of an opening too: nobody is sent to a shut door."),
    (RuleKind.OPENING, "A one-off opening opens its span on a day otherwise closed, a holiday too."),
    (RuleKind.PREFECTURE_HOLIDAY, "A holiday of the prefecture closes the day, a make-up day of the nation too."),
    (RuleKind.NATIONAL_HOLIDAY, "A national holiday closes the day, for extended hours and market days too."),
    (RuleKind.EXTENDED, "Extended hours are added to what the day has by itself."),
    (RuleKind.LUNCH_DUTY, "Lunch duty fills the break between regular sessions, and opens no day that has none."),
    (RuleKind.MAKEUP_WORKDAY, "A make-up day has the usual sessions, whatever its weekday."),
    (RuleKind.WEEKLY_HOURS, "The weekly hours open on their weekdays."),
)
"""Strongest first: a kind has the last word over all below it. What only adds is added, in whatever order."""

KEPT = (RuleKind.CLOSURE, RuleKind.OPENING, RuleKind.EXTENDED, RuleKind.LUNCH_DUTY, RuleKind.EMERGENCY)
"""The kinds that the office keeps in a table; the others follow from the calendar and the weekly hours."""
STANDING = (RuleKind.EXTENDED, RuleKind.LUNCH_DUTY, RuleKind.EMERGENCY)
"""Kinds that hold until further notice when no last day is given; the others then hold on their first day alone."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One order of the office for a hall."""

    hall_id: str
    kind: RuleKind
    first_day: date
    last_day: date | None = None
    """The last day counts; None = until further notice."""
    weekdays: frozenset[int] = frozenset()
    """ISO weekdays on which alone the order holds."""
    on_market_days: bool = False
    """Whether it holds on market days; with ``weekdays`` on both, with neither on every day from first to last."""
    span: Span | None = None
    """None = the whole day for what closes, the usual sessions for what opens, the whole break for lunch duty."""
    window_type: str = ""
    """The windows that it is about; empty = all of the hall."""
    reason: str = ""
    """What residents are told."""

    @property
    def key(self) -> str:
        """Name the order: two of one kind for the same windows must begin on different days or at different times."""
        days = "".join(map(str, sorted(self.weekdays))) + ("m" if self.on_market_days else "")
        start = self.span[0].isoformat("minutes") if self.span else ""
        return ":".join((self.hall_id, self.kind, self.window_type, self.first_day.isoformat(), days, start))

    def holds_on(self, day: date, *, is_market_day: bool) -> bool:
        """Say whether the order is meant for ``day``."""
        if day < self.first_day or (self.last_day is not None and day > self.last_day):
            return False
        if not self.weekdays and not self.on_market_days:
            return True
        return day.isoweekday() in self.weekdays or (self.on_market_days and is_market_day)

    def to_data(self) -> dict[str, Any]:
        """Give plain data for storing; :func:`rule_from_data` is the way back."""
        return {
            "hall_id": self.hall_id,
            "kind": self.kind.value,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "weekdays": sorted(self.weekdays),
            "on_market_days": self.on_market_days,
            "span": [edge.isoformat("minutes") for edge in self.span] if self.span else None,
            "window_type": self.window_type,
            "reason": self.reason,
        }


def rule_from_data(data: Mapping[str, Any]) -> Rule:
    """Rebuild what :meth:`Rule.to_data` gave."""
    span = data["span"]
    return Rule(
        **{
            **data,
            "kind": RuleKind(data["kind"]),
            "first_day": date.fromisoformat(data["first_day"]),
            "last_day": date.fromisoformat(data["last_day"]) if data["last_day"] else None,
            "weekdays": frozenset(data["weekdays"]),
            "span": (time.fromisoformat(span[0]), time.fromisoformat(span[1])) if span else None,
        }
    )


@dataclass(frozen=True, slots=True)
class Openings:
    """All orders and all markets that are published."""

    rules: tuple[Rule, ...] = ()
    markets: tuple[Market, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything that decides when one hall is open."""

    hours: Hours
    calendar: Calendar
    windows: Mapping[str, int] = field(default_factory=dict)
    """Window type → how many windows the hall has."""
    cycles: tuple[MarketCycle, ...] = ()
    rules: tuple[Rule, ...] = ()

    def is_market_day(self, day: date) -> bool:
        """Say whether any market of the place is held on ``day``."""
        return any(cycle.is_market_day(day) for cycle in self.cycles)


def sessions_on(opening: Opening, day: date) -> tuple[Span, ...]:
    """Give when the doors are open on ``day``: whenever any window is. Empty = closed, or past the data."""
    named = {rule.window_type for rule in rules_on(opening, day)} - {""}
    others = {""} if not named or opening.windows.keys() - named else set()
    return joined(span for window_type in named | others for span in sessions_of(opening, window_type, day))


def windows_on(opening: Opening, day: date) -> dict[str, tuple[Span, ...]]:
    """Give, for each type of window of the hall, when it serves on ``day``."""
    return {window_type: sessions_of(opening, window_type, day) for window_type in opening.windows}


def sessions_of(opening: Opening, window_type: str, day: date) -> tuple[Span, ...]:
    """Give when the windows of one type serve on ``day``; "" stands for windows that no order names."""
    if not opening.calendar.knows(day):
        return ()
    rules = [rule for rule in rules_on(opening, day) if rule.window_type in ("", window_type)]
    spans: tuple[Span, ...] = ()
    for kind, _ in reversed(PRECEDENCE):
        spans = _EFFECTS[kind](opening, day, [rule for rule in rules if rule.kind is kind], spans)
    return spans


def rules_on(opening: Opening, day: date) -> tuple[Rule, ...]:
    """Give the orders that have a say on ``day``, strongest first; on a holiday only those that outrank it."""
    if not opening.rules:
        return ()
    is_market_day = opening.is_market_day(day)
    weakest = next((rank for rank, holiday in _HOLIDAYS if holiday(opening.calendar, day)), len(PRECEDENCE))
    held = (rule for rule in opening.rules if rule.holds_on(day, is_market_day=is_market_day))
    return tuple(sorted((rule for rule in held if _RANK[rule.kind] < weakest), key=lambda rule: _RANK[rule.kind]))


def is_open_at(opening: Opening, moment: datetime) -> bool:
    """Say whether the doors are open at an aware ``moment``."""
    local = moment.astimezone(LOCAL)
    return any(start <= local.time() < end for start, end in sessions_on(opening, local.date()))


def next_opening(opening: Opening, moment: datetime) -> datetime | None:
    """Give the next moment at which the doors open, or ``moment`` itself if they are.

    None when they do not open within 60 days, or not before the calendar ends.
    """
    if is_open_at(opening, moment):
        return moment
    local = moment.astimezone(LOCAL)
    for ahead in range(FARTHEST_OPENING):
        day = local.date() + timedelta(days=ahead)
        for start, _ in sessions_on(opening, day):
            opens = datetime.combine(day, start, tzinfo=LOCAL)
            if opens > local:
                return opens
    return None


# --- what each kind of rule does to a day ---------------------------------------------------------------------------

_Spans = tuple[Span, ...]
_Effect = Callable[[Opening, date, Iterable[Rule], _Spans], _Spans]


def _weekly(opening: Opening, day: date, rules: Iterable[Rule], spans: _Spans) -> _Spans:
    return joined((*spans, *opening.hours.sessions)) if day.isoweekday() in opening.hours.weekdays else spans


def _makeup(opening: Opening, day: date, rules: Iterable[Rule], spans: _Spans) -> _Spans:
    return joined((*spans, *opening.hours.sessions)) if opening.calendar.is_makeup_workday(day) else spans


def _lunch(opening: Opening, day: date, rules: Iterable[Rule], spans: _Spans) -> _Spans:
    return joined((*spans, *(gap for rule in rules for gap in gaps(spans, rule.span))))


def _add(opening: Opening, day: date, rules: Iterable[Rule], spans: _Spans) -> _Spans:
    for rule in rules:
        spans = joined((*spans, *((rule.span,) if rule.span else opening.hours.sessions)))
    return spans


def _close(opening: Opening, day: date, rules: Iterable[Rule], spans: _Spans) -> _Spans:
    for rule in rules:
        spans = without(spans, rule.span) if rule.span else ()
    return spans


def _national(opening: Opening, day: date, rules: Iterable[Rule], spans: _Spans) -> _Spans:
    return () if opening.calendar.is_holiday(day, Scope.NATIONAL) else spans


def _prefecture(opening: Opening, day: date, rules: Iterable[Rule], spans: _Spans) -> _Spans:
    return () if opening.calendar.is_holiday(day, Scope.CHUXIONG) else spans


_EFFECTS: dict[RuleKind, _Effect] = {
    RuleKind.EMERGENCY: _close,
    RuleKind.CLOSURE: _close,
    RuleKind.OPENING: _add,
    RuleKind.PREFECTURE_HOLIDAY: _prefecture,
    RuleKind.NATIONAL_HOLIDAY: _national,
    RuleKind.EXTENDED: _add,
    RuleKind.LUNCH_DUTY: _lunch,
    RuleKind.MAKEUP_WORKDAY: _makeup,
    RuleKind.WEEKLY_HOURS: _weekly,
}
_RANK = {kind: rank for rank, (kind, _) in enumerate(PRECEDENCE)}
_HOLIDAYS: tuple[tuple[int, Callable[[Calendar, date], bool]], ...] = (
    (_RANK[RuleKind.PREFECTURE_HOLIDAY], lambda calendar, day: calendar.is_holiday(day, Scope.CHUXIONG)),
    (_RANK[RuleKind.NATIONAL_HOLIDAY], lambda calendar, day: calendar.is_holiday(day, Scope.NATIONAL)),
)
