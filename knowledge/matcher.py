"""From a sentence to the nearest subjects of a catalogue (匹配): an index proposes, rapidfuzz compares.

A *subject* is anything that can be asked about: a service item, an intent, a matter handled elsewhere. It is known by
its wordings: the official name, what people call it, questions they ask. Each sentence is seen as weighted features:
characters, pairs of characters, jieba's words, and pairs of sounds, the last so that a slip of dictation costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process

from knowledge.features import FeatureMaker, Tuning
from knowledge.index import Evidence, Query
from knowledge.lexicon import Lexicon
from knowledge.prepared import Prepared, Ready
from knowledge.segment import Segment
from knowledge.text import Normaliser

NOBODY = -1
NOT_SAID = 0.99
"""Most likeness of anything that is not just what a known wording says."""
SAID = 1.0
"""Likeness of a question that says just what a known wording says ..."""
BESIDE = 0.96
"""... and the most that any other subject has beside it."""
WELL_KNOWN = 5
"""Wordings a subject from which on they speak for themselves: evidence is weighed, and hints are not needed."""
WEAK = 0.35
"""Likeness below which a subject is hardly found, so that guesses may say which of them it is."""
STRONGEST = 40
"""Subjects for which the evidence is looked at even if none of their wordings is near."""
SAMPLE = 300
"""Known wordings whose likeness to their own subject sets the scale."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be asked about, and how people word it; the first wording is its name."""

    code: str
    name: str
    wordings: tuple[str, ...]


class Candidate(NamedTuple):
    """A subject found, with its likeness to the question, 0..100, comparable between questions."""

    code: str
    name: str
    score: float


class Matcher:
    """Finds subjects; no I/O; for one thread at a time."""

    def __init__(
        self,
        subjects: Sequence[Subject],
        lexicon: Lexicon,
        *,
        segment: Segment,
        tuning: Tuning | None = None,
        prepared: Prepared | None = None,
    ) -> None:
        """Build; wordings found in ``prepared`` are not worked out again, new ones are added to it."""
        self._tuning = tuning or Tuning()
        self._normaliser = Normaliser(lexicon)
        self._features = FeatureMaker(lexicon, self._normaliser, segment, self._tuning)
        self._subjects = tuple(subjects)
        self._names = [(subject.code, subject.name) for subject in self._subjects]
        prepared = prepared if prepared is not None else Prepared()
        documents: list[Ready] = []
        owners: list[int] = []
        for number, subject in enumerate(self._subjects):
            ready = {
                r.canonical: r for r in (prepared.take(w, self._features) for w in subject.wordings) if r.canonical
            }
            documents.extend(ready.values())
            owners.extend([number] * len(ready))
        self._wordings = [ready.canonical for ready in documents]
        self._owners = owners
        self._hardly_known = [len(subject.wordings) < WELL_KNOWN for subject in self._subjects]
        self._cores = _known_cores(documents, owners)
        self._near = prepared.index(documents)
        self._evidence: Evidence | None = None
        if len(documents) >= WELL_KNOWN * len(self._subjects) > 0:
            of = np.array(owners, np.int32)
            self._evidence = Evidence(self._near, of, len(self._subjects), alpha=self._tuning.alpha)
            self._typical = self._typical_evidence(self._evidence)

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
        return self._features.canonical(text)

    def plain(self, text: str) -> str:
        """Give ``text`` in standard words, blanks dropped, on which cues are looked for."""
        return self._normaliser.standard(text).replace(" ", "")

    def rank(self, text: str, limit: int = 10, *, closely: bool = True) -> list[Candidate]:
        """Give the ``limit`` subjects nearest to ``text``, best first.

        ``closely`` compares with single wordings too; without it the evidence alone speaks, at a third of the cost.
        """
        canonical = self.canonical(text)
        if not canonical:
            return []
        said = self._cores.get(self._features.core(canonical))
        evidence = self._evidence
        if evidence is None:
            scores = self._by_names(canonical)
        else:
            query = self._near.look_up(self._features.of(canonical))
            near = self._nearest(canonical, query) if closely and said is None else {}
            scores = self._with_evidence(evidence, query, near)
        if said is not None:
            own = max(scores.get(said, 0.0), SAID)
            scores = {number: min(score, BESIDE) for number, score in scores.items()} | {said: own}
        best = sorted([(-score, number) for number, score in scores.items()])[:limit]
        shown = (np.minimum([-score for score, _ in best], 1.0) * 100).round(2)
        return [Candidate(*self._names[number], score) for (_, number), score in zip(best, shown.tolist(), strict=True)]

    def _by_names(self, canonical: str) -> dict[int, float]:
        """Weigh subjects of which little but the name is known.

        Where hardly any is found, words that may be half said ("外地婚" for 外地离婚) change the order; they are
        guesses, so that the best of them scores no higher than the best did without.
        """
        features, aside = self._features.of(canonical), self._features.aside(canonical)
        scores = self._nearest(canonical, self._near.look_up(features, aside=aside))
        best = max((score for number, score in scores.items() if self._hardly_known[number]), default=0.0)
        guesses = self._features.guesses(canonical) if 0 < best < WEAK else {}
        if not guesses:
            return scores
        for feature, weight in aside.items():
            guesses[feature] = guesses.get(feature, 0.0) + weight
        guessed = self._nearest(canonical, self._near.look_up(features, aside=guesses))
        guessed = {number: score for number, score in guessed.items() if self._hardly_known[number]}
        most = max(guessed.values(), default=0.0)
        if most <= best:
            return scores
        well_known = {number: score for number, score in scores.items() if not self._hardly_known[number]}
        return well_known | {number: score * best / most for number, score in guessed.items()}

    def _nearest(self, canonical: str, query: Query) -> dict[int, float]:
        tuning = self._tuning
        # Names alone must give ten items among all that is no item; known wordings come by the evidence, too.
        most = tuning.nearest if self._evidence is not None else 3 * tuning.nearest
        hits = self._near.search(query, most)
        if not len(hits.documents):
            return {}
        documents: list[int] = hits.documents.tolist()
        ratios = process.cdist([canonical], [self._wordings[n] for n in documents], scorer=fuzz.ratio)[0]
        likeness = (1 - tuning.spelling) * hits.cosine + tuning.spelling / 100 * ratios
        by_subject: dict[int, list[float]] = {}
        for number, value in zip(documents, likeness.tolist(), strict=True):
            by_subject.setdefault(self._owners[number], []).append(value)
        return {owner: self._together(values) for owner, values in by_subject.items()}

    def _together(self, values: list[float]) -> float:
        values.sort(reverse=True)
        best = values[0]
        support = sum(values[1:3]) / 2 if len(values) > 1 else 0.0
        return best + self._tuning.second * support * (1 - best)

    def _with_evidence(self, evidence: Evidence, query: Query, near: dict[int, float]) -> dict[int, float]:
        """Weigh the subjects whose wordings are near, and those for which most speaks."""
        weights = evidence.weigh(query)
        if len(weights) > STRONGEST:
            strongest = np.argpartition(weights, -STRONGEST)[-STRONGEST:].tolist()
        else:
            strongest = list(range(len(weights)))
        numbers = list({*near, *strongest})
        share = self._tuning.subject if near else 1.0
        spoken = share * (weights[numbers] / self._typical).clip(0.0, NOT_SAID)
        scores = dict(zip(numbers, spoken.tolist(), strict=True))
        for number, likeness in near.items():
            scores[number] += (1 - share) * likeness
        return scores


def _known_cores(documents: Sequence[Ready], owners: Sequence[int]) -> dict[str, int]:
    """Map what a wording says, without words of asking, to its subject, where it can only mean that one."""
    cores: dict[str, int] = {}
    for ready, owner in zip(documents, owners, strict=True):
        if len(ready.core) > 1 and cores.setdefault(ready.core, owner) != owner:
            cores[ready.core] = NOBODY
    return {core: owner for core, owner in cores.items() if owner != NOBODY}
