"""The real gateway on a bad network: what is tried again, what is not, and what the logs may hold."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.gateway import Reaction
from models.rules.errors import LoginCodeRefused, WeChatUnreachable
from tests.contracts.gateway_worlds import (
    LOGIN,
    MP,
    OA,
    QUICK,
    SEND,
    STABLE,
    RealWorld,
    a_database,
    a_gateway,
    a_real_world,
    a_world_where,
    until,
)
from tests.fake_weixin import FakeWeixin


async def test_a_busy_platform_is_asked_four_times_with_growing_pauses(real: RealWorld) -> None:
    openid = real.person()
    real.fake.faults.add(SEND, status=502, times=3)

    assert (await real.gateway.send_text(OA, openid, "您好")).ok
    assert len(real.naps) == 3
    assert real.naps[0] < real.naps[2]
    assert real.seen(openid) == ["您好"]


async def test_no_connection_leaves_the_message_for_later(tmp_path: Path) -> None:
    fake = FakeWeixin()
    await fake.start()
    await fake.close()  # its port is free again: nobody listens
    async with a_database(tmp_path) as database, a_gateway(fake, database) as world:
        outcome = await world.gateway.send_text(OA, "o-nobody", "您好")

        assert (outcome.ok, outcome.reaction, outcome.errcode) == (False, Reaction.RETRY, None)
        assert len(world.naps) == 3
        with pytest.raises(WeChatUnreachable):
            await world.gateway.log_in("code")
        with pytest.raises(WeChatUnreachable):
            await world.gateway.token(OA)


SILENCES: list[Any] = [
    pytest.param({"reset": "before"}, 0, id="reset before"),
    pytest.param({"reset": "after"}, 1, id="reset after"),
    pytest.param({"truncate": True}, 1, id="truncated JSON"),
    pytest.param({"latency": 5.0}, 0, id="no answer in time"),
]


@pytest.mark.parametrize(("fault", "arrived"), SILENCES)
async def test_after_silence_a_send_is_tried_once_more(tmp_path: Path, fault: dict[str, Any], arrived: int) -> None:
    async with a_real_world(tmp_path, QUICK) as real:
        openid = real.person()
        await real.gateway.token(OA)
        real.fake.faults.add(SEND, **fault)

        assert (await real.gateway.send_text(OA, openid, "您好")).ok
        assert real.count(SEND) == 2
        assert len(real.seen(openid)) == arrived + 1


@pytest.mark.parametrize(("fault", "arrived"), SILENCES)
async def test_twice_silence_is_reported_as_unsure_and_not_sent_a_third_time(
    tmp_path: Path, fault: dict[str, Any], arrived: int
) -> None:
    async with a_real_world(tmp_path, QUICK) as real:
        openid = real.person()
        await real.gateway.token(OA)
        real.fake.faults.add(SEND, times=None, **fault)

        outcome = await real.gateway.send_text(OA, openid, "您好")

        assert (outcome.ok, outcome.reaction, outcome.errcode) == (False, Reaction.UNSURE, None)
        assert real.count(SEND) == 2
        assert len(real.seen(openid)) == 2 * arrived


@pytest.mark.parametrize("errcode", [43101, 45047])
async def test_a_refusal_after_silence_may_mean_that_the_first_try_arrived(real: RealWorld, errcode: int) -> None:
    openid = real.person()
    real.fake.faults.add(SEND, reset="after")
    real.fake.faults.add(SEND, errcode=errcode)

    outcome = await real.gateway.send_text(OA, openid, "您好")

    assert (outcome.reaction, outcome.errcode) == (Reaction.UNSURE, errcode)
    assert real.seen(openid) == ["您好"]


@pytest.mark.parametrize("fault", [{"reset": "before"}, {"status": 503}, {"errcode": -1}, {"latency": 5.0}])
async def test_a_login_is_asked_again(tmp_path: Path, fault: dict[str, Any]) -> None:
    async with a_real_world(tmp_path, QUICK) as real:
        real.fake.faults.add(LOGIN, **fault)

        login = await real.gateway.log_in(real.login_code("张三"))

        assert login.openid == real.fake.openid(MP, "张三")


@pytest.mark.parametrize("fault", [{"reset": "after"}, {"truncate": True}])
async def test_a_login_whose_answer_was_lost_asks_for_a_fresh_code(real: RealWorld, fault: dict[str, Any]) -> None:
    real.fake.faults.add(LOGIN, **fault)

    with pytest.raises(LoginCodeRefused):
        await real.gateway.log_in(real.login_code("张三"))


async def test_a_login_without_any_answer_ends(tmp_path: Path) -> None:
    async with a_real_world(tmp_path, QUICK) as real:
        real.fake.faults.add(LOGIN, latency=5.0, times=None)

        with pytest.raises(WeChatUnreachable):
            await real.gateway.log_in(real.login_code("张三"))


async def test_a_text_that_weixin_finds_too_long_goes_out_in_smaller_pieces(real: RealWorld) -> None:
    openid = real.person()
    said = "办" * 600
    real.fake.faults.add(SEND, errcode=45002)

    assert (await real.gateway.send_text(OA, openid, said)).ok
    assert "".join(real.seen(openid)) == said
    assert len(real.seen(openid)) == 2


async def test_a_window_reported_closed_for_a_moment_is_tried_again_after_two_seconds(real: RealWorld) -> None:
    openid = real.person()
    real.fake.faults.add(SEND, errcode=45015)

    assert (await real.gateway.send_text(OA, openid, "您好")).ok
    assert real.naps == [2.0]


async def test_a_hanging_call_holds_up_nobody_else(tmp_path: Path) -> None:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    async with a_real_world(tmp_path) as real, TestServer(app) as server, aiohttp.ClientSession() as session:
        await real.gateway.token(OA)
        real.fake.faults.add(SEND, latency=10.0, times=None)
        hanging = asyncio.create_task(real.gateway.send_text(OA, real.person(), "您好"))
        await until(lambda: real.count(SEND) == 1)

        answers = await asyncio.gather(*(text_of(session.get(server.make_url("/"))) for _ in range(20)))

        assert answers == ["hello"] * 20
        assert not hanging.done()
        hanging.cancel()
        await asyncio.wait({hanging})


@pytest.mark.parametrize(
    ("body", "reaction"),
    [
        (b'{"errcode": "40003", "errmsg": "text as number"}', Reaction.MARK),
        (b'{"errcode": "strange"}', Reaction.ALERT),
        (b"<html>a proxy's page</html>", Reaction.UNSURE),
        (b"[]", Reaction.UNSURE),
        (b"", Reaction.UNSURE),
        (b"\xff\xfe", Reaction.UNSURE),
    ],
)
async def test_answers_that_weixin_would_never_give_are_judged_all_the_same(
    tmp_path: Path, body: bytes, reaction: Reaction
) -> None:
    async def send(_: web.Request) -> web.Response:
        return web.Response(body=body)

    async with a_world_where(tmp_path, send) as world:
        assert (await world.gateway.send_text(OA, "o-somebody", "您好")).reaction is reaction


async def test_a_redirect_is_not_followed_so_that_the_token_goes_nowhere_else(tmp_path: Path) -> None:
    async def send(_: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(STABLE)

    async with a_world_where(tmp_path, send) as world:
        outcome = await world.gateway.send_text(OA, "o-somebody", "您好")

    assert (outcome.reaction, outcome.errcode, outcome.errmsg) == (Reaction.ALERT, None, "HTTP 307")


async def test_no_token_goes_with_a_login_and_it_is_fetched_for_none(real: RealWorld) -> None:
    login = await real.gateway.log_in(real.login_code("张三"))

    (request,) = real.fake.requests(LOGIN)
    assert "access_token" not in request.query
    assert real.count(STABLE) == 0
    assert (login.appid, login.openid) == (MP, real.fake.openid(MP, "张三"))
    assert login.unionid


async def text_of(request: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> str:
    async with request as response:
        return await response.text()


# Other methods of wechatpy over the same client.


async def test_wechatpys_methods_are_awaitable(real: RealWorld) -> None:
    client = real.gateway.client(OA)
    assert client is not None

    menu = await client.menu.create({"button": [{"type": "click", "name": "办事", "key": "items"}]})
    media = await client.media.upload("image", ("a.jpg", b"\xff\xd8\xff" + b"0" * 100, "image/jpeg"))
    code = real.gateway.client(MP)
    assert code is not None
    picture = await code.wxa.get_wxa_code_unlimited("village=1")

    assert menu["errcode"] == 0
    assert media["media_id"]
    assert isinstance(picture, bytes)
