"""The wire to WeChat (传输): single HTTP calls over one aiohttp session, and the three ways in which they fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from wechatpy.exceptions import WeChatClientException  # type: ignore[import-untyped]

OFFICIAL = "https://api.weixin.qq.com"
"""Host of every API method, wherever `base` sends it."""
_WITHOUT_TOKEN = ("/sns/", "/cgi-bin/token", "/cgi-bin/stable_token")


class Busy(Exception):
    """Nothing was done: no connection, or a server error. Safe to try again."""


class NoAnswer(Exception):
    """The request went out and no whole answer came back: it may or may not have been done."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. Login includes the token call: somebody is waiting for both."""

    connect: float = 2.0
    login: float = 4.0
    send: float = 8.0


class Wire:
    """One session for all accounts; opened at the first call, so that it belongs to the running loop."""

    def __init__(self, base: str, timeouts: Timeouts) -> None:
        self.timeouts = timeouts
        self._base = base.rstrip("/")
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, url: str, *, params: Mapping[str, Any], body: Any) -> Any:
        """Make one HTTP call; give the JSON, or bytes if it is none. Raise Busy, NoAnswer, WeChatClientException."""
        headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else None
        try:
            async with self._open().request(
                method,
                self._base + url.removeprefix(OFFICIAL) if url.startswith(f"{OFFICIAL}/") else url,
                params={key: str(value) for key, value in params.items() if value is not None},
                data=body,
                headers=headers,
                timeout=self._timeout(url),
                allow_redirects=False,
            ) as response:
                return _read(response.status, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Busy(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            # Their texts may hold the address with token and secret: only the name goes on.
            raise NoAnswer(type(error).__name__) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError("the gateway is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _timeout(self, url: str) -> aiohttp.ClientTimeout:
        total = self.timeouts.send if needs_token(url) else self.timeouts.login
        return aiohttp.ClientTimeout(total=total, connect=self.timeouts.connect)


def needs_token(url: str) -> bool:
    """Say whether the call carries an access token; logins and the token calls themselves do not."""
    return not urlsplit(url).path.startswith(_WITHOUT_TOKEN)


def _read(status: int, body: bytes) -> Any:
    if status >= 500:
        raise Busy(f"HTTP {status}")
    if status != 200:
        raise WeChatClientException(None, f"HTTP {status}")
    try:
        result = json.loads(body.decode("utf-8", "replace"), strict=False)
    except ValueError:
        if not body or body.lstrip()[:1] == b"{":
            raise NoAnswer("truncated answer") from None
        return body
    errcode = result.get("errcode") if isinstance(result, dict) else None
    if errcode and str(errcode) != "0":
        known = str(errcode).removeprefix("-").isdecimal()
        raise WeChatClientException(int(errcode) if known else None, str(result.get("errmsg", "")))
    return result
