"""Verbs of what opens the halls (开放安排、街期): publish the orders and the markets; load what is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from knowledge.lunar import lunar_day
from knowledge.market import Market, market_from_data
from knowledge.openings import Openings, Rule, rule_from_data
from models import journal, publications
from models.database import Database, transaction
from models.tables import MarketRow, OpeningRow


async def load_openings() -> Openings:
    """Give all orders and markets, inside the transaction of the caller."""
    return Openings(
        tuple([rule_from_data(row.data) for row in await OpeningRow.all().order_by("position")]),
        tuple([market_from_data(row.data, lunar_day) for row in await MarketRow.all().order_by("position")]),
    )


async def publish_openings(database: Database, rules: Sequence[Rule], *, by: str, now: datetime, note: str = "") -> int:
    """Make ``rules`` all the orders in force and give the publication's number."""
    async with transaction(database):
        await publications.begin(database)
        await OpeningRow.all().delete()
        await OpeningRow.bulk_create(
            OpeningRow(rule_key=rule.key, position=position, data=rule.to_data()) for position, rule in enumerate(rules)
        )
        digest = publications.digest_of(publications.text_of(rule.to_data()) for rule in rules)
        publication = await publications.announce("openings", digest, by=by, now=now, note=note)
        subject = f"publication:{publication}"
        await journal.record(by, "openings.publish", subject, now=now, detail={"rules": len(rules)})
    return publication


async def publish_markets(
    database: Database, markets: Sequence[Market], *, by: str, now: datetime, note: str = ""
) -> int:
    """Make ``markets`` all the markets and give the publication's number."""
    async with transaction(database):
        await publications.begin(database)
        await MarketRow.all().delete()
        await MarketRow.bulk_create(
            MarketRow(market_key=market.key, position=position, data=market.to_data())
            for position, market in enumerate(markets)
        )
        digest = publications.digest_of(publications.text_of(market.to_data()) for market in markets)
        publication = await publications.announce("markets", digest, by=by, now=now, note=note)
        subject = f"publication:{publication}"
        await journal.record(by, "markets.publish", subject, now=now, detail={"markets": len(markets)})
    return publication
