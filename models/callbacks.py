"""Verbs of call-backs (回电): somebody asked for a person; a clerk answers by a promised day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models import journal
from models.database import Database, transaction
from models.tables import CallBack


@dataclass(frozen=True, slots=True)
class Promise:
    """A call-back as told to the one who asked."""

    number: int
    due_on: date
    """Last day on which a clerk answers."""


async def request(
    database: Database,
    identity: str,
    *,
    request_key: str,
    township_id: str | None,
    transcript: Sequence[str],
    due_on: date,
    now: datetime,
) -> Promise:
    """Put a person on the call-back list; a person who is on it already keeps the first place and date.

    ``transcript`` is masked. The same ``request_key`` twice is one request.
    """
    async with transaction(database):
        if database.engine == "postgres":
            # Two messages of one person in two processes: one request.
            await database.run("SELECT pg_advisory_xact_lock(hashtext($1))", [f"callback:{identity}"])
        waiting = await CallBack.filter(identity=identity, state="open").order_by("id").first()
        if waiting is not None:
            return Promise(int(waiting.id), max(waiting.due_on, due_on))  # a day that has passed is no promise
        row = await CallBack.create(
            request_key=request_key,
            identity=identity,
            township_id=township_id,
            asked_at=now,
            due_on=due_on,
            transcript=list(transcript),
        )
        await journal.record("person", "callback.request", f"callback:{row.id}", now=now)
    return Promise(int(row.id), due_on)


async def open_callbacks() -> list[CallBack]:
    """Give the people who wait for a call, the longest waiting first."""
    return await CallBack.filter(state="open").order_by("due_on", "id")


async def overdue_callbacks(today: date) -> list[CallBack]:
    """Give the people who wait for a call beyond the promised day."""
    return [waiting for waiting in await open_callbacks() if is_overdue(waiting, today)]


def is_overdue(waiting: CallBack, today: date) -> bool:
    """Say whether the promised day has passed; the day itself still counts."""
    return bool(waiting.due_on < today)


async def complete(database: Database, callback_id: int, *, by: str, now: datetime) -> bool:
    """Tick a call-back off; False if a colleague did already."""
    async with transaction(database):
        done = await CallBack.filter(id=callback_id, state="open").update(state="done")
        if done:
            await journal.record(by, "callback.complete", f"callback:{callback_id}", now=now)
    return bool(done)
