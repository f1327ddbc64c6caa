"""Opens a whole house for a test: a database with the shipped catalogue, the service on a port, a clock to set."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from api.app import create_app
from api.keys import BOOKINGS, LATE, SHELF
from bot.frontdesk import Think, think
from bot.late import LateAnswers
from bot.wechat import WeChatGateway
from bot.wechat_standin import StandInGateway
from config.settings import Settings
from models.database import Database, open_database
from models.rules.appointments import Policy
from models.sealing import Sealer
from tests.fake_weixin import FakeWeixin, PushResult
from tests.fake_weixin.clock import Clock
from tests.furniture import ThriftyShelf

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 2 March 2026, 09:00 in Yunnan: the halls are open."""
OA, MP = "wx00000000000000oa", "wx00000000000000mp"
KEYS = {OA: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", MP: "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"}
ACCOUNTS: dict[str, Any] = {
    "data_key": "a2tr" * 10 + "a2s=",
    **{"oa_appid": OA, "oa_secret": "os", "oa_token": "ot", "oa_aes_key": KEYS[OA]},
    **{"mp_appid": MP, "mp_secret": "ms", "mp_token": "mt", "mp_aes_key": KEYS[MP]},
}
_names = count(1)
BOTH = pytest.mark.parametrize("url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
"""Tell a story on both engines."""


async def until(holds: Callable[[], Any], *, within: float = 10.0) -> Any:
    """Wait until a condition holds (a plain or an async one) and give what it gave."""
    async with asyncio.timeout(within):
        while True:
            found = holds()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


@dataclass
class House:
    """The service as a test holds it: the doors, what is behind them, and the time."""

    client: TestClient[Any, Any]
    database: Database
    clock: Clock
    fake: FakeWeixin | None

    @property
    def late(self) -> LateAnswers:
        return self.client.app[LATE]  # type: ignore[union-attr]

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with self.database.active():
            return await self.database.rows(sql, values)

    async def do(self, verb: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        """Let the office act by one of the models' verbs."""
        with self.database.active():
            return await verb(self.database, *args, **named)

    async def refresh(self) -> None:
        """Take up what was published, as the service does by itself twice a second."""
        with self.database.active():
            await self.client.app[SHELF].refresh()  # type: ignore[union-attr]

    async def sweep(self) -> int:
        with self.database.active():
            return await self.late.sweep()

    async def do_bookings(self) -> None:
        """Offer places and note who did not come, as the service does by itself every few seconds."""
        with self.database.active():
            await self.client.app[BOOKINGS].sweep()  # type: ignore[union-attr]

    async def newcomer(self, name: str = "") -> Resident:
        """Let somebody open the mini-program (the chat page, in demo mode)."""
        name = name or f"somebody-{next(_names)}"
        code = self.fake.issue_login_code(MP, name) if self.fake else f"demo-{name}"
        async with self.client.post("/api/v1/session", json={"code": code}) as response:
            assert response.status == 201, await response.text()
            return Resident(self, (await response.json())["token"])

    def follower(self, name: str = "", appid: str = OA) -> Follower:
        """Let somebody open the account's window in WeChat."""
        assert self.fake is not None
        return Follower(self, appid, self.fake.openid(appid, name or f"somebody-{next(_names)}"))


@dataclass
class Resident:
    """Somebody who talks over REST."""

    house: House
    token: str

    async def send(self, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """Post to the chat and give status and answer."""
        headers = {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.house.client.post("/api/v1/chat", data=data, headers=headers) as response:
            return response.status, await response.json()

    async def say(self, text: str, **headers: str) -> dict[str, Any]:
        status, answer = await self.send({"text": text}, **headers)
        assert status == 200, answer
        return answer


@dataclass
class Follower:
    """Somebody who writes to an account in WeChat."""

    house: House
    appid: str
    openid: str

    @property
    def url(self) -> str:
        return str(self.house.client.make_url("/wechat/oa" if self.appid == OA else "/wechat/mp"))

    async def push(self, how: dict[str, Any] | None = None, **fields: Any) -> PushResult:
        """Let WeChat push a message or an event of this person; it must find nothing wrong with the response."""
        assert self.house.fake is not None
        message = {"FromUserName": self.openid, "MsgType": "text"} | fields
        result = await self.house.fake.push(self.url, self.appid, message, **(how or {}))
        assert result.problems == []
        return result

    async def say(self, text: str, **fields: Any) -> str:
        """Give the text of the passive reply; empty when the message was only acknowledged."""
        return content(await self.push(Content=text, **fields))

    async def event(self, name: str, how: dict[str, Any] | None = None, **fields: Any) -> str:
        return content(await self.push(how, MsgType="event", Event=name, **fields))

    def received(self) -> list[str]:
        """List the customer-service messages that reached this person."""
        assert self.house.fake is not None
        sent = self.house.fake.sent(self.openid, self.appid)
        return [one.body["text"]["content"] for one in sent if one.kind == "custom"]


def content(result: PushResult) -> str:
    return str(result.reply["Content"]) if isinstance(result.reply, dict) else ""


@asynccontextmanager
async def a_weixin(**given: Any) -> AsyncIterator[FakeWeixin]:
    """Start WeChat with our two accounts."""
    async with FakeWeixin(**{"now": START.timestamp()} | given) as fake:
        fake.add_account(OA, secret="os", kind="oa", token="ot", aes_key=KEYS[OA])
        fake.add_account(MP, secret="ms", kind="mp", token="mt", aes_key=KEYS[MP])
        yield fake


@asynccontextmanager
async def a_house(
    url: str, *, fake: FakeWeixin | None = None, think: Think = think, **given: Any
) -> AsyncIterator[House]:
    """Open the service on a furnished database: in demo mode, or with both accounts at ``fake``."""
    clock = fake.clock if fake else Clock(START.timestamp())
    accounts = ACCOUNTS | {"wechat_api_base": fake.base_url} if fake else {}
    settings = Settings.model_validate({"rate_person": 10_000, "rate_address": 10_000} | accounts | given)

    def tell() -> datetime:
        return datetime.fromtimestamp(clock.now(), UTC)

    async with open_database(url) as database:
        shelf = ThriftyShelf(database)
        with database.active():
            await shelf.load()
        sealer = Sealer(b"k" * 32)
        gateway = WeChatGateway(settings, database, sealer, clock=tell) if fake else StandInGateway(clock=tell)
        app = create_app(
            settings,
            database=database,
            shelf=shelf,
            gateway=gateway,
            sealer=sealer,
            policy=Policy(),
            clock=tell,
            think=think,
        )
        try:
            async with TestClient(TestServer(app)) as client:
                yield House(client, database, clock, fake)
        finally:
            await gateway.close()
