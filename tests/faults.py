"""A database whose driver fails at the n-th statement: as when the power goes, or PostgreSQL ends the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.context import TortoiseContext

from models.database import Database, engine_of, open_database, tortoise_config


class PowerCut(Exception):
    """What the driver raises instead of running the statement."""


class Fuse:
    """Counts the statements that reach the driver (BEGIN and COMMIT too) and blows at one of them."""

    def __init__(self) -> None:
        self.passed = 0
        self._at: int | None = None
        self._how: Callable[[Any], Awaitable[None]] = _cut

    @contextmanager
    def blowing(self, at: int | None, how: Callable[[Any], Awaitable[None]] | None = None) -> Iterator[None]:
        """Blow at the statement of that number, counted from 1 in this block; None only counts."""
        self.passed, self._at, self._how = 0, at, how or _cut
        try:
            yield
        finally:
            self._at = None

    async def burn(self, connection: Any) -> None:
        self.passed += 1
        if self.passed == self._at:
            await self._how(connection)


async def _cut(connection: Any) -> None:
    raise PowerCut


async def kill(connection: Any) -> None:
    """Let PostgreSQL end the connection, from another one; the statement then meets what is left of it."""
    (host, port), params = connection._addr, connection._params
    killer = await asyncpg.connect(
        host=host, port=port, user=params.user, password=params.password, database=params.database
    )
    try:
        await killer.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    finally:
        await killer.close()


class _Fused:
    """aiosqlite's connection, behind the fuse."""

    def __init__(self, connection: Any, fuse: Fuse) -> None:
        self._connection, self._fuse = connection, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name not in ("execute", "execute_fetchall", "execute_insert", "executemany", "commit"):
            return found

        async def through(*args: Any) -> Any:
            await self._fuse.burn(self._connection)
            return await found(*args)

        return through


def _fused_class(base: Any, fuse: Fuse) -> Any:
    class Fused(base):  # type: ignore[misc]
        """asyncpg's connection, behind the fuse."""

        async def execute(self, *args: Any, **named: Any) -> Any:
            await fuse.burn(self)
            return await super().execute(*args, **named)

        async def fetch(self, *args: Any, **named: Any) -> Any:
            await fuse.burn(self)
            return await super().fetch(*args, **named)

        async def fetchrow(self, *args: Any, **named: Any) -> Any:
            await fuse.burn(self)
            return await super().fetchrow(*args, **named)

    return Fused


@asynccontextmanager
async def a_fused_database(url: str) -> AsyncIterator[tuple[Database, Fuse]]:
    """Open a database with a fuse between Tortoise and the driver."""
    fuse = Fuse()
    if engine_of(url) == "sqlite":
        async with open_database(url) as database:
            with database.active():
                await database.rows("SELECT 1")  # opens it
                client: Any = database.connection
            plain, client._connection = client._connection, _Fused(client._connection, fuse)
            try:
                yield database, fuse
            finally:
                client._connection = plain
        return
    config = tortoise_config(url, pool=2)
    credentials = config["connections"]["postgres"]["credentials"]
    credentials["connection_class"] = _fused_class(credentials["connection_class"], fuse)
    context = TortoiseContext()
    database = Database(context, "postgres", config)
    with database.active():
        await context.init(config=config)
    try:
        yield database, fuse
    finally:
        await database.close()
