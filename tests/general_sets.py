"""Real people's wording against other catalogues (``../shared/eval``): for measuring only, nothing is copied here."""

from __future__ import annotations

import csv
import json
import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin

from api import seed
from api.cli.language import understander_of
from knowledge.matcher import Subject
from knowledge.segment import segmenter
from knowledge.understanding import Understander

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "eval"
CATALOGUE = FOLDER / "catalogue_guangan.csv"


@dataclass(frozen=True, slots=True)
class Rates:
    """Hits of answerable questions, and their best scores."""

    hit1: float
    hit3: float
    scores: tuple[float, ...]


def lines(name: str) -> list[dict[str, Any]]:
    """Read a question file."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@cache
def names_only() -> Understander:
    """Understand the catalogue by its names alone, as ``qiantai match`` does."""
    return understander_of(CATALOGUE)


def with_known(questions: Iterable[dict[str, Any]]) -> Understander:
    """Understand the catalogue with ``questions`` as known wordings of their items."""
    known: dict[str, list[str]] = {}
    for question in questions:
        for code in question["gold"]:
            known.setdefault(code, []).append(question["q"])
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    subjects = [Subject(r["id"], r["name"], (r["name"], *known.get(r["id"], ()))) for r in rows]
    lexicon = seed.lexicon()
    return Understander(subjects, seed.phrasebook(), lexicon, segment=segmenter(lexicon))


def rate(understander: Understander, questions: Sequence[dict[str, Any]]) -> Rates:
    """Ask the answerable ones of ``questions``."""
    asked = [question for question in questions if question["gold"]]
    first = third = 0
    scores = []
    for question in asked:
        ranked = understander.understand(question["q"]).candidates
        codes = [candidate.code for candidate in ranked]
        first += bool(codes) and codes[0] in question["gold"]
        third += bool(set(codes[:3]) & set(question["gold"]))
        scores.append(ranked[0].score if ranked else 0.0)
    return Rates(first / len(asked), third / len(asked), tuple(scores))


def best_score(understander: Understander, question: str) -> float:
    """Give the score of the best candidate."""
    ranked = understander.understand(question).candidates
    return ranked[0].score if ranked else 0.0


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Give how often a score from inside stands above one from outside; ties count half."""
    ranked = sorted(outside)
    above = sum(bisect_left(ranked, s) + (bisect_right(ranked, s) - bisect_left(ranked, s)) / 2 for s in inside)
    return above / len(inside) / len(outside)


def false_positives(inside: Sequence[float], outside: Sequence[float], *, kept: float = 0.95) -> float:
    """Give the share from outside at or above the score that ``kept`` of those inside reach."""
    threshold = sorted(inside)[int((1 - kept) * len(inside))]
    return sum(score >= threshold for score in outside) / len(outside)


@cache
def _same_sound() -> dict[str, list[str]]:
    common = {c for wordings in seed.wordings().values() for w in wordings for c in w if "一" <= c <= "鿿"}
    by_sound: dict[str, list[str]] = {}
    for character in sorted(common):
        by_sound.setdefault(lazy_pinyin(character)[0], []).append(character)
    return by_sound


def noises(seed: int) -> dict[str, Callable[[str], str]]:
    """Give ways in which dictation and politeness change a question; ``seed`` fixes the dice."""
    dice, by_sound = random.Random(seed), _same_sound()

    def homophone(text: str) -> str:
        places = [i for i, c in enumerate(text) if len(by_sound.get(lazy_pinyin(c)[0], ())) > 1]
        if not places:
            return text
        i = dice.choice(places)
        others = [c for c in by_sound[lazy_pinyin(text[i])[0]] if c != text[i]]
        return text[:i] + dice.choice(others) + text[i + 1 :]

    frames = ("请问一下{}咋个整", "师傅 {}嘛", "我想问哈{}给得", "{} 要哪样", "麻烦问一下{}噶")
    return {"homophone": homophone, "frame": lambda text: dice.choice(frames).format(text)}


def shortened(question: dict[str, Any]) -> list[dict[str, Any]]:
    """Give ``question`` once for each character that haste may drop; one of four characters or fewer as it is."""
    text = question["q"]
    if len(text) <= 4:
        return [question]
    return [question | {"q": text[:i] + text[i + 1 :]} for i in range(len(text))]
