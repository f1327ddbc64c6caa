"""Rules of booking a window (预约): places, shares, limits, no-shows. Pure; times are aware, days are local dates.

How a place is taken::

    held ──confirm──► booked ──check in──► arrived ──► served
      │                 │ ├──cancel──► cancelled     (its place comes back after a pause: nobody trades in them)
      └─by the clock─►  │ ├──the half-day ends──► no_show
        lapsed          │ └──the hall closes──► closed ──move──► booked
                        └──move──► booked elsewhere

All limits come from :class:`Policy`; its defaults are our own sample values (``config/booking.toml`` changes them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from knowledge.hall import LOCAL, Calendar

QUARTER = 15
"""Minutes of the finest step in which places are counted."""


class Channel(StrEnum):
    """By whose share a place is taken."""

    ONLINE = "online"
    AGENT = "agent"  # 代办员: a village agent for neighbours


class State(StrEnum):
    """Where an appointment stands."""

    HELD = "held"
    BOOKED = "booked"
    ARRIVED = "arrived"
    SERVED = "served"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    NO_SHOW = "no_show"
    CLOSED = "closed"


LIVE = (State.HELD, State.BOOKED)
"""States in which the person may still come, move or cancel."""


class Priority(StrEnum):
    """Whom a no-show never blocks, and who is called early (绿色通道)."""

    ELDER = "elder"  # 60 and older
    DISABLED = "disabled"
    PREGNANT = "pregnant"
    VETERAN = "veteran"


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of booking, for every hall."""

    days_ahead: int = 7
    """Working days after today that can be booked."""
    lead: timedelta = timedelta(minutes=60)
    """A place of today must begin later than this from now."""
    cancel_before: timedelta = timedelta(hours=2)
    """A later cancellation counts as late."""
    hold: timedelta = timedelta(minutes=10)
    """How long a place is kept while somebody makes up their mind."""
    offer: timedelta = timedelta(minutes=30)
    """How long a place is kept for the first of the waiting list."""
    per_day: int = 2
    """Appointments of one resident on one day."""
    live: int = 4
    """Appointments that one resident may have ahead at a time."""
    waiting: int = 3
    """Places on the waiting list of one person."""
    group: int = 8
    """Residents in one block of an agent."""
    walk_in_share: float = 0.5
    """Part of a day's time kept for people who come without an appointment; never less than a half."""
    agent_share: float = 0.25
    """Part of a day's time kept for village agents until :attr:`shares_open`."""
    shares_open: time = time(16, 0)
    """Local time on the day before at which an unused share opens to everybody."""
    no_shows: int = 3
    no_show_days: int = 30
    """So many no-shows within so many calendar days stop online booking for as many days."""
    early: timedelta = timedelta(minutes=15)
    late: timedelta = timedelta(minutes=15)
    """From when to when around the booked time an arrival counts as on time."""
    pause_least: timedelta = timedelta(minutes=5)
    pause_most: timedelta = timedelta(minutes=30)
    """A cancelled place comes back after a random time between these; at once on its own day."""

    def __post_init__(self) -> None:
        if not 0.5 <= self.walk_in_share < 1:
            raise ValueError("walk_in_share: at least half is kept for people who just come")
        if self.agent_share < 0 or self.agent_share > 1 - self.walk_in_share:
            raise ValueError("agent_share: more than can be booked at all")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch at which a kind of window works: ``windows`` of them side by side, for ``minutes`` from ``start``."""

    start: datetime
    minutes: int
    windows: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Minutes of one day that may be booked: by one channel, and by all channels together."""

    channel: int
    together: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What is taken of one day at one kind of window."""

    taken: Mapping[int, int]
    """Quarter of the local day (0 to 95) → places taken."""
    online: int = 0
    agent: int = 0
    """Minutes taken by each channel."""

    def of(self, channel: Channel) -> int:
        """Give the minutes that a channel has taken."""
        return self.online if channel is Channel.ONLINE else self.agent

    def fits(self, quarters: Iterable[int], cap: int, minutes: int, channel: Channel, quota: Quota) -> bool:
        """Say whether one more person fits into every quarter, and into the shares."""
        return (
            self.of(channel) + minutes <= quota.channel
            and self.online + self.agent + minutes <= quota.together
            and all(self.taken.get(quarter, 0) < cap for quarter in quarters)
        )


NOTHING_TAKEN = Usage({})
"""A day of which nobody has taken anything yet."""


def places_of(windows: int) -> int:
    """Give how many people may be booked for the same time: half of the windows, but one where there is only one."""
    return max(1, windows // 2) if windows > 0 else 0


def quarters_of(start: datetime, minutes: int) -> range:
    """Give the quarters of the local day that a stretch touches."""
    local = start.astimezone(LOCAL)
    first = local.hour * 60 + local.minute
    return range(first // QUARTER, -(-(first + minutes) // QUARTER))


def quota_of(openings: Sequence[Stretch], day: date, channel: Channel, now: datetime, policy: Policy) -> Quota:
    """Give the minutes of ``day`` that a channel may take; an unused share opens the afternoon before."""
    total = sum(stretch.minutes * stretch.windows for stretch in openings)
    together = int(total * (1 - policy.walk_in_share))
    opens_at = datetime.combine(day - timedelta(days=1), policy.shares_open, tzinfo=LOCAL)
    if now >= opens_at:
        return Quota(together, together)
    agents = int(total * policy.agent_share)
    return Quota(agents if channel is Channel.AGENT else together - agents, together)


def days_open_to_booking(today: date, calendar: Calendar, policy: Policy) -> tuple[date, ...]:
    """Give today and the days up to the last working day that can be booked; none past the loaded notices."""
    last = calendar.add_workdays(today, policy.days_ahead)
    days = (today + timedelta(days=ahead) for ahead in range((last - today).days + 1))
    return tuple(day for day in days if calendar.knows(day))


def is_too_soon(start: datetime, now: datetime, policy: Policy) -> bool:
    """Say whether a place begins too soon to be booked."""
    return start <= now + policy.lead


def is_late_cancel(start: datetime, now: datetime, policy: Policy) -> bool:
    """Say whether a cancellation now counts as late."""
    return now > start - policy.cancel_before


def pause_before_return(start: datetime, now: datetime, chance: float, policy: Policy) -> timedelta:
    """Give how long a cancelled place rests; ``chance`` is a random number from 0 to 1. On its own day: not at all."""
    if start.astimezone(LOCAL).date() <= now.astimezone(LOCAL).date():
        return timedelta()
    span = (policy.pause_most - policy.pause_least).total_seconds()
    return policy.pause_least + timedelta(seconds=round(span * chance))


def block_ends(no_shows: Iterable[date], today: date, policy: Policy) -> date | None:
    """Give the last day on which somebody may not book online because of no-shows; None if they may.

    ``no_shows`` are the days of those not pardoned. Walking in, phoning and village agents stay open to everybody.
    """
    days = sorted(no_shows)
    for first, last in reversed(list(zip(days, days[policy.no_shows - 1 :], strict=False))):
        if (last - first).days < policy.no_show_days:
            ends = last + timedelta(days=policy.no_show_days)
            return ends if today <= ends else None
    return None


class Arrival(StrEnum):
    """How somebody with an appointment arrives."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"  # within the half-day: joins the people without an appointment
    OVER = "over"


def arrival_at(start: datetime, session_ends: datetime, now: datetime, policy: Policy) -> Arrival:
    """Judge an arrival; both limits of "on time" belong to it."""
    if now < start - policy.early:
        return Arrival.EARLY
    if now <= start + policy.late:
        return Arrival.ON_TIME
    return Arrival.LATE if now < session_ends else Arrival.OVER


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, with what is left of it for one channel."""

    start: datetime
    minutes: int
    left: int


def slots_left(
    openings: Sequence[Stretch],
    usage: Usage,
    *,
    day: date,
    minutes: int,
    channel: Channel,
    now: datetime,
    policy: Policy,
) -> tuple[Slot, ...]:
    """Give the times of a day at which somebody can still be booked, full ones with ``left`` 0.

    Times begin at each stretch's start and follow each other by ``minutes``; what does not fit before its end is none.
    """
    quota = quota_of(openings, day, channel, now, policy)
    slots = []
    for start, windows in starts_of(openings, minutes):
        if is_too_soon(start, now, policy):
            continue
        cap, quarters = places_of(windows), quarters_of(start, minutes)
        free = cap - max((usage.taken.get(quarter, 0) for quarter in quarters), default=0)
        fits = usage.fits(quarters, cap, minutes, channel, quota)
        slots.append(Slot(start, minutes, max(free, 0) if fits else 0))
    return tuple(slots)


def starts_of(openings: Sequence[Stretch], minutes: int) -> tuple[tuple[datetime, int], ...]:
    """Give the times at which a service of ``minutes`` can begin, each with its number of windows."""
    return tuple(
        (stretch.start + timedelta(minutes=offset), stretch.windows)
        for stretch in openings
        for offset in range(0, stretch.minutes - minutes + 1, minutes)
    )


def windows_from(openings: Sequence[Stretch], start: datetime, minutes: int) -> int:
    """Give the number of windows for a service of ``minutes`` that begins at ``start``; 0 if none begins then."""
    step = timedelta(minutes=minutes)
    for stretch in openings:
        since = start - stretch.start
        if not since % step and timedelta() <= since <= timedelta(minutes=stretch.minutes) - step:
            return stretch.windows
    return 0
