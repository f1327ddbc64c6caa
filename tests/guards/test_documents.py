"""The documents keep to the code: commands, targets, files, links and words that they name exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.commands import main
from tests.guards.sources import ROOT, sources, text

DOCUMENTS = (
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "config/language/README.md",
    "docs/glossary.md",
    "docs/operations.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "decisions").glob("*.md")),
)
EACH = pytest.mark.parametrize("document", DOCUMENTS)
_FENCE = re.compile(r"^ *```[a-z]*\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_FOLDERS = r"(?:api|bot|models|knowledge|config|tests|docs)"
_FILE = re.compile(rf"`({_FOLDERS}/[\w./*-]+|[\w-]+\.(?:md|toml|txt)|Makefile|\.ci/run)`")
_LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def quoted(document: str) -> Iterator[str]:
    """Give what a document shows as code: each line of a block, and each piece inside a sentence."""
    whole = text(document)
    for block in _FENCE.findall(whole):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`\n]+)`", _FENCE.sub("", whole))


def commands(document: str) -> Iterator[list[str]]:
    """Give each ``qiantai`` command that a document shows, in words."""
    for line in quoted(document):
        line = line.partition(" #")[0].replace("…", "X")
        for part in re.split(r"\||&&|;|>|<", line):
            found = re.match(r"(?:\S*/)?qiantai((?: +[^\s]+)+)$", part.strip())
            if found and re.match(r" +[a-z]", found[1]):
                yield shlex.split(found[1])


def is_known(words: list[str]) -> bool:
    """Say whether the command line takes these words, options included."""
    command: click.Command = main
    while isinstance(command, click.Group):
        if not words or words[0].startswith("-"):
            return True  # the group itself
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return False
        command, words = found, words[1:]
    options = {option for parameter in command.params for option in parameter.opts} | {"-h", "--help"}
    return all(word.partition("=")[0] in options for word in words if word.startswith("-"))


@EACH
def test_the_commands_exist(document: str) -> None:
    assert [words for words in commands(document) if not is_known(words)] == []


def test_the_readmes_show_every_command() -> None:
    groups = {name: command for name, command in main.commands.items() if isinstance(command, click.Group)}
    single = {(name,) for name in main.commands if name not in groups}
    all_of_them = single | {(name, sub) for name, group in groups.items() for sub in group.commands}

    for readme in ("README.md", "README.zh-CN.md"):
        shown = {tuple(words[:2]) for words in commands(readme)} | {tuple(words[:1]) for words in commands(readme)}
        assert all_of_them - shown == set(), readme


@EACH
def test_the_make_targets_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))

    named = {found[1] for line in quoted(document) if (found := re.search(r"(?:^|&& |\d )make ([a-z]+)", line))}

    assert named - targets == set()


@EACH
def test_the_files_named_exist(document: str) -> None:
    absent = [path for path in _FILE.findall(text(document)) if not any(_places(document, path))]

    assert absent == []


@EACH
def test_the_links_lead_somewhere(document: str) -> None:
    targets = [target for target in _LINK.findall(text(document)) if not re.match(r"https?:|mailto:", target)]

    assert [target for target in targets if not (ROOT / document).parent.joinpath(target).exists()] == []


def _places(document: str, path: str) -> Iterator[Path]:
    for folder in (ROOT, (ROOT / document).parent):
        yield from folder.glob(path.rstrip("/"))


def test_the_picture_is_there_and_small() -> None:
    assert "docs/chat.png" in text("README.md")
    assert 10_000 < (ROOT / "docs" / "chat.png").stat().st_size < 200_000


def test_the_architecture_fits_one_sitting() -> None:
    assert len(text("ARCHITECTURE.md").splitlines()) <= 250


def test_the_architecture_names_every_module() -> None:
    known = text("ARCHITECTURE.md")
    modules = [s.path for s in sources() if not s.path.endswith("__init__.py") and s.path != "api/__main__.py"]

    assert [path for path in modules if path.rpartition("/")[2] not in known] == []


def test_the_architecture_gives_every_dependency_its_reason() -> None:
    known = text("ARCHITECTURE.md")
    declared = re.findall(r'^    "([\w-]+)==', text("pyproject.toml"), re.MULTILINE)

    assert declared
    assert [name for name in declared if f"`{name}`" not in known] == []


def glossary() -> list[tuple[str, str]]:
    """Give (Chinese, identifiers) of every row of the glossary."""
    return re.findall(r"^\| ([^|`]*[一-鿿][^|`]*) \| (`[^|]+`[^|]*) \|", text("docs/glossary.md"), re.MULTILINE)


def test_the_words_of_the_glossary_occur_in_the_code() -> None:
    code = "\n".join(text(source.path) for source in sources())

    rows = glossary()
    identifiers = {name for _, cell in rows for name in re.findall(r"`([A-Za-z_]\w*)`", cell)}

    assert len(rows) > 30
    assert sorted(name for name in identifiers if not re.search(rf"\b{name}\b", code)) == []


def test_a_word_stands_once_in_the_glossary() -> None:
    chinese = [name.strip() for name, _ in glossary()]

    assert sorted(name for name in chinese if chinese.count(name) > 1) == []


def test_the_decisions_are_numbered_without_a_gap_and_say_one_sentence() -> None:
    decisions = [Path(document).name for document in DOCUMENTS if "decisions/" in document]

    assert [int(name[:4]) for name in decisions] == list(range(1, len(decisions) + 1))
    for name in decisions:
        whole = text(f"docs/decisions/{name}")
        assert re.search(r"^> .+", whole, re.MULTILINE), name
        for heading in ("## Context", "## Decision", "## Consequences", "## Alternatives"):
            assert heading in whole, f"{name} lacks {heading}"


def test_what_the_code_refers_to_exists() -> None:
    referred = {name for source in sources() for name in re.findall(r"docs/[\w./-]+\.md", text(source.path))}

    assert referred
    assert sorted(name for name in referred if not (ROOT / name).exists()) == []
