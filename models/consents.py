"""Verbs of consent to messages (订阅授权): what WeChat reported, kept once as facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from models.database import Database, transaction


class Reported(Protocol):
    """One entry of a subscribe event."""

    @property
    def template_id(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def message_id(self) -> str: ...


async def note(database: Database, identity: str, key: str, entries: Iterable[Reported], *, now: datetime) -> None:
    """Keep each entry of one event; a repeat of the event changes nothing."""
    async with transaction(database):
        for number, entry in enumerate(entries):
            await database.run(
                "INSERT INTO consent_events(event_key, identity, template_id, outcome, at)"
                " VALUES($1, $2, $3, $4, $5) ON CONFLICT(event_key) DO NOTHING",
                [
                    f"{key}:{number}:{entry.message_id}"[:200],
                    identity,
                    entry.template_id,
                    entry.outcome,
                    database.moment(now),
                ],
            )
