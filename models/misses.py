"""Verbs of unanswered questions (未答问题): count each once, link one to an item so that it is answered next time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models import journal, publications
from models.database import Database, transaction
from models.rules.errors import ItemMissing, MissMissing
from models.tables import ItemVersion, Miss, Wording

LONGEST = 200
"""Characters of a question that are kept."""


async def note(
    database: Database,
    question: str,
    *,
    sample: str,
    suggestions: Sequence[str],
    township_id: str | None,
    now: datetime,
) -> None:
    """Count a question without a sure answer; ``question`` is its canonical form, ``sample`` the masked wording."""
    moment = database.moment(now)
    await database.act(
        (
            "INSERT INTO misses(question, sample, times, first_at, last_at, township_id, suggestions, state)"
            " VALUES($1, $2, 1, $3, $3, $4, $5, 'open')"
            " ON CONFLICT(question) DO UPDATE SET times = misses.times + 1, last_at = excluded.last_at,"
            " township_id = excluded.township_id,"
            " state = CASE WHEN misses.state = 'dismissed' THEN 'dismissed' ELSE 'open' END RETURNING question",
            [question[:LONGEST], sample[:LONGEST], moment, township_id, database.json(list(suggestions))],
        )
    )


async def open_misses(limit: int = 100) -> list[Miss]:
    """Give the questions that wait for a clerk, the most asked first."""
    return await Miss.filter(state="open").order_by("-times", "-last_at").limit(limit)


async def link(database: Database, miss_id: int, code: str, *, by: str, now: datetime) -> int:
    """Teach the matcher that a question means ``code`` and give the publication that carries it.

    Raise :class:`MissMissing` or :class:`ItemMissing`. Linking again to another item replaces the first link.
    """
    async with transaction(database):
        await publications.begin(database)
        miss = await Miss.get_or_none(id=miss_id)
        if miss is None:
            raise MissMissing
        if not await ItemVersion.filter(code=code, retired_in=None).exists():
            raise ItemMissing
        await Wording.filter(wording=miss.question).delete()
        await Wording.create(wording=miss.question, code=code, at=now, by=by)
        await Miss.filter(id=miss_id).update(state="linked", linked_code=code)
        publication = await publications.announce("wordings", "", by=by, now=now, note=f"miss:{miss_id}")
        await journal.record(by, "miss.link", f"miss:{miss_id}", now=now, detail={"code": code})
    return publication


async def dismiss(database: Database, miss_id: int, *, by: str, now: datetime) -> None:
    """Take a question off the list that no item answers; raise :class:`MissMissing`."""
    async with transaction(database):
        if not await Miss.filter(id=miss_id).update(state="dismissed"):
            raise MissMissing
        await journal.record(by, "miss.dismiss", f"miss:{miss_id}", now=now)
