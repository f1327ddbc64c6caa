"""Answers that come after the acknowledgement (迟到的答复): sent through the customer-service API, and never lost.

The message is noted before it is acknowledged; whichever process finds the note still open sends the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from bot.frontdesk import FrontDesk
from bot.gateway import Gateway, may_pass
from bot.inbound import Turn, turn_from_data
from bot.render import as_text
from bot.talk import Reply, reply_from_data
from models import conversations
from models.conversations import Late
from models.database import Database
from models.rules.people import split_identity

log = structlog.get_logger(__name__)

MOST_TRIES = 4
"""Times an answer is tried; the customer-service window closes soon anyway."""
SWEEP_EVERY = 5.0
"""Seconds between two looks for answers that nobody has sent."""


class LateAnswers:
    """Sends late answers of one process; the sweep takes over from processes that died."""

    def __init__(
        self,
        database: Database,
        frontdesk: FrontDesk,
        gateway: Gateway,
        *,
        clock: Callable[[], datetime],
        tappable: frozenset[str],
    ) -> None:
        """``tappable`` are the app ids whose texts may hold tap links (the Official Account)."""
        self._database = database
        self._frontdesk = frontdesk
        self._gateway = gateway
        self._clock = clock
        self._tappable = tappable
        self._tasks: set[asyncio.Task[None]] = set()

    async def defer(self, turn: Turn) -> None:
        """Note a message that is about to be acknowledged without its answer."""
        await conversations.defer(self._database, turn.identity, turn.key, turn.to_data(), now=self._clock())

    def deliver_soon(self, turn: Turn) -> None:
        """Answer and send without keeping anybody waiting; the task is held so that it is not collected."""
        task = asyncio.create_task(self._deliver(turn))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for the answers on their way; called at shutdown."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, turn: Turn) -> None:
        try:
            reply = await self._frontdesk.answer(turn)
        except Exception:  # the front desk has logged it
            return  # the note stays open: the sweep tries again
        try:
            if await conversations.claim_sending(self._database, turn.key, now=self._clock()):
                await self._send(turn.identity, turn.key, reply, attempts=1)
        except Exception:  # nobody awaits this task: what is not logged here is lost
            log.exception("late answer not sent")

    async def _send(self, identity: str, key: str, reply: Reply, *, attempts: int) -> None:
        appid, openid = split_identity(identity)
        text = as_text(reply, tappable=appid in self._tappable)
        outcome = await self._gateway.send_text(appid, openid, text)
        if outcome.ok:
            await conversations.settle_late(self._database, key, "sent")
        elif attempts >= MOST_TRIES or not may_pass(outcome):
            log.warning("late answer not delivered", errcode=outcome.errcode)
            await conversations.settle_late(self._database, key, "failed")

    async def sweep(self) -> int:
        """Send what is due, whichever process left it; give how many were taken up."""
        due = await conversations.claim_late(self._database, now=self._clock())
        for late in due:
            try:
                await self._take_up(late)
            except Exception:  # the others must not wait for this one, which is tried again
                log.exception("late answer not sent")
        return len(due)

    async def _take_up(self, late: Late) -> None:
        if late.answer is not None:
            await self._send(late.identity, late.message_key, reply_from_data(late.answer), attempts=late.attempts)
        elif late.turn is not None and late.attempts <= MOST_TRIES:
            turn = turn_from_data(late.turn)
            await self._send(turn.identity, turn.key, await self._frontdesk.answer(turn), attempts=late.attempts)
        else:
            await conversations.settle_late(self._database, late.message_key, "failed")

    async def watch(self) -> None:
        """Sweep for ever."""
        with self._database.active():
            while True:
                await asyncio.sleep(SWEEP_EVERY)
                try:
                    await self.sweep()
                except Exception:
                    log.exception("late answers not swept")
