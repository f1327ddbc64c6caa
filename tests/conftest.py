"""A furnished database a test, and the two houses that most stories are told in."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.furniture import furnish
from tests.house import House, a_house, a_weixin
from tests.postgres import scratch_database, server

# On a fresh machine hypothesis first works out its table of characters, which says nothing of our strategies.
settings.register_profile("house", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs PostgreSQL where there is none, saying so; in CI a missing server is a failure."""
    needy = [item for item in items if item.get_closest_marker("postgres")]
    if not needy or server() is not None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError("CI: no PostgreSQL server and no binaries to start one, the races cannot be tested")
    for item in needy:
        item.add_marker(pytest.mark.skip(reason="no PostgreSQL: neither a server nor its binaries were found"))


@pytest.fixture(params=["UTC", "America/Los_Angeles"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test twice, on machines whose own clock is set elsewhere: days and hours stay those of Yunnan."""
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seed one SQLite file for all tests, which copy it."""
    path = tmp_path_factory.mktemp("house") / "seeded.sqlite3"
    with ThreadPoolExecutor(1) as beside:  # a loop of its own
        beside.submit(asyncio.run, furnish(f"sqlite://{path}")).result()
    return path


@pytest.fixture(params=["sqlite"])
async def url(request: pytest.FixtureRequest, furnished: Path, tmp_path: Path) -> AsyncIterator[str]:
    """Give a furnished database of the test's own; ``tests.house.BOTH`` asks for PostgreSQL too."""
    async with AsyncExitStack() as stack:
        if request.param == "postgres":
            address = await stack.enter_async_context(scratch_database())
            await furnish(address)
        else:
            address = f"sqlite://{shutil.copy(furnished, tmp_path / 'house.sqlite3')}"
        yield address


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    """Open the house in demo mode."""
    async with a_house(url) as house:
        yield house


@pytest.fixture
async def wechat_house(url: str) -> AsyncIterator[House]:
    """Open the house with both WeChat accounts."""
    async with a_weixin() as fake, a_house(url, fake=fake) as house:
        yield house
