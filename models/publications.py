"""Verbs of publications (发布): the numbers by which every process sees that something new is in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from tortoise.models import Model

from models import journal
from models.database import Database, transaction
from models.tables import Publication


def digest_of(parts: Iterable[str]) -> str:
    """Give the digest of a whole publication from the texts of its parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def text_of(data: Any) -> str:
    """Write plain data so that equal data are equal texts."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)


async def latest(database: Database) -> int:
    """Give the number of the newest publication of any kind; 0 = nothing was ever published."""
    rows = await database.rows("SELECT COALESCE(MAX(id), 0) AS newest FROM publications")
    return int(rows[0]["newest"])


async def begin(database: Database) -> None:
    """Let one publisher in at a time, until its transaction ends; every publishing verb calls this first.

    Two who publish at once would both retire and both insert. Worse, the lower number might be committed last, and
    nobody who has seen the higher one would ever load it. SQLite has one writer anyway.
    """
    if database.engine == "postgres":
        await database.run("SELECT pg_advisory_xact_lock(8090, 1)")


async def announce(kind: str, digest: str, *, by: str, now: datetime, note: str = "") -> int:
    """Write the publication and give its number; :func:`begin` came before."""
    row = await Publication.create(kind=kind, digest=digest, at=now, by=by, note=note)
    return int(row.id)


async def replace_table(
    database: Database,
    kind: str,
    table: type[Model],
    rows: Sequence[Model],
    *,
    counted: str,
    by: str,
    now: datetime,
    note: str = "",
) -> int:
    """Publish a table that is replaced as a whole: ``rows`` and no others from now on; give the publication's number.

    Each row has its content in ``data``; ``counted`` names the rows in the journal.
    """
    async with transaction(database):
        await begin(database)
        await table.all().delete()
        await table.bulk_create(rows)
        digest = digest_of(text_of(row.data) for row in rows)  # type: ignore[attr-defined]
        publication = await announce(kind, digest, by=by, now=now, note=note)
        subject = f"publication:{publication}"
        await journal.record(by, f"{kind}.publish", subject, now=now, detail={counted: len(rows)})
    return publication
