"""What stands in every test's house: the seeded database, the index built once, and sentences read as dictated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from api import seed
from bot.frontdesk import Think, think
from bot.inbound import Turn
from bot.shelf import Shelf, subjects_of
from bot.steps import Desk, Step
from bot.talk import Talk
from knowledge.lexicon import Lexicon
from knowledge.segment import Segment, segmenter
from knowledge.understanding import Context, Outcome, Phrasebook, Understander, Understanding
from models.database import Database, open_database
from models.rules.items import Published

SEEDED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@cache
def language() -> tuple[Lexicon, Phrasebook, dict[str, list[str]], Segment]:
    """Read the shipped language once for all tests."""
    lexicon = seed.lexicon()
    return lexicon, seed.phrasebook(), seed.wordings(), segmenter(lexicon)


class ThriftyShelf(Shelf):
    """Builds an index once for each catalogue that the tests put up, since an Understander never changes."""

    _built: dict[Any, Understander] = {}  # noqa: RUF012 - shared on purpose

    def __init__(self, database: Database) -> None:
        lexicon, phrasebook, wordings, segment = language()
        super().__init__(database, lexicon=lexicon, phrasebook=phrasebook, wordings=wordings, segment=segment)

    def _build(self, published: Published) -> Understander:
        catalogue = tuple(subjects_of(published, self._wordings))
        if catalogue not in self._built:
            self._built[catalogue] = super()._build(published)
        return self._built[catalogue]


async def furnish(url: str) -> None:
    """Bring an empty database up to date and publish the shipped catalogue in it."""
    async with open_database(url) as database:
        await database.migrate()
        with database.active():
            await seed.seed_if_empty(database, now=SEEDED)


@dataclass(frozen=True)
class Dictated:
    """An understander that reads the sentences named in ``known`` as told, whatever the language data say today."""

    real: Understander
    known: Mapping[str, Understanding]

    def understand(self, text: str, *, context: Context | None = None) -> Understanding:
        return self.known[text] if text in self.known else self.real.understand(text, context=context)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def dictated(**known: tuple[str, ...]) -> Think:
    """Think as the product does, but take each sentence of ``known`` for a question about all of these items."""

    async def think_so(talk: Talk, turn: Turn, desk: Desk, now: datetime) -> Step:
        told = {text: Understanding(Outcome.AMBIGUOUS, matters=codes) for text, codes in known.items()}
        return await think(talk, turn, replace(desk, understander=Dictated(desk.understander, told)), now)  # type: ignore[arg-type]

    return think_so
