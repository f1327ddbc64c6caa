"""The seam to WeChat: promises of every gateway, the code table, and the stand-in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.gateway import CODES, MOST_PARTS, TEXT_LIMIT, Mark, Reaction, reaction_to, split_text
from bot.wechat_standin import MOST_PERSONS, MOST_PUSHES, StandInGateway
from models.rules.errors import LoginBlocked, LoginCodeRefused, Refusal, TooMany, WeChatUnreachable
from tests.contracts.gateway_worlds import (
    OA,
    SEND,
    DemoWorld,
    RealWorld,
    World,
    a_real_world,
)


@pytest.fixture(params=["real", "stand-in"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "stand-in":
        yield DemoWorld()
        return
    async with a_real_world(tmp_path) as real:
        yield real


# Promises of every gateway.


async def test_a_text_arrives_as_it_was_said(world: World) -> None:
    openid = world.person()
    said = "补办身份证请带户口本 😀 <a> ]]> 𠮷"

    outcome = await world.gateway.send_text(world.appid, openid, said)

    assert (outcome.ok, outcome.reaction) == (True, Reaction.DONE)
    assert world.seen(openid) == [said]


@pytest.mark.parametrize("length", [666, 667, 1_400, 2_000])
async def test_a_long_text_arrives_whole_in_up_to_three_parts(world: World, length: int) -> None:
    openid = world.person()
    said = "办" * length  # three bytes each

    assert (await world.gateway.send_text(world.appid, openid, said[: TEXT_LIMIT * MOST_PARTS // 3 - 10])).ok

    parts = world.seen(openid)
    assert "".join(parts) == said[: TEXT_LIMIT * MOST_PARTS // 3 - 10]
    assert len(parts) <= MOST_PARTS
    assert all(len(part.encode()) <= TEXT_LIMIT for part in parts)


async def test_a_text_beyond_three_parts_is_cut_and_says_so(world: World) -> None:
    openid = world.person()

    await world.gateway.send_text(world.appid, openid, "办" * 9_000)

    parts = world.seen(openid)
    assert len(parts) == MOST_PARTS
    assert parts[-1].endswith("办…")


async def test_parts_of_two_texts_to_one_person_do_not_mix(world: World) -> None:
    openid = world.person()
    texts = ["一" * 1_000, "二" * 1_000]

    await asyncio.gather(*(world.gateway.send_text(world.appid, openid, text) for text in texts))

    assert "".join(world.seen(openid)) in ("".join(texts), "".join(reversed(texts)))


async def test_half_a_character_does_not_stop_a_text(world: World) -> None:
    openid = world.person()

    assert (await world.gateway.send_text(world.appid, openid, "好\ud83d的")).ok
    assert world.seen(openid) == ["好?的"]


@pytest.mark.parametrize(
    ("errcode", "reaction"), [(43004, Reaction.MARK), (45047, Reaction.DROP), (99999, Reaction.ALERT)]
)
async def test_a_refused_text_tells_its_reaction_and_the_next_goes_through(
    world: World, errcode: int, reaction: Reaction
) -> None:
    openid = world.person()
    world.refuse(errcode, 1)

    refusal = await world.gateway.send_text(world.appid, openid, "一")
    after = await world.gateway.send_text(world.appid, openid, "二")

    assert (refusal.ok, refusal.errcode, refusal.reaction) == (False, errcode, reaction)
    assert after.ok
    assert world.seen(openid) == ["二"]


async def test_the_same_person_logs_in_under_the_same_openid(world: World) -> None:
    first = await world.gateway.log_in(world.login_code("zhangsan"))
    again = await world.gateway.log_in(world.login_code("zhangsan"))
    other = await world.gateway.log_in(world.login_code("lisi-lisi"))

    assert first == again
    assert first.openid != other.openid
    assert first.appid


@pytest.mark.parametrize("code", ["", "nonsense", "demo-", "demo-UPPERCASE", "demo-" + "x" * 41, "demo-zhangsan\n"])
async def test_a_code_that_nobody_issued_is_refused(world: World, code: str) -> None:
    with pytest.raises((LoginCodeRefused, WeChatUnreachable)):
        await world.gateway.log_in(code)


@pytest.mark.parametrize(
    ("errcode", "refusal"),
    [
        (40029, LoginCodeRefused),
        (40163, LoginCodeRefused),
        (40226, LoginBlocked),
        (45011, TooMany),
        (-1, WeChatUnreachable),
        (40125, WeChatUnreachable),
        (99999, WeChatUnreachable),
    ],
)
async def test_a_refused_login_says_why(world: World, errcode: int, refusal: type[Refusal]) -> None:
    code = world.login_code("zhangsan")
    world.refuse(errcode, None)

    with pytest.raises(refusal):
        await world.gateway.log_in(code)


async def test_there_is_a_token_and_closing_twice_does_no_harm(world: World) -> None:
    assert await world.gateway.token(world.appid)
    await world.gateway.close()
    await world.gateway.close()


# The code table.


def test_an_unknown_code_asks_for_a_human() -> None:
    assert reaction_to(12345) is Reaction.ALERT
    assert reaction_to(None) is Reaction.ALERT


FINAL = {Reaction.REFRESH: Reaction.ALERT, Reaction.SPLIT: Reaction.DROP}
TRIES = {-1: 4, 44990: 4, 43108: 4, 40001: 2, 40014: 2, 42001: 2, 45015: 2, 45002: 2, 45008: 2}


@pytest.mark.parametrize("errcode", CODES)
async def test_every_code_gives_its_reaction(real: RealWorld, errcode: int) -> None:
    openid = real.person()
    real.fake.faults.add(SEND, errcode=errcode, times=None)

    outcome = await real.gateway.send_text(OA, openid, "您好")

    reaction = CODES[errcode].reaction
    assert outcome.errcode == errcode
    assert outcome.reaction is FINAL.get(reaction, reaction)
    assert outcome.ok is (reaction is Reaction.IGNORE)
    assert "rid: " in outcome.errmsg
    assert real.count(SEND) == TRIES.get(errcode, 1)


@pytest.mark.parametrize(
    ("errcode", "mark"),
    [(40003, Mark.BAD_OPENID), (43004, Mark.UNFOLLOWED), (48002, Mark.REFUSES), (43101, Mark.NO_CONSENT)],
)
def test_lasting_refusals_say_what_to_note(errcode: int, mark: Mark) -> None:
    assert CODES[errcode].reaction is Reaction.MARK
    assert CODES[errcode].mark is mark


@pytest.mark.parametrize("text", ["", "短", "行\n" * 900, "x" * 5_999, "😀" * 1_400, "a\n" + "字" * 1_500])
def test_splitting_loses_nothing_that_fits(text: str) -> None:
    parts = split_text(text)

    assert "".join(parts) == text or parts[-1].endswith("…")
    assert all(len(part.encode()) <= TEXT_LIMIT for part in parts)


# The stand-in alone.


async def test_the_stand_in_keeps_the_newest_messages_of_the_newest_people() -> None:
    standin = StandInGateway(clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))

    for number in range(MOST_PUSHES + 5):
        await standin.send_text("demo", "first", f"{number}")
    kept = standin.pushes("first", 0)
    assert [push.text for push in kept] == [f"{number}" for number in range(5, MOST_PUSHES + 5)]
    assert standin.pushes("first", kept[-2].number) == [kept[-1]]

    for number in range(MOST_PERSONS):
        await standin.send_text("demo", f"person-{number}", "您好")
    assert standin.pushes("first", 0) == []
    assert len(standin.pushes(f"person-{MOST_PERSONS - 1}", 0)) == 1


async def test_the_stand_in_logs_in_whoever_names_a_demo_code() -> None:
    standin = StandInGateway(clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))

    login = await standin.log_in("demo-0123456789abcdef")

    assert (login.appid, login.openid) == ("demo", "demo-0123456789abcdef")
