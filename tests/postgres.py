"""A PostgreSQL database of a test's own: made empty, dropped afterwards."""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

SERVER = os.environ.get("QIANTAI_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
_numbers = itertools.count(1)


@asynccontextmanager
async def scratch_database() -> AsyncIterator[str]:
    """Give the address of a new, empty database; whoever is still connected at the end is thrown out."""
    name = f"qt_test_{os.getpid()}_{next(_numbers)}"
    await _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    finally:
        await _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _on_server(*statements: str) -> None:
    connection = await asyncpg.connect(SERVER)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
