"""Nothing breaks the WeChat doors: each hostile body is refused or acknowledged, and life goes on."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.envelope import Account
from tests.data.hostile_bodies import INJECTION, hostile_bodies
from tests.house import BOTH, KEYS, MP, OA, START, House, until

DOORS = {
    "oa": Account(OA, "ot", (KEYS[OA],)),
    "mp": Account(MP, "mt", (KEYS[MP],)),
}
WELL_FORMED = re.compile(r"<xml><Encrypt>.*</Encrypt><MsgSignature>.*</Nonce></xml>|\{.*\}", re.DOTALL)
HOW: dict[str, Any] = {"resend": False}


@BOTH
@pytest.mark.parametrize("kind", DOORS)
async def test_every_hostile_body_is_refused_or_acknowledged(wechat_house: House, kind: str) -> None:
    cases = hostile_bodies(DOORS[kind], now=int(START.timestamp()))
    wrong = []
    for name, query, body, headers, expected in cases:
        query = {key: value.encode("utf-8", "replace").decode() for key, value in query.items()}  # as a client can send
        answer = await wechat_house.client.post(f"/wechat/{kind}", params=query, data=body, headers=headers)
        text = await answer.text()
        if expected == "403":
            held = answer.status in (403, 413)
        else:
            held = answer.status == 200 and (text in ("", "success") or bool(WELL_FORMED.fullmatch(text)))
        if not held:
            wrong.append((name, answer.status, text[:60]))

    assert len(cases) > 150
    assert wrong == []
    await assert_alive(wechat_house)


async def assert_alive(house: House) -> None:
    follower, visitor = house.follower(), house.follower(appid=MP)
    assert "我能帮您" in await follower.say("菜单")
    await visitor.say("菜单")
    assert "我能帮您" in (await until(visitor.received))[0]


async def test_a_get_without_a_right_signature_is_refused(wechat_house: House) -> None:
    stale = {"signature": "0" * 40, "timestamp": str(int(START.timestamp())), "nonce": "1", "echostr": "<b>7</b>"}

    assert (await wechat_house.client.get("/wechat/oa", params=stale)).status == 403
    assert (await wechat_house.client.get("/wechat/mp")).status == 403
    assert await wechat_house.fake.verify_url(wechat_house.follower().url, OA)  # type: ignore[union-attr]


TEXTS = {
    "a CDATA end": "低保]]>怎么办]]>",
    "a reply of its own": INJECTION,
    "markup": "<xml><Content>&amp;&lt;</Content></xml>",
    "signs of direction": "‮低保⁦",
    "only blanks": " 　​ ",
    "7,000 characters": "办低保" * 2_300,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈𠮷",
    "format marks": "{0} %s ${jndi:ldap://127.0.0.1/a}",
    "quotes of a database": "'; DROP TABLE people; --",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_whatever_is_typed_gets_a_reply_that_wechat_can_read(wechat_house: House, text: str) -> None:
    follower, visitor = wechat_house.follower(), wechat_house.follower(appid=MP)

    answer = await follower.say(text)
    await visitor.push({"fmt": "json"}, Content=text)

    assert answer
    assert "<xml>" not in answer
    assert await until(visitor.received)


SIGNS = {"control signs": "低\x08保\x0b\x1f", "NUL": "低\x00保", "half a pair": "低\ud83d保"}


@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS)
async def test_signs_that_xml_cannot_carry_never_break_the_door(wechat_house: House, sign: str) -> None:
    visitor = wechat_house.follower(appid=MP)

    await visitor.push({"fmt": "json"} | HOW, Content=sign)  # problems would have been found by push
    await visitor.say("菜单")

    await until(lambda: any("我能帮您" in text for text in visitor.received()))


async def test_a_sender_with_a_cdata_end_cannot_write_a_second_element(wechat_house: House) -> None:
    someone = wechat_house.follower()
    someone.openid = "o]]></ToUserName><MsgType>x"

    result = await someone.push(Content="菜单")

    assert result.problems == []
    assert "我能帮您" in str(result.reply)


async def test_the_rest_door_takes_what_the_others_take(house: House) -> None:
    someone = await house.newcomer()

    for text in [*TEXTS.values(), *SIGNS.values()]:
        status, answer = await someone.send({"text": text[:2000]})
        assert status in (200, 422), answer
