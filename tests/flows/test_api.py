"""The mini-program's API: one error shape, limits by person and address, the same answer to the same submission."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from bot.steps import Step
from tests.house import BOTH, MP, House, a_house

OWN_ID = "test-request-0001"
BAD_BODIES: dict[str, Any] = {
    "no JSON": b"hello",
    "cut off": b'{"text": "',
    "empty": b"",
    "not UTF-8": b'{"text": "\xff"}',
    "too deep": b"[" * 50_000,
    "an array": [],
    "null": None,
    "no text": {},
    "a number for text": {"text": 7},
    "an empty text": {"text": ""},
    "a blank text": {"text": " \u3000\n"},
    "a text too long": {"text": "办" * 2001},
    "an unknown field": {"text": "低保", "txt": "x"},
    "half a pair in the text": {"text": "低\ud800"},
    "half a pair in a name": {"text": "低保", "\ud800": 1},
}


def assert_problem(answer: dict[str, Any], code: str) -> None:
    problem = answer["error"]
    assert list(answer) == ["error"]
    assert problem["code"] == code
    assert re.search("[一-鿿]", problem["message"])
    assert re.fullmatch(r"[\w-]{8,64}", problem["request_id"])
    assert set(problem) <= {"code", "message", "field", "request_id"}


async def problem_of(house: House, method: str, path: str, **given: Any) -> tuple[int, dict[str, Any]]:
    async with house.client.request(method, path, **given) as response:
        answer = await response.json()
        assert response.headers["X-Request-Id"] == answer["error"]["request_id"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        return response.status, answer


CASES: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("POST", "/api/v1/chat", {}, 401, "unauthenticated"),
    ("POST", "/api/v1/chat", {"headers": {"Authorization": "Bearer wrong"}}, 401, "unauthenticated"),
    ("POST", "/api/v1/chat", {"headers": {"Authorization": "Basic wrong"}}, 401, "unauthenticated"),
    ("POST", "/api/v1/session", {"json": {"code": "not-ours"}}, 401, "login_code_refused"),
    ("GET", "/api/v1/items/ZZ-999", {}, 404, "item_missing"),
    ("GET", "/api/v1/items/HJ-001?township=北京", {}, 404, "township_missing"),
    ("GET", "/api/v1/nowhere", {}, 404, "not_found"),
    ("DELETE", "/api/v1/items/HJ-001", {}, 405, "method_not_allowed"),
    ("POST", "/api/v1/session", {"data": b"x" * 300_000}, 413, "too_large"),
    ("POST", "/api/v1/session", {"json": {}}, 422, "invalid"),
    ("GET", "/api/v1/search", {}, 422, "invalid"),
    ("GET", "/api/v1/search?q=" + "a" * 501, {}, 422, "invalid"),
]


@pytest.mark.parametrize(("method", "path", "given", "status", "code"), CASES)
async def test_every_refusal_has_the_one_shape(
    house: House, method: str, path: str, given: dict[str, Any], status: int, code: str
) -> None:
    found, answer = await problem_of(house, method, path, **given)

    assert found == status
    assert_problem(answer, code)


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
async def test_a_bad_body_is_refused_and_says_why(house: House, body: Any) -> None:
    someone = await house.newcomer()

    status, answer = await someone.send(body)

    assert status == 422
    assert_problem(answer, "invalid")


async def test_a_blocked_person_hears_so(wechat_house: House) -> None:
    assert wechat_house.fake is not None
    wechat_house.fake.block(MP, "rogue")
    code = wechat_house.fake.issue_login_code(MP, "rogue")

    status, answer = await problem_of(wechat_house, "POST", "/api/v1/session", json={"code": code})

    assert status == 403
    assert_problem(answer, "login_blocked")


async def test_wechat_out_of_reach_is_a_conflict_and_not_our_fault(wechat_house: House) -> None:
    assert wechat_house.fake is not None
    wechat_house.fake.faults.add("/sns/jscode2session", status=502, times=None)
    code = wechat_house.fake.issue_login_code(MP, "somebody")

    status, answer = await problem_of(wechat_house, "POST", "/api/v1/session", json={"code": code})

    assert status == 409
    assert_problem(answer, "wechat_unreachable")


async def test_our_own_fault_is_an_apology_without_details(url: str) -> None:
    async def broken(*_: Any) -> Step:
        raise RuntimeError("secret detail")

    async with a_house(url, think=broken) as house:
        someone = await house.newcomer()

        status, answer = await someone.send({"text": "低保"}, X_Request_Id=OWN_ID)

    assert status == 500
    assert_problem(answer, "internal")
    assert answer["error"]["request_id"] == OWN_ID
    assert "secret" not in json.dumps(answer)


async def test_a_header_of_wild_bytes_is_a_stranger(house: House) -> None:
    wire = house.client.make_url("/")
    reader, writer = await asyncio.open_connection(wire.host, wire.port)
    writer.write(
        b"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \xff\xfe\r\n\r\n"
    )

    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 401 ")


@BOTH
async def test_signs_that_a_database_cannot_carry_do_no_harm(house: House) -> None:
    someone = await house.newcomer()

    for text in ("\x00", "菜\x00单", "咕噜咕噜\x00巴拉巴拉", "人\x00工"):
        await someone.say(text)


async def test_a_session_ends_after_a_week(house: House) -> None:
    someone = await house.newcomer()
    house.clock.advance(7 * 86_400 - 1)
    assert (await someone.send({"text": "菜单"}))[0] == 200

    house.clock.advance(2)

    assert (await someone.send({"text": "菜单"}))[0] == 401
