"""wechatpy's API methods as coroutines (微信客户端), one account a client.

wechatpy builds the requests; nothing of its blocking HTTP, of its token cache or of its retries is left. Methods that
look into their own result (listed in the platform notes, 2.2) do not work: post to the full address instead.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from wechatpy.client import WeChatClient  # type: ignore[import-untyped]
from wechatpy.exceptions import WeChatClientException  # type: ignore[import-untyped]

from bot.gateway import Reaction, reaction_to
from bot.tokens import Fetched, TokenKeeper
from bot.transport import OFFICIAL, Busy, NoAnswer, Wire, needs_token

Fetch = Callable[[], Awaitable[Fetched]]
Call = Callable[[dict[str, str]], Coroutine[Any, Any, Any]]
File = tuple[str, Any, str, str | None]


class AccountClient(WeChatClient):  # type: ignore[misc]
    """One account: every API method of wechatpy that hands its result on is awaitable here."""

    tokens: TokenKeeper

    def __init__(self, appid: str, secret: str, *, wire: Wire, keeper: Callable[[str, Fetch], TokenKeeper]) -> None:
        super().__init__(appid, secret)
        self._http.close()
        self._wire = wire
        self.tokens = keeper(appid, self.fetch_access_token)

    @property
    def access_token(self) -> str | None:
        """Give the cached token. Never asynchronous: wechatpy reads it while it builds the client."""
        tokens = self.__dict__.get("tokens")
        return tokens.value if tokens else None

    async def fetch_access_token(self) -> Fetched:
        """Ask for the stable token; never with force_refresh, which would kill the one in use elsewhere."""
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": False}
        try:
            answer = await self.post(f"{OFFICIAL}/cgi-bin/stable_token", data=asked)
            return Fetched(str(answer["access_token"]), int(answer.get("expires_in", 7200)))
        except (NoAnswer, KeyError, TypeError, ValueError) as error:
            raise Busy(f"token: {type(error).__name__}") from None  # asking again does no harm

    async def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """Make a call with the account's token; one that WeChat refuses is renewed once, never more."""
        base = kwargs.get("api_base_url") or self.API_BASE_URL
        url = url_or_endpoint if url_or_endpoint.startswith(("http://", "https://")) else f"{base}{url_or_endpoint}"
        call = self._call(method, url, kwargs)
        if not needs_token(url):
            result = await call({})
        else:
            result = await self._with_token(call)
        processor = kwargs.get("result_processor")
        return processor(result) if processor else result

    def _call(self, method: str, url: str, kwargs: dict[str, Any]) -> Call:
        given = kwargs.get("params") or {}
        params = dict(parse_qsl(given)) if isinstance(given, str) else dict(given)
        body = _body(kwargs.get("data", kwargs.get("json")))
        files = _files(kwargs.get("files"))

        async def call(token: dict[str, str]) -> Any:
            sent = _form(files) if files else body
            return await self._wire.call(method, url, params=params | token, body=sent)

        return call

    async def _with_token(self, call: Call) -> Any:
        token = await self.tokens.current()
        try:
            return await call({"access_token": token.value})
        except WeChatClientException as error:
            if reaction_to(error.errcode) is not Reaction.REFRESH:
                raise
        token = await self.tokens.renew(token)
        return await call({"access_token": token.value})


def _body(data: Any) -> bytes | None:
    if data is None or isinstance(data, bytes):
        return data
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _files(files: Any) -> list[File]:
    """Read the files of a call into memory, so that a second try can send them again."""
    read: list[File] = []
    for name, given in files.items() if isinstance(files, Mapping) else files or ():
        filename, content, content_type = (*given, None)[:3] if isinstance(given, tuple) else (None, given, None)
        path = getattr(content, "name", None)
        data = content.read() if hasattr(content, "read") else content
        read.append((name, data, filename or (str(path).rpartition("/")[2] if path else name), content_type))
    return read


def _form(files: list[File]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, data, filename, content_type in files:
        form.add_field(name, data, filename=filename, content_type=content_type)
    return form
