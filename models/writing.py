"""Guarded writing (条件写入): one conditional statement decides, and everything that hangs on it is written with it.

On PostgreSQL all of it is a single statement, so that a verb costs one round trip and nothing can be half-written; on
SQLite it is one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from models.database import Database, transaction

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "bigint"),
    (datetime, "timestamptz"),
    (date, "date"),
    (UUID, "uuid"),
    (dict, "jsonb"),
    (list, "jsonb"),
)
"""PostgreSQL cannot infer the type of a value that is selected, so each is told; the first that fits."""


@dataclass(frozen=True, slots=True)
class Insert:
    """One row to write; values of the types that the table's fields take, None where a column is left empty."""

    table: str
    row: Mapping[str, Any]
    once: str = ""
    """Unique column whose second row is left out in silence: one event tells a person once."""

    @property
    def conflict(self) -> str:
        """Give the clause for a row that is there already."""
        return f" ON CONFLICT({self.once}) DO NOTHING" if self.once else ""


@dataclass(frozen=True, slots=True)
class Guard:
    """A conditional statement with ``$1…`` placeholders; touching no row means no."""

    sql: str
    values: Sequence[Any]


async def write_guarded(database: Database, guard: Guard, rows: Sequence[Insert]) -> bool:
    """Run ``guard``; if it touched a row write ``rows`` too and give True, else write nothing and give False.

    Raise tortoise's ``IntegrityError`` if a unique key is taken; then nothing is written either. It may run alone or
    inside an open transaction.
    """
    if database.engine == "postgres":
        sql, values = _one_statement(database, guard, rows)
        return bool(await database.rows(sql, values))
    async with transaction(database):
        if not await passes(database, guard):  # written first: a read before it could not be upgraded
            return False
        await write(database, rows)
    return True


async def passes(database: Database, guard: Guard) -> bool:
    """Run a guard alone, inside an open transaction, and tell whether it touched a row."""
    return bool(await database.rows(f"{guard.sql} RETURNING 1", guard.values))


async def write(database: Database, rows: Sequence[Insert]) -> None:
    """Write rows one after the other, inside an open transaction."""
    for row in rows:
        await database.run(*_insert(database, row))


def _one_statement(database: Database, guard: Guard, rows: Sequence[Insert]) -> tuple[str, list[Any]]:
    values = list(guard.values)
    parts = [f"WITH guard AS ({guard.sql} RETURNING 1)"]
    for number, insert in enumerate(rows):
        filled = {name: value for name, value in insert.row.items() if value is not None}
        marks = []
        for value in filled.values():
            values.append(_plain(database, value))
            marks.append(f"${len(values)}::{_type_of(value)}")
        chosen = f"INSERT INTO {insert.table}({', '.join(filled)}) SELECT {', '.join(marks)} FROM guard"
        parts.append(f"w{number} AS ({chosen}{insert.conflict})")
    return ", ".join(parts) + " SELECT 1 FROM guard", values


def _insert(database: Database, insert: Insert) -> tuple[str, list[Any]]:
    filled = {name: value for name, value in insert.row.items() if value is not None}
    marks = ", ".join(f"${number}" for number in range(1, len(filled) + 1))
    values = [_plain(database, value) for value in filled.values()]
    return f"INSERT INTO {insert.table}({', '.join(filled)}) VALUES({marks}){insert.conflict}", values


def _type_of(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "text")


def _plain(database: Database, value: Any) -> Any:
    if isinstance(value, datetime):
        return database.moment(value)
    if isinstance(value, UUID):
        return database.uuid(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, date) and database.engine == "sqlite":
        return value.isoformat()
    return value
