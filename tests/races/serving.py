"""The product itself in processes of their own, on one PostgreSQL: ``python -m api serve``, as in operation."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.furniture import furnish
from tests.house import ACCOUNTS, until
from tests.postgres import scratch_database

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def two_processes(folder: Path, base: str = "", **settings: str) -> AsyncIterator[tuple[str, list[str]]]:
    """Give the database and the addresses of two processes that serve from it; ``base`` is WeChat's address, if any."""
    async with scratch_database() as url:
        await furnish(url)
        accounts = {**ACCOUNTS, "wechat_api_base": base} if base else {}
        mine = {f"QIANTAI_{name.upper()}": str(value) for name, value in (accounts | settings).items()}
        mine |= {"QIANTAI_DATABASE_URL": url, "QIANTAI_VAR_DIR": str(folder), "PYTHONPATH": str(ROOT)}
        others = {name: value for name, value in os.environ.items() if not name.startswith("QIANTAI_")}
        async with contextlib.AsyncExitStack() as stack:
            ports = [free_port(), free_port()]
            for port in ports:
                await stack.enter_async_context(serving(others | mine | {"QIANTAI_PORT": str(port)}, folder))
            addresses = [f"http://127.0.0.1:{port}" for port in ports]
            async with aiohttp.ClientSession() as session:
                for address in addresses:
                    await until(lambda address=address: is_ready(session, address), within=60)
            yield url, addresses


@asynccontextmanager
async def serving(environment: dict[str, str], folder: Path) -> AsyncIterator[Process]:
    """Serve until the end of the block; the folder holds no .env of the developer."""
    command = [sys.executable, "-m", "api", "serve"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def is_ready(session: aiohttp.ClientSession, address: str) -> bool:
    with contextlib.suppress(aiohttp.ClientError):
        async with session.get(f"{address}/readyz") as response:
            return response.status == 200
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
