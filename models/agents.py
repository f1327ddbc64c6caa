"""Verbs of village agents (代办员): appointed for a village, barred the day they leave."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from models import journal
from models.database import Database, transaction
from models.rules.errors import NotAnAgent
from models.tables import Agent


async def appoint(database: Database, person_id: UUID, village_id: str, *, by: str, now: datetime) -> None:
    """Make a WeChat person the agent of a village; again, or of another village after a pause, is harmless."""
    async with transaction(database):
        await database.run(
            "INSERT INTO agents(person_id, village_id, since) VALUES($1, $2, $3)"
            " ON CONFLICT(person_id) DO UPDATE SET village_id = excluded.village_id, left_at = NULL",
            [database.uuid(person_id), village_id, database.moment(now)],
        )
        await journal.record(by, "agent.appoint", f"agent:{person_id}", now=now, detail={"village": village_id})


async def dismiss(database: Database, person_id: UUID, *, by: str, now: datetime) -> None:
    """Bar an agent from this moment; twice is harmless."""
    async with transaction(database):
        if await Agent.filter(person_id=person_id, left_at__isnull=True).update(left_at=now):
            await journal.record(by, "agent.dismiss", f"agent:{person_id}", now=now)


async def village_of(person_id: UUID) -> str:
    """Give the village for which a person acts; raise :class:`NotAnAgent`."""
    agent = await Agent.filter(person_id=person_id, left_at__isnull=True).first()
    if agent is None:
        raise NotAnAgent
    return str(agent.village_id)


async def is_in_office(person_id: UUID) -> bool:
    """Say whether a person acts for a village now."""
    return await Agent.filter(person_id=person_id, left_at__isnull=True).exists()
