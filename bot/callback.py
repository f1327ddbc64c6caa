"""The WeChat door (消息推送): verify, decrypt, sort, answer in time or acknowledge and answer later.

Broken before the signature holds: 403. Broken after it: acknowledged with ``success`` and logged, for WeChat would
only send it again. Nothing here may raise: a 500 shows the resident "service unavailable".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import structlog
from aiohttp import web

from bot import phrases
from bot.envelope import BODY_LIMIT, Account, Envelope, Opened, Rejected, Unreadable
from bot.frontdesk import FrontDesk
from bot.inbound import Push, push_of
from bot.late import LateAnswers
from bot.render import as_text
from bot.talk import Reply
from bot.xmlreply import text_reply, transfer_reply
from models import consents, people
from models.database import Database

log = structlog.get_logger(__name__)

ACK = "success"
BODY_TIME = 4.0
"""Seconds in which a push must have come; WeChat gives up after five."""


class WeChatDoor:
    """One account's message push; :meth:`verify` and :meth:`receive` are mounted by ``api/app.py``."""

    def __init__(
        self,
        account: Account,
        kind: Literal["oa", "mp"],
        *,
        database: Database,
        frontdesk: FrontDesk,
        late: LateAnswers,
        clock: Callable[[], datetime],
        deadline: float,
        human_desk: bool = False,
    ) -> None:
        self._account = account
        self._kind = kind
        self._envelope = Envelope(account)
        self._database = database
        self._frontdesk = frontdesk
        self._late = late
        self._clock = clock
        self._deadline = deadline
        self._human_desk = human_desk

    async def verify(self, request: web.Request) -> web.Response:
        """Answer WeChat's check of the address: the ``echostr`` as it came."""
        try:
            return web.Response(text=self._envelope.verify_url(request.query, now=self._now()))
        except Rejected as error:
            return _refused(error)

    async def receive(self, request: web.Request) -> web.Response:
        """Take one push and answer it."""
        if (request.content_length or 0) > BODY_LIMIT:
            return _refused(Rejected("body too large"))
        try:
            body = await _body(request)
            opened = self._envelope.open(body, request.query, now=self._now())
        except Rejected as error:
            return _refused(error)
        except (TimeoutError, web.RequestPayloadError, ConnectionError):
            return _refused(Rejected("body broken off"))
        except Unreadable as error:
            log.warning("push unreadable", account=self._kind, reason=str(error))
            return web.Response(text=ACK)
        try:
            return await self._handle(push_of(self._account.appid, opened.fields), opened)
        except Exception:
            log.exception("push failed", account=self._kind)
            return web.Response(text=ACK)

    def _now(self) -> int:
        return int(self._clock().timestamp())

    async def _handle(self, push: Push, opened: Opened) -> web.Response:
        if push.unfollowed:
            task = self._frontdesk.begin_forgetting(self._account.appid, push.openid, push.key)
            await asyncio.wait({task}, timeout=self._deadline)
            return web.Response(text=ACK)
        if push.followed:
            await people.follow(self._database, self._account.appid, push.openid, now=self._clock())
        if push.consents:
            await consents.note(self._database, push.identity, push.key, push.consents, now=self._clock())
        if push.turn is None:
            return web.Response(text=ACK)
        if self._kind == "mp":
            # The mini-program's push takes no answer in its response: all go through the customer-service API.
            await self._late.defer(push.turn)
            self._late.deliver_soon(push.turn)
            return web.Response(text=ACK)
        return await self._in_time(push, opened)

    async def _in_time(self, push: Push, opened: Opened) -> web.Response:
        assert push.turn is not None
        task = self._frontdesk.begin(push.turn)
        done, _ = await asyncio.wait({task}, timeout=self._deadline)
        if not done:
            await self._late.defer(push.turn)
            self._late.deliver_soon(push.turn)
            return web.Response(text=ACK)
        if task.exception() is not None:
            return self._passive(push, opened, Reply((phrases.broken(),)))
        return self._passive(push, opened, task.result())

    def _passive(self, push: Push, opened: Opened, reply: Reply) -> web.Response:
        at = self._now()
        if reply.hand_over and self._human_desk:
            xml = transfer_reply(push.openid, push.recipient, at)
        else:
            xml = text_reply(push.openid, push.recipient, as_text(reply, tappable=True), at)
        sealed = self._envelope.seal(xml, opened, now=at)
        return web.Response(text=sealed, content_type="application/xml")


def _refused(error: Rejected) -> web.Response:
    log.warning("push refused", reason=str(error))
    return web.Response(status=403, text="forbidden")


async def _body(request: web.Request) -> bytes:
    """Read a push, and one byte over the limit at most; raise TimeoutError if it does not come in time."""
    if request.content.is_eof():  # it came in one piece with its head, as nearly all do
        return request.content.read_nowait(BODY_LIMIT + 1)
    body = b""
    async with asyncio.timeout(BODY_TIME):
        while len(body) <= BODY_LIMIT and not request.content.at_eof():
            body += await request.content.read(BODY_LIMIT + 1 - len(body))
    return body
