"""A PostgreSQL database of a test's own, made empty and dropped afterwards; its server is found, or started."""

from __future__ import annotations

import atexit
import glob
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

GIVEN = os.environ.get("QIANTAI_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
"""Address of a server on which databases may be made; tried first."""
_numbers = itertools.count(1)


@cache
def server() -> str | None:
    """Give the address of a server: the given one, or one of our own if only its binaries are there; None without."""
    if _answers(GIVEN):
        return GIVEN
    binaries = _binaries()
    return _start(binaries) if binaries else None


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), timeout=2):
            return True
    except OSError:
        return False


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += [Path(path).parent for path in sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)]
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def _start(binaries: Path) -> str | None:
    """Start a server on a free port for the time of the test run; root may not, so it becomes postgres."""
    folder = Path(tempfile.mkdtemp(prefix="qiantai-postgres-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"],
        user=user,
        cwd=folder,
        capture_output=True,
    )
    if made.returncode:
        return None
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-c", "fsync=off", "-c", "max_connections=200"]
    process = subprocess.Popen(
        [binaries / "postgres", "-D", data, *options], user=user, cwd=folder, stderr=subprocess.DEVNULL
    )
    atexit.register(_stop, process, folder)
    address = f"postgres://postgres@127.0.0.1:{port}/postgres"
    for _ in range(300):
        if _answers(address):
            return address
        time.sleep(0.1)
    return None


def _stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.terminate()
    process.wait(timeout=20)
    shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def scratch_database() -> AsyncIterator[str]:
    """Give the address of a new, empty database; whoever is still connected at the end is thrown out."""
    name = f"qt_test_{os.getpid()}_{next(_numbers)}"
    await _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server() or GIVEN)._replace(path=f"/{name}"))
    finally:
        await _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _on_server(*statements: str) -> None:
    connection = await asyncpg.connect(server() or GIVEN)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
