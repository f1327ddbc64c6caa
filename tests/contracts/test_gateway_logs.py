"""What the real gateway's logs may hold: codes and rids, no token, no secret, no whole openid."""

import json
import logging
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from models.rules.errors import LoginCodeRefused
from tests.contracts.gateway_worlds import LOGIN, OA, SEND, RealWorld, a_world_where


async def test_logs_name_the_rid_and_neither_token_nor_secret_nor_openid(real: RealWorld) -> None:
    openid, code = real.person(), real.login_code("张三")
    token = await real.gateway.token(OA)
    with structlog.testing.capture_logs() as lines:
        for fault in ({"errcode": 40003}, {"errcode": 40001}, {"status": 500}, {"reset": "before"}, {"truncate": True}):
            real.fake.faults.add(SEND, **fault)
            await real.gateway.send_text(OA, openid, "机密")
        real.fake.faults.add(LOGIN, errcode=40029)
        with pytest.raises(LoginCodeRefused):
            await real.gateway.log_in(code)
    told = json.dumps(lines, ensure_ascii=False)

    refusal = next(line for line in lines if line.get("errcode") == 40003)
    assert "rid: " in refusal["errmsg"]
    assert refusal["openid"] == openid[-4:]
    assert all(secret not in told for secret in (token, await real.gateway.token(OA), openid, code, "机密"))


async def test_the_libraries_log_no_secret_either(real: RealWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    real.fake.faults.add(SEND, reset="before", times=None)

    await real.gateway.send_text(OA, real.person(), "您好")

    assert await real.gateway.token(OA) not in caplog.text


async def test_an_openid_in_weixins_own_words_is_masked_and_the_rid_is_not(tmp_path: Path) -> None:
    openid, rid = "oAbCdEfGhIjKlMnOpQrStUvWxYz1", "6f22c29c-fa448d59-05bc1450"

    async def send(_: web.Request) -> web.Response:
        return web.json_response({"errcode": 40003, "errmsg": f"invalid openid {openid} rid: {rid}"})

    async with a_world_where(tmp_path, send) as world:
        with structlog.testing.capture_logs() as lines:
            await world.gateway.send_text(OA, openid, "您好")

    told = json.dumps(lines)
    assert openid not in told
    assert rid in told
