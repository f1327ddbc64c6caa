"""Verbs of what opens the halls (开放安排、街期): publish the orders and the markets; load what is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from knowledge.lunar import lunar_day
from knowledge.market import Market, market_from_data
from knowledge.openings import Openings, Rule, rule_from_data
from models import publications
from models.database import Database
from models.tables import MarketRow, OpeningRow


async def load_openings() -> Openings:
    """Give all orders and markets, inside the transaction of the caller."""
    return Openings(
        tuple([rule_from_data(row.data) for row in await OpeningRow.all().order_by("position")]),
        tuple([market_from_data(row.data, lunar_day) for row in await MarketRow.all().order_by("position")]),
    )


async def publish_openings(database: Database, rules: Sequence[Rule], *, by: str, now: datetime, note: str = "") -> int:
    """Make ``rules`` all the orders in force and give the publication's number."""
    rows = [OpeningRow(rule_key=rule.key, position=at, data=rule.to_data()) for at, rule in enumerate(rules)]
    return await publications.replace_table(
        database, "openings", OpeningRow, rows, counted="rules", by=by, now=now, note=note
    )


async def publish_markets(
    database: Database, markets: Sequence[Market], *, by: str, now: datetime, note: str = ""
) -> int:
    """Make ``markets`` all the markets and give the publication's number."""
    rows = [MarketRow(market_key=market.key, position=at, data=market.to_data()) for at, market in enumerate(markets)]
    return await publications.replace_table(
        database, "markets", MarketRow, rows, counted="markets", by=by, now=now, note=note
    )
