"""A desk without a database: the shipped catalogue, and an understander that understands what the test tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache

from api import seed
from bot.dialogue import step
from bot.steps import Desk, Step
from bot.talk import Talk
from config import data
from knowledge.catalogue import Catalogue, PublishedItem
from knowledge.hall import Calendar
from knowledge.matcher import Candidate
from knowledge.openings import Openings
from knowledge.organisations import Organisations
from knowledge.understanding import Context, Outcome, Understanding
from models.rules.items import Power, Published

NOTHING = Understanding(Outcome.UNKNOWN)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Yunnan
BIRTH, CARD, FOUR = "HJ-001", "LL-002", ("HJ-001", "LL-001", "LL-002", "MZ-001", "CL-001")
DONGHUA = Talk(township="T532301105")


@cache
def published() -> Published:
    units = {unit.org_id: unit for unit in seed.read_organisations(data.CATALOGUE / "organisations.csv").rows}
    services = seed.read_items(data.CATALOGUE / "items.csv", Organisations(units)).rows
    days = seed.read_calendar(data.CATALOGUE / "calendar.csv").rows
    powers = [Power(i.code, t, places, date(2026, 1, 1)) for i in services for t, places in i.places.items()]
    entries = {item.code: PublishedItem(item, 1) for item in services}
    openings = Openings(
        tuple(seed.read_openings(data.CATALOGUE / "openings.csv", Organisations(units)).rows),
        tuple(seed.read_markets(data.CATALOGUE / "markets.csv", Organisations(units)).rows),
    )
    calendar = Calendar.of(tuple(days))
    return Published(1, Catalogue(entries, 1), Organisations(units), calendar, tuple(powers), (), openings)


@dataclass
class Told:
    """An understander that understands what the test tells it, and remembers what it was asked."""

    answer: Understanding = NOTHING
    asked: list[tuple[str, Context | None]] = field(default_factory=list)

    def named(self, text: str) -> str | None:
        entries = published().catalogue.entries.values()
        return next((entry.item.code for entry in entries if entry.item.name == text), None)

    def canonical(self, text: str) -> str:
        return text.lower()

    def understand(self, text: str, *, context: Context | None = None) -> Understanding:
        self.asked.append((text, context))
        return self.answer


def items(*codes: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(code, published().catalogue.entries[code].item.name, 90.0) for code in codes)


def say(talk: Talk, text: str, understood: Understanding | None = None, now: datetime = NOW) -> Step:
    told = Told(understood or NOTHING)
    return step(talk, text, Desk(published(), told), now)  # type: ignore[arg-type]


SURE, TWO = Understanding(Outcome.SURE, items(BIRTH)), Understanding(Outcome.AMBIGUOUS, items(BIRTH, CARD))
