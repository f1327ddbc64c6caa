"""The desk's shelf (书架): what is published, loaded, indexed, and taken anew when a newer publication stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot.prepared_store import PreparedStore
from bot.steps import Desk
from knowledge.lexicon import Lexicon
from knowledge.matcher import Subject
from knowledge.prepared import Prepared
from knowledge.segment import Segment
from knowledge.understanding import Phrasebook, Understander
from models import publications
from models.database import Database
from models.items import load_published
from models.rules.items import Published

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
        store: PreparedStore | None = None,
    ) -> None:
        """``store`` keeps worked-out wordings between two starts; without it each start works them out."""
        self._database = database
        self._store = store
        self._prepared: Prepared | None = None
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
        """Load what is published; new contents show at once, new wordings as soon as their index stands."""
        published = await load_published(self._database)
        if self._desk is not None:
            self._desk = Desk(published, self._desk.understander)
        self._desk = Desk(published, await asyncio.to_thread(self._build, published))
        log.info("catalogue loaded", publication=published.publication, items=len(published.catalogue))
        return self._desk

    def _build(self, published: Published) -> Understander:
        if self._prepared is None:
            self._prepared = (self._store and self._store.load(self._lexicon)) or Prepared()
        known = len(self._prepared.wordings)
        understander = Understander(
            subjects_of(published, self._wordings),
            self._phrasebook,
            self._lexicon,
            segment=self._segment,
            prepared=self._prepared,
        )
        if self._store is not None and len(self._prepared.wordings) > known:
            self._store.save(self._prepared, self._lexicon)
        return understander

    async def refresh(self) -> bool:
        """Load anew if a newer publication stands; say whether it did."""
        if await publications.latest(self._database) == self.desk.published.publication:
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
