"""The schema that the migrations make is the one that the tables describe, down to every unique column."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from tortoise.context import get_current_context
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.models import Model

from models import tables
from models.database import open_database, tortoise_config
from tests.postgres import scratch_database

MODELS = sorted(
    (
        found
        for found in vars(tables).values()
        if isinstance(found, type) and issubclass(found, Model) and found != Model
    ),
    key=lambda model: model.__name__,
)
Schema = dict[str, tuple[set[str], set[str]]]
"""Table → (its columns, those of them that are unique by themselves)."""


def described() -> Schema:
    """Read the schema out of the tables."""
    return {
        model._meta.db_table: (
            {field.source_field or name for name, field in model._meta.fields_map.items()},
            {f.source_field or n for n, f in model._meta.fields_map.items() if f.unique or f.pk},
        )
        for model in MODELS
    }


def of_sqlite(path: Path) -> Schema:
    """Read the schema out of a SQLite file."""
    found: Schema = {}
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            columns = list(connection.execute(f'PRAGMA table_info("{name}")'))
            keys = [column[1] for column in columns if column[5]]
            unique = set(keys) if len(keys) == 1 else set()
            for index in list(connection.execute(f'PRAGMA index_list("{name}")')):
                indexed = [row[2] for row in connection.execute(f'PRAGMA index_info("{index[1]}")')]
                if index[2] and not index[4] and len(indexed) == 1:
                    unique.add(indexed[0])
            found[name] = ({column[1] for column in columns}, unique)
    return found


_UNIQUE = """
SELECT c.relname, a.attname FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indnatts = 1
"""


async def of_postgres(url: str) -> Schema:
    """Read the schema out of a PostgreSQL database."""
    connection = await asyncpg.connect(url)
    try:
        columns = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
        unique = await connection.fetch(_UNIQUE)
    finally:
        await connection.close()
    found: Schema = {row[0]: (set(), set()) for row in columns}
    for table, column in columns:
        found[table][0].add(column)
    for table, column in unique:
        found[table][1].add(column)
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def live(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Schema]:
    """Give the schema that the migrations make in an empty database."""
    if request.param == "sqlite":
        async with open_database(f"sqlite://{tmp_path / 'live.sqlite3'}") as database:
            await database.migrate()
        yield of_sqlite(tmp_path / "live.sqlite3")
        return
    async with scratch_database() as url:
        async with open_database(url) as database:
            await database.migrate()
        yield await of_postgres(url)


async def test_every_table_has_its_columns(live: Schema) -> None:
    assert {table: live[table][0] if table in live else set() for table in described()} == {
        table: columns for table, (columns, _) in described().items()
    }


async def test_every_unique_column_is_unique_in_the_live_schema(live: Schema) -> None:
    missing = {table: unique - live[table][1] for table, (_, unique) in described().items()}

    assert {table: columns for table, columns in missing.items() if columns} == {}


async def test_nothing_is_unique_that_the_tables_do_not_say(live: Schema) -> None:
    surplus = {table: live[table][1] - unique for table, (_, unique) in described().items()}

    assert {table: columns for table, columns in surplus.items() if columns} == {}


def test_no_guard_is_a_constraint_over_several_columns() -> None:
    grouped: dict[str, Any] = {model.__name__: model._meta.unique_together for model in MODELS}

    assert {name: together for name, together in grouped.items() if together} == {}


async def test_the_migrations_are_up_to_date_with_the_tables(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path / 'none.sqlite3'}"
    async with open_database(url) as database:
        with database.active():
            context = get_current_context()
            assert context is not None
            changes = await MigrationAutodetector(context.apps, tortoise_config(url)["apps"]).changes()

    assert [operation for writer in changes for operation in writer.operations] == [], "run makemigrations"


async def test_every_index_of_the_tables_is_there_on_sqlite(tmp_path: Path) -> None:
    # Changing a column later rebuilds the table on SQLite, and the plain indexes get lost on the way.
    path = tmp_path / "indexed.sqlite3"
    async with open_database(f"sqlite://{path}") as database:
        await database.migrate()
    with closing(sqlite3.connect(path)) as connection:
        found = {
            (row[0], connection.execute(f'PRAGMA index_info("{row[1]}")').fetchone()[2])
            for row in connection.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
        }
    wanted = {
        (model._meta.db_table, field.source_field or name)
        for model in MODELS
        for name, field in model._meta.fields_map.items()
        if field.index and not field.unique and not field.pk
    }

    assert wanted - found == set()


async def test_a_second_migrate_does_nothing(tmp_path: Path) -> None:
    async with open_database(f"sqlite://{tmp_path / 'twice.sqlite3'}") as database:
        first, second, pending = await database.migrate(), await database.migrate(), await database.pending_migrations()

    assert first
    assert (second, pending) == ([], [])
