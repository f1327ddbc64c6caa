"""From a sentence to the nearest subjects of a catalogue (匹配): an index proposes, rapidfuzz compares.

A *subject* is anything that can be asked about: a service item, an intent, a matter handled elsewhere. It is known by
its wordings: the official name, what people call it, questions they ask. Each sentence is seen as weighted features:
characters, pairs of characters, jieba's words, and pairs of sounds, the last so that a slip of dictation costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from knowledge.features import FeatureMaker, Tuning
from knowledge.index import Evidence, IndexBuilder, Query
from knowledge.lexicon import Lexicon
from knowledge.segment import Segment
from knowledge.text import Normaliser

NOBODY = -1
SAID = 0.97
"""Likeness of a question that says just what a known wording says."""
WELL_KNOWN = 5
"""Wordings a subject from which on they speak for themselves: evidence is weighed, and hints are not needed."""
STRONGEST = 20
"""Subjects for which the evidence is looked at even if none of their wordings is near."""
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
        known = sum(len(subject.wordings) for subject in self._subjects)
        self._well_known = known >= WELL_KNOWN * len(self._subjects)
        self._wordings: list[str] = []
        owners: list[int] = []
        builder = IndexBuilder()
        for number, subject in enumerate(self._subjects):
            canonical = dict.fromkeys(self.canonical(wording) for wording in subject.wordings)
            canonical.pop("", None)
            for wording in canonical:
                builder.add(self._features.of(wording))
            self._wordings.extend(canonical)
            owners.extend([number] * len(canonical))
        self._owners = np.array(owners, dtype=np.int32)
        self._cores = self._known_cores(owners)
        self._near = builder.build()
        self._evidence: Evidence | None = None
        if self._well_known:
            self._evidence = Evidence(self._near, self._owners, len(self._subjects), alpha=self._tuning.alpha)
            self._typical = self._typical_evidence(self._evidence)

    def _known_cores(self, owners: Sequence[int]) -> dict[str, int]:
        """Map what a wording says, without words of asking, to its subject, where it can only mean that one."""
        cores: dict[str, int] = {}
        for wording, owner in zip(self._wordings, owners, strict=True):
            core = self._features.core(wording)
            if len(core) > 1 and cores.setdefault(core, owner) != owner:
                cores[core] = NOBODY
        return {core: owner for core, owner in cores.items() if owner != NOBODY}

    def _typical_evidence(self, evidence: Evidence) -> float:
        """Give how strongly a known wording usually speaks for its subject: it sets the scale of scores."""
        sample = range(0, len(self._wordings), max(1, len(self._wordings) // SAMPLE))
        found = [
            float(evidence.weigh(self._near.look_up(self._features.of(self._wordings[n])))[self._owners[n]])
            for n in sample
        ]
        return max(sum(found) / max(len(found), 1), 0.01)

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
        hints = {} if self._well_known else self._features.aside(canonical)
        query = self._near.look_up(self._features.of(canonical), aside=hints)
        scores = self._nearest(canonical, query)
        if self._evidence is not None:
            self._add_evidence(self._evidence, query, scores)
        said = self._cores.get(self._features.core(canonical))
        if said is not None:
            scores[said] = max(scores.get(said, 0.0), SAID)
        best = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]
        return [self._candidate(number, score) for number, score in best]

    def _candidate(self, number: int, score: float) -> Candidate:
        subject = self._subjects[number]
        return Candidate(subject.code, subject.name, round(min(score, 1.0) * 100, 2))

    def _nearest(self, canonical: str, query: Query) -> dict[int, float]:
        tuning = self._tuning
        hits = self._near.search(query, tuning.nearest)
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

    def _add_evidence(self, evidence: Evidence, query: Query, scores: dict[int, float]) -> None:
        share = self._tuning.subject
        weights = np.clip(evidence.weigh(query) / self._typical, 0.0, 1.0)
        strongest = (
            np.argpartition(weights, -STRONGEST)[-STRONGEST:] if len(weights) > STRONGEST else range(len(weights))
        )
        for number in {*scores, *(int(number) for number in strongest)}:
            scores[number] = (1 - share) * scores.get(number, 0.0) + share * float(weights[number])
