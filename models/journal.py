"""The journal (日志): who did what to which subject, written by every verb inside its own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.tables import JournalRow

SYSTEM = "system"
"""Actor of what the service does by itself: seeding, forgetting."""


async def record(actor: str, act: str, subject: str, *, now: datetime, detail: dict[str, Any] | None = None) -> None:
    """Write one line; ``detail`` holds codes and counts, never personal data."""
    await JournalRow.create(at=now, actor=actor, act=act, subject=subject, detail=detail or {})
