"""Rules of a ticket (号): what may happen to it, its number, and how somebody with an appointment joins the line.

::

                       ┌────────────── resume ◄── parked ◄── park ──┐
                       ▼                                            │
    draw, check in ─► waiting ──call──► called ──start──► serving ──┴─finish──► done
                       ▲ ▲                 │ └─────finish─────────────────────► done
                       │ └─ readmit ◄─ missed ◄─ miss, after three calls
                       │    (once)         └ and once readmitted: void
                       └─ transfer, from waiting, called or serving: another kind of window, the same waiting time

    leave: from waiting, called, missed or parked ─► left

Three calls, then back behind the next two once, then void: our own sample values. Where a ticket stands in the line is
in ``models/rules/line.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from knowledge.hall import LOCAL
from models.rules.appointments import Arrival, Policy, arrival_at
from models.rules.errors import CheckInOver, CheckInTooEarly, NotCalledEnough, ReadmittedBefore, TicketBusy, TicketOver

CALLS = 3
"""A number is called so often before it counts as missed."""
BETWEEN_CALLS = timedelta(seconds=10)
"""A press of the key sooner after the last call is the same call: people need time to hear it and get up."""


class Kind(StrEnum):
    """How somebody came into the line."""

    BOOKED = "booked"  # with an appointment, in time for it
    WALK_IN = "walk_in"  # without one, or too late for it


class Status(StrEnum):
    """Where a ticket stands."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    MISSED = "missed"  # called three times, nobody came
    PARKED = "parked"  # 挂起: fetching a paper, filling in a form
    DONE = "done"
    LEFT = "left"  # gave up the place
    VOID = "void"  # missed for the second time


class Act(StrEnum):
    """What may be done with a ticket."""

    CALL = "call"
    RECALL = "recall"
    MISS = "miss"
    READMIT = "readmit"
    START = "start"
    FINISH = "finish"
    PARK = "park"
    RESUME = "resume"
    TRANSFER = "transfer"
    LEAVE = "leave"


class Reason(StrEnum):
    """Why somebody is called before their turn (绿色通道)."""

    ELDER = "elder"  # 60 and older
    DISABLED = "disabled"
    PREGNANT = "pregnant"
    INFANT = "infant"  # carrying one
    VETERAN = "veteran"  # soldiers and veterans


OVER = frozenset({Status.DONE, Status.LEFT, Status.VOID})
"""States that a ticket never leaves."""
AT_WINDOW = frozenset({Status.CALLED, Status.SERVING})
"""States in which a window has the ticket; a window has one at a time."""

STEPS: dict[tuple[Status, Act], Status] = {
    (Status.WAITING, Act.CALL): Status.CALLED,
    (Status.WAITING, Act.PARK): Status.PARKED,
    (Status.WAITING, Act.TRANSFER): Status.WAITING,
    (Status.WAITING, Act.LEAVE): Status.LEFT,
    (Status.CALLED, Act.RECALL): Status.CALLED,
    (Status.CALLED, Act.MISS): Status.MISSED,
    (Status.CALLED, Act.START): Status.SERVING,
    (Status.CALLED, Act.FINISH): Status.DONE,
    (Status.CALLED, Act.PARK): Status.PARKED,
    (Status.CALLED, Act.TRANSFER): Status.WAITING,
    (Status.CALLED, Act.LEAVE): Status.LEFT,
    (Status.SERVING, Act.FINISH): Status.DONE,
    (Status.SERVING, Act.PARK): Status.PARKED,
    (Status.SERVING, Act.TRANSFER): Status.WAITING,
    (Status.MISSED, Act.READMIT): Status.WAITING,
    (Status.MISSED, Act.LEAVE): Status.LEFT,
    (Status.PARKED, Act.RESUME): Status.WAITING,
    (Status.PARKED, Act.LEAVE): Status.LEFT,
}
_RESULTS: dict[Act, frozenset[Status]] = {
    Act.MISS: frozenset({Status.MISSED, Status.VOID}),
    Act.READMIT: frozenset({Status.WAITING}),
    Act.START: frozenset({Status.SERVING}),
    Act.FINISH: frozenset({Status.DONE}),
    Act.PARK: frozenset({Status.PARKED}),
    Act.RESUME: frozenset({Status.WAITING}),
    Act.LEAVE: frozenset({Status.LEFT}),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it stands."""

    id: int
    number: str
    """As printed, like A012; it stays the same when the ticket moves to another kind of window."""
    hall_id: str
    window_type: str
    day: date
    kind: Kind
    status: Status
    arrived_at: datetime
    """Since when the person waits; nothing changes it."""
    due_at: datetime | None = None
    """The booked time."""
    reason: Reason | None = None
    behind: int | None = None
    """Of a ticket taken back: it is called when the line has made so many calls since the morning."""
    readmitted: bool = False
    calls: int = 0
    called_at: datetime | None = None
    window: str | None = None
    """Which window called it last."""
    minutes: int = 15
    """Expected length of the service."""
    person_id: UUID | None = None
    appointment_id: UUID | None = None
    item_code: str | None = None
    transferred_from: str | None = None
    transfer_reason: str = ""
    note: str = ""
    """A clerk's remark; it never changes the order."""
    alerted: bool = False


def after(ticket: Ticket, act: Act) -> Status:
    """Give the state after an act.

    Raise :class:`TicketOver` or :class:`TicketBusy`; :class:`NotCalledEnough` for a miss before the third call;
    :class:`ReadmittedBefore` for whoever comes back a second time.
    """
    if (ticket.status, act) == (Status.VOID, Act.READMIT):
        raise ReadmittedBefore
    following = STEPS.get((ticket.status, act))
    if following is None:
        raise TicketOver if ticket.status in OVER else TicketBusy
    if act is Act.MISS:
        if ticket.calls < CALLS:
            raise NotCalledEnough
        return Status.VOID if ticket.readmitted else Status.MISSED
    return following


def has_done(ticket: Ticket, act: Act) -> bool:
    """Say whether an act was the last one already, so that pressing twice changes nothing."""
    return ticket.status in _RESULTS.get(act, ()) and (act is not Act.READMIT or ticket.readmitted)


def is_same_call(ticket: Ticket, now: datetime) -> bool:
    """Say whether a recall comes so soon, or so late in the count, that it adds no call."""
    return ticket.calls >= CALLS or (ticket.called_at is not None and now < ticket.called_at + BETWEEN_CALLS)


@dataclass(frozen=True, slots=True)
class Booking:
    """What the line must know of an appointment."""

    appointment_id: UUID
    hall_id: str
    window_type: str
    due_at: datetime
    minutes: int
    person_id: UUID | None = None
    item_code: str | None = None


def kind_of_arrival(booking: Booking, session_ends: datetime, now: datetime, policy: Policy) -> Kind:
    """Tell how somebody with an appointment joins the line: too late for it, but within the half-day, as a walk-in.

    ``session_ends`` ends the half-day of the appointment. Raise :class:`CheckInTooEarly` or :class:`CheckInOver`.
    """
    arrival = arrival_at(booking.due_at, session_ends, now, policy)
    if arrival is Arrival.EARLY:
        raise CheckInTooEarly.before(f"{(booking.due_at - policy.early).astimezone(LOCAL):%H:%M}")
    if arrival is Arrival.OVER:
        raise CheckInOver
    return Kind.BOOKED if arrival is Arrival.ON_TIME else Kind.WALK_IN


LETTERS = {
    "综合受理窗口": "A",
    "社保医保窗口": "B",
    "民政残联窗口": "C",
    "不动产登记窗口": "D",
    "市场监管窗口": "E",
    "农业畜牧窗口": "F",
    "公安户籍窗口": "G",
    "婚姻登记窗口": "H",
    "卫生健康窗口": "J",
    "退役军人服务窗口": "K",
    "法律服务窗口": "L",
    "帮办代办窗口": "M",
    "统一出件窗口": "N",
}
"""First sign of the numbers of each kind of window, the same in every hall. No I and no O: they read as 1 and 0."""
SPARE_LETTERS = "PQRSTUVWXYZ"
"""For kinds of windows that a hall has beyond those."""


def letter_of(window_type: str, in_use: Iterable[str]) -> str:
    """Give the letter for the numbers of a kind of window; ``in_use`` are those of the hall's other lines today."""
    if window_type in LETTERS:
        return LETTERS[window_type]
    used = set(in_use)
    return next(letter for letter in SPARE_LETTERS if letter not in used)


def number_of(letter: str, serial: int) -> str:
    """Give a number as printed: A012."""
    return f"{letter}{serial:03}"


def number_key(hall_id: str, day: date, number: str) -> str:
    """Name a number for good: the same one comes again on another day and in another hall."""
    return f"{hall_id}:{day.isoformat()}:{number[0]}:{number[1:]}"


def read_out(number: str) -> str:
    """Give a number as a Chinese voice says it, digit by digit: A零一二."""
    return number.translate(
        {ord(digit): word for digit, word in zip("0123456789", "零一二三四五六七八九", strict=True)}
    )
