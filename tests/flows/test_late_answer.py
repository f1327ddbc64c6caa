"""An answer that takes longer than WeChat waits: acknowledged in time, sent afterwards, once, never lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.frontdesk import think
from bot.inbound import Turn
from bot.steps import Desk, Step
from bot.talk import Talk
from tests.fake_weixin import FakeWeixin
from tests.house import BOTH, MP, House, a_house, a_weixin, until

SEND = "/cgi-bin/message/custom/send"
DEADLINE = 0.2
"""Seconds until the acknowledgement in these tests; the product's default is 3.5."""


@dataclass
class Slow:
    """A mind that ponders until it is told to answer, or that cannot bear one sentence."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    unbearable: str = ""

    async def __call__(self, talk: Talk, turn: Turn, desk: Desk, now: datetime) -> Step:
        self.asked.append(turn.text)
        if turn.text == self.unbearable:
            raise RuntimeError("cannot think")
        await self.go_on.wait()
        return await think(talk, turn, desk, now)


@pytest.fixture
def slow() -> Iterator[Slow]:
    mind = Slow()
    yield mind
    mind.go_on.set()


@asynccontextmanager
async def a_slow_house(url: str, mind: Slow, fake: FakeWeixin) -> AsyncIterator[House]:
    async with a_house(url, fake=fake, think=mind, answer_deadline=DEADLINE) as house:
        try:
            yield house
        finally:
            mind.go_on.set()  # or closing would wait for it


@BOTH
async def test_it_is_acknowledged_in_time_and_then_arrives_once(url: str, slow: Slow) -> None:
    async with a_weixin() as fake, a_slow_house(url, slow, fake) as house:
        someone = house.follower()

        begun = time.monotonic()
        assert await someone.say("菜单") == ""  # acknowledged
        assert time.monotonic() - begun < 4.5
        assert someone.received() == []
        slow.go_on.set()
        (answer,) = await until(someone.received)
        assert "我能帮您" in answer
        house.clock.advance(120)
        assert await house.sweep() == 0
        assert len(someone.received()) == 1


async def test_a_message_sent_again_while_it_is_answered_gets_one_answer(url: str, slow: Slow) -> None:
    async with a_weixin() as fake, a_slow_house(url, slow, fake) as house:
        someone = house.follower()

        both = await asyncio.gather(someone.say("菜单", MsgId=7), someone.say("菜单", MsgId=7))
        again = await someone.say("菜单", MsgId=7)
        slow.go_on.set()
        await until(someone.received)
        await until(lambda: no_work(house))

        assert [*both, again] == ["", "", ""]
        assert slow.asked == ["菜单"]
        assert len(someone.received()) == 1


async def no_work(house: House) -> bool:
    return not await house.rows("SELECT 1 FROM inbox WHERE due_at IS NOT NULL")


@BOTH
async def test_another_process_answers_what_a_dead_one_left(url: str) -> None:
    dead, living = Slow(), Slow()
    living.go_on.set()
    async with a_weixin() as fake, a_slow_house(url, dead, fake) as house, a_slow_house(url, living, fake) as other:
        someone = house.follower()
        await someone.say("菜单")

        early = await other.sweep()
        house.clock.advance(31)
        taken = await other.sweep()

        assert (early, taken) == (0, 1)
        assert len(someone.received()) == 1
        assert "我能帮您" in someone.received()[0]
        assert await other.sweep() == 0
        dead.go_on.set()  # it was not dead after all
        await house.late.drain()
        assert len(someone.received()) == 1


@BOTH
async def test_an_answer_that_takes_longer_than_the_sweep_waits_is_sent_once(url: str, slow: Slow) -> None:
    async with a_weixin() as fake, a_slow_house(url, slow, fake) as house:
        someone = house.follower()
        await someone.say("菜单")
        house.clock.advance(31)
        sweeping = asyncio.create_task(house.sweep())
        await until(lambda: attempted(house))

        slow.go_on.set()
        await sweeping
        await house.late.drain()

        assert len(someone.received()) == 1


async def attempted(house: House) -> bool:
    return bool(await house.rows("SELECT 1 FROM inbox WHERE attempts > 0"))


async def test_a_refused_send_has_failed_and_is_not_tried_for_ever(url: str, slow: Slow) -> None:
    async with a_weixin() as fake, a_slow_house(url, slow, fake) as house:
        someone = house.follower()
        fake.faults.add(SEND, errcode=45015, times=None)

        await someone.say("菜单")
        slow.go_on.set()
        await until(lambda: no_work(house))
        for _ in range(3):
            house.clock.advance(60)
            await house.sweep()

        assert [row["delivery"] for row in await house.rows("SELECT delivery FROM inbox")] == ["failed"]
        assert len(fake.requests(SEND)) <= 2
        assert someone.received() == []


async def test_a_busy_platform_is_tried_again_later_and_a_refusing_one_is_not(url: str, slow: Slow) -> None:
    slow.go_on.set()
    async with a_weixin() as fake, a_slow_house(url, slow, fake) as house:
        lucky, unlucky = house.follower("lucky", MP), house.follower("unlucky", MP)
        fake.faults.add(SEND, errcode=48001, times=1)  # not granted: nothing to gain from a second try
        await unlucky.say("菜单")
        await until(lambda: no_work(house))
        fake.faults.add(SEND, errcode=43117, times=1)  # too often to one person: later
        await lucky.say("菜单")
        await until(lambda: len(fake.requests(SEND)) == 2)
        await house.late.drain()
        assert lucky.received() == []
        house.clock.advance(31)
        await house.sweep()

        assert len(lucky.received()) == 1
        assert unlucky.received() == []
        assert await no_work(house)


async def test_one_message_that_cannot_be_answered_keeps_nobody_else_waiting(url: str, slow: Slow) -> None:
    slow.unbearable = "天书"
    stuck = Slow()
    async with a_weixin() as fake, a_slow_house(url, stuck, fake) as house, a_slow_house(url, slow, fake) as other:
        first, second = house.follower("first"), house.follower("second")
        await first.say("天书")
        await second.say("菜单")
        slow.go_on.set()

        for _ in range(6):
            house.clock.advance(31)
            await other.sweep()

        assert len(second.received()) == 1
        assert first.received() == []
        assert await no_work(house)


async def test_somebody_who_unfollows_meanwhile_leaves_nothing_behind(url: str, slow: Slow) -> None:
    async with a_weixin() as fake, a_slow_house(url, slow, fake) as house:
        someone = house.follower()
        await someone.say("菜单")

        await someone.event("unsubscribe")
        slow.go_on.set()
        await house.late.drain()

        async def nothing_is_left() -> bool:
            tables = ("people", "conversations", "inbox", "callbacks")
            return not any([await house.rows(f"SELECT identity FROM {table}") for table in tables])

        await until(nothing_is_left)
