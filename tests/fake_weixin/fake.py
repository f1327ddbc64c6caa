"""The fake itself, which a test holds in its hand: the console, and beside it the server and the sender of pushes."""

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from .clock import Clock
from .console import Console
from .envelopes import MODES, Envelope, Style, seal
from .hooks import Hooks
from .pushing import PATIENCE, RESENDS, Patience, Pusher, PushResult
from .server import BODY_LIMIT
from .world import Account

ACT_OF_EVENT = {
    "subscribe": "follow",
    "unsubscribe": "unfollow",
    "SCAN": "scan",
    "CLICK": "menu",
    "scancode_push": "menu",
    "scancode_waitmsg": "menu",
    "user_enter_tempsession": "enter",
}


class FakeWeixin(Console):
    """api.weixin.qq.com on a local port, with the console, the phones of its users and its push sender.

    The clock stands still until moved, unless `ticking`. Nothing is shared between two fakes.
    """

    def __init__(self, *, ticking: bool = False, now: float | None = None) -> None:
        super().__init__(Clock(now, ticking=ticking))
        self.base_url = ""
        self.pushes: list[PushResult] = []
        self._pusher = Pusher(self._world, self._platform.media)
        self._posting = asyncio.Lock()
        self._runner: web.AppRunner | None = None
        self._postman: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; `base_url` tells where."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.add_routes([*Hooks(self).routes(), web.route("*", "/{path:.*}", self._door.serve)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.base_url = f"http://{host}:{self._runner.addresses[0][1]}"
        await self._pusher.open()
        self._postman = asyncio.create_task(self._post_events())

    async def close(self) -> None:
        """Stop listening and pushing; a second close does nothing."""
        if self._postman is not None:
            self._postman.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._postman
        if self._runner is not None:
            await self._runner.cleanup()
        await self._pusher.close()
        self._postman = self._runner = None

    async def push(
        self,
        url: str,
        appid: str,
        message: dict[str, Any],
        *,
        mode: str = "secure",
        fmt: str = "xml",
        resend: bool = True,
        same_nonce: bool = True,
        content_type: str | None = None,
        timeout: float = PATIENCE,
        aes_key: str | None = None,
    ) -> PushResult:
        """Push a user's message or event to a callback and judge the reply.

        Without an answer in time the connection is dropped and the same MsgId sent again, three times. The user's act
        also opens the customer-service window. An Official Account is never pushed JSON.
        """
        account = self._world.account(appid)
        style = self._style(account, mode, fmt=fmt, content_type=content_type, aes_key=aes_key)
        self._note_act(account, message)
        patience = Patience(timeout, RESENDS if resend else 0, same_nonce)
        return await self._pusher.push(url, account, message=message, style=style, patience=patience)

    def envelope(
        self, appid: str, message: dict[str, Any], *, mode: str = "secure", fmt: str = "xml", aes_key: str | None = None
    ) -> Envelope:
        """Give a signed push without posting it, for tests that tamper, replay or post it themselves."""
        account = self._world.account(appid)
        style = self._style(account, mode, fmt=fmt, content_type=None, aes_key=aes_key)
        full = self._pusher.complete(account, message)
        return seal(account, full, style=style, now=self.clock.now())

    async def verify_url(self, url: str, appid: str) -> bool:
        return await self._pusher.verify(url, self._world.account(appid))

    async def settle(self) -> None:
        """Return once every event that is due has been pushed and answered; the results are in `pushes`."""
        async with self._posting:
            self.pushes.extend(await self._pusher.post_due())

    async def _post_events(self) -> None:
        """Carry due events to the callbacks for as long as the fake runs."""
        while True:
            await self.settle()
            await asyncio.sleep(0.01)

    def _style(self, account: Account, mode: str, *, fmt: str, content_type: str | None, aes_key: str | None) -> Style:
        if mode not in MODES or fmt not in ("xml", "json"):
            raise ValueError(f"no such push: {mode} {fmt}")
        if account.kind == "oa" and fmt == "json":
            raise ValueError("an Official Account is pushed XML alone")
        return Style(mode, fmt, aes_key or account.aes_key, content_type)

    def _note_act(self, account: Account, message: dict[str, Any]) -> None:
        event = message.get("Event") if message.get("MsgType") == "event" else None
        act = ACT_OF_EVENT.get(str(event)) if event else "message"
        if act is not None:
            self._platform.custom.user_acts(account.appid, message["FromUserName"], act)
