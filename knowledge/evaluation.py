"""How well questions are understood (评测): hits, honest doubt, and answers where there should be none."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from knowledge.understanding import Context, Intent, Outcome, Understander, Understanding

OUT = "OUT"
"""Gold label of a question that no item answers."""


@dataclass(frozen=True, slots=True)
class Question:
    """One labelled question."""

    text: str
    gold: tuple[str, ...]
    """Item codes, an intent's name, or :data:`OUT`; empty = no item of this catalogue."""
    accept: tuple[str, ...] = ()
    """Further codes that count as right."""
    kind: str = ""
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Earlier turns: (text, gold)."""

    @property
    def is_out(self) -> bool:
        """Say whether nothing substantive may be answered."""
        return not self.gold or self.gold == (OUT,)

    @property
    def intents(self) -> tuple[str, ...]:
        """Give the intents asked for."""
        return tuple(label for label in self.gold if label in tuple(Intent))

    @property
    def codes(self) -> tuple[str, ...]:
        """Give the items asked for."""
        return tuple(label for label in self.gold if label != OUT and label not in tuple(Intent))


def question_from_data(data: Mapping[str, Any]) -> Question:
    """Read one line of a question file; raise ValueError if it has no question or odd labels."""
    text = data.get("q")
    if not isinstance(text, str):
        raise ValueError("a line needs a text under “q”")
    return Question(
        text,
        _labels(data, "gold"),
        _labels(data, "accept"),
        str(data.get("kind", "")),
        tuple((str(turn["q"]), _labels(turn, "gold")) for turn in data.get("context", ())),
    )


def _labels(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    labels = data.get(key, [])
    if not isinstance(labels, list):
        raise ValueError(f"“{key}” is a list of labels")
    return tuple(map(str, labels))


@dataclass(slots=True)
class Score:
    """Counts over a set of questions; rates are None where there was nothing to count."""

    items: int = 0
    hit1: int = 0
    hit3: int = 0
    reciprocal: float = 0.0
    sure: int = 0
    sure_wrong: int = 0
    intents: int = 0
    intents_right: int = 0
    followups: int = 0
    followups_right: int = 0
    out: int = 0
    out_answered: int = 0
    seconds: list[float] = field(default_factory=list)
    misses: list[tuple[Question, Understanding]] = field(default_factory=list)

    def rates(self) -> dict[str, float | None]:
        """Give the figures of the evaluation by name."""
        times = sorted(self.seconds)
        return {
            "hit1": _share(self.hit1, self.items),
            "hit3": _share(self.hit3, self.items),
            "mrr10": _share(self.reciprocal, self.items),
            "sure": _share(self.sure, self.items),
            "wrong_sure": _share(self.sure_wrong, self.sure),
            "intents": _share(self.intents_right, self.intents),
            "followups": _share(self.followups_right, self.followups),
            "out_answered": _share(self.out_answered, self.out),
            "us_median": round(times[len(times) // 2] * 1e6, 1) if times else None,
        }


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def evaluate(understander: Understander, questions: Iterable[Question]) -> Score:
    """Put every question to ``understander`` and count."""
    score = Score()
    for question in questions:
        context = _context(question)
        started = time.thread_time()
        understanding = understander.understand(question.text, context=context)
        score.seconds.append(time.thread_time() - started)
        if not _count(score, question, understanding):
            score.misses.append((question, understanding))
    return score


def _context(question: Question) -> Context | None:
    for text, gold in reversed(question.context):
        codes = [label for label in gold if label != OUT and label not in tuple(Intent)]
        if codes:
            return Context(codes[0], text)
    return None


def _count(score: Score, question: Question, understanding: Understanding) -> bool:
    if question.is_out:
        answered = understanding.outcome in (Outcome.SURE, Outcome.AMBIGUOUS)
        if question.kind == "followup":
            score.followups += 1
            score.followups_right += not answered
        else:
            score.out += 1
            score.out_answered += answered
        return not answered
    if question.kind == "followup":
        right = _first_is_right(question, understanding)
        score.followups += 1
        score.followups_right += right
        return right
    if not question.codes:
        right = set(question.intents) <= set(understanding.intents)
        score.intents += 1
        score.intents_right += right
        return right
    return _count_items(score, question, understanding)


def _first_is_right(question: Question, understanding: Understanding) -> bool:
    if question.intents:
        return set(question.intents) <= set(understanding.intents)
    ranked = [candidate.code for candidate in understanding.candidates]
    return understanding.guard is None and bool(ranked) and ranked[0] in {*question.codes, *question.accept}


def _count_items(score: Score, question: Question, understanding: Understanding) -> bool:
    ranked = [candidate.code for candidate in understanding.candidates]
    right = {*question.codes, *question.accept}
    first = bool(ranked) and ranked[0] in right
    score.items += 1
    score.hit1 += first
    score.hit3 += any(code in right for code in ranked[:3])
    score.reciprocal += next((1 / rank for rank, code in enumerate(ranked[:10], start=1) if code in right), 0.0)
    if understanding.outcome is Outcome.SURE:
        score.sure += 1
        score.sure_wrong += not first
    return first


def below_floors(rates: Mapping[str, float | None], floors: Mapping[str, float]) -> Sequence[str]:
    """Name the figures that miss their floor; ``wrong_sure`` and ``out_answered`` are ceilings."""
    ceilings = ("wrong_sure", "out_answered", "us_median")
    missed = []
    for name, floor in floors.items():
        value = rates.get(name)
        if value is None or (value > floor if name in ceilings else value < floor):
            missed.append(f"{name} = {value}, wanted {'≤' if name in ceilings else '≥'} {floor}")
    return missed
