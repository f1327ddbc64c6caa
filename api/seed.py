"""The shipped tables and language (种子数据), published into an empty house."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config import data
from knowledge.catalogue import ServiceItem
from knowledge.cells import Report
from knowledge.hall import LOCAL, CalendarDay
from knowledge.importing import calendar_from_rows, items_from_rows, organisations_from_rows
from knowledge.lexicon import Lexicon
from knowledge.lunar import lunar_day
from knowledge.market import Market
from knowledge.opening_tables import markets_from_rows, openings_from_rows
from knowledge.openings import Rule
from knowledge.organisations import Organisation, Organisations
from knowledge.sheets import read
from knowledge.understanding import Phrasebook
from models import items, journal, openings, publications
from models.database import Database
from models.rules.appointments import Policy


def read_organisations(path: Path) -> Report[Organisation]:
    """Read an organisation table."""
    return organisations_from_rows(read(path.read_bytes(), path.name))


def read_calendar(path: Path) -> Report[CalendarDay]:
    """Read a calendar table."""
    return calendar_from_rows(read(path.read_bytes(), path.name))


def read_markets(path: Path, organisations: Organisations | None) -> Report[Market]:
    """Read a table of markets; units are checked against ``organisations`` where given."""
    return markets_from_rows(read(path.read_bytes(), path.name), organisations=organisations, lunar_day=lunar_day)


def read_openings(path: Path, organisations: Organisations | None) -> Report[Rule]:
    """Read a table of orders; halls and windows are checked against ``organisations`` where given."""
    return openings_from_rows(read(path.read_bytes(), path.name), organisations=organisations)


def read_items(path: Path, organisations: Organisations | None) -> Report[ServiceItem]:
    """Read an item table; places are checked against ``organisations`` where given."""
    rows = read(path.read_bytes(), path.name)
    return items_from_rows(rows, townships=data.TOWNSHIP_COLUMNS, organisations=organisations)


def lexicon() -> Lexicon:
    """Give the shipped words of the district."""
    return Lexicon.from_data(data.lexicon())


def phrasebook() -> Phrasebook:
    """Give how people word what is no item."""
    return Phrasebook.from_tables(
        intents=data.table("intents"), guards=data.table("guards"), elsewhere=data.table("elsewhere")
    )


def wordings() -> dict[str, list[str]]:
    """Give the shipped wordings by item code."""
    worded: dict[str, list[str]] = {}
    for row in data.table("wordings"):
        worded.setdefault(row["code"], []).append(row["wording"])
    return worded


async def seed_if_empty(database: Database, *, now: datetime) -> bool:
    """Publish the shipped data if nothing was ever published; say whether it did."""
    if await publications.latest(database):
        return False
    units = read_organisations(data.CATALOGUE / "organisations.csv").rows
    organisations = Organisations({unit.org_id: unit for unit in units})
    days = read_calendar(data.CATALOGUE / "calendar.csv").rows
    markets = read_markets(data.CATALOGUE / "markets.csv", organisations).rows
    rules = read_openings(data.CATALOGUE / "openings.csv", organisations).rows
    services = read_items(data.CATALOGUE / "items.csv", organisations).rows
    today = now.astimezone(LOCAL).date()
    await items.publish_organisations(database, units, by=journal.SYSTEM, now=now, note="seed")
    await items.publish_calendar(database, days, by=journal.SYSTEM, now=now, note="seed")
    await openings.publish_markets(database, markets, by=journal.SYSTEM, now=now, note="seed")
    await openings.publish_openings(database, rules, by=journal.SYSTEM, now=now, note="seed")
    await items.publish_items(database, services, by=journal.SYSTEM, now=now, today=today, note="seed")
    return True


def policy() -> Policy:
    """Give the numbers of booking as the rules take them."""
    given = data.booking()
    spans: dict[str, Any] = {
        name.removesuffix("_minutes"): timedelta(minutes=given[name]) for name in given if name.endswith("_minutes")
    }
    plain: dict[str, Any] = {name: value for name, value in given.items() if not name.endswith("_minutes")}
    return Policy(**plain, **spans)
