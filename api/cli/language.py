"""Understanding from the command line (理解): match questions, evaluate a set of them; no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from knowledge.evaluation import Question
    from knowledge.matcher import Subject
    from knowledge.sheets import Row
    from knowledge.understanding import Understander, Understanding


def understander_of(path: Path) -> Understander:
    """Build from a catalogue file with ``code`` (or ``id``) and ``name``, optional ``aliases`` and ``questions``."""
    from api import seed
    from knowledge.segment import segmenter
    from knowledge.understanding import Understander

    lexicon = seed.lexicon()
    subjects = _subjects(path, seed.wordings())
    return Understander(subjects, seed.phrasebook(), lexicon, segment=segmenter(lexicon))


def _subjects(path: Path, wordings: dict[str, list[str]]) -> list[Subject]:
    """Read subjects; shipped wordings join an item whose code and name are those of the shipped catalogue."""
    from config import data
    from knowledge.matcher import Subject
    from knowledge.sheets import Unusable, read

    shipped = {(row.cells["code"], row.cells["name"]) for row in _rows(data.CATALOGUE / "items.csv")}
    try:
        rows = read(path.read_bytes(), path.name)
    except (OSError, Unusable) as error:
        raise click.UsageError(f"读不了 {path}: {error}") from error
    subjects = []
    for row in rows:
        code, name = row.cells.get("code") or row.cells.get("id", ""), row.cells.get("name", "")
        if not code or not name:
            raise click.UsageError(f"{path} 第{row.number}行没有 code(或 id)和 name")
        own = [name, *_parts(row.cells.get("aliases", "")), *_parts(row.cells.get("questions", ""))]
        known = wordings.get(code, []) if (code, name) in shipped else []
        subjects.append(Subject(code, name, tuple(dict.fromkeys([*own, *known]))))
    if not subjects:
        raise click.UsageError(f"{path} 里没有事项")
    return subjects


def _rows(path: Path) -> list[Row]:
    from knowledge.sheets import read

    return read(path.read_bytes(), path.name)


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace(";", ";").split(";") if part.strip()]


def _lines(source: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        yield from _objects(source)
    except UnicodeDecodeError as error:
        raise click.UsageError("问题文件不是 UTF-8 文字") from error


def _objects(source: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise click.UsageError(f"第{number}行不是 JSON") from error
        if not isinstance(value, dict) or not isinstance(value.get("q"), str):
            raise click.UsageError(f"第{number}行没有 q")
        yield number, value


@click.command()
@click.option("--catalogue", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--questions", type=click.File(encoding="utf-8-sig"), default="-", help="JSON 行,键 q;- 为标准输入")
def match(catalogue: Path, questions: TextIO) -> None:
    """逐行读问题(JSON,键 q),逐行写出听懂了什么。"""
    understander = understander_of(catalogue)
    for _, line in _lines(questions):
        result = _result(line["q"], understander.understand(line["q"]))
        # Half a character may stand in JSON as an escape, never in UTF-8: it goes out as it came in.
        written = json.dumps(result, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
        sys.stdout.write(written + "\n")


def _result(question: str, understanding: Understanding) -> dict[str, object]:
    return {
        "q": question,
        "outcome": understanding.outcome.value,
        "intent": understanding.intents[0].value if understanding.intents else None,
        "intents": [intent.value for intent in understanding.intents],
        "guard": understanding.guard.value if understanding.guard else None,
        "candidates": [{"code": c.code, "name": c.name, "score": c.score} for c in understanding.candidates],
    }


@click.command()
@click.option("--catalogue", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--questions", type=click.File(encoding="utf-8-sig"), required=True)
@click.option("--floor", "floors", multiple=True, help="如 hit1=0.80;达不到时退出码为 1")
@click.option("--show-misses", is_flag=True, help="列出没答对的问题")
def evaluate(catalogue: Path, questions: TextIO, floors: tuple[str, ...], show_misses: bool) -> None:
    """用有标准答案的问题打分(键 q、gold,可有 accept、kind、context)。"""
    from knowledge import evaluation

    wanted = _floors(floors)
    asked = [_question(number, line) for number, line in _lines(questions)]
    score = evaluation.evaluate(understander_of(catalogue), asked)
    rates = score.rates()
    counts = {"items": score.items, "intents": score.intents, "followups": score.followups, "out": score.out}
    for name, value in {**counts, **rates}.items():
        click.echo(f"{name:14} {'-' if value is None else value}")
    if show_misses:
        for question, understanding in score.misses:
            ranked = " ".join(f"{c.code}:{c.score:.0f}" for c in understanding.candidates[:3])
            click.echo(f"{question.text} | {','.join(question.gold)} | {understanding.outcome.value} {ranked}")
    missed = evaluation.below_floors(rates, wanted)
    for line in missed:
        click.echo(line, err=True)
    if missed:
        raise SystemExit(1)


def _question(number: int, line: dict[str, Any]) -> Question:
    from knowledge.evaluation import question_from_data

    try:
        return question_from_data(line)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise click.UsageError(f"第{number}行的 gold、accept 或 context 不对") from error


def _floors(given: tuple[str, ...]) -> dict[str, float]:
    from knowledge.evaluation import Score

    floors, known = {}, Score().rates()
    for entry in given:
        name, _, value = entry.partition("=")
        if name not in known:
            raise click.UsageError(f"--floor {entry} 看不懂,可以写: {'、'.join(known)}")
        try:
            floors[name] = float(value)
        except ValueError as error:
            raise click.UsageError(f"--floor {entry} 看不懂,请写成 hit1=0.80") from error
    return floors
