"""The desk's shelf (书架): what is published, loaded, indexed, and taken anew when a newer publication stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot.dialogue import Desk
from knowledge.lexicon import Lexicon
from knowledge.matcher import Subject
from knowledge.segment import Segment
from knowledge.understanding import Phrasebook, Understander
from models.database import Database
from models.items import Published, latest_publication, load_published

log = structlog.get_logger(__name__)

LOOK_EVERY = 0.5
"""Seconds between looks for a newer publication; with the build of the index a change shows within two seconds."""

Wordings = Mapping[str, Sequence[str]]
"""Item code → how residents word it, beside what the catalogue says itself."""


def subjects_of(published: Published, wordings: Wordings) -> list[Subject]:
    """Give the items in force as subjects: name, aliases, sample questions, shipped and linked wordings."""
    linked: dict[str, list[str]] = {}
    for wording, code in published.wordings:
        linked.setdefault(code, []).append(wording)
    return [
        Subject(
            entry.item.code,
            entry.item.name,
            (
                entry.item.name,
                *entry.item.aliases,
                *entry.item.questions,
                *wordings.get(entry.item.code, ()),
                *linked.get(entry.item.code, ()),
            ),
        )
        for entry in published.catalogue
    ]


class Shelf:
    """Holds the :class:`Desk` in force; every process has one."""

    def __init__(
        self,
        database: Database,
        *,
        lexicon: Lexicon,
        phrasebook: Phrasebook,
        wordings: Wordings,
        segment: Segment,
    ) -> None:
        self._database = database
        self._lexicon = lexicon
        self._phrasebook = phrasebook
        self._wordings = wordings
        self._segment = segment
        self._desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """Give what is in force; :meth:`load` must have run."""
        assert self._desk is not None
        return self._desk

    async def load(self) -> Desk:
        """Load what is published and build the index beside the running one."""
        published = await load_published(self._database)
        understander = await asyncio.to_thread(self._build, published)
        self._desk = Desk(published, understander)
        log.info("catalogue loaded", publication=published.publication, items=len(published.catalogue))
        return self._desk

    def _build(self, published: Published) -> Understander:
        subjects = subjects_of(published, self._wordings)
        return Understander(subjects, self._phrasebook, self._lexicon, segment=self._segment)

    async def refresh(self) -> bool:
        """Load anew if a newer publication stands; say whether it did."""
        if await latest_publication(self._database) == self.desk.published.publication:
            return False
        await self.load()
        return True

    async def watch(self) -> None:
        """Refresh for ever; a database that is away for a while leaves the shelf as it was."""
        with self._database.active():
            while True:
                await asyncio.sleep(LOOK_EVERY)
                try:
                    await self.refresh()
                except Exception:
                    log.exception("catalogue not refreshed")
                    await asyncio.sleep(5)
