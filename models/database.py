"""One owned database context (数据库): open, migrate, close, and the raw statements of the hot path.

Traps of Tortoise 1.1 that this module steps around:

- its state hangs on a context variable, and request handlers run in other contexts than the start-up: whoever opens
  a door (middleware, loop, command) enters ``database.active()`` first;
- the object that is initialised must be the one that is closed;
- a transaction that cannot begin keeps its connection and stays the current one, and one that cannot commit stays open
  on SQLite: :func:`transaction` ends both;
- its SQL cache is keyed by connection name: two engines in one process need two names;
- its debug log prints values, so it never gets a handler below WARNING (``api/logs.py``).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient, NestedTransactionContext, TransactionalDBClient
from tortoise.context import TortoiseContext, _current_context
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

from models.together import Together


@lru_cache(maxsize=256)
def _numbered(sql: str) -> str:
    """Write ``$1`` as ``?1``: SQLite would take ``$1`` for a name and bind it by first appearance."""
    return re.sub(r"\$(\d+)", r"?\1", sql)


Engine = Literal["sqlite", "postgres"]
APP = "models"
Statement = tuple[str, Sequence[Any]]
Act = Sequence[Statement]
"""Statements that belong together; the first value of the first names what the act is about."""
Rows = list[dict[str, Any]]
WAYS: dict[Engine, int] = {"sqlite": 1, "postgres": 3}
"""Round trips of one kind at a time: SQLite has one thread; on PostgreSQL they are written to disk side by side."""
TOGETHER = 1.0
"""Seconds for which acts of several people may wait together; a round trip takes a few milliseconds."""
_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False)
"""Made once: ``json.dumps`` with these settings makes one for each value."""


def _subject(act: Act) -> Any:
    return act[0][1][0]


def _in_one_transaction(connection: sqlite3.Connection, acts: Sequence[Act]) -> list[Rows]:
    """Run every act, in SQLite's own thread, and give the rows of the last statement of each."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:  # commits, or rolls back and raises
        return [_run_each(connection, act) for act in acts]


def _run_each(connection: sqlite3.Connection, act: Act) -> Rows:
    rows: list[Any] = []
    for sql, values in act:
        rows = connection.execute(sql, values).fetchall()
    return [dict(row) for row in rows]


class Database:
    """An open database; made by :func:`open_database`."""

    def __init__(self, context: TortoiseContext, engine: Engine, config: dict[str, Any]) -> None:
        self._context = context
        self._config = config
        self.engine = engine
        self.connection_name: str = engine
        self._gathered: dict[str, Together[Act, Rows]] = {}

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make this the database of the tables for everything awaited inside."""
        token = _current_context.set(self._context)
        try:
            yield
        finally:
            _current_context.reset(token)

    @property
    def connection(self) -> BaseDBAsyncClient:
        """Give the connection (or the open transaction) on which raw statements run."""
        return self._context.connections.get(self.connection_name)

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement with ``$1…`` placeholders, on both engines, and give its rows."""
        return await self.connection.execute_query_dict(self._dialect(sql), list(values))

    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement and give the number of rows it touched."""
        return (await self.connection.execute_query(self._dialect(sql), list(values)))[0]

    async def act(self, *statements: Statement) -> Rows:
        """Run statements as one transaction, which may carry the acts of others too; give the rows of the last.

        Acts about the same thing go one after the other (see :data:`Act`). On PostgreSQL a single statement must give
        the name of that thing back as the first column of its one row.
        """
        if isinstance(self.connection, TransactionalDBClient) or (self.engine == "postgres" and len(statements) > 1):
            async with transaction(self):
                found = [await self.rows(sql, values) for sql, values in statements]
            return found[-1]
        kind = statements[0][0] if self.engine == "postgres" else ""
        if kind not in self._gathered:
            carry = self._carry_on_postgres if self.engine == "postgres" else self._carry_on_sqlite
            self._gathered[kind] = Together(carry, name=_subject, ways=WAYS[self.engine])
        return await self._gathered[kind](statements)

    async def _carry_on_sqlite(self, acts: Sequence[Act]) -> list[Rows]:
        """Make one hop to SQLite's thread for all acts: a hop costs more than a write."""
        numbered = [[(_numbered(sql), values) for sql, values in act] for act in acts]
        async with self.connection.acquire_connection() as connection:
            # aiosqlite has no public "run this in your thread"; its own methods all go through this one.
            found: list[Rows] = await connection._execute(_in_one_transaction, connection._conn, numbered)
        return found

    async def _carry_on_postgres(self, acts: Sequence[Act]) -> list[Rows]:
        """Run the same statement for all acts in one round trip, which is one transaction.

        In the order of what they are about, so that two processes lock rows in the same order. Where one row is locked
        for long the others do not wait for it: they are given up together, and each is run alone.
        """
        sql, patience = acts[0][0][0], TOGETHER if len(acts) > 1 else None
        async with self.connection.acquire_connection() as connection:
            given = [act[0][1] for act in sorted(acts, key=_subject)]
            rows = await connection.fetchmany(sql, given, timeout=patience)
        found = {row[0]: [dict(row)] for row in rows}
        return [found.get(_subject(act), []) for act in acts]

    def _dialect(self, sql: str) -> str:
        return sql if self.engine == "postgres" else _numbered(sql)

    def moment(self, at: datetime) -> Any:
        """Give an aware moment as a value for a raw statement, in the form in which Tortoise stores it."""
        return at if self.engine == "postgres" else at.astimezone(UTC).isoformat(" ")

    def instant(self, value: Any) -> datetime:
        """Turn a moment of a raw row back into an aware one."""
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)

    def day(self, on: date) -> Any:
        """Give a date as a value for a raw statement."""
        return on if self.engine == "postgres" else on.isoformat()

    def uuid(self, value: UUID) -> Any:
        """Give a UUID as a value for a raw statement, in the form in which Tortoise stores it."""
        return value if self.engine == "postgres" else str(value)

    def json(self, value: Any) -> str:
        """Give plain data as a value for a raw statement."""
        return _JSON.encode(value)

    def parsed(self, value: Any) -> Any:
        """Turn a JSON column of a raw row back into plain data."""
        return json.loads(value) if isinstance(value, str) else value

    async def migrate(self) -> list[str]:
        """Bring the schema up to date; give the names of the migrations that were applied."""
        with self.active():
            executor = MigrationExecutor(self.connection, self._config["apps"])
            plan = await executor.plan(None)
            await executor.migrate(None)
        return [step.migration.name for step in plan]

    async def pending_migrations(self) -> list[str]:
        """Name the migrations that are not applied yet."""
        with self.active():
            executor = MigrationExecutor(self.connection, self._config["apps"])
            return [step.migration.name for step in await executor.plan(None)]

    async def close(self) -> None:
        """Close every connection, once what is under way has been committed."""
        for gathered in self._gathered.values():
            await gathered.drain()
        with self.active():
            await self._context.connections.close_all(discard=True)


def engine_of(url: str) -> Engine:
    """Tell the engine of a database address; raise ValueError for one that we do not run on."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return "sqlite"
    if scheme in ("postgres", "postgresql"):
        return "postgres"
    raise ValueError(f"数据库地址要以 sqlite:// 或 postgres:// 开头,现在是 {scheme or '空的'}")


def tortoise_config(url: str, *, pool: int = 8) -> dict[str, Any]:
    """Give Tortoise's configuration for a database address."""
    engine = engine_of(url)
    connection = _sqlite(url) if engine == "sqlite" else _postgres(url, pool)
    app = {"models": ["models.tables"], "migrations": "models.migrations", "default_connection": engine}
    return {"connections": {engine: connection}, "apps": {APP: app}, "use_tz": True, "timezone": "UTC"}


def _sqlite(url: str) -> dict[str, Any]:
    path = url.removeprefix("sqlite://")
    # One writer at a time: wait for it instead of failing at once. NORMAL is safe with a write-ahead log.
    pragmas = {"journal_mode": "WAL", "synchronous": "NORMAL", "busy_timeout": 10_000, "foreign_keys": "ON"}
    return {"engine": "tortoise.backends.sqlite", "credentials": {"file_path": path, **pragmas}}


def _postgres(url: str, pool: int) -> dict[str, Any]:
    import asyncpg

    class Unreset(asyncpg.Connection):  # type: ignore[misc]
        """A connection that goes back to the pool without a round trip: we set nothing on it that would stay.

        Locks are taken for a transaction only, settings are never changed, and nothing listens on a pooled connection.
        """

        def get_reset_query(self) -> str:
            return ""

    parts = urlsplit(url)
    credentials = {
        "host": parts.hostname or "127.0.0.1",
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
        "minsize": 1,
        "maxsize": pool,
        "connection_class": Unreset,
        "server_settings": {"timezone": "UTC", "application_name": "qiantai"},
    }
    return {"engine": "tortoise.backends.asyncpg", "credentials": credentials}


@asynccontextmanager
async def open_database(url: str, *, pool: int = 8) -> AsyncIterator[Database]:
    """Open the database at ``url`` for the time of the block; the folder of a SQLite file is made."""
    config = tortoise_config(url, pool=pool)
    engine = engine_of(url)
    if engine == "sqlite":
        Path(url.removeprefix("sqlite://")).parent.mkdir(parents=True, exist_ok=True)
    context = TortoiseContext()
    database = Database(context, engine, config)
    with database.active():
        await context.init(config=config)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[None]:
    """Run the block in one transaction: all of it or nothing. Tables inside use it by themselves."""
    opened = in_transaction(database.connection_name)
    try:
        client = await opened.__aenter__()
        yield
        if not isinstance(opened, NestedTransactionContext):
            await client.commit()  # not left to the end, which would not undo a commit that fails
    except BaseException as error:
        with suppress(Exception):  # what cannot be undone was never begun, or its connection is gone
            await opened.__aexit__(type(error), error, error.__traceback__)
        raise
    await opened.__aexit__(None, None, None)


MIGRATION_CONFIG = tortoise_config("sqlite://var/makemigrations.sqlite3")
"""For ``tortoise -c models.database.MIGRATION_CONFIG makemigrations`` when a table changes."""
