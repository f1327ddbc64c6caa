"""The sender of message pushes in the fake: cipher, formats, re-sends, and what it refuses to take as a reply."""

import asyncio
import json
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fake_weixin import FakeWeixin
from tests.fake_weixin.caller import Caller
from tests.fake_weixin.crypto import BadCipher, decrypt, encrypt, signature

KEY = "A" * 43
OTHER_KEY = "B" * 42 + "A"
TOKEN = "AAAAA"
TEXT = {"FromUserName": "o-zhang", "MsgType": "text", "Content": "补办身份证"}
OFFICIAL = {
    "appid": "wxba5fad812f8e6fb9",
    "encrypt": (
        "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsX"
        "UnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajA"
        "sjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
    ),
    "reply": "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
}

Answer = Callable[[web.Request, bytes], Awaitable[web.Response] | web.Response]


class Desk:
    """A callback under the test's control: it answers as told and keeps what it received."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.labels: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.received.append((dict(request.query), body))
        self.labels.append(request.content_type)
        answer = self.answer(request, body)
        return answer if isinstance(answer, web.Response) else await answer


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeixin]:
    async with FakeWeixin() as fake:
        for appid, kind in (("wx-oa", "oa"), ("wx-mp", "mp")):
            fake.add_account(appid, secret="s", kind=kind, token=TOKEN, aes_key=KEY, username=f"gh_{appid}")
        yield fake


@pytest.fixture
async def open_desk() -> AsyncIterator[Callable[[Answer], Awaitable[tuple[str, Desk]]]]:
    servers: list[TestServer] = []

    async def open_desk(answer: Answer) -> tuple[str, Desk]:
        desk, app = Desk(answer), web.Application()
        app.router.add_route("*", "/callback", desk.handle)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        return str(servers[-1].make_url("/callback")), desk

    yield open_desk
    for server in servers:
        await server.close()


OpenDesk = Callable[[Answer], Awaitable[tuple[str, Desk]]]


def says(body: str | bytes, status: int = 200) -> Answer:
    return lambda request, received: web.Response(body=body, status=status)


def a_reply(content: str = "您好", **more: str) -> str:
    fields = {"ToUserName": "o-zhang", "FromUserName": "gh_wx-oa", "CreateTime": "1", "MsgType": "text"}
    fields |= {"Content": f"<![CDATA[{content}]]>"} | more
    return "<xml>" + "".join(f"<{key}>{value}</{key}>" for key, value in fields.items()) + "</xml>"


def sealed(inner: str, *, appid: str = "wx-oa", key: str = KEY, sign: str | None = None) -> str:
    """Encrypt a reply as a correct product would, or with one thing wrong."""
    cipher = encrypt(key, inner.encode(), appid)
    sign = sign or signature(TOKEN, "1", "2", cipher)
    parts = {"Encrypt": cipher, "MsgSignature": sign, "TimeStamp": "1", "Nonce": "2"}
    return "<xml>" + "".join(f"<{key}>{value}</{key}>" for key, value in parts.items()) + "</xml>"


def test_the_cipher_agrees_with_the_platforms_published_example() -> None:
    message = json.loads(decrypt(KEY, OFFICIAL["encrypt"], OFFICIAL["appid"]))
    answered = encrypt(KEY, b'{"demo_resp":"good luck"}', OFFICIAL["appid"], head=b"707722b803182950")

    assert message["debug_str"] == "hello world"
    assert (
        signature(TOKEN, "1714112445", "415670741", OFFICIAL["encrypt"]) == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    )
    assert signature(TOKEN, "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert answered == OFFICIAL["reply"]


@pytest.mark.parametrize(
    ("encrypted", "appid"),
    [
        pytest.param("***", "wx-oa", id="not base64"),
        pytest.param("", "wx-oa", id="empty"),
        pytest.param("QUJD", "wx-oa", id="no whole block"),
        pytest.param("QUJD" * 16, "wx-oa", id="noise"),
        pytest.param(encrypt(KEY, b"hello", "wx-mp"), "wx-oa", id="another account"),
        pytest.param(encrypt(OTHER_KEY, b"hello", "wx-oa"), "wx-oa", id="another key"),
    ],
)
def test_a_ciphertext_that_is_not_ours_is_refused(encrypted: str, appid: str) -> None:
    with pytest.raises(BadCipher):
        decrypt(KEY, encrypted, appid)


async def test_the_address_check_wants_the_echo_verbatim(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    good, _ = await open_desk(lambda request, body: web.Response(text=request.query["echostr"]))
    bad, _ = await open_desk(says("success"))

    assert await fake.verify_url(good, "wx-oa")
    assert not await fake.verify_url(bad, "wx-oa")


async def test_a_secure_push_shows_the_receiver_alone_and_is_signed(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, desk = await open_desk(says("success"))

    result = await fake.push(url, "wx-oa", TEXT)

    query, body = desk.received[0]
    outer = {child.tag: child.text or "" for child in ET.fromstring(body)}
    inner = {child.tag: child.text for child in ET.fromstring(decrypt(KEY, outer["Encrypt"], "wx-oa"))}
    assert (result.reply, result.problems) == ("success", [])
    assert set(outer) == {"ToUserName", "Encrypt"}
    assert inner["Content"] == "补办身份证"
    assert inner["ToUserName"] == "gh_wx-oa"
    assert int(inner["MsgId"] or "") > 10**18
    assert query["encrypt_type"] == "aes"
    assert query["openid"] == "o-zhang"
    assert query["msg_signature"] == signature(TOKEN, query["timestamp"], query["nonce"], outer["Encrypt"])
    assert query["signature"] == signature(TOKEN, query["timestamp"], query["nonce"])


async def test_plain_and_compatible_pushes_show_the_content(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, desk = await open_desk(says("success"))

    for mode in ("plain", "compatible"):
        await fake.push(url, "wx-oa", TEXT, mode=mode)

    plain, compatible = ({child.tag: child.text for child in ET.fromstring(body)} for _, body in desk.received)
    assert plain["Content"] == compatible["Content"] == "补办身份证"
    assert "Encrypt" in compatible
    assert "Encrypt" not in plain
    assert "msg_signature" not in desk.received[0][0]


async def test_a_mini_program_may_be_pushed_json_under_any_label(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, desk = await open_desk(says("success"))

    await fake.push(url, "wx-mp", TEXT, fmt="json", mode="plain", content_type="text/xml")
    await fake.push(url, "wx-mp", TEXT, fmt="json")

    assert json.loads(desk.received[0][1])["Content"] == "补办身份证"
    assert set(json.loads(desk.received[1][1])) == {"ToUserName", "Encrypt"}
    assert desk.labels == ["text/xml", "application/json"]
    with pytest.raises(ValueError, match="XML alone"):
        await fake.push(url, "wx-oa", TEXT, fmt="json")


@pytest.mark.parametrize("count", [1, 2])
async def test_a_list_is_an_object_for_one_entry_and_nested_in_xml(
    fake: FakeWeixin, open_desk: OpenDesk, count: int
) -> None:
    url, desk = await open_desk(says("success"))
    entry = {"TemplateId": "t", "SubscribeStatusString": "accept", "PopupScene": 0}
    event = {
        "FromUserName": "o-zhang",
        "MsgType": "event",
        "Event": "subscribe_msg_popup_event",
        "List": [entry] * count,
    }

    await fake.push(url, "wx-mp", event, fmt="json", mode="plain")
    await fake.push(url, "wx-mp", event, mode="plain")

    as_json, as_xml = json.loads(desk.received[0][1]), ET.fromstring(desk.received[1][1])
    assert as_json["List"] == (entry if count == 1 else [entry] * 2)
    assert len(as_xml.findall("SubscribeMsgPopupEvent/List")) == count
    assert "MsgId" not in as_json


@pytest.mark.parametrize("content", ["😀", "𠮷𪚥", "a]]>b", "<b>&amp;", " 两边 "])
async def test_strange_text_arrives_as_it_was_written(fake: FakeWeixin, open_desk: OpenDesk, content: str) -> None:
    url, desk = await open_desk(says("success"))

    await fake.push(url, "wx-oa", TEXT | {"Content": content}, mode="plain")

    assert ET.fromstring(desk.received[0][1]).findtext("Content") == content


async def test_control_characters_pass_untouched_and_lone_surrogates_are_escaped(
    fake: FakeWeixin, open_desk: OpenDesk
) -> None:
    url, desk = await open_desk(says("success"))

    await fake.push(url, "wx-oa", TEXT | {"Content": "a\bb"}, mode="plain")
    await fake.push(url, "wx-mp", TEXT | {"Content": "\ud83d"}, mode="plain", fmt="json")

    assert b"a\x08b" in desk.received[0][1]
    assert b"\\ud83d" in desk.received[1][1]


async def test_a_slow_first_handler_meets_the_resends_of_the_same_message(
    fake: FakeWeixin, open_desk: OpenDesk
) -> None:
    running, most = 0, 0

    async def slow_at_first(request: web.Request, body: bytes) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.25 if len(desk.received) < 3 else 0)
        running -= 1
        return web.Response(text="success")

    url, desk = await open_desk(slow_at_first)

    result = await fake.push(url, "wx-oa", TEXT, timeout=0.1)

    assert [one.status for one in result.deliveries] == [None, None, 200]
    assert most == 3
    assert len(set(map(str, desk.received))) == 1
    assert (result.reply, result.problems) == ("success", [])


async def test_a_resend_may_carry_a_new_nonce_and_the_same_message_id(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    async def never(request: web.Request, body: bytes) -> web.Response:
        await asyncio.sleep(0.2)
        return web.Response(text="success")

    url, desk = await open_desk(never)

    result = await fake.push(url, "wx-oa", TEXT, mode="plain", same_nonce=False, timeout=0.05)
    once = await fake.push(url, "wx-oa", TEXT, resend=False, timeout=0.05)

    ids = {ET.fromstring(body).findtext("MsgId") for _, body in desk.received[:4]}
    assert len(ids) == 1
    assert len({query["nonce"] for query, _ in desk.received[:4]}) == 4
    assert len(result.deliveries) == 4
    assert result.problems == ["no answer: timeout"]
    assert len(once.deliveries) == 1


async def test_a_dead_callback_is_a_problem_too(fake: FakeWeixin, unused_tcp_port: int) -> None:
    result = await fake.push(f"http://127.0.0.1:{unused_tcp_port}/", "wx-oa", TEXT)

    assert len(result.deliveries) == 4
    assert result.problems == ["no answer: ClientConnectorError"]


async def test_a_good_encrypted_reply_is_read(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, _ = await open_desk(says(sealed(a_reply("好" * 682))))

    result = await fake.push(url, "wx-oa", TEXT)

    assert result.problems == []
    assert isinstance(result.reply, dict)
    assert result.reply["Content"] == "好" * 682


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(a_reply(), "not encrypted", id="plain reply"),
        pytest.param(sealed(a_reply(), sign="0" * 40), "MsgSignature is wrong", id="bad signature"),
        pytest.param(sealed(a_reply(), appid="wx-mp"), "appid in the ciphertext", id="other appid"),
        pytest.param(sealed(a_reply(), key=OTHER_KEY), "", id="other key"),
        pytest.param("<xml><Encrypt>a</Encrypt></xml>", "MsgSignature is missing", id="no signature"),
        pytest.param(sealed("<xml><ToUserName>"), "malformed XML", id="malformed inside"),
        pytest.param(sealed(""), "malformed XML", id="ciphertext of nothing"),
    ],
)
async def test_a_secure_reply_must_be_encrypted_and_signed(
    fake: FakeWeixin, open_desk: OpenDesk, body: str, *, problem: str
) -> None:
    url, _ = await open_desk(says(body))

    result = await fake.push(url, "wx-oa", TEXT)

    assert len(result.problems) == 1
    assert problem in result.problems[0]


ARTICLE = "<item><Title>t</Title></item>"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(a_reply(), None, id="good"),
        pytest.param("", None, id="zero bytes"),
        pytest.param("Success", "malformed XML", id="not quite success"),
        pytest.param('{"MsgType":"text"}', "JSON returned", id="JSON"),
        pytest.param(a_reply("a\bb"), "malformed XML", id="control character"),
        pytest.param(a_reply("a]]>b"), "malformed XML", id="CDATA end"),
        pytest.param(a_reply("a]]></Content><MsgType>image</MsgType><Content><![CDATA["), "repeated", id="injection"),
        pytest.param("<!DOCTYPE a>" + a_reply(), "DOCTYPE", id="doctype"),
        pytest.param("<xml></xml>", "XML is empty", id="no elements"),
        pytest.param(a_reply("好" * 683), "2049 bytes", id="too long"),
        pytest.param(a_reply(""), "Content is empty", id="empty text"),
        pytest.param(a_reply(ToUserName="o-li"), "ToUserName", id="wrong receiver"),
        pytest.param(a_reply(FromUserName="gh_x"), "FromUserName", id="wrong sender"),
        pytest.param(a_reply(CreateTime="now"), "CreateTime", id="no time"),
        pytest.param(a_reply(MsgType="poem"), "MsgType poem", id="unknown type"),
        pytest.param(a_reply(MsgType="news", ArticleCount="1", Articles=ARTICLE), None, id="one article"),
        pytest.param(a_reply(MsgType="news", ArticleCount="2", Articles=ARTICLE * 2), "2 articles", id="two articles"),
        pytest.param(a_reply(MsgType="news", ArticleCount="2", Articles=ARTICLE), "ArticleCount", id="miscounted"),
        pytest.param(a_reply(MsgType="image", Image="<MediaId>x</MediaId>"), "MediaId", id="unknown media"),
        pytest.param(a_reply(MsgType="transfer_customer_service"), None, id="human desk"),
    ],
)
async def test_a_reply_that_breaks_a_rule_is_a_problem(
    fake: FakeWeixin, open_desk: OpenDesk, body: str, *, problem: str | None
) -> None:
    url, _ = await open_desk(says(body))

    result = await fake.push(url, "wx-oa", TEXT, mode="plain")

    assert len(result.problems) == (problem is not None)
    assert (problem or "") in "".join(result.problems)


async def test_an_error_status_is_a_problem_and_is_not_sent_again(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, desk = await open_desk(says("oops", status=500))

    result = await fake.push(url, "wx-oa", TEXT)

    assert result.problems == ["HTTP status 500"]
    assert len(desk.received) == 1


async def test_an_event_is_not_handed_to_a_human_and_a_mini_program_does_not_reply(
    fake: FakeWeixin, open_desk: OpenDesk
) -> None:
    transfer, _ = await open_desk(says(a_reply(MsgType="transfer_customer_service")))
    text, _ = await open_desk(says(a_reply(FromUserName="gh_wx-mp")))
    click = {"FromUserName": "o-zhang", "MsgType": "event", "Event": "CLICK", "EventKey": "k"}

    handed = await fake.push(transfer, "wx-oa", click, mode="plain")
    replied = await fake.push(text, "wx-mp", TEXT, mode="plain")

    assert handed.problems == ["an event cannot be handed to a human desk"]
    assert replied.problems == ["MsgType text is not allowed"]


async def test_after_a_rotation_a_push_under_way_uses_the_old_key(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    fake.rotate_key("wx-oa", OTHER_KEY)
    old, desk = await open_desk(says(sealed(a_reply(), key=KEY)))
    new, _ = await open_desk(says(sealed(a_reply(), key=OTHER_KEY)))

    results = [await fake.push(old, "wx-oa", TEXT, aes_key=KEY), await fake.push(new, "wx-oa", TEXT)]

    assert [one.problems for one in results] == [[], []]
    cipher = ET.fromstring(desk.received[0][1]).findtext("Encrypt") or ""
    assert b"o-zhang" in decrypt(KEY, cipher, "wx-oa")


async def test_pushing_a_message_opens_the_window_it_would_open(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, _ = await open_desk(says("success"))
    body = {"touser": "o-zhang", "msgtype": "text", "text": {"content": "好"}}
    leave = {"FromUserName": "o-zhang", "MsgType": "event", "Event": "unsubscribe"}
    codes = []

    async with aiohttp.ClientSession() as session:
        for message in (TEXT, leave):
            await fake.push(url, "wx-oa", message)
            answer = await Caller(fake, session).as_app("wx-oa", "/cgi-bin/message/custom/send", body)
            codes.append(answer["errcode"])

    assert codes == [0, 45015]


async def test_an_envelope_can_be_tampered_with_by_the_test(fake: FakeWeixin) -> None:
    sealed_push = fake.envelope("wx-mp", TEXT, fmt="json")

    cipher = json.loads(sealed_push.body)["Encrypt"]
    assert json.loads(decrypt(KEY, cipher, "wx-mp"))["FromUserName"] == "o-zhang"
    assert sealed_push.query["timestamp"] == str(int(fake.clock.now()))


async def test_a_sent_notice_is_followed_by_its_event(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, desk = await open_desk(says("success"))
    fake.configure("wx-mp", callback_url=url, push_mode="plain", push_fmt="json")
    fake.add_template("wx-mp", "t", fields={"thing1": "thing"})
    fake.grant("wx-mp", "o-zhang", "t")
    notice = {"touser": "o-zhang", "template_id": "t", "data": {"thing1": {"value": "事项"}}}

    async with aiohttp.ClientSession() as session:
        sent = await Caller(fake, session).as_app("wx-mp", "/cgi-bin/message/subscribe/send", notice)
    await fake.settle()

    event = json.loads(desk.received[0][1])
    assert event["Event"] == "subscribe_msg_sent_event"
    assert event["List"]["MsgID"] == str(sent["msgid"])
    assert event["List"]["ErrorStatus"] == "success"


async def test_a_template_message_is_followed_by_its_event(fake: FakeWeixin, open_desk: OpenDesk) -> None:
    url, desk = await open_desk(says("success"))
    fake.configure("wx-oa", callback_url=url, push_mode="plain")
    fake.add_template("wx-oa", "t", fields={"thing1": "thing"})
    fake.user_acts("wx-oa", "o-zhang", "follow")
    notice = {"touser": "o-zhang", "template_id": "t", "data": {"thing1": {"value": "事项"}}}

    async with aiohttp.ClientSession() as session:
        sent = await Caller(fake, session).as_app("wx-oa", "/cgi-bin/message/template/send", notice)
    await fake.settle()

    event = ET.fromstring(desk.received[0][1])
    assert event.findtext("Event") == "TEMPLATESENDJOBFINISH"
    assert event.findtext("MsgID") == str(sent["msgid"])
    assert fake.pushes[-1].problems == []


async def test_the_verdict_on_media_comes_later_and_may_be_a_failed_download(
    fake: FakeWeixin, open_desk: OpenDesk
) -> None:
    url, desk = await open_desk(says("success"))
    fake.configure("wx-mp", callback_url=url, push_mode="plain", push_fmt="json")
    fake.judge("https://a/bad.jpg", "risky", 20002)
    fake.judge("https://a/none.jpg", "unreachable")
    traces = []

    async with aiohttp.ClientSession() as session:
        api = Caller(fake, session)
        openid = (await api.login("wx-mp", fake.issue_login_code("wx-mp", "zhang")))["openid"]
        for media in ("https://a/bad.jpg", "https://a/none.jpg"):
            body = {"media_url": media, "media_type": 2, "version": 2, "scene": 1, "openid": openid}
            traces.append((await api.as_app("wx-mp", "/wxa/media_check_async", body))["trace_id"])
    await fake.settle()
    early = len(desk.received)
    fake.clock.advance(60)
    await fake.settle()

    events = [json.loads(body) for _, body in desk.received]
    found = {event["trace_id"]: (event["errcode"], event["result"]["suggest"]) for event in events}
    assert early == 0
    assert found == {traces[0]: (0, "risky"), traces[1]: (-1008, "pass")}
