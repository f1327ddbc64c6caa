"""The front desk (前台): one turn of one person, answered once, in order, whatever process it came to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from weakref import WeakValueDictionary

import structlog

from bot import booking, booking_asks, dialogue, phrases
from bot.booking_asks import BookingAsk
from bot.guide import nearest_hall
from bot.inbound import Turn, TurnKind
from bot.steps import CallPerson, Desk, NoteMiss, Said, Step
from bot.talk import Reply, Talk, reply_from_data, talk_from_data
from models import callbacks, conversations, misses, people
from models.booking_office import BookingOffice
from models.conversations import Taken
from models.database import Database
from models.rules.errors import MessageStillRunning, Refusal
from models.rules.people import identity_of

log = structlog.get_logger(__name__)

Think = Callable[[Talk, Turn, Desk, datetime], Awaitable[Step]]

PATIENCE = 12.0
"""Seconds for which a message waits for its turn behind another of the same person."""
POLL = 0.05
"""Seconds between two tries for a conversation that another process holds."""


async def think(talk: Talk, turn: Turn, desk: Desk, now: datetime) -> Step:
    """Take one step of the talk; a question costs well under a millisecond, so it runs on the loop."""
    if turn.kind is TurnKind.TEXT:
        return dialogue.step(talk, turn.text, desk, now)
    if turn.kind is TurnKind.ARRIVE:
        return dialogue.arrive(talk, turn.text, desk, now)
    if turn.kind is TurnKind.LOCATE and turn.latitude is not None and turn.longitude is not None:
        hall = nearest_hall(desk.published.organisations, turn.latitude, turn.longitude, label=turn.text)
        return dialogue.located(talk, hall, desk, now)
    sentence = phrases.voice_unclear() if turn.kind is TurnKind.UNCLEAR else phrases.only_text()
    return Step(Reply((sentence,)), talk)


class FrontDesk:
    """Answers turns; one object a process, any number of processes on one PostgreSQL."""

    def __init__(
        self,
        database: Database,
        *,
        desk: Callable[[], Desk],
        clock: Callable[[], datetime],
        bookings: BookingOffice,
        think: Think = think,
        answered: Callable[[Reply], None] = lambda reply: None,
    ) -> None:
        """``answered`` is told of every new answer, whichever door it leaves by; for the figures."""
        self._answered = answered
        self._database = database
        self._desk = desk
        self._clock = clock
        self._bookings = bookings
        self._think = think
        self._running: dict[str, asyncio.Task[Reply]] = {}
        self._forgetting: set[asyncio.Task[None]] = set()
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def begin(self, turn: Turn) -> asyncio.Task[Reply]:
        """Start answering ``turn``, or join the answer that is already under way in this process."""
        task = self._running.get(turn.key)
        if task is None:
            task = asyncio.create_task(self._answer(turn))
            self._running[turn.key] = task
            task.add_done_callback(lambda done: self._ended(turn.key, done))
        return task

    def _ended(self, key: str, task: asyncio.Task[Reply]) -> None:
        self._running.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Refusal):
            log.warning("turn refused", code=error.code)
        elif error is not None:
            log.error("turn failed", exc_info=error)

    async def answer(self, turn: Turn) -> Reply:
        """Answer ``turn``; the same turn again, also at once and elsewhere, gives the same answer and no second effect.

        Raise :class:`MessageStillRunning` if another message of the person does not end in time.
        """
        return await asyncio.shield(self.begin(turn))

    async def drain(self) -> None:
        """Wait for the answers under way; called at shutdown."""
        await asyncio.gather(*self._running.values(), *self._forgetting, return_exceptions=True)

    async def _answer(self, turn: Turn) -> Reply:
        queue = self._queues.setdefault(turn.identity, asyncio.Lock())
        async with queue:
            taken = await self._take(turn.identity, turn.key)
            try:
                if taken.answer is not None:
                    await conversations.release(self._database, turn.identity, turn.key)
                    return reply_from_data(taken.answer)
                return await self._turn(turn, taken)
            except BaseException:
                await conversations.release(self._database, turn.identity, turn.key)
                raise

    def begin_forgetting(self, appid: str, openid: str, key: str) -> asyncio.Task[None]:
        """Start deleting everything about a person, once their messages before this have been answered.

        Otherwise an answer under way would write down again what was just deleted.
        """
        task = asyncio.create_task(self._forget(appid, openid, key))
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)
        return task

    async def _forget(self, appid: str, openid: str, key: str) -> None:
        identity = identity_of(appid, openid)
        queue = self._queues.setdefault(identity, asyncio.Lock())
        async with queue:
            await self._take(identity, key)
            await people.forget(self._database, appid, openid, now=self._clock())

    async def _take(self, identity: str, key: str) -> Taken:
        until = asyncio.get_running_loop().time() + PATIENCE
        while True:
            taken = await conversations.take(self._database, identity, key, now=self._clock())
            if taken is not None:
                return taken
            if asyncio.get_running_loop().time() >= until:
                raise MessageStillRunning
            await asyncio.sleep(POLL)

    async def _turn(self, turn: Turn, taken: Taken) -> Reply:
        now = self._clock()
        step = await self._think(talk_from_data(taken.state), turn, self._desk(), now)
        step = await self._perform(turn, step, now)
        await conversations.finish(
            self._database,
            turn.identity,
            turn.key,
            taken=taken,
            talk=step.talk.to_data(),
            answer=step.reply.to_data(),
            now=now,
        )
        self._answered(step.reply)
        return step.reply

    async def _perform(self, turn: Turn, step: Step, now: datetime) -> Step:
        ask = step.ask
        if isinstance(ask, NoteMiss) and ask.question:
            await misses.note(
                self._database,
                ask.question,
                sample=ask.sample,
                suggestions=ask.suggestions,
                township_id=step.talk.township,
                now=now,
            )
        if isinstance(ask, CallPerson):
            promise = await callbacks.request(
                self._database,
                turn.identity,
                request_key=turn.key,
                township_id=step.talk.township,
                transcript=_transcript(step.talk, turn),
                due_on=ask.due_on,
                now=now,
            )
            return dialogue.promised(step, promise.due_on)
        return await self._book(turn, step, now)

    async def _book(self, turn: Turn, step: Step, now: datetime) -> Step:
        """Ask the booking office, and go on with its answer, which may lead to one more question."""
        while isinstance(step.ask, BookingAsk):
            answer = await booking_asks.perform(self._bookings, turn.identity, step.ask, key=turn.key)
            step = booking.told(step, answer, Said(step.talk, turn.text, self._desk(), now))
        return step


def _transcript(talk: Talk, turn: Turn) -> list[str]:
    """Give what the clerk should know before calling: the last question and item, and the present words; masked."""
    lines = [talk.question, talk.item or "", str(turn.to_data()["text"])]
    return [line for line in lines if line]
