"""Access tokens of the real gateway: fetched once, replaced in time, shared, and never asked for without end."""

import asyncio
from datetime import timedelta

import pytest
import structlog

from bot.gateway import Reaction
from models import tokens
from models.sealing import Sealer
from tests.contracts.gateway_worlds import (
    KEY,
    OA,
    SEND,
    STABLE,
    RealWorld,
    until,
)


async def test_fifty_calls_at_once_fetch_one_token(real: RealWorld) -> None:
    people = [real.fake.openid(OA, f"人{number}") for number in range(50)]
    for openid in people:
        real.fake.user_acts(OA, openid, "message")

    outcomes = await asyncio.gather(*(real.gateway.send_text(OA, openid, "您好") for openid in people))

    assert all(outcome.ok for outcome in outcomes)
    assert real.count(STABLE) == 1


async def test_fifty_calls_after_a_rotation_fetch_one_token_and_none_fails(real: RealWorld) -> None:
    people = [real.fake.openid(OA, f"人{number}") for number in range(50)]
    for openid in people:
        real.fake.user_acts(OA, openid, "message")
    await real.gateway.token(OA)
    real.fake.revoke_tokens(OA)

    outcomes = await asyncio.gather(*(real.gateway.send_text(OA, openid, "您好") for openid in people))

    assert all(outcome.ok for outcome in outcomes)
    assert real.count(STABLE) == 2


@pytest.mark.parametrize("seconds", [6_920, 7_199, 7_200, 90_000])
async def test_a_token_near_or_past_its_end_is_replaced(real: RealWorld, seconds: int) -> None:
    before = await real.gateway.token(OA)
    real.fake.clock.advance(seconds)
    openid = real.person()

    assert (await real.gateway.send_text(OA, openid, "您好")).ok
    assert await real.gateway.token(OA) != before
    assert real.count(STABLE) == 2


async def test_a_token_that_weixin_calls_expired_is_replaced_once(real: RealWorld) -> None:
    openid = real.person()
    real.fake.faults.add(SEND, errcode=42001)

    assert (await real.gateway.send_text(OA, openid, "您好")).ok
    assert (real.count(SEND), real.count(STABLE)) == (2, 2)


async def test_a_token_that_weixin_never_accepts_ends_after_two_tries_with_an_alert(real: RealWorld) -> None:
    openid = real.person()
    real.fake.faults.add(SEND, errcode=40001, times=None)

    with structlog.testing.capture_logs() as lines:
        outcome = await real.gateway.send_text(OA, openid, "您好")

    assert (outcome.reaction, outcome.errcode) == (Reaction.ALERT, 40001)
    assert (real.count(SEND), real.count(STABLE)) == (2, 2)
    assert [line["log_level"] for line in lines if line["event"] == "wechat refused"] == ["error"]


async def test_while_weixin_gives_no_new_token_the_old_one_serves(real: RealWorld) -> None:
    before = await real.gateway.token(OA)
    real.fake.clock.advance(7_000)
    real.fake.faults.add(STABLE, status=503, times=None)

    assert await real.gateway.token(OA) == before


async def test_a_wrong_secret_stops_all_calls_of_the_account_for_a_while(real: RealWorld) -> None:
    openid = real.person()
    real.fake.configure(OA, secret="changed")

    first = await real.gateway.send_text(OA, openid, "您好")
    second = await real.gateway.send_text(OA, openid, "您好")

    assert (first.errcode, first.reaction, second.errcode) == (40125, Reaction.ALERT, 40125)
    assert (real.count(STABLE), real.count(SEND)) == (1, 0)

    real.fake.configure(OA, secret="s")
    real.fake.clock.advance(61)
    assert (await real.gateway.send_text(OA, openid, "您好")).ok


async def test_a_used_up_quota_rests_that_api_until_it_begins_anew(real: RealWorld) -> None:
    openid = real.person()
    real.fake.quotas.set(SEND, day=1)
    assert (await real.gateway.send_text(OA, openid, "一")).ok

    outcomes = [await real.gateway.send_text(OA, openid, text) for text in "二三"]
    assert [(one.errcode, one.reaction) for one in outcomes] == [(45009, Reaction.WAIT)] * 2
    assert real.count(SEND) == 2

    real.fake.clock.advance(timedelta(days=1).total_seconds())
    assert (await real.gateway.send_text(OA, openid, "四")).ok


async def test_a_caller_that_leaves_does_not_stop_the_refresh_of_the_others(real: RealWorld) -> None:
    real.fake.faults.add(STABLE, latency=0.2)
    leaves, stays = (asyncio.create_task(real.gateway.token(OA)) for _ in range(2))
    await until(lambda: real.count(STABLE) == 1)

    leaves.cancel()

    assert await stays
    assert real.count(STABLE) == 1


async def test_while_another_process_refreshes_its_token_is_awaited(real: RealWorld) -> None:
    assert await tokens.may_refresh(real.database, OA, now=real.now())
    asking = asyncio.create_task(real.gateway.token(OA))
    await until(lambda: bool(real.naps))

    await tokens.store(real.database, OA, "theirs", real.now() + timedelta(hours=2), Sealer(KEY), now=real.now())

    assert await asking == "theirs"
    assert real.count(STABLE) == 0


async def test_while_another_process_refreshes_a_token_that_still_lives_serves(real: RealWorld) -> None:
    ends = real.now() + timedelta(seconds=100)
    await tokens.store(real.database, OA, "old", ends, Sealer(KEY), now=real.now())
    assert await tokens.may_refresh(real.database, OA, now=real.now())

    assert await real.gateway.token(OA) == "old"
    assert (real.naps, real.count(STABLE)) == ([], 0)


async def test_a_refresh_whose_process_died_is_taken_over(real: RealWorld) -> None:
    assert await tokens.may_refresh(real.database, OA, now=real.now())
    asking = asyncio.create_task(real.gateway.token(OA))
    await until(lambda: bool(real.naps))

    real.fake.clock.advance(tokens.CLAIM.total_seconds())

    assert await asking
    assert real.count(STABLE) == 1


async def test_a_refresh_broken_off_by_closing_gives_its_claim_back(real: RealWorld) -> None:
    real.fake.faults.add(STABLE, latency=5.0)
    asking = asyncio.create_task(real.gateway.token(OA))
    await until(lambda: real.count(STABLE) == 1)

    await real.gateway.close()

    await asyncio.wait({asking})
    assert asking.cancelled()
    assert await tokens.may_refresh(real.database, OA, now=real.now())


async def test_a_stored_token_that_does_not_open_is_replaced(real: RealWorld) -> None:
    ends = real.now() + timedelta(hours=2)
    await tokens.store(real.database, OA, "sealed with the old key", ends, Sealer(b"o" * 32), now=real.now())

    assert await real.gateway.token(OA)
    assert real.count(STABLE) == 1


async def test_the_token_is_stored_sealed(real: RealWorld) -> None:
    token = await real.gateway.token(OA)

    (row,) = await real.database.rows("SELECT sealed FROM tokens")
    assert token not in row["sealed"]
