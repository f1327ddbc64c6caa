"""The HTTP door: reads a request, meets the planned mishaps, calls the API and words the answer like the platform."""

import asyncio
import inspect
import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from .errors import Refused
from .faults import Fault, Faults
from .ledger import Request
from .routes import Api, Platform
from .world import Binary, Call, Part

BODY_LIMIT = 16 * 2**20
RESET = struct.pack("ii", 1, 0)


@dataclass
class Seen:
    """A request as read from the wire."""

    method: str
    path: str
    query: dict[str, str]
    raw: bytes = b""
    parts: dict[str, Part] = field(default_factory=dict)

    def json(self) -> object:
        """Give the JSON body, or None when there is none to be read."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None

    def told(self) -> Any:
        """Give the body for the ledger: JSON where it is JSON, files by name and size, else text or nothing."""
        if self.parts:
            return {name: {"filename": part.filename, "size": len(part.data)} for name, part in self.parts.items()}
        parsed = self.json()
        return parsed if parsed is not None else self.raw.decode("utf-8", "replace") or None


class Door:
    """Serve every path of the API and write each request into the ledger."""

    def __init__(self, platform: Platform, faults: Faults) -> None:
        self._platform = platform
        self._faults = faults
        self._in_flight: set[tuple[str | None, str, str]] = set()
        self.ledger: list[Request] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; logical errors are HTTP 200."""
        seen = await read(request)
        entry = self._enter(seen)
        fault = self._faults.take(seen.path, entry.appid)
        flight, overlapping = self._take_off(seen, entry.appid)
        try:
            await asyncio.sleep(fault.latency)
            return await self._answer(request, seen, entry=entry, fault=fault, overlapping=overlapping)
        finally:
            self._in_flight.discard(flight)

    async def _answer(
        self, request: web.Request, seen: Seen, *, entry: Request, fault: Fault, overlapping: bool
    ) -> web.StreamResponse:
        if fault.reset == "before":
            return reset(request)
        if fault.status is not None:
            return self._fail(entry, fault.status)
        answer = Refused(fault.errcode).body() if fault.errcode else await self._work(seen, overlapping)
        entry.errcode = 0 if isinstance(answer, Binary) else answer.get("errcode", 0)
        if fault.reset == "after":
            return reset(request)
        entry.status = 200
        return respond(seen.path, answer, fault)

    async def _work(self, seen: Seen, overlapping: bool) -> dict[str, Any] | Binary:
        """Do what is asked, or word the refusal."""
        try:
            if seen.path == "/cgi-bin/showqrcode":
                return self._platform.links.show_qrcode(seen.query.get("ticket", ""))
            api = self._api(seen)
            body = read_body(api, seen)
            asked = (seen.query if api.method == "GET" else body) if api.open else self._admit(api, seen, body)
            if isinstance(asked, Call):
                asked.overlapping = overlapping
            answer = api.serve(asked)
            answered: dict[str, Any] | Binary = await answer if inspect.isawaitable(answer) else answer
            return answered
        except Refused as refusal:
            return refusal.body()

    def _api(self, seen: Seen) -> Api:
        api = self._platform.apis.get(seen.path)
        if api is None:
            raise Refused(40066)
        if seen.method != api.method:
            raise Refused(43001 if api.method == "GET" else 43002)
        return api

    def _admit(self, api: Api, seen: Seen, body: dict[str, Any]) -> Call:
        """Admit by token, kind of account and quota: 41001, 40001, 42001, 48001, 45009 and its like."""
        account = self._platform.tokens.owner(seen.query.get("access_token"))
        if account.kind not in api.kinds.split():
            raise Refused(48001)
        self._platform.quotas.count(account.appid, seen.path)
        return Call(seen.path, account, seen.query, body, seen.parts)

    def _enter(self, seen: Seen) -> Request:
        body = seen.told()
        appid = self._platform.tokens.holder(seen.query.get("access_token")) or seen.query.get("appid")
        if appid is None and isinstance(body, dict) and isinstance(body.get("appid"), str):
            appid = body["appid"]
        now = self._platform.world.clock.now()
        entry = Request(seen.path, appid, seen.query, body, now, method=seen.method, raw=seen.raw)
        self.ledger.append(entry)
        return entry

    def _take_off(self, seen: Seen, appid: str | None) -> tuple[tuple[str | None, str, str], bool]:
        """Note a serial send as being under way; say whether another to the same openid already is."""
        api, body = self._platform.apis.get(seen.path), seen.json()
        if api is None or not api.serial or not isinstance(body, dict):
            return (None, "", ""), False
        flight = (appid, seen.path, str(body.get("touser")))
        if flight in self._in_flight:
            return (None, "", ""), True
        self._in_flight.add(flight)
        return flight, False

    def _fail(self, entry: Request, status: int) -> web.Response:
        entry.status = status
        return web.Response(status=status, text=f"<html><h1>{status}</h1></html>", content_type="text/html")


async def read(request: web.Request) -> Seen:
    """Read the whole request, files included."""
    seen = Seen(request.method, request.path, dict(request.query))
    if not request.content_type.startswith("multipart/"):
        seen.raw = await request.read()
        return seen
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        content_type = part.headers.get("Content-Type", "")
        seen.parts[part.name or ""] = Part(part.filename or "", content_type, data)
    return seen


def read_body(api: Api, seen: Seen) -> dict[str, Any]:
    """Read the JSON object of a POST, whatever its label says; refuse 44002 for none and 47001 for anything else."""
    if api.method == "GET" or api.multipart:
        return {}
    if not seen.raw:
        raise Refused(44002)
    body = seen.json()
    if not isinstance(body, dict):
        raise Refused(47001)
    return body


def respond(path: str, answer: dict[str, Any] | Binary, fault: Fault) -> web.Response:
    """Give JSON or a file. Under /sns/ the JSON is labelled text/plain, as has been seen."""
    if isinstance(answer, Binary):
        data, content_type = answer.data, answer.content_type
    else:
        data = json.dumps(answer, ensure_ascii=False).encode()
        content_type = "text/plain" if path.startswith("/sns/") else "application/json"
    if fault.truncate:
        data = data[: len(data) // 2]
    return web.Response(body=data, headers={"Content-Type": content_type})


def reset(request: web.Request) -> web.Response:
    """Drop the connection without an answer, as a broken network does (RST, not FIN)."""
    transport = request.transport
    if transport is not None:
        wire = transport.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()
    return web.Response()
