"""When somebody is told: reminders that still lie ahead, and nobody woken at night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.hall import LOCAL
from models.rules.notices import QUIET_FROM, QUIET_UNTIL, NoticeKind, after_quiet, reminders_due
from tests.booking import TUESDAY, at

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
EVE = at(TUESDAY - DAY, "18:00")
moments = st.integers(0, 10 * 86_400).map(lambda seconds: at(TUESDAY, "00:00") + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        (EVE - 5 * DAY, [NoticeKind.REMINDER_DAY, NoticeKind.REMINDER_HOUR]),
        (EVE - SECOND, [NoticeKind.REMINDER_DAY, NoticeKind.REMINDER_HOUR]),
        (EVE, [NoticeKind.REMINDER_HOUR]),
        (at(TUESDAY, "09:00") - SECOND, [NoticeKind.REMINDER_HOUR]),
        (at(TUESDAY, "09:00"), []),
        (at(TUESDAY, "11:00"), []),
    ],
)
def test_only_reminders_that_lie_ahead_are_written(now: datetime, kinds: list[NoticeKind]) -> None:
    start = at(TUESDAY, "10:00")

    due = reminders_due(start.astimezone(UTC), now.astimezone(UTC))

    assert [kind for kind, _ in due] == kinds
    moments = dict(reminders_due(start, EVE - DAY))
    assert moments == {NoticeKind.REMINDER_DAY: EVE, NoticeKind.REMINDER_HOUR: at(TUESDAY, "09:00")}


def test_the_evening_before_is_that_of_the_local_day() -> None:
    early = at(TUESDAY, "00:10")  # still Monday in UTC

    assert dict(reminders_due(early.astimezone(UTC), EVE - DAY))[NoticeKind.REMINDER_DAY] == EVE


@pytest.mark.parametrize(
    ("due", "told"),
    [
        (at(TUESDAY, "20:59") + 59 * SECOND, at(TUESDAY, "20:59") + 59 * SECOND),
        (at(TUESDAY, "21:00"), at(TUESDAY + DAY, "07:30")),
        (at(TUESDAY, "23:50"), at(TUESDAY + DAY, "07:30")),
        (at(TUESDAY, "00:00"), at(TUESDAY, "07:30")),
        (at(TUESDAY, "00:10"), at(TUESDAY, "07:30")),
        (at(TUESDAY, "07:30") - SECOND, at(TUESDAY, "07:30")),
        (at(TUESDAY, "07:30"), at(TUESDAY, "07:30")),
    ],
)
def test_nobody_is_disturbed_at_night(due: datetime, told: datetime) -> None:
    assert after_quiet(due) == told
    assert after_quiet(due.astimezone(UTC)) == told
    assert after_quiet(due, same_day=True) == due


@given(moments)
def test_a_notice_waits_for_the_next_morning_at_most(due: datetime) -> None:
    told = after_quiet(due)

    assert QUIET_UNTIL <= told.astimezone(LOCAL).time() < QUIET_FROM
    assert timedelta() <= told - due <= timedelta(hours=10, minutes=30)
    assert after_quiet(told) == told


@given(moments, moments)
def test_no_reminder_is_due_in_the_past_or_after_the_time(start: datetime, now: datetime) -> None:
    assert all(now < due < start for _, due in reminders_due(start, now))
