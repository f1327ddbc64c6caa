"""Rules of notices (通知): what somebody is told about an appointment, and when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum

from knowledge.hall import LOCAL

QUIET_FROM, QUIET_UNTIL = time(21, 0), time(7, 30)
"""Local times between which nobody is disturbed, except by news of the same day."""
EVENING = time(18, 0)
"""Local time of the reminder on the day before."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    REMINDER_DAY = "reminder_day"  # the evening before
    REMINDER_HOUR = "reminder_hour"  # an hour before
    HALL_CLOSED = "hall_closed"  # the hall had to close: choose another time
    PLACE_OFFERED = "place_offered"  # 候补: a place came back
    LINE_NEAR = "line_near"  # a few people ahead in the hall: come back in


def reminders_due(starts_at: datetime, now: datetime) -> tuple[tuple[NoticeKind, datetime], ...]:
    """Give the reminders of an appointment that still lie ahead, each with its moment."""
    eve = datetime.combine(starts_at.astimezone(LOCAL).date() - timedelta(days=1), EVENING, tzinfo=LOCAL)
    hour = starts_at - timedelta(hours=1)
    wanted = ((NoticeKind.REMINDER_DAY, eve), (NoticeKind.REMINDER_HOUR, hour))
    return tuple((kind, due) for kind, due in wanted if due > now)


def after_quiet(due: datetime, *, same_day: bool = False) -> datetime:
    """Give the moment at which something due may be sent: not between 21:00 and 07:30, unless it is of the same day."""
    local = due.astimezone(LOCAL)
    clock = local.time()
    if same_day or QUIET_UNTIL <= clock < QUIET_FROM:
        return due
    morning = local.date() if clock < QUIET_UNTIL else local.date() + timedelta(days=1)
    return datetime.combine(morning, QUIET_UNTIL, tzinfo=LOCAL)
