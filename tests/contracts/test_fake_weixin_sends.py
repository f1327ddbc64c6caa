"""The fake of api.weixin.qq.com, second part: notices and their field rules, safety, media, codes and links."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fake_weixin import FakeWeixin
from tests.fake_weixin.caller import Caller
from tests.fake_weixin.fields import RULES, complaint, is_allowed, type_of
from tests.fake_weixin.links import PNG

SEND = "/cgi-bin/message/subscribe/send"
TEMPLATE = "/cgi-bin/message/template/send"
CHECK = "/wxa/msg_sec_check"
JPEG = b"\xff\xd8\xff" + b"0" * 100


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeixin]:
    async with FakeWeixin() as fake:
        fake.add_account("wx-oa", secret="s", kind="oa")
        fake.add_account("wx-mp", secret="s", kind="mp", pages=["pages/case/show"])
        fake.add_template("wx-mp", "once", fields={"thing1": "thing", "time2": "time"})
        fake.add_template("wx-mp", "long", fields={"thing1": "thing"}, long_term=True)
        fake.add_template("wx-oa", "tmpl", fields={"thing1": "thing"})
        yield fake


@pytest.fixture
async def api(fake: FakeWeixin) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(fake, session)


def a_notice(openid: str, template_id: str = "once", **more: Any) -> dict[str, Any]:
    data = {"thing1": {"value": "补办身份证"}, "time2": {"value": "2026年3月2日 09:30"}}
    if template_id != "once":
        del data["time2"]
    return {"touser": openid, "template_id": template_id, "data": data} | more


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("thing1", "补办身份证需要本人到场办理，请带户口本！", True),
        ("thing1", "好" * 21, False),
        ("number1", "3.5", True),
        ("number1", "1" * 33, False),
        ("number1", "三", False),
        ("letter1", "Ab", True),
        ("letter1", "A1", False),
        ("symbol1", "+-*/!", True),
        ("symbol1", "a", False),
        ("character_string1", "BJ-2026/0001", True),
        ("character_string1", "编号1", False),
        ("character_string1", "a" * 33, False),
        ("time1", "15:01", True),
        ("time1", "2026年3月2日 15:01", True),
        ("time1", "15:01~16:00", True),
        ("time1", "25:01", False),
        ("time1", "明天上午", False),
        ("date1", "2026年3月2日", True),
        ("date1", "2026-03-02 09:30", True),
        ("date1", "2026.3.2~2026.3.5", True),
        ("date1", "2026-03.02", False),
        ("date1", "三月二日", False),
        ("amount1", "￥100.50元", True),
        ("amount1", "12345678901", False),
        ("phone_number1", "+86-0766-66888866", True),
        ("phone_number1", "1" * 18, False),
        ("car_number1", "云A8Z88挂", True),
        ("car_number1", "云A8Z888888", False),
        ("name1", "张三", True),
        ("name1", "a" * 20, True),
        ("name1", "张" * 11, False),
        ("name1", "张3", False),
        ("phrase1", "已受理", True),
        ("phrase1", "已受理办结了", False),
        ("phrase1", "OK", False),
    ],
)
def test_a_field_keeps_the_rule_of_its_type(key: str, value: str, allowed: bool) -> None:
    assert type_of(key) in RULES
    assert is_allowed(type_of(key), value) is allowed


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param({"thing1": {"value": "事项"}}, None, id="good"),
        pytest.param({}, "data.thing1.value is empty", id="missing"),
        pytest.param({"thing1": {"value": ""}}, "data.thing1.value is empty", id="empty"),
        pytest.param({"thing1": {"value": " "}}, "data.thing1.value is invalid", id="blank"),
        pytest.param({"thing1": {"value": 3}}, "data.thing1.value is invalid", id="not a string"),
        pytest.param({"thing1": {"value": "一\n二"}}, "data.thing1.value is invalid", id="line break"),
        pytest.param({"thing1": "事项"}, "data.thing1.value is empty", id="no value level"),
        pytest.param({"thing1": {"value": "事项"}, "x": {"value": "1"}}, "data.x.value is invalid", id="stranger"),
    ],
)
def test_the_field_at_fault_is_named(data: dict[str, Any], words: str | None) -> None:
    assert complaint({"thing1": "thing"}, data) == words


def test_an_enum_takes_the_values_of_its_template_alone() -> None:
    assert complaint({"enum1": ["是", "否"]}, {"enum1": {"value": "是"}}) is None
    assert complaint({"enum1": ["是", "否"]}, {"enum1": {"value": "也许"}}) == "data.enum1.value is invalid"


async def test_one_consent_is_one_message_and_a_failed_send_costs_none(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-mp", "zhang")
    fake.grant("wx-mp", openid, "once")

    wrong = await api.as_app("wx-mp", SEND, a_notice(openid) | {"data": {"thing1": {"value": "好" * 21}}})
    sent = await api.as_app("wx-mp", SEND, a_notice(openid))
    empty = await api.as_app("wx-mp", SEND, a_notice(openid))

    assert wrong["errcode"] == 47003
    assert "data.thing1.value is invalid" in wrong["errmsg"]
    assert sent["errcode"] == 0
    assert empty["errcode"] == 43101
    assert [one.msgid for one in fake.sent(openid)] == [sent["msgid"]]


async def test_consents_accumulate_and_a_refusal_makes_them_void_until_the_next_yes(
    fake: FakeWeixin, api: Caller
) -> None:
    openid = fake.openid("wx-mp", "zhang")
    fake.grant("wx-mp", openid, "once", n=2)
    fake.refuse("wx-mp", openid, "once")

    refused = await api.as_app("wx-mp", SEND, a_notice(openid))
    fake.grant("wx-mp", openid, "once")
    codes = [(await api.as_app("wx-mp", SEND, a_notice(openid)))["errcode"] for _ in range(4)]

    assert refused["errcode"] == 43101
    assert codes == [0, 0, 0, 43101]


async def test_one_yes_to_a_long_term_template_lasts(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-mp", "zhang")
    fake.grant("wx-mp", openid, "long")

    codes = [(await api.as_app("wx-mp", SEND, a_notice(openid, "long")))["errcode"] for _ in range(3)]

    assert codes == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"template_id": "deleted"}, 40037),
        ({"touser": "o-nobody"}, 40003),
        ({"page": "pages/none"}, 41030),
        ({"page": "/pages/case/show"}, 41030),
        ({"page": "pages/case/show?id=1"}, 0),
        ({"page": "pages/none", "miniprogram_state": "trial"}, 0),
        ({"miniprogram_state": "release"}, 40097),
    ],
)
async def test_a_notice_is_refused_by_its_reason(
    fake: FakeWeixin, api: Caller, change: dict[str, str], *, errcode: int
) -> None:
    openid = fake.openid("wx-mp", "zhang")
    fake.grant("wx-mp", openid, "once")

    answer = await api.as_app("wx-mp", SEND, a_notice(openid) | change)

    assert answer["errcode"] == errcode
    assert fake.balance("wx-mp", openid, "once") == (errcode != 0)


async def test_a_sensitive_word_is_refused(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-mp", "zhang")
    fake.grant("wx-mp", openid, "once")
    fake.forbid_word("身份证")

    assert (await api.as_app("wx-mp", SEND, a_notice(openid)))["errcode"] == 45168


async def test_two_sends_at_once_to_one_person_are_refused_and_to_two_people_are_not(
    fake: FakeWeixin, api: Caller
) -> None:
    people = [fake.openid("wx-mp", name) for name in ("zhang", "li")]
    for openid in people:
        fake.grant("wx-mp", openid, "once", n=5)
    token = (await api.stable_token("wx-mp"))["access_token"]
    fake.faults.add(SEND, latency=0.05, times=3)

    sends = [api.post(SEND, a_notice(openid), access_token=token) for openid in (people[0], people[0], people[1])]
    codes = sorted(answer["errcode"] for answer in await asyncio.gather(*sends))

    assert codes == [0, 0, 43108]
    assert len(fake.sent(people[0])) == len(fake.sent(people[1])) == 1


async def test_an_official_account_may_not_use_the_mini_programs_send(fake: FakeWeixin, api: Caller) -> None:
    assert (await api.as_app("wx-oa", SEND, a_notice("o-x")))["errcode"] == 48001


async def test_a_business_notice_uses_up_a_consent_too(fake: FakeWeixin, api: Caller) -> None:
    fake.grant("wx-oa", "o-zhang", "tmpl")
    body = a_notice("o-zhang", "tmpl")

    codes = [(await api.as_app("wx-oa", "/cgi-bin/message/subscribe/bizsend", body))["errcode"] for _ in range(2)]

    assert codes == [0, 43101]


async def test_a_template_message_is_sent_once_per_client_id(fake: FakeWeixin, api: Caller) -> None:
    fake.user_acts("wx-oa", "o-zhang", "follow")
    body = a_notice("o-zhang", "tmpl", client_msg_id="c1")

    ids = [(await api.as_app("wx-oa", TEMPLATE, body))["msgid"] for _ in range(2)]
    fake.clock.advance(600)
    ids.append((await api.as_app("wx-oa", TEMPLATE, body))["msgid"])

    assert ids[0] == ids[1] != ids[2]
    assert len(fake.sent("o-zhang")) == 2


async def test_a_template_message_needs_a_follower(fake: FakeWeixin, api: Caller) -> None:
    fake.user_acts("wx-oa", "o-zhang", "unfollow")

    assert (await api.as_app("wx-oa", TEMPLATE, a_notice("o-zhang", "tmpl")))["errcode"] == 43004


async def test_text_is_judged_by_the_word_lists_for_users_active_within_two_hours(
    fake: FakeWeixin, api: Caller
) -> None:
    openid = (await api.login("wx-mp", fake.issue_login_code("wx-mp", "zhang")))["openid"]
    fake.judge("赌博", "risky", 20002)
    fake.judge("贷款", "review")

    async def verdict(content: str) -> Any:
        body = {"content": content, "version": 2, "scene": 2, "openid": openid}
        answer = await api.as_app("wx-mp", CHECK, body)
        return answer["result"]["suggest"] if answer["errcode"] == 0 else answer["errcode"]

    assert [await verdict(text) for text in ("你好", "网上赌博", "小额贷款", "好" * 2501)] == [
        "pass",
        "risky",
        "review",
        45002,
    ]
    fake.clock.advance(2 * 3600 + 1)
    assert await verdict("你好") == 61010


async def test_the_first_version_of_the_text_check_refuses_risky_text(fake: FakeWeixin, api: Caller) -> None:
    fake.judge("赌博", "risky")

    assert (await api.as_app("wx-mp", CHECK, {"content": "赌博"}))["errcode"] == 87014


async def test_the_safety_check_has_a_minute_quota_of_its_own_code(fake: FakeWeixin, api: Caller) -> None:
    fake.quotas.set(CHECK, minute=1)

    codes = [(await api.as_app("wx-mp", CHECK, {"content": "好"}))["errcode"] for _ in range(2)]

    assert codes == [0, 44991]


async def upload(fake: FakeWeixin, appid: str, kind: str, *, data: bytes) -> Any:
    async with aiohttp.ClientSession() as session:
        token = (await Caller(fake, session).stable_token(appid))["access_token"]
        form = aiohttp.FormData()
        form.add_field("media", io.BytesIO(data), filename="a.bin", content_type="image/jpeg")
        url = f"{fake.base_url}/cgi-bin/media/upload"
        async with session.post(url, params={"access_token": token, "type": kind}, data=form) as response:
            return await response.json(content_type=None)


@pytest.mark.parametrize(
    ("appid", "kind", "data", "errcode"),
    [
        pytest.param("wx-mp", "image", JPEG + b"0" * 2**21, 40009, id="image over 2 MB"),
        pytest.param("wx-mp", "image", b"hello", 40005, id="no image at all"),
        pytest.param("wx-mp", "video", b"0000ftyp", 40004, id="video for a mini-program"),
        pytest.param("wx-oa", "poem", JPEG, 40004, id="unknown type"),
        pytest.param("wx-oa", "thumb", JPEG + b"0" * 2**16, 40006, id="thumb over 64 KB"),
        pytest.param("wx-oa", "image", b"", 41005, id="empty file"),
    ],
)
async def test_a_file_is_checked_for_type_and_size(
    fake: FakeWeixin, appid: str, kind: str, *, data: bytes, errcode: int
) -> None:
    assert (await upload(fake, appid, kind, data=data))["errcode"] == errcode


async def test_an_upload_can_be_sent_for_three_days_by_its_own_account(fake: FakeWeixin, api: Caller) -> None:
    media_id = (await upload(fake, "wx-mp", "image", data=JPEG))["media_id"]
    openid = fake.openid("wx-mp", "zhang")
    body = {"touser": openid, "msgtype": "image", "image": {"media_id": media_id}}

    codes = []
    for seconds in (0, 3 * 86_400):
        fake.clock.advance(seconds)
        fake.user_acts("wx-mp", openid, "message")
        codes.append((await api.as_app("wx-mp", "/cgi-bin/message/custom/send", body))["errcode"])

    assert codes == [0, 40007]
    assert fake.ledger[1].body == {"media": {"filename": "a.bin", "size": len(JPEG)}}


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 5}}}, None),
        ({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_001}}}, 40053),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "a" * 65}}}, 40053),
        ({"action_name": "QR_SCENE", "expire_seconds": 2_592_001, "action_info": {"scene": {"scene_id": 5}}}, 40053),
        ({"action_name": "QR_SCENE"}, 40053),
    ],
)
async def test_a_qr_request_is_held_to_its_scene(api: Caller, body: dict[str, Any], errcode: int | None) -> None:
    assert (await api.as_app("wx-oa", "/cgi-bin/qrcode/create", body)).get("errcode") == errcode


async def test_a_forgotten_scene_level_makes_a_code_for_scene_zero(fake: FakeWeixin, api: Caller) -> None:
    body = {"action_name": "QR_SCENE", "action_info": {"scene_id": 5}}
    ticket = (await api.as_app("wx-oa", "/cgi-bin/qrcode/create", body))["ticket"]

    url = f"{fake.base_url}/cgi-bin/showqrcode"
    async with aiohttp.ClientSession() as session, session.get(url, params={"ticket": ticket}) as response:
        image = await response.read()

    assert fake.scene_of(ticket) == 0
    assert image == PNG


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"scene": "v=12&t=a"}, None),
        ({"scene": "a" * 33}, 40129),
        ({"scene": "村"}, 40129),
        ({"scene": "a%20"}, 40129),
        ({"scene": "a", "width": 279}, 40097),
        ({"scene": "a", "page": "/pages/case/show"}, 41030),
        ({"scene": "a", "page": "pages/none"}, 41030),
        ({"scene": "a", "page": "pages/none", "check_path": False}, None),
    ],
)
async def test_a_mini_program_code_is_binary_or_json(
    fake: FakeWeixin, api: Caller, body: dict[str, Any], *, errcode: int | None
) -> None:
    token = (await api.stable_token("wx-mp"))["access_token"]

    async with aiohttp.ClientSession() as session:
        url = f"{fake.base_url}/wxa/getwxacodeunlimit"
        async with session.post(url, params={"access_token": token}, json=body) as response:
            is_image = response.content_type == "image/jpeg"
            answer = {} if is_image else await response.json()

    assert is_image is (errcode is None)
    assert answer.get("errcode") == errcode


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"expire_type": 1, "expire_interval": 30}, 0),
        ({"expire_type": 1, "expire_interval": 31}, 85401),
        ({"expire_time": 1}, 85401),
        ({"path": "pages/none"}, 40165),
        ({"path": "/pages/case/show"}, 0),
        ({"query": "a" * 1025}, 40212),
        ({"env_version": "formal"}, 85402),
    ],
)
async def test_links_live_thirty_days_at_most(api: Caller, change: dict[str, Any], errcode: int) -> None:
    inner = {key: value for key, value in change.items() if not key.startswith("expire")}
    outer = {key: value for key, value in change.items() if key.startswith("expire")}

    link = await api.as_app("wx-mp", "/wxa/generate_urllink", change)
    scheme = await api.as_app("wx-mp", "/wxa/generatescheme", {"jump_wxa": inner} | outer)

    assert link["errcode"] == scheme["errcode"] == errcode


async def test_a_menu_is_replaced_read_and_deleted(api: Caller) -> None:
    button = {"type": "click", "name": "办事", "key": "k"}
    four = await api.as_app("wx-oa", "/cgi-bin/menu/create", {"button": [button] * 4})
    made = await api.as_app("wx-oa", "/cgi-bin/menu/create", {"button": [button]})
    token = (await api.stable_token("wx-oa"))["access_token"]

    read = await api.get("/cgi-bin/menu/get", access_token=token)
    await api.get("/cgi-bin/menu/delete", access_token=token)

    assert (four["errcode"], made["errcode"]) == (40016, 0)
    assert read["menu"]["button"] == [button]
    assert (await api.get("/cgi-bin/menu/get", access_token=token))["errcode"] == 46003


async def test_templates_are_listed_with_their_kind(api: Caller) -> None:
    token = (await api.stable_token("wx-mp"))["access_token"]

    listing = await api.get("/wxaapi/newtmpl/gettemplate", access_token=token)

    assert {one["priTmplId"]: one["type"] for one in listing["data"]} == {"once": 2, "long": 3}
