"""One encrypted text message through the whole door, beside a bare echo and an echo that does only the envelope."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bot.envelope import Account, Envelope, Opened
from config import data
from tests.bench.load import Steady, request_bytes, wrk
from tests.bench.servers import Server, free_port, running
from tests.postgres import scratch_database

APPID, TOKEN = "wxbench", "bench-token"
KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
MESSAGES = 12_000
PEOPLE = 500

POPULAR = (
    "娃娃上户口咋个办", "老年证要带什么", "低保咋个申请", "身份证丢了补办", "医保在微信上咋个交", "宅基地要哪些条件",
    "养老金认证咋个弄", "开个小卖部要办哪样证", "残疾证给可以代办", "你们几点开门", "结婚证在哪里领", "路塌了找谁修",
)  # fmt: skip
"""What most people ask, over and over."""


def never_heard() -> Iterator[str]:
    """Give questions of about the same length that nobody asked before: two known ones with their ends exchanged."""
    known = [row["wording"] for row in data.table("wordings")]
    dice = random.Random(5)
    while True:
        first, second = dice.choice(known), dice.choice(known)
        yield first[: len(first) * 2 // 3] + second[len(second) * 2 // 3 :]


_numbers = itertools.count(1)


def messages(count: int, path: str, *, fresh: bool = False) -> list[bytes]:
    """Prepare ``count`` pushes of many people, each with an id of its own; ``fresh`` questions are all different."""
    envelope = Envelope(Account(APPID, TOKEN, (KEY,)))
    now = int(time.time())
    prepared, unheard = [], never_heard()
    for _ in range(count):
        number = next(_numbers)
        question = next(unheard) if fresh else POPULAR[number % len(POPULAR)]
        inner = (
            f"<xml><ToUserName>gh_bench</ToUserName><FromUserName>o{number % PEOPLE:06d}</FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType>text</MsgType><Content>{question}</Content>"
            f"<MsgId>{number}</MsgId></xml>"
        )
        sealed = envelope.seal(inner, Opened({}, "xml", KEY), now=now, nonce=str(number))
        prepared.append(_request(sealed, path))
    return prepared


def _request(sealed: str, path: str) -> bytes:
    def cut(name: str) -> str:
        value = sealed.split(f"<{name}>", 1)[1].split(f"</{name}>", 1)[0]
        return value.removeprefix("<![CDATA[").removesuffix("]]>")

    query = f"encrypt_type=aes&msg_signature={cut('MsgSignature')}&timestamp={cut('TimeStamp')}&nonce={cut('Nonce')}"
    body = f"<xml><ToUserName>gh_bench</ToUserName><Encrypt>{cut('Encrypt')}</Encrypt></xml>"
    return request_bytes(f"{path}?{query}", body.encode())


def environment(folder: str, database: str = "", workers: int = 1) -> dict[str, str]:
    """Give the settings of the product under measurement: everything on, one Official Account."""
    return {
        "QIANTAI_VAR_DIR": folder,
        "QIANTAI_DATABASE_URL": database,
        "QIANTAI_WORKERS": str(workers),
        "QIANTAI_OA_APPID": APPID,
        "QIANTAI_OA_SECRET": "secret",
        "QIANTAI_OA_TOKEN": TOKEN,
        "QIANTAI_OA_AES_KEY": KEY,
        "QIANTAI_DATA_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "QIANTAI_LOG_LEVEL": "WARNING",
        "QIANTAI_WECHAT_API_BASE": "http://127.0.0.1:9",
    }


@contextmanager
def product(database: str, workers: int = 1, **more: str) -> Iterator[Server]:
    """Run the product on a fresh SQLite file, or on the PostgreSQL database given; ``more`` are further settings."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = {**environment(folder, database, workers), "QIANTAI_PORT": str(port), **more}
        _prepare({**settings, "QIANTAI_WORKERS": "1"})
        with running("-m", "api", "serve", port=port, environment=settings, probe="/readyz") as server:
            yield server


def _prepare(settings: dict[str, str]) -> None:
    import subprocess
    import sys

    from config.data import CATALOGUE

    def qiantai(*words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "api", *words], env={**os.environ, **settings}, check=True, capture_output=True
        )

    qiantai("migrate")
    for name in ("organisations", "calendar", "items"):
        qiantai("catalogue", "import", str(CATALOGUE / f"{name}.csv"), "--publish")


@contextmanager
def yardstick(kind: str) -> Iterator[Server]:
    """Run a bare server."""
    port = free_port()
    extra = (APPID, TOKEN, KEY) if kind == "crypto" else ()
    with running("-m", "tests.bench.yardsticks", str(port), kind, *extra, port=port, probe="/probe") as server:
        yield server


def measure(server: Server, path: str, connections: int = 16, *, fresh: bool = False) -> tuple[Steady, float]:
    """Send messages and give what came, with the server's processor time per message in microseconds."""
    prepared = messages(MESSAGES, path, fresh=fresh)
    before = server.cpu_seconds()
    seen = wrk(server.port, prepared, connections)
    return seen, (server.cpu_seconds() - before) / seen.requests * 1e6


def run(turns: int) -> None:
    """Print processor time per message and throughput, as multiples of the bare echo."""
    with ExitStack() as stack:
        echo = stack.enter_context(yardstick("echo"))
        crypto = stack.enter_context(yardstick("crypto"))
        sqlite = stack.enter_context(product(""))
        postgres = stack.enter_context(_on_postgres(stack, 1))
        door = "/wechat/oa"
        cases = {
            "echo": (echo, "/", False),
            "crypto": (crypto, "/", False),
            "sqlite": (sqlite, door, False),
            "postgres": (postgres, door, False),
            "sqlite, all new": (sqlite, door, True),
            "postgres, all new": (postgres, door, True),
        }
        results: dict[str, list[tuple[Steady, float]]] = {name: [] for name in cases}
        for _ in range(turns):
            for name, (server, path, fresh) in cases.items():
                results[name].append(measure(server, path, fresh=fresh))
        _print(results)
        _latency(sqlite)
    _two_against_one(turns)


def _on_postgres(stack: ExitStack, workers: int) -> contextmanager:
    loop = asyncio.new_event_loop()
    stack.callback(loop.close)
    scratch = scratch_database()
    url = loop.run_until_complete(scratch.__aenter__())
    stack.callback(lambda: loop.run_until_complete(scratch.__aexit__(None, None, None)))
    return product(url, workers)


TARGETS = {
    "crypto": "floor 2.1-3.8",
    "sqlite": "≤ 9",
    "postgres": "≤ 11",
    "sqlite, all new": "≤ 9",
    "postgres, all new": "≤ 11",
}


def _print(results: dict[str, list[tuple[Steady, float]]]) -> None:
    print(f"{'':18} {'CPU x echo':>11} {'target':>14} {'req/s x echo':>13} {'us/message':>11} {'failed':>7}")
    for name, turns in results.items():
        cpu = statistics.median(own[1] / bare[1] for own, bare in zip(turns, results["echo"], strict=True))
        rate = statistics.median(own[0].rate / bare[0].rate for own, bare in zip(turns, results["echo"], strict=True))
        micro = statistics.median(own[1] for own in turns)
        failed = sum(own[0].failed for own in turns)
        print(f"{name:18} {cpu:11.2f} {TARGETS.get(name, ''):>14} {rate:13.3f} {micro:11.0f} {failed:7}")


def _latency(sqlite: Server) -> None:
    for connections in (64, 256):
        seen, _ = measure(sqlite, "/wechat/oa", connections)
        ratio = seen.p99 / seen.p50
        print(f"latency at {connections} connections: p99/p50 {ratio:.2f} (target 3), p99 {seen.p99 * 1000:.0f} ms")


def _two_against_one(turns: int) -> None:
    ratios = []
    with ExitStack() as stack:
        one = stack.enter_context(_on_postgres(stack, 1))
        two = stack.enter_context(_on_postgres(stack, 2))
        for _ in range(turns):
            single, _ = measure(one, "/wechat/oa", 32)
            double, _ = measure(two, "/wechat/oa", 32)
            ratios.append(double.rate / single.rate)
    print(json.dumps({"two processes x one (PostgreSQL)": round(statistics.median(ratios), 2), "target": 1.7}))
