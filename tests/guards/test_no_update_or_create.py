"""What the code must not do: look-then-write, read the environment or the clock in passing, print."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.guards.sources import Source, sources, text

RACING = {"update_or_create", "get_or_create", "in_bulk"}
"""Look first, write afterwards: between the two another process writes. Use ON CONFLICT or a conditional update."""
CLOCKS = {"now", "utcnow", "today", "time", "localtime", "gmtime"}
CLOCK_OWNERS = {"datetime", "date", "time"}


def calls(source: Source) -> Iterator[tuple[str, str, ast.Call]]:
    """Give (what it is called on, name, call) of every call."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield ast.unparse(node.func.value), node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield "", node.func.id, node


def racing(source: Source) -> Iterator[int]:
    return (call.lineno for _, name, call in calls(source) if name in RACING)


def reading_the_environment(source: Source) -> Iterator[int]:
    if source.folder == "config":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "putenv"):
            yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (node.lineno for alias in node.names if alias.name in ("environ", "getenv"))


def reading_the_clock(source: Source) -> Iterator[int]:
    if source.path == "api/app.py":
        return
    for owner, name, call in calls(source):
        if name in CLOCKS and owner.rpartition(".")[2] in CLOCK_OWNERS:
            yield call.lineno
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for alias in node.names if alias.name in CLOCKS)


def printing(source: Source) -> Iterator[int]:
    return (call.lineno for owner, name, call in calls(source) if (owner, name) == ("", "print"))


ALLOWED = {"knowledge/text.py": 'os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")'}
"""The one line that sets a variable: pypinyin reads it when it is imported, and offers no other way."""


@pytest.mark.parametrize("habit", [racing, reading_the_environment, reading_the_clock, printing])
def test_the_code_does_not(habit: Callable[[Source], Iterator[int]]) -> None:
    found = []
    for source in sources():
        lines = (_line(source, number) for number in habit(source))
        found += [f"{source.path}: {line}" for line in lines if not line.startswith(ALLOWED.get(source.path, "\n"))]

    assert found == []


def _line(source: Source, number: int) -> str:
    return text(source.path).splitlines()[number - 1].strip()


@pytest.mark.parametrize(
    ("habit", "code"),
    [
        (racing, "await Person.get_or_create(identity=x)"),
        (reading_the_environment, "import os\nos.environ['X']"),
        (reading_the_environment, "from os import getenv"),
        (reading_the_clock, "datetime.now(UTC)"),
        (reading_the_clock, "datetime.datetime.utcnow()"),
        (reading_the_clock, "date.today()"),
        (reading_the_clock, "time.time()"),
        (printing, "print(1)"),
    ],
)
def test_the_guard_sees(habit: Callable[[Source], Iterator[int]], code: str) -> None:
    assert list(habit(Source("bot.x", "bot/x.py", ast.parse(code))))
