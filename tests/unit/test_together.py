"""Calls that share a round trip: each gets its own result, whatever becomes of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from models.together import MOST, Together


class Ferry:
    """Carries words; a crossing waits for the signal, and sinks with a bad word on board."""

    def __init__(self) -> None:
        self.crossings: list[list[str]] = []
        self.may_land = asyncio.Event()
        self.slow_may_land = asyncio.Event()
        self.together: Together[str, str] = Together(self.carry, name=lambda word: word[0])

    async def carry(self, words: Sequence[str]) -> list[str]:
        self.crossings.append(list(words))
        await self.may_land.wait()
        if "slow" in words and len(words) > 1:
            raise TimeoutError
        if "slow" in words:
            await self.slow_may_land.wait()
        if "bad" in words:
            raise ValueError("bad")
        return [word.upper() for word in words]

    async def ask(self, *words: str) -> list[asyncio.Task[str]]:
        """Let each word be called by a caller of its own, as far as it gets by itself."""
        callers = [asyncio.create_task(self.together(word)) for word in words]
        await self.settle()
        return callers

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
def ferry() -> Ferry:
    return Ferry()


async def test_a_lone_call_sets_out_at_once_and_later_ones_share_the_next(ferry: Ferry) -> None:
    first = await ferry.ask("one")
    later = await ferry.ask("two") + await ferry.ask("again")
    assert ferry.crossings == [["one"]]

    ferry.may_land.set()

    assert await asyncio.gather(*first, *later) == ["ONE", "TWO", "AGAIN"]
    assert ferry.crossings == [["one"], ["two", "again"]]


async def test_a_caller_may_call_again_at_once(ferry: Ferry) -> None:
    ferry.may_land.set()

    assert [await ferry.together(word) for word in ("one", "two", "one")] == ["ONE", "TWO", "ONE"]


async def test_calls_of_the_same_moment_go_together(ferry: Ferry) -> None:
    ferry.may_land.set()

    callers = await ferry.ask("one", "two", "again")

    assert await asyncio.gather(*callers) == ["ONE", "TWO", "AGAIN"]
    assert ferry.crossings == [["one", "two", "again"]]


async def test_with_two_ways_a_second_call_sets_out_beside_the_first(ferry: Ferry) -> None:
    ferry.together = Together(ferry.carry, name=lambda word: word[0], ways=2)

    callers = await ferry.ask("one") + await ferry.ask("two") + await ferry.ask("again", "more")
    assert ferry.crossings == [["one"], ["two"]]
    ferry.may_land.set()

    assert await asyncio.gather(*callers) == ["ONE", "TWO", "AGAIN", "MORE"]
    assert ferry.crossings == [["one"], ["two"], ["again", "more"]]


async def test_what_one_call_is_at_fault_for_only_that_call_gets(ferry: Ferry) -> None:
    ferry.may_land.set()

    one, bad, two = await ferry.ask("one", "bad", "two")

    assert await one == "ONE"
    assert await two == "TWO"
    with pytest.raises(ValueError, match="bad"):
        await bad
    assert ferry.crossings == [["one", "bad", "two"], ["one"], ["bad"], ["two"]]


async def test_one_that_takes_long_alone_holds_up_neither_those_with_it_nor_those_behind(ferry: Ferry) -> None:
    ferry.may_land.set()
    one, slow, two = await ferry.ask("one", "slow", "two")
    (later,) = await ferry.ask("again")

    assert await asyncio.gather(one, two, later) == ["ONE", "TWO", "AGAIN"]
    assert not slow.done()

    ferry.slow_may_land.set()
    await ferry.together.drain()
    assert await slow == "SLOW"


async def test_calls_about_the_same_thing_go_in_turn(ferry: Ferry) -> None:
    ferry.may_land.set()

    callers = await ferry.ask("one", "other", "two", "oh")

    assert await asyncio.gather(*callers) == ["ONE", "OTHER", "TWO", "OH"]
    assert ferry.crossings == [["one", "two"], ["other"], ["oh"]]


async def test_a_caller_who_leaves_takes_nobody_along(ferry: Ferry) -> None:
    left_on_the_way, stays = await ferry.ask("one", "two")
    left_before, comes_later = await ferry.ask("again", "more")

    left_on_the_way.cancel()
    left_before.cancel()
    ferry.may_land.set()

    assert await asyncio.gather(stays, comes_later) == ["TWO", "MORE"]
    assert ferry.crossings == [["one", "two"], ["more"]]


async def test_more_than_go_together_go_in_turn(ferry: Ferry) -> None:
    ferry.may_land.set()
    words = [chr(0x4E00 + number) for number in range(MOST + 1)]

    callers = await ferry.ask(*words)

    assert await asyncio.gather(*callers) == words
    assert [len(crossing) for crossing in ferry.crossings] == [MOST, 1]


async def test_draining_waits_for_those_under_way_and_those_behind_them(ferry: Ferry) -> None:
    callers = await ferry.ask("one") + await ferry.ask("two")
    draining = asyncio.create_task(ferry.together.drain())
    await ferry.settle()
    assert not draining.done()

    ferry.may_land.set()
    await draining

    assert [await caller for caller in callers] == ["ONE", "TWO"]


@pytest.mark.parametrize("moments", [0, 1, 2])
async def test_nobody_waits_for_ever_when_the_loop_is_taken_down(ferry: Ferry, moments: int) -> None:
    before = asyncio.all_tasks()
    callers = [asyncio.create_task(ferry.together(word)) for word in ("one", "other")]
    for _ in range(moments):
        await asyncio.sleep(0)

    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - before - set(callers):
        task.cancel()

    results = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 2
