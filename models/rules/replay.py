"""The journal read back (回放): what the lines of appointments say must be what their rows say. Pure.

A hold that ran out has no line of its own: the line of the hold says until when, and the clock does the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from models.rules.appointments import Channel, State

SUBJECT = "appointment:"
AFTER: Mapping[str, State] = {
    "appointment.hold": State.HELD,
    "appointment.book": State.BOOKED,
    "appointment.confirm": State.BOOKED,
    "appointment.move": State.BOOKED,
    "appointment.cancel": State.CANCELLED,
    "appointment.lapse": State.LAPSED,
    "appointment.close": State.CLOSED,
    "appointment.arrive": State.ARRIVED,
    "appointment.serve": State.SERVED,
    "appointment.no_show": State.NO_SHOW,
    "appointment.pardon": State.NO_SHOW,
}
"""Act → where the appointment stands after it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal."""

    act: str
    subject: str
    detail: Mapping[str, Any]


class Standing(NamedTuple):
    """Where an appointment stands, and which place it has or had."""

    state: State
    day_key: str
    starts_at: datetime
    minutes: int
    channel: Channel


def replay(lines: Iterable[Line], *, now: datetime) -> dict[str, Standing]:
    """Give every appointment (by id) as the lines, in the order in which they were written, leave it at ``now``.

    Raise KeyError for an act that nobody has said the meaning of.
    """
    found: dict[str, Standing] = {}
    ends: dict[str, datetime] = {}
    for line in lines:
        if not line.subject.startswith(SUBJECT):
            continue
        name, detail = line.subject.removeprefix(SUBJECT), line.detail
        found[name] = Standing(
            AFTER[line.act],
            detail["day_key"],
            datetime.fromisoformat(detail["starts_at"]),
            detail["minutes"],
            Channel(detail["channel"]),
        )
        if line.act == "appointment.hold":
            ends[name] = datetime.fromisoformat(detail["until"])
    return {name: _by_the_clock(standing, ends.get(name), now) for name, standing in found.items()}


def _by_the_clock(standing: Standing, ends: datetime | None, now: datetime) -> Standing:
    """Let a hold lapse whose time is over."""
    if standing.state is State.HELD and ends is not None and ends <= now:
        return standing._replace(state=State.LAPSED)
    return standing
