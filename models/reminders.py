"""Notices that an appointment is written with (提醒)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from models.rules.notices import NoticeKind, after_quiet, reminders_due
from models.writing import Insert


def reminders_of(appointment_id: UUID, person_id: UUID | None, starts_at: datetime, now: datetime) -> list[Insert]:
    """Give the reminders to write with an appointment; none for somebody without WeChat."""
    if person_id is None:
        return []
    return [
        notice_of(kind, appointment_id, person_id, starts_at, due=due, now=now)
        for kind, due in reminders_due(starts_at, now)
    ]


def notice_of(
    kind: NoticeKind,
    appointment_id: UUID,
    person_id: UUID,
    starts_at: datetime,
    *,
    due: datetime,
    now: datetime,
    same_day: bool = False,
    event: datetime | None = None,
    **data: Any,
) -> Insert:
    """Give one notice about an appointment at the time it has now; when it moves, the notice is void.

    ``event`` is the moment of something that can happen again to an appointment at the same time, as a closure.
    """
    stamp = starts_at.astimezone(UTC)
    again = f":{event.astimezone(UTC):%Y%m%dT%H%M%S}" if event else ""
    row = {
        "event_key": f"appointment:{appointment_id}:{kind.value}:{stamp:%Y%m%dT%H%M}{again}",
        "kind": kind.value,
        "person_id": person_id,
        "subject": f"appointment:{appointment_id}",
        "data": {"starts_at": stamp.isoformat(), **data},
        "due_at": after_quiet(due, same_day=same_day),
        "state": "waiting",
        "attempts": 0,
        "reason": "",
        "created_at": now,
    }
    return Insert("notices", row, once="event_key")
