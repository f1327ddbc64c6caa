"""Booking over HTTP with all its checks, beside a bare aiohttp endpoint that runs one prepared statement.

``python -m tests.bench.booking_door PORT URL`` is that endpoint.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import statistics
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
from aiohttp import web

from models.database import open_database
from tests.bench.door import product
from tests.bench.servers import Server, free_port, running
from tests.bench.takers import TAKERS, one_statement, spread
from tests.postgres import scratch_database

WARMING = 3
"""Turns that are not counted: every pooled connection plans its first statements."""
TOWNSHIPS = ("龙川镇", "东华镇", "大过口乡", "雨露乡")


@dataclass(frozen=True, slots=True)
class Pace:
    """Answers a second, the server's processor time for one in microseconds, and how many were not 201."""

    rate: float
    cpu: float
    failed: int


def run(turns: int) -> None:
    """Print the door's pace and processor time against the bare endpoint's."""
    asyncio.run(_run(turns))


async def _run(turns: int) -> None:
    async with scratch_database() as url, scratch_database() as bare_url:
        async with open_database(bare_url) as database:
            await database.migrate()
        with ExitStack() as stack:
            unlimited = {"QIANTAI_RATE_ADDRESS": "1000000", "QIANTAI_RATE_PERSON": "1000000"}
            door = stack.enter_context(product(url, **unlimited))
            bare_port = free_port()
            start = ("-m", "tests.bench.booking_door", str(bare_port), bare_url)
            bare = stack.enter_context(running(*start, port=bare_port, probe="/probe"))
            places = await asyncio.to_thread(_places, door)
            connection = await asyncpg.connect(url)
            pairs = []
            for _ in range(turns * 2 + WARMING):
                prepared = await _people(connection, places)
                pairs.append(
                    (await _load(door, prepared), await _load(bare, [_post("/", "", {"key": "k"})] * len(places)))
                )
                await connection.execute("TRUNCATE appointments, booking_days, notices, journal")
            await connection.close()
    pairs = pairs[WARMING:]
    rate = statistics.median(own.rate / other.rate for own, other in pairs)
    cpu = statistics.median(own.cpu / other.cpu for own, other in pairs)
    print(
        f"over HTTP: {statistics.median(own.rate for own, _ in pairs):.0f} bookings/s"
        f" = {rate:.2f} x one-statement endpoint (target 0.4, ambitious 0.65); processor time"
        f" {statistics.median(own.cpu for own, _ in pairs):.0f} us = {cpu:.1f} x;"
        f" failed {sum(own.failed + other.failed for own, other in pairs)}"
    )


def _places(door: Server) -> list[dict[str, str]]:
    """List times that can be booked: two of each day at each window, which its shares allow."""

    def get(path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{door.port}/api/v1{path}") as response:
            return json.load(response)

    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for item in get("/items")["items"]:
        for township in TOWNSHIPS if item["bookable"] else ():
            try:
                shown = get(f"/items/{item['code']}/slots?township={urllib.parse.quote(township)}")
            except urllib.error.HTTPError:  # not booked there
                continue
            starts = [slot["start"] for day in shown["days"][1:] for slot in day["slots"][:4:3] if slot["left"]]
            here = [{"item": item["code"], "township": township, "start": start} for start in starts]
            found.setdefault((shown["hall"], shown["window_type"]), here)
    return [place for here in found.values() for place in here]


async def _people(connection: asyncpg.Connection, places: list[dict[str, str]]) -> list[bytes]:
    """Let new people log in, and prepare what each of them asks for."""
    people = [(uuid4(), uuid4().hex) for _ in places]
    await connection.executemany(
        "INSERT INTO people(id, identity, appid, openid, follows, created_at, seen_at)"
        " VALUES($1, $2, 'wx', $2, false, now(), now())",
        [(person, token) for person, token in people],
    )
    await connection.executemany(
        "INSERT INTO sessions(digest, person_id, created_at, expires_at) VALUES($1, $2, now(), now() + '1 day')",
        [(hashlib.sha256(token.encode()).hexdigest(), person) for person, token in people],
    )
    return [_post("/api/v1/appointments", token, body) for (_, token), body in zip(people, places, strict=True)]


def _post(path: str, token: str, body: dict[str, str]) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
        f"Idempotency-Key: {uuid4().hex}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def _load(server: Server, prepared: list[bytes]) -> Pace:
    queue, statuses = iter(prepared), list[int]()

    async def taker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for request in queue:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            statuses.append(int(head.split(b" ", 2)[1]))
        writer.close()

    before, started = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(taker() for _ in range(TAKERS)))
    seconds, cpu = time.perf_counter() - started, server.cpu_seconds() - before
    return Pace(len(statuses) / seconds, cpu / len(statuses) * 1e6, sum(status != 201 for status in statuses))


async def _bare(url: str) -> web.Application:
    pool = await asyncpg.create_pool(url, min_size=8, max_size=8)
    prepared = iter(one_statement(spread(20_000)))

    async def book(request: web.Request) -> web.Response:
        body = await request.json()
        [(sql, values)] = next(prepared)
        try:
            async with pool.acquire() as connection:
                await connection.fetch(sql, *values)
        except asyncpg.UniqueViolationError:  # two drew the same number to read out
            pass
        return web.json_response(body, status=201)

    async def probe(request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/", book)
    app.router.add_get("/probe", probe)
    return app


if __name__ == "__main__":
    web.run_app(_bare(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
