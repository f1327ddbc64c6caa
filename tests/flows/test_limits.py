"""How often one may ask, and what happens when the same submission comes twice."""

from __future__ import annotations

import asyncio

import pytest

from tests.flows.test_api import assert_problem
from tests.house import BOTH, House, Resident, a_house


async def statuses(someone: Resident, times: int) -> list[int]:
    return [(await someone.send({"text": "菜单"}))[0] for _ in range(times)]


async def test_one_person_may_ask_so_often_a_minute_and_the_minute_does_not_lengthen(url: str) -> None:
    async with a_house(url, rate_person=3) as house:
        eager, other = await house.newcomer(), await house.newcomer()
        house.clock.advance(10)

        assert await statuses(eager, 5) == [200, 200, 200, 429, 429]
        assert await statuses(other, 1) == [200]
        async with house.client.post("/api/v1/chat", headers={"Authorization": f"Bearer {eager.token}"}) as refused:
            assert refused.headers["Retry-After"] == "50"
            assert_problem(await refused.json(), "too_many_requests")
        house.clock.advance(49)
        assert await statuses(eager, 1) == [429]
        house.clock.advance(1)
        assert await statuses(eager, 1) == [200]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [(0, "198.51.100.7", 429), (1, "198.51.100.7", 200), (1, "198.51.100.7, 203.0.113.9", 429)],
    ids=["a header that nobody vouches for", "another address", "the last hop counts"],
)
async def test_one_address_may_ask_so_often(url: str, proxies: int, forwarded: str, status: int) -> None:
    async with a_house(url, rate_address=2, trusted_proxies=proxies) as house:
        for _ in range(2):
            await house.client.get("/api/v1/townships", headers={"X-Forwarded-For": "203.0.113.9"})

        answer = await house.client.get("/api/v1/townships", headers={"X-Forwarded-For": forwarded})

        assert answer.status == status


@BOTH
async def test_one_submission_sent_again_also_in_parallel_has_one_answer_and_one_effect(house: House) -> None:
    someone, other = await house.newcomer(), await house.newcomer()

    answers = await asyncio.gather(*(someone.say("人工", Idempotency_Key="k1") for _ in range(8)))
    for number in range(10):  # more than the talk itself remembers
        await someone.say("菜单", Idempotency_Key=f"m{number}")
    house.clock.advance(9 * 3600)  # a new answer would say that the hall has closed
    again = await someone.say("人工", Idempotency_Key="k1")
    theirs = await other.say("菜单", Idempotency_Key="k1")

    assert all(answer == answers[0] for answer in [*answers, again])
    assert theirs != again
    assert len(await house.rows("SELECT 1 FROM callbacks")) == 1
    assert len(await house.rows("SELECT 1 FROM inbox")) == 12


async def test_an_unusable_idempotency_key_is_refused(house: House) -> None:
    someone = await house.newcomer()

    status, answer = await someone.send({"text": "菜单"}, Idempotency_Key="k" * 81)

    assert (status, answer["error"]["field"]) == (422, "Idempotency-Key")
