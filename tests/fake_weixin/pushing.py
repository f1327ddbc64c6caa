"""The sender of message pushes: five seconds of patience, then the connection is dropped and the message sent again."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from .crypto import signature
from .envelopes import Envelope, Style, seal
from .media import Media
from .replies import Exchange, Reply, read
from .world import Account, World

PATIENCE = 5.0
RESENDS = 3


@dataclass(frozen=True)
class Delivery:
    """One attempt. Without an answer in time `status` is None and `error` says why; times are real seconds."""

    query: dict[str, str]
    status: int | None
    body: bytes
    seconds: float
    error: str | None = None


@dataclass
class PushResult:
    """What came of a push. `problems` is empty exactly when the user saw no "service unavailable"."""

    deliveries: list[Delivery] = field(default_factory=list)
    reply: Reply = ""
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        told = [{"status": one.status, "seconds": one.seconds, "error": one.error} for one in self.deliveries]
        return {"deliveries": told, "reply": self.reply, "problems": self.problems}


@dataclass(frozen=True)
class Patience:
    """How long to wait for an answer, how often to send again, and whether with the same nonce."""

    timeout: float = PATIENCE
    resends: int = RESENDS
    same_nonce: bool = True


class Pusher:
    """Post pushes to a callback and judge the replies."""

    def __init__(self, world: World, media: Media) -> None:
        self._world = world
        self._media = media
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def complete(self, account: Account, message: dict[str, Any]) -> dict[str, Any]:
        """Fill in what the platform adds: the account's name, the time and, for messages, a MsgId."""
        head = {"ToUserName": account.username, "FromUserName": message["FromUserName"]}
        head["CreateTime"] = int(self._world.clock.now())
        full = head | message
        if full.get("MsgType") != "event":
            full.setdefault("MsgId", self._world.fresh_id())
        return full

    async def push(
        self, url: str, account: Account, *, message: dict[str, Any], style: Style, patience: Patience
    ) -> PushResult:
        """Deliver the message until it is answered; the first answer in time is the reply."""
        full = self.complete(account, message)
        result = PushResult()
        envelope = seal(account, full, style=style, now=self._world.clock.now())
        for attempt in range(1 + patience.resends):
            if attempt and not patience.same_nonce:
                envelope = seal(account, full, style=style, now=self._world.clock.now())
            delivery = await self.post(url, envelope, patience.timeout)
            result.deliveries.append(delivery)
            if delivery.status is not None:
                exchange = Exchange(account, full, style, self._media)
                result.reply, result.problems = read(exchange, delivery.status, delivery.body)
                return result
        result.problems.append(f"no answer: {result.deliveries[-1].error}")
        return result

    async def post(self, url: str, envelope: Envelope, timeout: float) -> Delivery:
        """Make one attempt; when patience ends the connection is dropped, whatever the handler is doing."""
        session, begun = self._live(), time.monotonic()
        headers = {"Content-Type": envelope.content_type, "User-Agent": "Mozilla/4.0"}
        limit = aiohttp.ClientTimeout(total=timeout)
        try:
            async with session.post(
                url, params=envelope.query, data=envelope.body, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                body = await response.read()
                return Delivery(envelope.query, response.status, body, time.monotonic() - begun)
        except TimeoutError:
            return Delivery(envelope.query, None, b"", time.monotonic() - begun, "timeout")
        except aiohttp.ClientError as error:
            return Delivery(envelope.query, None, b"", time.monotonic() - begun, type(error).__name__)

    async def verify(self, url: str, account: Account) -> bool:
        """Check a callback address as the console does: the echostr must come back verbatim."""
        stamp, nonce, echo = str(int(self._world.clock.now())), secrets.token_hex(5), str(secrets.randbelow(10**18))
        query = {"signature": signature(account.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
        query["echostr"] = echo
        async with self._live().get(url, params=query, timeout=aiohttp.ClientTimeout(total=PATIENCE)) as response:
            return response.status == 200 and await response.text() == echo

    async def post_due(self) -> list[PushResult]:
        """Push every queued event whose time has come to its account's callback, in order; without one it is lost."""
        due = [event for event in self._world.events if event[0] <= self._world.clock.now()]
        for event in due:
            self._world.events.remove(event)
        return list(await asyncio.gather(*(self._post_event(appid, message) for _, appid, message in due)))

    async def _post_event(self, appid: str, message: dict[str, Any]) -> PushResult:
        account = self._world.account(appid)
        if account.callback_url is None:
            return PushResult(problems=["no callback configured"])
        style = Style(account.push_mode, account.push_fmt, account.aes_key)
        return await self.push(account.callback_url, account, message=message, style=style, patience=Patience())

    def _live(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the fake is not started")
        return self._session
