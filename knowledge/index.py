"""An inverted index of weighted features (倒排索引): which documents share the rare features of a query.

Cost is bounded: a query reads at most :data:`BUDGET` postings, rarest features first, so a catalogue of a hundred
thousand wordings answers nearly as fast as one of a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BUDGET = 1200
"""Most postings that one query reads."""
DOUBLES = 12
"""How many times over the wanted number are kept before a document is counted once."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Hits:
    """Documents found, best first, with their likeness to the query."""

    documents: Ints
    cosine: Floats


Features = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Query:
    """A query's features as one index knows them, by number, with their weights, and the length of the whole."""

    numbers: Ints
    weights: Floats
    length: float


_NOTHING = Hits(np.empty(0, np.int32), np.empty(0, np.float32))


class Postings:
    """Who holds each feature, and how strongly: flat arrays sorted by feature."""

    def __init__(self, numbers: Ints, holders: Ints, weights: Floats, features: int) -> None:
        order = np.argsort(numbers, kind="stable")
        self.holders: Ints = holders[order]
        self.weights: Floats = weights[order]
        self.counts = np.bincount(numbers, minlength=features)
        self._begins = np.cumsum(self.counts) - self.counts

    def read(self, query: Query) -> tuple[Ints, Floats]:
        """Give the postings of the rarest features, as far as the budget goes; the rarest is always read."""
        lengths = self.counts[query.numbers]
        order = lengths.argsort(kind="stable")
        ends = lengths[order].cumsum()
        nobodys, affordable = ends.searchsorted((0, BUDGET), side="right")
        order = order[: max(nobodys + 1, affordable)]
        lengths, ends = lengths[order], ends[: len(order)]
        # Where each posting read stands in the flat arrays: every feature's stretch counts on from its begin.
        places = np.arange(ends[-1]) + (self._begins[query.numbers[order]] - ends + lengths).repeat(lengths)
        return self.holders[places], self.weights[places] * query.weights[order].repeat(lengths)


class FeatureIndex:
    """Documents as bags of weighted features; immutable once built."""

    def __init__(self, vocabulary: dict[str, int], numbers: Ints, owners: Ints, weights: Floats, size: int) -> None:
        """Lay out triples of feature number, document and weight; :meth:`Prepared.index` makes them."""
        self.size = size
        self.features = len(vocabulary)
        self._vocabulary = vocabulary
        counts = np.bincount(numbers, minlength=self.features)
        rarity = np.log1p(size / np.maximum(counts, 1)).astype(np.float32)
        scaled = (weights * rarity[numbers]).astype(np.float32)
        squares = np.bincount(owners, scaled.astype(np.float64) ** 2, minlength=max(size, 1))
        inverse = (np.maximum(squares, 1e-9) ** -0.5).astype(np.float32)
        # A document's squared weights sum to one, so that a sum of products is a cosine but for the query's length.
        self._postings = Postings(numbers, owners, scaled * inverse[owners], self.features)
        self._rarity: list[float] = rarity.tolist()
        self._unknown = math.log1p(max(size, 1))
        self._scratch: Floats = np.zeros(max(size, 1), dtype=np.float32)

    def shares(self) -> tuple[Ints, Ints, Floats]:
        """Give (feature, document, share of the document) of every posting; a document's squared shares sum to one."""
        postings = self._postings
        numbers = np.repeat(np.arange(self.features, dtype=np.int32), postings.counts)
        return numbers, postings.holders, postings.weights

    def look_up(self, features: Features, *, aside: Features | None = None) -> Query:
        """Weigh a query's features by rarity; what is said ``aside`` (hints) counts where a document has it and costs
        nothing where it has not.
        """
        known: list[tuple[int, float]] = []
        square = self._weigh(features, known)
        if aside:
            self._weigh(aside, known)
        known.sort()
        numbers = np.array([number for number, _ in known], np.int32)
        return Query(numbers, np.array([value for _, value in known], np.float32), math.sqrt(square) or 1.0)

    def _weigh(self, features: Features, known: list[tuple[int, float]]) -> float:
        """Add (feature number, weight) of what is known; give the squared length of everything."""
        vocabulary, rarity, unknown, square = self._vocabulary, self._rarity, self._unknown, 0.0
        for feature, weight in features.items():
            number = vocabulary.get(feature)
            if number is None:
                square += (weight * unknown) ** 2
                continue
            value = weight * rarity[number]
            square += value * value
            known.append((number, value))
        return square

    def search(self, query: Query, limit: int) -> Hits:
        """Find the ``limit`` documents most like ``query`` by cosine."""
        if not len(query.numbers):
            return _NOTHING
        flat, parts = self._postings.read(query)
        scratch = self._scratch
        np.add.at(scratch, flat, parts)
        # A document stands in ``flat`` once for each feature it shares: thin out by value first, then make it unique.
        likeness = scratch[flat]
        scratch[flat] = 0
        if len(flat) > limit * DOUBLES:
            kept = likeness >= np.partition(likeness, -limit * DOUBLES)[-limit * DOUBLES]
            flat, likeness = flat[kept], likeness[kept]
        found, first = np.unique(flat, return_index=True)
        likeness = likeness[first]
        order = np.argsort(-likeness, kind="stable")[:limit]
        return Hits(found[order], (likeness[order] / query.length).astype(np.float32))


class Evidence:
    """Subjects, each with all its documents together: how far a query's features speak for each (naive Bayes).

    Features are those of the documents' index, so that a query is looked up once for both. Smoothing ``alpha`` is
    small, since a subject's few dozen wordings are far from all that people say.
    """

    def __init__(self, index: FeatureIndex, owners: Ints, subjects: int, *, alpha: float) -> None:
        """Sum the documents of ``index`` by subject; ``owners`` gives each document's."""
        features, documents, shares = index.shares()
        keys = features.astype(np.int64) * subjects + owners[documents]
        unique, inverse = np.unique(keys, return_inverse=True)
        counts = np.bincount(inverse, shares)
        numbers, holders = (unique // subjects).astype(np.int32), (unique % subjects).astype(np.int32)
        totals = np.bincount(holders, counts, minlength=subjects) + alpha * index.features
        self._postings = Postings(numbers, holders, np.log1p(counts / alpha).astype(np.float32), index.features)
        self._burden = np.log(totals) - float(np.log(totals).mean())
        self._subjects = subjects

    def weigh(self, query: Query) -> npt.NDArray[Any]:
        """Give the evidence for each subject; comparable between queries, about 0 where nothing speaks for one."""
        if not len(query.numbers):
            return np.zeros(self._subjects)
        flat, parts = self._postings.read(query)
        mass = float(query.weights.sum(dtype=np.float64))
        weights: npt.NDArray[Any] = np.bincount(flat, parts, minlength=self._subjects) - mass * self._burden
        return weights / query.length
