"""Rules of the line (排队): who is called next, how long it takes, when no more numbers are given out.

The plain line of one kind of window stands like this, first to last::

    1. people with an appointment whose time has come   10:00  10:30        by booked time
    2. people without one                               9:12  9:40  9:41    by arrival
    3. people with an appointment who came early        11:00               by booked time

and each call takes the first of these that is there::

    somebody taken back after a missed call, once two others were called since
    somebody who goes first (绿色通道), if the last two calls took the head of the plain line
    the head of the plain line

So whoever goes first is called next after the current number, but at most every third call: of three calls two serve
the head of the plain line, and nobody waits for ever. Nobody stands further back for being entitled to go first. A
ticket moved here from another kind of window keeps its time of arrival, and so its place among the others.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import quantiles

from models.rules.appointments import Stretch
from models.rules.tickets import Kind, Status, Ticket

DUE_EARLY = timedelta(minutes=5)
"""Somebody with an appointment is called from so long before its time on, when a window is free."""
PLAIN_BETWEEN = 2
"""Calls of the plain line between two people who are called before their turn: a share of one in three."""
BEHIND = 2
"""Calls before somebody who missed theirs comes again."""
ALERT_AHEAD = 3
"""People ahead from which on somebody is told to come to the hall."""
ENOUGH = 5
"""Services measured lately from which on they tell more than the expected length."""
STEP = 5
"""Minutes to which a waiting time is rounded: nobody can know it better."""


class Way(StrEnum):
    """How a ticket came to be called."""

    RETURNED = "returned"
    FIRST = "first"  # before their turn
    TURN = "turn"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a line remembers of the calls of its day."""

    calls: int = 0
    plain: int = PLAIN_BETWEEN
    """Calls of the plain line since somebody was last called before their turn."""

    def after(self, way: Way) -> Tally:
        """Count one more call."""
        plain = {Way.RETURNED: self.plain, Way.FIRST: 0, Way.TURN: self.plain + 1}
        return Tally(self.calls + 1, plain[way])


@dataclass(frozen=True, slots=True)
class Next:
    """A ticket in its place, with how it will come to be called."""

    ticket: Ticket
    way: Way


def order(tickets: Iterable[Ticket], tally: Tally, now: datetime) -> tuple[Next, ...]:
    """Give the waiting tickets of one line in the order in which they will be called, as it looks now."""
    waiting = [ticket for ticket in tickets if ticket.status is Status.WAITING]
    returned = deque(sorted((one for one in waiting if one.behind is not None), key=lambda one: (one.behind, one.id)))
    plain = {one.id: one for one in sorted(waiting, key=lambda one: _place(one, now)) if one.behind is None}
    entitled = deque(one for one in plain.values() if one.reason is not None)
    called: list[Next] = []
    while returned or plain:
        following = _next(returned, next(iter(plain.values()), None), entitled, tally)
        called.append(following)
        tally = tally.after(following.way)
        if following.way is Way.RETURNED:
            returned.popleft()
            continue
        del plain[following.ticket.id]
        if entitled and entitled[0] is following.ticket:
            entitled.popleft()
    return tuple(called)


def _place(ticket: Ticket, now: datetime) -> tuple[int, datetime, datetime, int]:
    """Give the place in the plain line; of two who are equal in all else the earlier number comes first."""
    if ticket.kind is Kind.WALK_IN or ticket.due_at is None:
        return (1, ticket.arrived_at, ticket.arrived_at, ticket.id)
    has_come = ticket.due_at - DUE_EARLY <= now
    return (0 if has_come else 2, ticket.due_at, ticket.arrived_at, ticket.id)


def _next(returned: Sequence[Ticket], head: Ticket | None, entitled: Sequence[Ticket], tally: Tally) -> Next:
    if head is None or (returned and (returned[0].behind or 0) <= tally.calls):
        return Next(returned[0], Way.RETURNED)
    if entitled and entitled[0] is not head and tally.plain >= PLAIN_BETWEEN:
        return Next(entitled[0], Way.FIRST)
    return Next(head, Way.TURN)


def ahead_of(ticket: Ticket, line: Sequence[Next]) -> int | None:
    """Give how many people are called before a ticket; None if it does not wait in this line."""
    return next((ahead for ahead, one in enumerate(line) if one.ticket.id == ticket.id), None)


def to_alert(line: Sequence[Next]) -> tuple[tuple[Ticket, int], ...]:
    """Give those near their turn who were not told yet, with the people ahead of each."""
    near = enumerate(one.ticket for one in line[: ALERT_AHEAD + 1])
    return tuple((ticket, ahead) for ahead, ticket in near if ticket.person_id is not None and not ticket.alerted)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody will wait: a range in minutes, both multiples of five."""

    least: int
    most: int


def wait_of(ahead: int, *, windows: int, recent: Sequence[float], minutes: int) -> Wait | None:
    """Estimate the wait behind ``ahead`` people; None while no window works.

    ``recent`` are the lengths of the services measured last in this line, ``minutes`` the expected length where they
    are too few. The least is for quick services and a window just free, the most for slow ones that have just begun.
    """
    if windows <= 0:
        return None
    quick, slow = _lengths(recent, minutes)
    least, most = ahead * quick / windows, (ahead + 1) * slow / windows
    return Wait(math.floor(least / STEP) * STEP, max(STEP, math.ceil(most / STEP) * STEP))


def _lengths(recent: Sequence[float], minutes: int) -> tuple[float, float]:
    """Give a quick and a slow service: a quarter of the services are quicker, a quarter slower."""
    if len(recent) < ENOUGH:
        return minutes * 0.75, minutes * 1.25
    quick, _, slow = quantiles(recent, n=4, method="inclusive")
    return quick, slow


Span = tuple[datetime, datetime]
"""A stretch of work, from and to."""


def spans_of(openings: Iterable[Stretch]) -> tuple[Span, ...]:
    """Give the stretches in which a kind of window works on a day, from its openings."""
    return tuple((one.start, one.start + timedelta(minutes=one.minutes)) for one in openings)


@dataclass(frozen=True, slots=True)
class Contingent:
    """What decides how many numbers a line may still give out today."""

    spans: tuple[Span, ...]
    """When the hall works today."""
    windows: int
    booked_minutes: int = 0
    """Length of the appointments still to come today whose people are not in the line yet."""


def expected_finish(contingent: Contingent, waiting_minutes: int, own_minutes: int, now: datetime) -> datetime | None:
    """Give when somebody who draws now will have been served; None if the hall closes before.

    The work ahead is shared by the windows, in the stretches that are left today; the lunch hour does not count.
    """
    if contingent.windows <= 0:
        return None
    left = timedelta(minutes=(waiting_minutes + contingent.booked_minutes) / contingent.windows + own_minutes)
    for begins, ends in contingent.spans:
        begins = max(begins, now)
        if begins + left <= ends:
            return begins + left
        left -= max(ends - begins, timedelta())
    return None
