"""One token for all processes: the claim on the row, and twenty real processes at the moment of expiry.

Run as a program this file is those processes: each opens database and gateway, says so, and asks for a token when all
are told to.
"""

import asyncio
import contextlib
import hashlib
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from bot.wechat import WeChatGateway
from config.settings import Settings
from models import tokens
from models.database import Database, open_database
from models.sealing import Sealer
from tests.fake_weixin import FakeWeixin
from tests.postgres import scratch_database

ROOT = Path(__file__).resolve().parents[2]
APPID, SEALER = "wx00000000000000oa", Sealer(b"k" * 32)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


async def in_one_process(url: str, base: str) -> None:
    """Be one of the processes: `ready` goes out, the end of input comes in, the token's digest goes out."""
    settings = Settings.model_validate(
        {
            "wechat_api_base": base,
            "oa_appid": APPID,
            "oa_secret": "s",
            "oa_token": "t",
            "data_key": "a2tr" * 10 + "a2s=",
        }
    )
    async with open_database(url, pool=1) as database:
        gateway = WeChatGateway(settings, database, SEALER, clock=lambda: datetime.now(UTC))
        await database.rows("SELECT 1")
        os.write(1, b"ready\n")
        await asyncio.to_thread(os.read, 0, 1)
        token = await gateway.token(APPID)
        os.write(1, hashlib.sha256(token.encode()).hexdigest().encode() + b"\n")
        await gateway.close()


def fork(number: int, url: str, base: str) -> None:
    """Become `number` processes, all with the modules loaded; `{n}` in the address is the process's number."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for n in range(number):
        if os.fork() == 0:
            asyncio.run(in_one_process(url.format(n=n), base))
            os._exit(0)
    for _ in range(number):
        assert os.wait()[1] == 0


async def tokens_of(number: int, url: str, base: str) -> list[str]:
    """Start the processes, let all go at once, give the digests of their tokens."""
    command = [sys.executable, "-m", "tests.races.test_token", str(number), url, base]
    program = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, start_new_session=True)
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        assert [await program.stdout.readline() for _ in range(number)] == [b"ready\n"] * number
        program.stdin.close()
        told = [(await program.stdout.readline()).decode().strip() for _ in range(number)]
        assert await program.wait() == 0
        return told
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        await program.wait()


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeixin]:
    async with FakeWeixin(ticking=True) as fake:
        fake.add_account(APPID, secret="s", kind="oa")
        fake.faults.add("/cgi-bin/stable_token", latency=0.3, times=None)
        yield fake


@pytest.mark.postgres
async def test_twenty_processes_at_expiry_make_one_token_call(fake: FakeWeixin) -> None:
    async with scratch_database() as url, open_database(url, pool=1) as database:
        await database.migrate()
        soon = datetime.now(UTC) + timedelta(seconds=2)
        await tokens.store(database, APPID, "expiring", soon, SEALER, now=datetime.now(UTC))

        digests = await tokens_of(20, url, fake.base_url)

    assert len(fake.requests("/cgi-bin/stable_token")) == 1
    assert len(set(digests)) == 1
    assert digests[0] != hashlib.sha256(b"expiring").hexdigest()


async def test_without_a_shared_row_each_process_makes_its_own_call(fake: FakeWeixin, tmp_path: Path) -> None:
    for n in range(4):
        async with open_database(f"sqlite://{tmp_path}/{n}.sqlite3") as database:
            await database.migrate()

    await tokens_of(4, f"sqlite://{tmp_path}/{{n}}.sqlite3", fake.base_url)

    assert len(fake.requests("/cgi-bin/stable_token")) == 4


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with contextlib.AsyncExitStack() as stack:
        sqlite = f"sqlite://{tmp_path / 'tokens.sqlite3'}"
        url = sqlite if request.param == "sqlite" else await stack.enter_async_context(scratch_database())
        database = await stack.enter_async_context(open_database(url))
        await database.migrate()
        yield database


async def claims(database: Database, number: int, now: datetime, failed: str | None = None) -> int:
    asked = (tokens.may_refresh(database, APPID, now=now, failed=failed) for _ in range(number))
    return sum(await asyncio.gather(*asked))


async def test_of_many_one_may_refresh_and_the_next_when_the_claim_has_run_out(database: Database) -> None:
    assert await claims(database, 20, NOW) == 1
    assert await claims(database, 20, NOW + tokens.CLAIM - timedelta(microseconds=1)) == 0
    assert await claims(database, 20, NOW + tokens.CLAIM) == 1


async def test_nobody_may_refresh_a_fresh_token(database: Database) -> None:
    await tokens.store(database, APPID, "one", LATER, SEALER, now=NOW)

    assert await claims(database, 5, NOW) == 0
    assert await claims(database, 5, LATER - tokens.RENEW_BEFORE) == 0
    assert await claims(database, 5, LATER - tokens.RENEW_BEFORE + timedelta(seconds=1)) == 1


async def test_what_was_stored_is_current_until_it_expires(database: Database) -> None:
    assert await tokens.current(database, APPID, SEALER, now=NOW) is None

    stored = await tokens.store(database, APPID, "one", LATER, SEALER, now=NOW)

    assert await tokens.current(database, APPID, SEALER, now=NOW) == stored
    assert await tokens.current(database, "wx-other", SEALER, now=NOW) is None
    assert await tokens.current(database, APPID, SEALER, now=LATER) is None


async def test_a_failed_token_is_replaced_by_one_of_those_who_saw_it_fail(database: Database) -> None:
    failed = await tokens.store(database, APPID, "one", LATER, SEALER, now=NOW)
    assert failed is not None

    assert await claims(database, 20, NOW, failed.mark) == 1
    assert await tokens.current(database, APPID, SEALER, now=NOW) is None
    # Even one that ends before it, as after a clock was set back.
    assert await tokens.store(database, APPID, "two", LATER - timedelta(hours=1), SEALER, now=NOW) is not None
    assert await claims(database, 20, NOW, failed.mark) == 0


async def test_a_late_answer_does_not_overwrite_a_newer_token(database: Database) -> None:
    assert await tokens.may_refresh(database, APPID, now=NOW)
    second = NOW + tokens.CLAIM
    assert await tokens.may_refresh(database, APPID, now=second)
    await tokens.store(database, APPID, "new", second + timedelta(hours=2), SEALER, now=second)

    late = await tokens.store(database, APPID, "old", LATER, SEALER, now=second)

    assert late is None
    current = await tokens.current(database, APPID, SEALER, now=second)
    assert current is not None
    assert current.value == "new"


async def test_giving_up_ends_the_own_claim_and_no_other(database: Database) -> None:
    assert await tokens.may_refresh(database, APPID, now=NOW)
    await tokens.give_up(database, APPID, now=NOW)
    second = NOW + timedelta(seconds=1)
    assert await tokens.may_refresh(database, APPID, now=second)

    await tokens.give_up(database, APPID, now=NOW)

    assert not await tokens.may_refresh(database, APPID, now=second)


async def test_a_token_under_another_key_shows_itself_and_can_be_replaced(database: Database) -> None:
    await tokens.store(database, APPID, "one", LATER, Sealer(b"o" * 32), now=NOW)

    held = await tokens.current(database, APPID, SEALER, now=NOW)

    assert held is not None
    assert (held.value, held.is_fresh(NOW)) == ("", False)
    assert await claims(database, 5, NOW, held.mark) == 1


if __name__ == "__main__":
    fork(int(sys.argv[1]), *sys.argv[2:])
