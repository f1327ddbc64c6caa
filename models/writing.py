"""Guarded writing (条件写入): one conditional statement decides, and everything that hangs on it is written with it.

On PostgreSQL all of it is a single statement, so that a verb costs one round trip and nothing can be half-written; on
SQLite it is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import count
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
_Shape = tuple[str, tuple[str, ...], tuple[type, ...], str]
"""Of a row: its table, the columns that are filled, the types of their values, what happens if it is there already."""


@dataclass(frozen=True, slots=True)
class Insert:
    """One row to write; values of the types that the table's fields take, None where a column is left empty."""

    table: str
    row: Mapping[str, Any]
    once: str = ""
    """Unique column whose second row is left out in silence: one event tells a person once."""

    @property
    def filled(self) -> dict[str, Any]:
        """Give the columns that are not left empty."""
        return {name: value for name, value in self.row.items() if value is not None}

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
        sql, values = one_statement(database, guard, rows)
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


def one_statement(database: Database, guard: Guard, rows: Sequence[Insert]) -> tuple[str, list[Any]]:
    """Give the guard and all rows as one PostgreSQL statement, with its values."""
    values, shapes = list(guard.values), []
    for insert in rows:
        filled = insert.filled
        shapes.append((insert.table, tuple(filled), tuple(map(type, filled.values())), insert.conflict))
        values += [database.json(v) if isinstance(v, dict | list) else v for v in filled.values()]
    return _together(guard.sql, len(guard.values), tuple(shapes)), values


@lru_cache(maxsize=512)
def _together(guard: str, given: int, shapes: tuple[_Shape, ...]) -> str:
    """Write the statement of a guard with ``given`` values and rows of these shapes; there are few, and it is long."""
    parts, number = [f"WITH guard AS ({guard} RETURNING 1)"], count(given + 1)
    for place, (table, columns, kinds, conflict) in enumerate(shapes):
        marks = ", ".join(f"${next(number)}::{_type_of(kind)}" for kind in kinds)
        parts.append(f"w{place} AS (INSERT INTO {table}({', '.join(columns)}) SELECT {marks} FROM guard{conflict})")
    return ", ".join(parts) + " SELECT 1 FROM guard"


def _insert(database: Database, insert: Insert) -> tuple[str, list[Any]]:
    filled = insert.filled
    marks = ", ".join(f"${number}" for number in range(1, len(filled) + 1))
    values = [_plain(database, value) for value in filled.values()]
    return f"INSERT INTO {insert.table}({', '.join(filled)}) VALUES({marks}){insert.conflict}", values


def _type_of(kind: type) -> str:
    return next((name for known, name in _TYPES if issubclass(kind, known)), "text")


def _plain(database: Database, value: Any) -> Any:
    if isinstance(value, datetime):
        return database.moment(value)
    if isinstance(value, UUID):
        return database.uuid(value)
    if isinstance(value, dict | list):
        return database.json(value)
    if isinstance(value, date) and database.engine == "sqlite":
        return value.isoformat()
    return value
