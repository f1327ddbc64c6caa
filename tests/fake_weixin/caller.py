"""A bare caller of the fake for its own tests: one request, one answer, no cleverness."""

from typing import Any

import aiohttp

from .fake import FakeWeixin


class Caller:
    """Ask the fake as a client would, with a stable token that is fetched at every call unless one is given."""

    def __init__(self, fake: FakeWeixin, session: aiohttp.ClientSession) -> None:
        self._fake = fake
        self._session = session

    async def get(self, path: str, **query: str) -> Any:
        """Give the answer to a GET, parsed whatever its label says."""
        async with self._session.get(self._fake.base_url + path, params=query) as response:
            return await response.json(content_type=None)

    async def post(self, path: str, body: object, **query: str) -> Any:
        """Give the answer to a POST of JSON."""
        async with self._session.post(self._fake.base_url + path, json=body, params=query) as response:
            return await response.json(content_type=None)

    async def stable_token(self, appid: str, **more: object) -> Any:
        body = {"grant_type": "client_credential", "appid": appid, "secret": "s"} | more
        return await self.post("/cgi-bin/stable_token", body)

    async def classic_token(self, appid: str, *, secret: str = "s") -> Any:
        return await self.get("/cgi-bin/token", grant_type="client_credential", appid=appid, secret=secret)

    async def as_app(self, appid: str, path: str, body: object) -> Any:
        """Post as the account, with a good token."""
        token = (await self.stable_token(appid))["access_token"]
        return await self.post(path, body, access_token=token)

    async def login(self, appid: str, code: str, *, secret: str = "s") -> Any:
        query = {"appid": appid, "secret": secret, "js_code": code, "grant_type": "authorization_code"}
        return await self.get("/sns/jscode2session", **query)
