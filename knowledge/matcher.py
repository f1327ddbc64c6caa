"""From a sentence to the nearest subjects of a catalogue (匹配): an index proposes, rapidfuzz compares.

A *subject* is anything that can be asked about: a service item, an intent, a matter handled elsewhere. It is known by
its wordings: the official name, what people call it, questions they ask. Each sentence is seen as weighted features:
characters, pairs of characters, jieba's words, and pairs of sounds, the last so that a slip of dictation costs little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from knowledge.features import FeatureMaker, Tuning
from knowledge.index import IndexBuilder
from knowledge.lexicon import Lexicon
from knowledge.segment import Segment
from knowledge.text import Normaliser

Features = dict[str, float]

SAMPLE = 300
"""Known wordings whose likeness to their own subject sets the scale."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be asked about, and how people word it; the first wording is its name."""

    code: str
    name: str
    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subject found, with its likeness to the question, 0..100, comparable between questions."""

    code: str
    name: str
    score: float


class Matcher:
    """Finds subjects; immutable once built, no I/O, safe to share."""

    def __init__(
        self, subjects: Sequence[Subject], lexicon: Lexicon, *, segment: Segment, tuning: Tuning | None = None
    ) -> None:
        self._tuning = tuning or Tuning()
        self._normaliser = Normaliser(lexicon)
        self._features = FeatureMaker(lexicon, self._normaliser, segment, self._tuning)
        self._subjects = tuple(subjects)
        self._several = any(len(subject.wordings) > 1 for subject in self._subjects)
        self._hint = self._tuning.hint_among_many if self._several else self._tuning.hint
        self._wordings: list[str] = []
        owners: list[int] = []
        near, whole = IndexBuilder(), IndexBuilder()
        for number, subject in enumerate(self._subjects):
            canonical = dict.fromkeys(self.canonical(wording) for wording in subject.wordings)
            canonical.pop("", None)
            features = [self._features.of(wording) for wording in canonical]
            for document in features:
                near.add(document)
            if self._several:
                whole.add(_whole(features, self._tuning.saturation))
            self._wordings.extend(canonical)
            owners.extend([number] * len(features))
        self._owners = np.array(owners, dtype=np.int32)
        self._near = near.build()
        self._whole = whole.build() if self._several else self._near
        self._typical = self._typical_likeness() if self._several else 1.0

    def _typical_likeness(self) -> float:
        """Give how like its subject a known wording usually is, so that both parts of a score have one scale."""
        likenesses = []
        for number in range(0, len(self._wordings), max(1, len(self._wordings) // SAMPLE)):
            hits = self._whole.search(self._features.of(self._wordings[number]), 10)
            own = hits.cosine[hits.documents == self._owners[number]]
            likenesses.append(float(own[0]) if len(own) else 0.0)
        return max(sum(likenesses) / max(len(likenesses), 1), 0.01)

    def canonical(self, text: str) -> str:
        """Give the form of ``text`` in which it is compared, blanks dropped."""
        return self._normaliser.canonical(text).replace(" ", "")

    def plain(self, text: str) -> str:
        """Give ``text`` in standard words, blanks dropped, on which cues are looked for."""
        return self._normaliser.standard(text).replace(" ", "")

    def rank(self, text: str, limit: int = 10) -> list[Candidate]:
        """Give the ``limit`` subjects nearest to ``text``, best first."""
        canonical = self.canonical(text)
        if not canonical:
            return []
        features = self._features.of(canonical)
        hints = self._features.hinted(canonical, self._hint)
        scores = self._nearest(canonical, features, hints)
        if self._several:
            self._add_wholes(features, hints, scores)
        best = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]
        return [self._candidate(number, score) for number, score in best]

    def _candidate(self, number: int, score: float) -> Candidate:
        subject = self._subjects[number]
        return Candidate(subject.code, subject.name, round(min(score, 1.0) * 100, 2))

    def _nearest(self, canonical: str, features: Features, hints: Features) -> dict[int, float]:
        tuning = self._tuning
        hits = self._near.search(features, tuning.nearest, aside=hints)
        if not len(hits.documents):
            return {}
        near = [self._wordings[i] for i in hits.documents]
        ratios = process.cdist([canonical], near, scorer=fuzz.ratio)[0] / 100
        likeness = (1 - tuning.spelling) * hits.cosine + tuning.spelling * ratios
        by_subject: dict[int, list[float]] = {}
        for owner, value in zip(self._owners[hits.documents].tolist(), likeness.tolist(), strict=True):
            by_subject.setdefault(owner, []).append(value)
        return {owner: self._together(values) for owner, values in by_subject.items()}

    def _together(self, values: list[float]) -> float:
        values.sort(reverse=True)
        best = values[0]
        support = sum(values[1:3]) / 2 if len(values) > 1 else 0.0
        return best + self._tuning.second * support * (1 - best)

    def _add_wholes(self, features: Features, hints: Features, scores: dict[int, float]) -> None:
        share = self._tuning.subject
        hits = self._whole.search(features, 30, aside=hints)
        scaled = np.minimum(hits.cosine / self._typical, 1.0)
        whole = dict(zip(hits.documents.tolist(), scaled.tolist(), strict=True))
        for number in scores.keys() | whole.keys():
            scores[number] = (1 - share) * scores.get(number, 0.0) + share * whole.get(number, 0.0)


def _whole(documents: Iterable[Features], saturation: float) -> Features:
    total: dict[str, float] = {}
    for features in documents:
        for feature, weight in features.items():
            total[feature] = total.get(feature, 0.0) + weight
    return {feature: weight / (weight + saturation) for feature, weight in total.items()}
