"""A gateway together with the people it reaches: what the contract tests of the gateway hold in their hands."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.gateway import Gateway
from bot.transport import Timeouts
from bot.wechat import WeChatGateway
from bot.wechat_standin import StandInGateway
from config.settings import Settings
from models.database import Database, open_database
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
        self.database = database
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


@asynccontextmanager
async def a_real_world(folder: Path, timeouts: Timeouts | None = None) -> AsyncIterator[RealWorld]:
    """Open fake, database and gateway; the database is kept in `folder`."""
    async with FakeWeixin() as fake, a_database(folder) as database:
        fake.add_account(OA, secret="s", kind="oa")
        fake.add_account(MP, secret="s", kind="mp", open_platform="township")
        async with a_gateway(fake, database, timeouts) as world:
            yield world


@asynccontextmanager
async def a_gateway(fake: FakeWeixin, database: Database, timeouts: Timeouts | None = None) -> AsyncIterator[RealWorld]:
    """Open a gateway alone, to whatever listens at the fake's address."""
    world = RealWorld(fake, database, timeouts)
    try:
        yield world
    finally:
        await world.gateway.close()


@asynccontextmanager
async def a_world_where(
    folder: Path, send: Callable[[web.Request], Awaitable[web.Response]]
) -> AsyncIterator[RealWorld]:
    """Open a gateway to a platform that is not the fake: it gives a token, and answers sends by `send`."""

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "t", "expires_in": 7200})

    app = web.Application()
    app.router.add_post(STABLE, token)
    app.router.add_post(SEND, send)
    fake = FakeWeixin()  # for its clock alone
    async with TestServer(app) as server, a_database(folder) as database:
        fake.base_url = str(server.make_url("")).rstrip("/")
        async with a_gateway(fake, database) as world:
            yield world


@asynccontextmanager
async def a_database(folder: Path) -> AsyncIterator[Database]:
    """Open a copy of a database that was brought up to date once."""
    migrated = folder.parent / "gateway.sqlite3"
    if not migrated.exists():
        async with open_database(f"sqlite://{migrated}") as database:
            await database.migrate()
    path = shutil.copy(migrated, folder / "tokens.sqlite3")
    async with open_database(f"sqlite://{path}") as database:
        yield database


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0)
