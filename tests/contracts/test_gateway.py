"""The seam to WeChat: promises of every gateway, then what only the real one must keep, over real HTTP."""

import asyncio
import base64
import json
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.gateway import CODES, MOST_PARTS, TEXT_LIMIT, Gateway, Mark, Reaction, reaction_to, split_text
from bot.transport import Timeouts
from bot.wechat import WeChatGateway
from bot.wechat_standin import MOST_PERSONS, MOST_PUSHES, StandInGateway
from config.settings import Settings
from models import tokens
from models.database import Database, open_database
from models.rules.errors import LoginBlocked, LoginCodeRefused, Refusal, TooMany, WeChatUnreachable
from models.sealing import Sealer
from tests.fake_weixin import FakeWeixin

OA, MP, KEY = "wx00000000000000oa", "wx00000000000000mp", b"k" * 32
SEND, STABLE, LOGIN = "/cgi-bin/message/custom/send", "/cgi-bin/stable_token", "/sns/jscode2session"
QUICK = Timeouts(connect=2.0, login=0.3, send=0.3)


class World(Protocol):
    """A gateway together with the people it reaches."""

    appid: str

    @property
    def gateway(self) -> Gateway: ...
    def person(self) -> str: ...
    def login_code(self, name: str) -> str: ...
    def seen(self, openid: str) -> list[str]: ...
    def refuse(self, errcode: int, times: int | None) -> None: ...


class RealWorld:
    """The real gateway against the fake of the platform; time stands still until the fake's clock is moved."""

    appid = OA

    def __init__(self, fake: FakeWeixin, database: Database, timeouts: Timeouts | None = None) -> None:
        self.fake = fake
        self.naps: list[float] = []
        self.gateway = WeChatGateway(
            settings_for(fake.base_url), database, Sealer(KEY), clock=self.now, sleep=self.sleep, timeouts=timeouts
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fake.clock.now(), UTC)

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.sleep(0)

    def person(self) -> str:
        openid = self.fake.openid(OA, "张三")
        self.fake.user_acts(OA, openid, "message")
        return openid

    def login_code(self, name: str) -> str:
        return self.fake.issue_login_code(MP, name)

    def seen(self, openid: str) -> list[str]:
        return [one.body["text"]["content"] for one in self.fake.sent(openid, OA)]

    def refuse(self, errcode: int, times: int | None) -> None:
        for path in (SEND, LOGIN):
            self.fake.faults.add(path, errcode=errcode, times=times)

    def count(self, path: str) -> int:
        return len(self.fake.requests(path))


class DemoWorld:
    appid = "demo"

    def __init__(self) -> None:
        self.gateway = StandInGateway(clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))

    def person(self) -> str:
        return "demo-zhangsan"

    def login_code(self, name: str) -> str:
        return f"demo-{name}"

    def seen(self, openid: str) -> list[str]:
        return [push.text for push in self.gateway.pushes(openid, 0)]

    def refuse(self, errcode: int, times: int | None) -> None:
        self.gateway.refuse(errcode, times or 100)


def settings_for(base: str) -> Settings:
    given: dict[str, Any] = {"oa_appid": OA, "mp_appid": MP, "data_key": base64.b64encode(KEY)}
    given |= {f"{kind}_{name}": "s" for kind in ("oa", "mp") for name in ("secret", "token")}
    return Settings.model_validate({"wechat_api_base": base, **given})


@pytest.fixture
async def fake() -> AsyncIterator[FakeWeixin]:
    async with FakeWeixin() as fake:
        fake.add_account(OA, secret="s", kind="oa")
        fake.add_account(MP, secret="s", kind="mp", open_platform="township")
        yield fake


@pytest.fixture
async def database(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    migrated = tmp_path_factory.getbasetemp() / "gateway.sqlite3"
    if not migrated.exists():
        async with open_database(f"sqlite://{migrated}") as database:
            await database.migrate()
    path = shutil.copy(migrated, tmp_path / "tokens.sqlite3")
    async with open_database(f"sqlite://{path}") as database:
        yield database


@asynccontextmanager
async def a_real_world(
    fake: FakeWeixin, database: Database, timeouts: Timeouts | None = None
) -> AsyncIterator[RealWorld]:
    world = RealWorld(fake, database, timeouts)
    try:
        yield world
    finally:
        await world.gateway.close()


@pytest.fixture
async def real(fake: FakeWeixin, database: Database) -> AsyncIterator[RealWorld]:
    async with a_real_world(fake, database) as world:
        yield world


@pytest.fixture(params=["real", "stand-in"])
async def world(request: pytest.FixtureRequest, fake: FakeWeixin, database: Database) -> AsyncIterator[World]:
    if request.param == "stand-in":
        yield DemoWorld()
        return
    async with a_real_world(fake, database) as real:
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


# Tokens.


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


async def test_no_token_goes_with_a_login_and_it_is_fetched_for_none(real: RealWorld) -> None:
    login = await real.gateway.log_in(real.login_code("张三"))

    (request,) = real.fake.requests(LOGIN)
    assert "access_token" not in request.query
    assert real.count(STABLE) == 0
    assert (login.appid, login.openid) == (MP, real.fake.openid(MP, "张三"))
    assert login.unionid


# The network.


async def test_a_busy_platform_is_asked_four_times_with_growing_pauses(real: RealWorld) -> None:
    openid = real.person()
    real.fake.faults.add(SEND, status=502, times=3)

    assert (await real.gateway.send_text(OA, openid, "您好")).ok
    assert len(real.naps) == 3
    assert real.naps[0] < real.naps[2]
    assert real.seen(openid) == ["您好"]


async def test_no_connection_leaves_the_message_for_later(database: Database) -> None:
    fake = FakeWeixin()
    await fake.start()
    await fake.close()  # its port is free again: nobody listens
    async with a_real_world(fake, database) as world:
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
async def test_after_silence_a_send_is_tried_once_more(
    fake: FakeWeixin, database: Database, fault: dict[str, Any], arrived: int
) -> None:
    async with a_real_world(fake, database, QUICK) as real:
        openid = real.person()
        await real.gateway.token(OA)
        fake.faults.add(SEND, **fault)

        assert (await real.gateway.send_text(OA, openid, "您好")).ok
        assert real.count(SEND) == 2
        assert len(real.seen(openid)) == arrived + 1


@pytest.mark.parametrize(("fault", "arrived"), SILENCES)
async def test_twice_silence_is_reported_as_unsure_and_not_sent_a_third_time(
    fake: FakeWeixin, database: Database, fault: dict[str, Any], arrived: int
) -> None:
    async with a_real_world(fake, database, QUICK) as real:
        openid = real.person()
        await real.gateway.token(OA)
        fake.faults.add(SEND, times=None, **fault)

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
async def test_a_login_is_asked_again(fake: FakeWeixin, database: Database, fault: dict[str, Any]) -> None:
    async with a_real_world(fake, database, QUICK) as real:
        fake.faults.add(LOGIN, **fault)

        login = await real.gateway.log_in(real.login_code("张三"))

        assert login.openid == fake.openid(MP, "张三")


@pytest.mark.parametrize("fault", [{"reset": "after"}, {"truncate": True}])
async def test_a_login_whose_answer_was_lost_asks_for_a_fresh_code(real: RealWorld, fault: dict[str, Any]) -> None:
    real.fake.faults.add(LOGIN, **fault)

    with pytest.raises(LoginCodeRefused):
        await real.gateway.log_in(real.login_code("张三"))


async def test_a_login_without_any_answer_ends(fake: FakeWeixin, database: Database) -> None:
    async with a_real_world(fake, database, QUICK) as real:
        fake.faults.add(LOGIN, latency=5.0, times=None)

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


async def test_a_hanging_call_holds_up_nobody_else(fake: FakeWeixin, database: Database) -> None:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    async with a_real_world(fake, database) as real, TestServer(app) as server, aiohttp.ClientSession() as session:
        await real.gateway.token(OA)
        fake.faults.add(SEND, latency=10.0, times=None)
        hanging = asyncio.create_task(real.gateway.send_text(OA, real.person(), "您好"))
        await until(lambda: real.count(SEND) == 1)

        answers = await asyncio.gather(*(text_of(session.get(server.make_url("/"))) for _ in range(20)))

        assert answers == ["hello"] * 20
        assert not hanging.done()
        hanging.cancel()
        await asyncio.wait({hanging})


async def text_of(request: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> str:
    async with request as response:
        return await response.text()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_caller_that_leaves_does_not_stop_the_refresh_of_the_others(real: RealWorld) -> None:
    real.fake.faults.add(STABLE, latency=0.2)
    leaves, stays = (asyncio.create_task(real.gateway.token(OA)) for _ in range(2))
    await until(lambda: real.count(STABLE) == 1)

    leaves.cancel()

    assert await stays
    assert real.count(STABLE) == 1


async def test_while_another_process_refreshes_its_token_is_awaited(real: RealWorld, database: Database) -> None:
    assert await tokens.may_refresh(database, OA, now=real.now())
    asking = asyncio.create_task(real.gateway.token(OA))
    await until(lambda: bool(real.naps))

    await tokens.store(database, OA, "theirs", real.now() + timedelta(hours=2), Sealer(KEY), now=real.now())

    assert await asking == "theirs"
    assert real.count(STABLE) == 0


async def test_a_refresh_whose_process_died_is_taken_over(real: RealWorld, database: Database) -> None:
    assert await tokens.may_refresh(database, OA, now=real.now())
    asking = asyncio.create_task(real.gateway.token(OA))
    await until(lambda: bool(real.naps))

    real.fake.clock.advance(tokens.CLAIM.total_seconds())

    assert await asking
    assert real.count(STABLE) == 1


async def test_a_refresh_broken_off_by_closing_gives_its_claim_back(real: RealWorld, database: Database) -> None:
    real.fake.faults.add(STABLE, latency=5.0)
    asking = asyncio.create_task(real.gateway.token(OA))
    await until(lambda: real.count(STABLE) == 1)

    await real.gateway.close()

    await asyncio.wait({asking})
    assert asking.cancelled()
    assert await tokens.may_refresh(database, OA, now=real.now())


async def test_a_stored_token_that_does_not_open_is_replaced(real: RealWorld, database: Database) -> None:
    ends = real.now() + timedelta(hours=2)
    await tokens.store(database, OA, "sealed with the old key", ends, Sealer(b"o" * 32), now=real.now())

    assert await real.gateway.token(OA)
    assert real.count(STABLE) == 1


# What the logs may hold.


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


async def test_the_token_is_stored_sealed(real: RealWorld, database: Database) -> None:
    token = await real.gateway.token(OA)

    (row,) = await database.rows("SELECT sealed FROM tokens")
    assert token not in row["sealed"]


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
