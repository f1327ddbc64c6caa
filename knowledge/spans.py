"""Spans of the clock (时段): stretches of one day in local time, added, taken away, and the gaps between them.

Every function takes and gives spans in order that neither overlap nor touch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from itertools import pairwise

Span = tuple[time, time]
"""From the first minute that belongs to it until before the last one."""


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Put spans in order and make one of those that overlap or touch."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return tuple(whole)


def without(spans: Iterable[Span], taken: Span) -> tuple[Span, ...]:
    """Take one span out of others; what remains of a cut one stays on both sides."""
    left: list[Span] = []
    for start, end in spans:
        if end <= taken[0] or taken[1] <= start:
            left.append((start, end))
            continue
        if start < taken[0]:
            left.append((start, taken[0]))
        if taken[1] < end:
            left.append((taken[1], end))
    return tuple(left)


def gaps(spans: Iterable[Span], within: Span | None = None) -> tuple[Span, ...]:
    """Give what lies between neighbouring spans (the lunch break), or the part of it that lies ``within`` a span."""
    low, high = within or (time.min, time.max)
    between = ((max(low, first[1]), min(high, second[0])) for first, second in pairwise(spans))
    return tuple((start, end) for start, end in between if start < end)
