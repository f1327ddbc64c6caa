"""The project's own sources, read once for the guards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("api", "bot", "models", "knowledge", "config")


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, its path from the project's root, its syntax tree."""

    name: str
    path: str
    tree: ast.Module

    @property
    def folder(self) -> str:
        return self.name.partition(".")[0]

    def imports(self) -> Iterator[tuple[str, int]]:
        """Give every imported module by its dotted name, wherever in the file it stands, with the line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}:{node.lineno} imports relatively"
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield (whole if whole in names() else str(node.module)), node.lineno


@cache
def names() -> frozenset[str]:
    """Name every module of the project."""
    return frozenset(name for name, _ in _files())


@cache
def sources() -> tuple[Source, ...]:
    """Read every module of the project; migrations are what the tool writes, and not ours."""
    found = [
        Source(name, str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for name, path in _files()
    ]
    return tuple(source for source in found if not source.path.startswith("models/migrations/0"))


def _files() -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def text(path: str) -> str:
    """Give a text file of the project."""
    return (ROOT / path).read_text(encoding="utf-8")
