"""Imports point down: api → bot → models → knowledge, with config read by api alone; every module stands by itself."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from tests.guards.sources import FOLDERS, ROOT, Source, names, sources, text

MAY_IMPORT = {
    "api": {"api", "bot", "models", "knowledge", "config"},
    "bot": {"bot", "models", "knowledge"},
    "models": {"models", "knowledge"},
    "knowledge": {"knowledge"},
    "config": {"config"},
}
OUTSIDE = {
    "knowledge": {"jieba", "rapidfuzz", "numpy", "opencc", "pypinyin", "rjieba", "openpyxl", "borax"},
    "models": {"tortoise", "asyncpg", "cryptography"},
    "models.rules": set(),
    "config": {"pydantic", "pydantic_settings"},
}
"""What a folder may import from outside, beside the standard library; api and bot are free."""
DISTRIBUTIONS = {
    "prometheus_client": "prometheus-client",
    "pydantic_settings": "pydantic-settings",
    "tortoise": "tortoise-orm",
}
"""Import name → name in pyproject.toml, where they differ."""


def top(name: str) -> str:
    return name.partition(".")[0]


def outside(source: Source) -> set[str]:
    found = {top(name) for name, _ in source.imports()}
    return found - set(FOLDERS) - set(sys.stdlib_module_names)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_import_between_folders_points_down(folder: str) -> None:
    upward = [
        f"{source.path}:{line} imports {name}"
        for source in sources()
        if source.folder == folder
        for name, line in source.imports()
        if top(name) in FOLDERS and top(name) not in MAY_IMPORT[folder]
    ]

    assert upward == []


def test_the_rules_are_pure() -> None:
    rules = [source for source in sources() if source.name.startswith("models.rules")]

    strays = [
        f"{source.path}:{line} imports {name}"
        for source in rules
        for name, line in source.imports()
        if top(name) not in (*sys.stdlib_module_names, "knowledge") and not name.startswith("models.rules")
    ]
    impure = [
        source.path for source in rules for name, _ in source.imports() if top(name) in ("asyncio", "os", "random")
    ]

    assert len(rules) > 2
    assert (strays, impure) == ([], [])


@pytest.mark.parametrize("folder", sorted(OUTSIDE))
def test_a_folder_leans_on_no_more_than_it_says(folder: str) -> None:
    inside = [s for s in sources() if s.name == folder or s.name.startswith(f"{folder}.")]

    strays = {source.path: outside(source) - OUTSIDE[folder] for source in inside}

    assert {path: found for path, found in strays.items() if found} == {}


def test_what_is_imported_is_declared() -> None:
    declared = tomllib.loads(text("pyproject.toml"))["project"]["dependencies"]
    known = {entry.partition("==")[0] for entry in declared}

    imported = {name for source in sources() for name in outside(source)}

    assert {DISTRIBUTIONS.get(name, name) for name in imported} - known == set()


def test_nothing_imports_the_doors() -> None:
    below = [s for s in sources() if s.folder != "api"]

    assert [s.path for s in below for name, _ in s.imports() if top(name) == "api"] == []


_ALONE = """
import importlib, sys
folders = {"api", "bot", "models", "knowledge", "config"}
for name in sys.argv[1:]:
    for known in [known for known in sys.modules if known.partition(".")[0] in folders]:
        del sys.modules[known]
    importlib.import_module(name)
"""


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_imports_alone(folder: str) -> None:
    # One interpreter a folder: before each import all of ours is forgotten, so that nothing helps the next one.
    modules = sorted(n for n in names() if top(n) == folder and n != "api.__main__" and ".migrations.0" not in n)

    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", _ALONE, *modules], cwd=ROOT, capture_output=True, text=True, timeout=100
    )

    assert ended.returncode == 0, ended.stderr[-2000:]
