"""The way out of notices (通知发送): empties the outbox by customer-service messages, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from bot import booking_phrases, phrases
from bot.gateway import Gateway, may_pass
from knowledge.hall import LOCAL
from models import notices
from models.database import Database
from models.notices import Due
from models.rules.items import Published
from models.rules.notices import NoticeKind, after_quiet
from models.rules.people import split_identity

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 100
"""Notices in one go; the rest waits for the next look."""
EVERY = 5.0
"""Seconds between two looks into the outbox."""


class Notifier:
    """Sends what is due; one object a process, any number of processes on one PostgreSQL."""

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        *,
        published: Callable[[], Published],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._published = published
        self._clock = clock

    async def watch(self) -> None:
        """Send for ever."""
        with self._database.active():
            while True:
                try:
                    await self.send_due()
                except Exception:
                    log.exception("notices not sent")
                await asyncio.sleep(EVERY)

    async def send_due(self) -> int:
        """Send what is due now; give how many notices were taken up.

        One after the other: a lease outlives one send, and not twenty.
        """
        for taken in range(MOST_AT_ONCE):
            due = await notices.claim(self._database, now=self._clock(), limit=1)
            if not due:
                return taken
            try:
                await self._send(due[0])
            except Exception:  # the others must not wait for this one; its lease brings it back
                log.exception("notice not sent", notice=due[0].id)
        return MOST_AT_ONCE

    async def _send(self, notice: Due) -> None:
        now = self._clock()
        if not notice.identity or not notice.still_holds(now):
            await notices.settle(self._database, notice, "dropped", reason="over")
            return
        if (morning := after_quiet(now, same_day=notice.is_of(now))) > now:  # left over from the evening
            await notices.put_off(self._database, notice, until=morning)
            return
        appid, openid = split_identity(notice.identity)
        outcome = await self._gateway.send_text(appid, openid, words_of(notice, self._published(), now))
        if outcome.ok:
            await notices.settle(self._database, notice, "sent")
        elif may_pass(outcome):
            await notices.try_later(self._database, notice, now=now, reason=str(outcome.errcode))
        else:
            log.warning("notice not delivered", errcode=outcome.errcode)
            await notices.settle(self._database, notice, "failed", reason=str(outcome.errcode))


def words_of(notice: Due, published: Published, now: datetime) -> str:
    """Give what a notice says."""
    if notice.kind is NoticeKind.LINE_NEAR:
        assert notice.ticket is not None
        return phrases.ticket_near(notice.ticket.number, int(notice.data["ahead"]))
    one = notice.appointment
    assert one is not None
    hall, entry = published.organisations.get(one.hall_id), published.catalogue.get(one.item_code)
    where, name = hall.short_name if hall else one.hall_id, entry.item.name if entry else one.item_code
    start = one.starts_at.astimezone(LOCAL)
    match notice.kind:
        case NoticeKind.REMINDER_DAY if not notice.is_of(now):
            return booking_phrases.reminder_day(start, where, name, one.number)
        case NoticeKind.REMINDER_DAY | NoticeKind.REMINDER_HOUR:
            return booking_phrases.reminder_hour(start, where, name, one.number)
        case NoticeKind.HALL_CLOSED:
            return booking_phrases.hall_closed(start, where, str(notice.data.get("reason", "")))
        case NoticeKind.PLACE_OFFERED:
            until = datetime.fromisoformat(notice.data["until"]).astimezone(LOCAL)
            return booking_phrases.place_offered(start, where, name, until)
