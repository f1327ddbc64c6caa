"""One message, one effect, whichever of two real processes WeChat's deliveries reach."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.fake_weixin import FakeWeixin, PushResult
from tests.house import OA, a_weixin, content
from tests.postgres import scratch_database
from tests.races.serving import two_processes

pytestmark = pytest.mark.postgres


async def push(fake: FakeWeixin, address: str, text: str, msgid: int, who: str = "mother") -> PushResult:
    message = {"FromUserName": fake.openid(OA, who), "MsgType": "text", "Content": text, "MsgId": msgid}
    result = await fake.push(f"{address}/wechat/oa", OA, message, resend=False)
    assert result.problems == []
    return result


async def test_two_processes_answer_each_message_once(tmp_path: Path) -> None:
    async with (
        a_weixin(now=time.time(), ticking=True) as fake,
        two_processes(tmp_path, fake.base_url) as (url, (one, two)),
    ):
        database = await asyncpg.connect(url)
        try:
            await the_same_message_three_times_is_one_effect(fake, database, one, two)
            await thirty_messages_of_one_person_leave_one_consistent_talk(fake, database, one, two)
            await a_crowd_at_both_processes_gets_each_answer_once(fake, database, one, two)
        finally:
            await database.close()


async def the_same_message_three_times_is_one_effect(
    fake: FakeWeixin, database: asyncpg.Connection, one: str, two: str
) -> None:
    await push(fake, one, "我住龙川镇", 1)

    same = await asyncio.gather(*(push(fake, address, "人工", 2) for address in (one, two, one)))

    answers = {content(result) for result in same}
    assert len(answers) == 1
    assert "工作人员" in answers.pop()
    assert await database.fetchval("SELECT COUNT(*) FROM inbox") == 2
    assert await database.fetchval("SELECT COUNT(*) FROM callbacks") == 1


async def thirty_messages_of_one_person_leave_one_consistent_talk(
    fake: FakeWeixin, database: asyncpg.Connection, one: str, two: str
) -> None:
    said = ["我住东华镇", "菜单", "人工"] * 10
    sent = [push(fake, (one, two)[number % 2], text, 100 + number) for number, text in enumerate(said)]

    results = await asyncio.gather(*sent)

    answered = Counter(content(result)[:6] for result in results)
    assert sum(answered.values()) == 30
    assert "" not in answered, "nothing had to be put off"
    rows = await database.fetch("SELECT delivery, reply FROM inbox")
    assert len(rows) == 32
    assert {row["delivery"] for row in rows} == {"passive"}
    assert all(row["reply"] for row in rows)
    (talk,) = await database.fetch("SELECT state, held_until FROM conversations")
    assert talk["held_until"] is None
    assert '"township": "T532301105"' in talk["state"]
    assert await database.fetchval("SELECT COUNT(*) FROM callbacks") == 1


async def a_crowd_at_both_processes_gets_each_answer_once(
    fake: FakeWeixin, database: asyncpg.Connection, one: str, two: str
) -> None:
    """Both take up many people in one statement, in opposite orders: none may wait for the other for ever."""
    crowd = [f"resident-{number:02d}" for number in range(25)]
    await database.execute("DELETE FROM conversations")
    await database.execute("DELETE FROM inbox")

    async def everybody(address: str, people: list[str]) -> dict[str, str]:
        sent = [push(fake, address, "老年证要带什么", 1000 + crowd.index(who), who) for who in people]
        return {who: content(result) for who, result in zip(people, await asyncio.gather(*sent), strict=True)}

    here, there = await asyncio.gather(everybody(one, crowd), everybody(two, crowd[::-1]))

    assert here == there
    assert all("老年" in answer for answer in here.values())
    assert await database.fetchval("SELECT COUNT(*) FROM inbox WHERE reply IS NOT NULL") == 25
    assert await database.fetchval("SELECT COUNT(*) FROM conversations WHERE held_until IS NULL") == 25


async def test_counting_before_inserting_would_not_do() -> None:
    """The twin without the guard: both look, neither sees the other, both write."""
    async with scratch_database() as url:
        first, second = await asyncpg.connect(url), await asyncpg.connect(url)
        try:
            await first.execute("CREATE TABLE seen (message_key TEXT)")
            both_looked = asyncio.Barrier(2)

            async def look_then_write(database: asyncpg.Connection) -> None:
                async with database.transaction():
                    known = await database.fetchval("SELECT COUNT(*) FROM seen WHERE message_key = 'm'")
                    await both_looked.wait()
                    if not known:
                        await database.execute("INSERT INTO seen VALUES ('m')")

            await asyncio.gather(look_then_write(first), look_then_write(second))

            assert await first.fetchval("SELECT COUNT(*) FROM seen") == 2
        finally:
            await first.close()
            await second.close()
