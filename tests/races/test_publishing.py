"""What one process publishes the other answers; two who publish at once never leave two versions in force."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg  # type: ignore[import-untyped]
import pytest

from knowledge.catalogue import ServiceItem
from models import items
from models.database import Database, open_database
from models.rules.errors import PublicationRaced
from tests.furniture import furnish
from tests.house import until
from tests.postgres import scratch_database
from tests.races.serving import two_processes

pytestmark = pytest.mark.postgres
NOW, TODAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC), date(2026, 3, 2)
BIRTH = "HJ-001"


async def catalogue(database: Database) -> tuple[int, list[ServiceItem]]:
    with database.active():
        published = await items.load_published(database)
    return published.publication, [entry.item for entry in published.catalogue.entries.values()]


def with_fee(services: list[ServiceItem], fee: str) -> list[ServiceItem]:
    return [replace(item, fee=fee) if item.code == BIRTH else item for item in services]


async def publish(database: Database, services: list[ServiceItem], *, expected: int | None = None) -> int:
    with database.active():
        return await items.publish_items(database, services, by="clerk", now=NOW, today=TODAY, expected=expected)


async def test_a_change_shows_in_both_processes_within_two_seconds(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        url, addresses = await stack.enter_async_context(two_processes(tmp_path))
        database = await stack.enter_async_context(open_database(url, pool=1))
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def guides() -> list[Any]:
            return [await guide(session, address) for address in addresses]

        assert [card["fee"] for card in await guides()] == ["不收费", "不收费"]
        _, services = await catalogue(database)

        changed = time.monotonic()
        await publish(database, with_fee(services, "每本5元"))
        await until(lambda: shows(guides, ["每本5元"] * 2))
        assert time.monotonic() - changed < 4.0  # two seconds, and as much again for a machine that runs other tests
        assert [card["version"] for card in await guides()] == [2, 2]

        with database.active():
            await items.switch_off(database, BIRTH, by="clerk", now=NOW)
        await until(lambda: shows(guides, [None] * 2))


async def guide(session: aiohttp.ClientSession, address: str) -> Any:
    async with session.get(f"{address}/api/v1/items/{BIRTH}") as response:
        return (await response.json())["card"] if response.status == 200 else {"fee": None}


async def shows(guides: Any, fees: list[Any]) -> bool:
    return [card["fee"] for card in await guides()] == fees


async def test_of_two_who_compared_with_the_same_publication_one_wins() -> None:
    async with scratch_database() as url, open_database(url) as one, open_database(url) as other:
        await furnish(url)
        seen, services = await catalogue(one)

        ends = await asyncio.gather(
            publish(one, with_fee(services, "1元"), expected=seen),
            publish(other, with_fee(services, "2元"), expected=seen),
            return_exceptions=True,
        )

        assert Counter(type(end) for end in ends) == {int: 1, PublicationRaced: 1}
        assert await in_force(url) == {BIRTH: [2]}


async def test_publishers_who_do_not_compare_follow_one_another() -> None:
    async with scratch_database() as url, open_database(url) as one, open_database(url) as other:
        await furnish(url)
        _, services = await catalogue(one)

        numbers = await asyncio.gather(
            *(publish(database, with_fee(services, f"{n}元")) for n, database in enumerate([one, other] * 3))
        )

        assert len(set(numbers)) == 6
        assert await in_force(url) == {BIRTH: [7]}


async def in_force(url: str) -> dict[str, list[int]]:
    """Give the versions of the item in force, after a look that no other item has two."""
    database = await asyncpg.connect(url)
    try:
        rows = await database.fetch("SELECT code, version FROM item_versions WHERE retired_in IS NULL")
    finally:
        await database.close()
    assert [code for code, times in Counter(row["code"] for row in rows).items() if times > 1] == []
    return {BIRTH: [row["version"] for row in rows if row["code"] == BIRTH]}


async def test_without_the_lock_two_publishers_would_both_retire_and_both_insert() -> None:
    async with scratch_database() as url:
        first, second = await asyncpg.connect(url), await asyncpg.connect(url)
        try:
            await first.execute("CREATE TABLE versions (number INT, in_force BOOLEAN)")
            await first.execute("INSERT INTO versions VALUES (1, TRUE)")
            both_looked = asyncio.Barrier(2)

            async def publish_unguarded(database: asyncpg.Connection) -> None:
                async with database.transaction():
                    last = await database.fetchval("SELECT MAX(number) FROM versions")
                    await both_looked.wait()
                    await database.execute("UPDATE versions SET in_force = FALSE WHERE number = $1", last)
                    await database.execute("INSERT INTO versions VALUES ($1, TRUE)", last + 1)

            await asyncio.gather(publish_unguarded(first), publish_unguarded(second))

            assert await first.fetchval("SELECT COUNT(*) FROM versions WHERE in_force") == 2
        finally:
            await first.close()
            await second.close()
