"""The fake of api.weixin.qq.com, front half: transport, clock, tokens, login, phones, customer service, quotas."""

import asyncio
import base64
import hashlib
import hmac
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.fake_weixin import FakeWeixin
from tests.fake_weixin.caller import Caller

ROOT = Path(__file__).resolve().parents[2]
CUSTOM = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/business/typing"
PHONE = "/wxa/business/getuserphonenumber"


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeixin]:
    async with FakeWeixin() as fake:
        fake.add_account("wx-oa", secret="s", kind="oa")
        fake.add_account("wx-mp", secret="s", kind="mp")
        yield fake


@pytest.fixture
async def api(fake: FakeWeixin) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(fake, session)


def a_text(openid: str, content: str = "您好") -> dict[str, object]:
    return {"touser": openid, "msgtype": "text", "text": {"content": content}}


async def test_an_error_is_http_200_and_ends_in_a_fresh_rid(fake: FakeWeixin, api: Caller) -> None:
    first = await api.classic_token("wx-oa", secret="wrong")
    second = await api.classic_token("wx-oa", secret="wrong")

    assert first["errcode"] == 40125
    assert first["errmsg"].split("rid: ")[1] != second["errmsg"].split("rid: ")[1]
    assert [one.status for one in fake.ledger] == [200, 200]


@pytest.mark.parametrize(
    ("method", "path", "data", "errcode"),
    [
        pytest.param("POST", CUSTOM, b"{}", 41001, id="no token"),
        pytest.param("GET", CUSTOM, None, 43002, id="GET where POST is due"),
        pytest.param("POST", "/cgi-bin/token", b"{}", 43001, id="POST where GET is due"),
        pytest.param("POST", "/cgi-bin/stable_token", b"", 44002, id="empty body"),
        pytest.param("POST", "/cgi-bin/stable_token", b"grant_type=client_credential", 47001, id="form body"),
        pytest.param("POST", "/cgi-bin/stable_token", b"[]", 47001, id="not an object"),
        pytest.param("POST", "/cgi-bin/nothing", b"{}", 40066, id="unknown path"),
        pytest.param("POST", CUSTOM + "?access_token=made-up", b"{}", 40001, id="made-up token"),
    ],
)
async def test_a_malformed_call_is_named(
    fake: FakeWeixin, method: str, path: str, *, data: bytes, errcode: int
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, fake.base_url + path, data=data) as response,
    ):
        answer = await response.json()

    assert response.status == 200
    assert answer["errcode"] == errcode


@pytest.mark.parametrize(
    ("appid", "changes", "errcode"),
    [
        ("wx-nobody", {}, 40013),
        ("", {}, 41002),
        ("wx-oa", {"secret": ""}, 41004),
        ("wx-oa", {"secret": "x"}, 40125),
        ("wx-oa", {"grant_type": "x"}, 40002),
    ],
)
async def test_bad_credentials_get_no_stable_token(
    api: Caller, appid: str, changes: dict[str, str], errcode: int
) -> None:
    answer = await api.stable_token(appid, **changes)

    assert answer["errcode"] == errcode


async def test_an_address_off_the_list_gets_no_token(fake: FakeWeixin, api: Caller) -> None:
    fake.configure("wx-oa", ip_allowed=False)

    assert (await api.classic_token("wx-oa"))["errcode"] == 40164
    assert (await api.stable_token("wx-oa"))["errcode"] == 40164


async def test_a_classic_token_rotates_and_its_predecessor_lives_five_minutes(fake: FakeWeixin, api: Caller) -> None:
    old = (await api.classic_token("wx-oa"))["access_token"]
    new = (await api.classic_token("wx-oa"))["access_token"]

    async def code(token: str) -> int:
        return int((await api.get("/cgi-bin/menu/get", access_token=token))["errcode"])

    assert new != old
    assert [await code(old), await code(new)] == [46003, 46003]
    fake.clock.advance(300)
    assert [await code(old), await code(new)] == [40001, 46003]
    fake.clock.advance(6_900)
    assert await code(new) == 42001


async def test_the_classic_token_is_fetched_2000_times_a_day_at_most(fake: FakeWeixin, api: Caller) -> None:
    fake.quotas.set("/cgi-bin/token", day=2)

    answers = [await api.classic_token("wx-oa") for _ in range(3)]
    fake.clock.advance(86_400)
    next_day = await api.classic_token("wx-oa")

    assert answers[2]["errcode"] == 45009
    assert "access_token" in next_day


async def test_the_stable_token_stays_the_same_until_five_minutes_remain(fake: FakeWeixin, api: Caller) -> None:
    first = await api.stable_token("wx-oa")
    fake.clock.advance(6_900)
    same = await api.stable_token("wx-oa")
    fake.clock.advance(1)
    new = await api.stable_token("wx-oa")

    assert (first["expires_in"], same["expires_in"], new["expires_in"]) == (7200, 300, 7200)
    assert first["access_token"] == same["access_token"] != new["access_token"]
    fake.clock.advance(299.5)
    assert (await api.get("/cgi-bin/menu/get", access_token=first["access_token"]))["errcode"] == 46003
    fake.clock.advance(1)
    assert (await api.get("/cgi-bin/menu/get", access_token=first["access_token"]))["errcode"] == 40001


async def test_a_forced_refresh_kills_the_old_token_but_not_twice_in_30_seconds(fake: FakeWeixin, api: Caller) -> None:
    old = (await api.stable_token("wx-oa"))["access_token"]
    classic = (await api.classic_token("wx-oa"))["access_token"]
    new = (await api.stable_token("wx-oa", force_refresh=True))["access_token"]
    again = (await api.stable_token("wx-oa", force_refresh=True))["access_token"]

    assert new == again != old
    assert (await api.get("/cgi-bin/menu/get", access_token=old))["errcode"] == 40001
    assert (await api.get("/cgi-bin/menu/get", access_token=classic))["errcode"] == 46003


async def test_a_refresh_is_forced_20_times_a_day_at_most(fake: FakeWeixin, api: Caller) -> None:
    # The start of a Beijing day, so that ten minutes do not cross midnight.
    fake.clock.set(1_800_000_000 // 86_400 * 86_400 - 8 * 3_600)
    for _ in range(20):
        assert "access_token" in await api.stable_token("wx-oa", force_refresh=True)
        fake.clock.advance(30)

    assert (await api.stable_token("wx-oa", force_refresh=True))["errcode"] == 45009
    assert "access_token" in await api.stable_token("wx-oa")


async def test_a_login_code_is_good_once_and_for_its_own_account(fake: FakeWeixin, api: Caller) -> None:
    fake.add_account("wx-mp2", secret="s", kind="mp")
    code = fake.issue_login_code("wx-mp", "zhang")

    stranger = await api.login("wx-mp2", code)
    session = await api.login("wx-mp", code)
    used = await api.login("wx-mp", code)

    assert stranger["errcode"] == used["errcode"] == 40029
    assert set(session) == {"openid", "session_key"}
    assert session["openid"] == fake.openid("wx-mp", "zhang") != fake.openid("wx-mp2", "zhang")
    assert len(base64.b64decode(session["session_key"])) == 16


async def test_a_login_code_dies_after_five_minutes(fake: FakeWeixin, api: Caller) -> None:
    code = fake.issue_login_code("wx-mp", "zhang")
    fake.clock.advance(300)

    assert (await api.login("wx-mp", code))["errcode"] == 40029


async def test_login_is_labelled_text_plain(fake: FakeWeixin) -> None:
    query = {"appid": "wx-mp", "secret": "s", "js_code": fake.issue_login_code("wx-mp", "zhang")}

    async with (
        aiohttp.ClientSession() as session,
        session.get(fake.base_url + "/sns/jscode2session", params=query) as response,
    ):
        assert response.content_type == "text/plain"


async def test_a_second_login_displaces_the_session_key(fake: FakeWeixin, api: Caller) -> None:
    keys = [(await api.login("wx-mp", fake.issue_login_code("wx-mp", "zhang")))["session_key"] for _ in range(2)]
    token = (await api.stable_token("wx-mp"))["access_token"]

    async def check(key: str) -> int:
        sign = hmac.new(key.encode(), b"", hashlib.sha256).hexdigest()
        query = {"openid": fake.openid("wx-mp", "zhang"), "signature": sign, "sig_method": "hmac_sha256"}
        return int((await api.get("/wxa/checksession", access_token=token, **query))["errcode"])

    assert [await check(key) for key in keys] == [87009, 0]


async def test_unionid_is_given_only_to_bound_accounts_and_is_shared(fake: FakeWeixin, api: Caller) -> None:
    for appid in ("wx-a", "wx-b"):
        fake.add_account(appid, secret="s", kind="mp", open_platform="op")

    bound = [await api.login(appid, fake.issue_login_code(appid, "zhang")) for appid in ("wx-a", "wx-b")]

    assert bound[0]["unionid"] == bound[1]["unionid"]
    assert bound[0]["openid"] != bound[1]["openid"]


async def test_blocked_and_hasty_users_are_refused_at_login(fake: FakeWeixin, api: Caller) -> None:
    fake.block("wx-mp", "wang")

    blocked = await api.login("wx-mp", fake.issue_login_code("wx-mp", "wang"))
    hasty = [await api.login("wx-mp", fake.issue_login_code("wx-mp", "li")) for _ in range(101)]

    assert blocked["errcode"] == 40226
    assert hasty[100]["errcode"] == 45011
    assert all("openid" in one for one in hasty[:100])


async def test_a_phone_code_comes_from_its_own_pool(fake: FakeWeixin, api: Caller) -> None:
    login = await api.as_app("wx-mp", PHONE, {"code": fake.issue_login_code("wx-mp", "zhang")})
    code = fake.issue_phone_code("wx-mp", "13800000000")
    phone = await api.as_app("wx-mp", PHONE, {"code": code})
    used = await api.as_app("wx-mp", PHONE, {"code": code})

    assert login["errcode"] == used["errcode"] == 40029
    assert phone["phone_info"]["purePhoneNumber"] == "13800000000"
    assert phone["phone_info"]["countryCode"] == 86
    assert phone["phone_info"]["watermark"]["appid"] == "wx-mp"


async def test_web_authorisation_marks_a_preview_account_and_a_used_code(fake: FakeWeixin, api: Caller) -> None:
    path, query = "/sns/oauth2/access_token", {"appid": "wx-oa", "secret": "s", "grant_type": "authorization_code"}
    code = fake.issue_oauth_code("wx-oa", "zhang", snapshot=True)

    answer = await api.get(path, code=code, **query)

    assert answer["openid"] == fake.openid("wx-oa", "zhang")
    assert answer["is_snapshotuser"] == 1
    assert (await api.get(path, code=code, **query))["errcode"] == 40163
    assert (await api.get(path, code="made-up", **query))["errcode"] == 40029


async def test_an_openid_of_another_account_is_invalid(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-oa", "zhang")
    fake.user_acts("wx-oa", openid, "message")

    assert (await api.as_app("wx-mp", CUSTOM, a_text(openid)))["errcode"] == 40003


@pytest.mark.parametrize(
    ("appid", "act", "quota", "seconds"),
    [
        ("wx-oa", "message", 5, 48 * 3600),
        ("wx-oa", "menu", 3, 60),
        ("wx-oa", "follow", 3, 60),
        ("wx-oa", "scan", 3, 60),
        ("wx-mp", "message", 5, 48 * 3600),
        ("wx-mp", "enter", 2, 60),
    ],
)
async def test_an_act_of_the_user_opens_its_own_window(
    fake: FakeWeixin, api: Caller, appid: str, *, act: str, quota: int, seconds: int
) -> None:
    openid = fake.openid(appid, "zhang")
    before = await api.as_app(appid, CUSTOM, a_text(openid))
    fake.user_acts(appid, openid, act)

    within = [(await api.as_app(appid, CUSTOM, a_text(openid)))["errcode"] for _ in range(quota + 1)]
    fake.user_acts(appid, openid, act)
    fake.clock.advance(seconds)
    after = await api.as_app(appid, CUSTOM, a_text(openid))

    assert before["errcode"] == after["errcode"] == 45015
    assert within == [0] * quota + [45047]
    assert len(fake.sent(openid)) == quota


async def test_quotas_of_two_acts_do_not_add_up(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-oa", "zhang")
    fake.user_acts("wx-oa", openid, "message")
    fake.user_acts("wx-oa", openid, "menu")

    codes = [(await api.as_app("wx-oa", CUSTOM, a_text(openid)))["errcode"] for _ in range(6)]

    assert codes == [0] * 5 + [45047]


async def test_unfollowing_closes_the_window(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-oa", "zhang")
    fake.user_acts("wx-oa", openid, "message")
    fake.user_acts("wx-oa", openid, "unfollow")

    assert (await api.as_app("wx-oa", CUSTOM, a_text(openid)))["errcode"] == 45015


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        pytest.param({"msgtype": "text", "text": {"content": "好" * 683}}, 45002, id="2049 bytes"),
        pytest.param({"msgtype": "text", "text": {"content": ""}}, 44004, id="empty text"),
        pytest.param({"msgtype": "text"}, 47001, id="no content"),
        pytest.param({"msgtype": "poem", "poem": {}}, 40008, id="unknown type"),
        pytest.param({"msgtype": "news", "news": {"articles": [{}, {}]}}, 45008, id="two articles"),
        pytest.param({"msgtype": "image", "image": {"media_id": "made-up"}}, 40007, id="unknown media"),
        pytest.param({"msgtype": "text", "text": {"content": "好" * 682}}, 0, id="2046 bytes"),
    ],
)
async def test_a_message_is_checked_before_it_costs_anything(
    fake: FakeWeixin, api: Caller, body: dict[str, object], errcode: int
) -> None:
    openid = fake.openid("wx-oa", "zhang")
    fake.user_acts("wx-oa", openid, "menu")

    answer = await api.as_app("wx-oa", CUSTOM, {"touser": openid} | body)

    assert answer["errcode"] == errcode
    assert len(fake.sent(openid)) == (errcode == 0)


async def test_an_unverified_official_account_may_not_send(fake: FakeWeixin, api: Caller) -> None:
    fake.configure("wx-oa", verified=False)
    fake.user_acts("wx-oa", "o-zhang", "message")

    assert (await api.as_app("wx-oa", CUSTOM, a_text("o-zhang")))["errcode"] == 48001


async def test_the_typing_indicator_follows_an_exchange_and_is_shown_once(fake: FakeWeixin, api: Caller) -> None:
    body = {"touser": fake.openid("wx-mp", "zhang"), "command": "Typing"}
    silent = await api.as_app("wx-mp", TYPING, body)
    fake.user_acts("wx-mp", body["touser"], "message")

    codes = [(await api.as_app("wx-mp", TYPING, body))["errcode"] for _ in range(2)]
    fake.clock.advance(15)

    assert silent["errcode"] == 45080
    assert codes == [0, 45081]
    assert (await api.as_app("wx-mp", TYPING, body))["errcode"] == 0


async def test_a_quota_can_be_cleared_ten_times_a_month(fake: FakeWeixin, api: Caller) -> None:
    fake.quotas.set("/cgi-bin/menu/create", day=1)
    body = {"button": [{"type": "click", "name": "办事", "key": "k"}]}

    codes = [(await api.as_app("wx-oa", "/cgi-bin/menu/create", body))["errcode"] for _ in range(2)]
    clears = [(await api.as_app("wx-oa", "/cgi-bin/clear_quota", {"appid": "wx-oa"}))["errcode"] for _ in range(11)]

    assert codes == [0, 45009]
    assert clears == [0] * 10 + [48006]
    assert (await api.as_app("wx-oa", "/cgi-bin/menu/create", body))["errcode"] == 0


async def test_a_reset_before_commit_does_nothing_and_one_after_has_sent(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-mp", "zhang")
    fake.user_acts("wx-mp", openid, "message")
    fake.faults.add(CUSTOM, reset="before")
    fake.faults.add(CUSTOM, reset="after")

    counts = []
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await api.as_app("wx-mp", CUSTOM, a_text(openid))
        counts.append(len(fake.sent(openid)))

    assert counts == [0, 1]
    assert [(one.status, one.errcode) for one in fake.requests(CUSTOM)] == [(0, None), (0, 0)]


async def test_faults_are_spent_in_order_and_then_the_network_is_quiet(fake: FakeWeixin, api: Caller) -> None:
    fake.faults.add("/cgi-bin/token", errcode=-1, times=2)
    fake.faults.add("/cgi-bin/token", truncate=True)

    codes = [(await api.classic_token("wx-oa"))["errcode"] for _ in range(2)]
    with pytest.raises(ValueError, match=r".*"):
        await api.classic_token("wx-oa")

    assert codes == [-1, -1]
    assert "access_token" in await api.classic_token("wx-oa")


async def test_a_slow_answer_and_a_server_error_can_be_planned(fake: FakeWeixin) -> None:
    fake.faults.add("*", latency=0.2, status=502)

    async with aiohttp.ClientSession() as session:
        with pytest.raises(TimeoutError):
            await session.get(fake.base_url + "/cgi-bin/token", timeout=aiohttp.ClientTimeout(total=0.05))
        fake.faults.add("*", status=503)
        async with session.get(fake.base_url + "/cgi-bin/token") as response:
            assert response.status == 503


async def test_a_caller_who_gives_up_waiting_has_sent_all_the_same(fake: FakeWeixin, api: Caller) -> None:
    openid = fake.openid("wx-mp", "zhang")
    fake.user_acts("wx-mp", openid, "message")
    fake.faults.add(CUSTOM, latency=0.1)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api.as_app("wx-mp", CUSTOM, a_text(openid)), 0.05)
    await asyncio.sleep(0.1)

    assert len(fake.sent(openid)) == 1


async def test_the_ledger_tells_who_asked_what_and_when(fake: FakeWeixin, api: Caller) -> None:
    await api.as_app("wx-mp", CUSTOM, a_text("o-nobody"))

    entry = fake.ledger[-1]

    assert (entry.path, entry.appid, entry.status, entry.errcode) == (CUSTOM, "wx-mp", 200, 40003)
    assert entry.body == a_text("o-nobody")
    assert entry.at == fake.clock.now()
    assert len(fake.requests("/cgi-bin/stable_token")) == 1


async def test_two_fakes_share_nothing(fake: FakeWeixin) -> None:
    async with FakeWeixin() as other:
        assert other.base_url != fake.base_url
        with pytest.raises(KeyError):
            other.issue_login_code("wx-mp", "zhang")


def test_the_fake_imports_neither_the_product_nor_a_wechat_library() -> None:
    strange = "{'api', 'bot', 'models', 'knowledge', 'config', 'wechatpy', 'werobot'}"
    code = f"import sys, tests.fake_weixin.__main__; sys.exit(bool({strange} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


async def test_the_fake_as_a_process_is_driven_over_http() -> None:
    command = (sys.executable, "-m", "tests.fake_weixin", "--frozen")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    base = (await process.stdout.readline()).decode().strip()

    try:
        async with aiohttp.ClientSession() as session:
            await drive(base, session)
    finally:
        process.terminate()
        await process.wait()


async def drive(base: str, session: aiohttp.ClientSession) -> None:
    """Log in, move the clock, plan a fault and read the record, all over HTTP."""

    async def hook(act: str, **arguments: object) -> object:
        async with session.post(f"{base}/_hook/{act}", json=arguments) as response:
            assert response.status == 200, await response.text()
            return (await response.json())["result"]

    async def told(path: str) -> list[dict[str, object]]:
        async with session.get(base + path) as response:
            return await response.json()

    await hook("add_account", appid="wx-mp", secret="s", kind="mp")
    await hook("add_template", appid="wx-mp", template_id="t", fields={"thing1": "thing"})
    openid = await hook("openid", appid="wx-mp", user="zhang")
    await hook("grant", appid="wx-mp", openid=openid, template_id="t", n=2)
    await hook("clock_advance", seconds=60)
    await hook("fault", path="/sns/jscode2session", errcode=-1)
    code = await hook("issue_login_code", appid="wx-mp", user="zhang")
    url = f"{base}/sns/jscode2session?appid=wx-mp&secret=s&js_code={code}"
    for _ in range(2):
        async with session.get(url) as response:
            answer = await response.json(content_type=None)

    assert answer["openid"] == openid
    assert await hook("balance", appid="wx-mp", openid=openid, template_id="t") == 2
    assert [one["errcode"] for one in await told("/_ledger?path=/sns/jscode2session")] == [-1, 0]
    assert await told(f"/_sent?openid={openid}") == []
    async with session.post(f"{base}/_hook/explode") as response:
        assert response.status == 404
    async with session.post(f"{base}/_hook/grant", json={"appid": "wx-nobody"}) as response:
        assert response.status == 400
