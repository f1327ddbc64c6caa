"""Slots (号源): the times at which one may come to a window, computed from the sessions of the day, never stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from knowledge.hall import LOCAL
from knowledge.openings import Opening, sessions_of


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which residents may come to the windows of one type."""

    start: datetime
    """Aware, in UTC."""
    minutes: int
    windows: int
    """Windows that serve then: so many people at once, those without a booking included."""


def slots_on(opening: Opening, window_type: str, day: date, minutes: int) -> tuple[Slot, ...]:
    """Give the slots of ``minutes`` for one type of window on a local ``day``, in order.

    The grid begins anew with each session and a slot lies wholly in one: a service that takes longer than the rest of
    the morning gets none there. None for windows that the hall does not have, and none past the calendar's last day.
    Raise ValueError for ``minutes`` below one.
    """
    if minutes < 1:
        raise ValueError("a slot takes at least a minute")
    windows = opening.windows.get(window_type, 0)
    if not windows:
        return ()
    length = timedelta(minutes=minutes)
    return tuple(
        Slot(start, minutes, windows)
        for opens, closes in sessions_of(opening, window_type, day)
        for start in _grid(_utc(day, opens), _utc(day, closes), length)
    )


def _grid(opens: datetime, closes: datetime, length: timedelta) -> Iterator[datetime]:
    for number in range((closes - opens) // length):
        yield opens + number * length


def _utc(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=LOCAL).astimezone(UTC)
