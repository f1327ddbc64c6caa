"""An inverted index of weighted features (倒排索引): which documents share the rare features of a query.

Cost is bounded: a query reads at most :data:`BUDGET` postings, rarest features first, so a catalogue of a hundred
thousand wordings answers nearly as fast as one of a thousand.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BUDGET = 2000
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


_NOTHING = Hits(np.empty(0, np.int32), np.empty(0, np.float32))


class IndexBuilder:
    """Takes documents one by one, so that no more than the postings is ever held."""

    def __init__(self) -> None:
        self.size = 0
        self._vocabulary: dict[str, int] = {}
        self._numbers, self._owners, self._weights = array("i"), array("i"), array("f")

    def add(self, document: Mapping[str, float]) -> None:
        """Take up one document as ``{feature: weight}``."""
        vocabulary = self._vocabulary
        self._numbers.extend([vocabulary.setdefault(feature, len(vocabulary)) for feature in document])
        self._weights.extend(document.values())
        self._owners.extend([self.size] * len(document))
        self.size += 1

    def build(self) -> FeatureIndex:
        """Give the index of everything taken up."""
        numbers, owners = np.array(self._numbers, np.int32), np.array(self._owners, np.int32)
        return FeatureIndex(self._vocabulary, numbers, owners, np.array(self._weights, np.float32), self.size)


class FeatureIndex:
    """Documents as bags of weighted features; immutable once built.

    Postings of all features lie in two flat arrays, sorted by feature; ``_starts`` says where each feature's begin.
    """

    def __init__(self, vocabulary: dict[str, int], numbers: Ints, owners: Ints, weights: Floats, size: int) -> None:
        """Lay out triples of feature number, document and weight; :class:`IndexBuilder` makes them."""
        self.size = size
        self._vocabulary = vocabulary
        counts = np.bincount(numbers, minlength=len(vocabulary))
        rarity = np.log1p(size / np.maximum(counts, 1)).astype(np.float32)
        order = np.argsort(numbers, kind="stable")
        scaled = (weights * rarity[numbers]).astype(np.float32)
        squares = np.bincount(owners, scaled.astype(np.float64) ** 2, minlength=max(size, 1))
        self._owners: Ints = owners[order]
        self._scaled: Floats = scaled[order]
        self._starts: list[int] = [0, *np.cumsum(counts).tolist()]
        self._rarity: list[float] = rarity.tolist()
        self._unknown = math.log1p(max(size, 1))
        self._inverse: Floats = (np.maximum(squares, 1e-9) ** -0.5).astype(np.float32)
        self._scratch: Floats = np.zeros(max(size, 1), dtype=np.float32)

    def search(self, query: Mapping[str, float], limit: int, *, aside: Mapping[str, float] | None = None) -> Hits:
        """Find the ``limit`` documents most like ``query`` by cosine.

        What is said ``aside`` (hints) counts where a document has it and costs nothing where it has not.
        """
        known: list[tuple[int, int, float]] = []
        square = self._look_up(query, known)
        if aside:
            self._look_up(aside, known)
        if not known:
            return _NOTHING
        flat, parts = self._read(known)
        found, likeness = self._sum(flat, parts, limit)
        order = np.argsort(-likeness, kind="stable")[:limit]
        return Hits(found[order], (likeness[order] / math.sqrt(square)).astype(np.float32))

    def _look_up(self, features: Mapping[str, float], known: list[tuple[int, int, float]]) -> float:
        """Add (length, start, value) of the features that occur; give the squared length of all of them."""
        starts, rarity, square = self._starts, self._rarity, 0.0
        for feature, weight in features.items():
            number = self._vocabulary.get(feature)
            if number is None:
                square += (weight * self._unknown) ** 2
                continue
            value = weight * rarity[number]
            square += value * value
            known.append((starts[number + 1] - starts[number], starts[number], value))
        return square

    def _read(self, known: list[tuple[int, int, float]]) -> tuple[Ints, Floats]:
        """Give the postings of the rarest features, as far as the budget goes; the rarest is always read."""
        known.sort()
        spent, taken = 0, 0
        for length, _, _ in known:
            if spent and spent + length > BUDGET:
                break
            spent += length
            taken += 1
        spans = [slice(start, start + length) for length, start, _ in known[:taken]]
        lengths = [length for length, _, _ in known[:taken]]
        values = np.repeat(np.array([value for _, _, value in known[:taken]], np.float32), lengths)
        flat = np.concatenate([self._owners[span] for span in spans])
        return flat, np.concatenate([self._scaled[span] for span in spans]) * values

    def _sum(self, flat: Ints, parts: Floats, limit: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Add up what each document shares; give the documents once each, unsorted, at least the best ``limit``."""
        if self.size <= BUDGET:
            likeness = np.bincount(flat, parts, minlength=self.size).astype(np.float32) * self._inverse
            found = np.argpartition(likeness, -limit)[-limit:] if self.size > limit else np.arange(self.size)
            found = found[likeness[found] > 0].astype(np.int32)
            return found, likeness[found]
        scratch = self._scratch
        np.add.at(scratch, flat, parts)
        # A document stands in ``flat`` once for each feature it shares: thin out by value first, then make it unique.
        likeness = scratch[flat] * self._inverse[flat]
        scratch[flat] = 0
        if len(flat) > limit * DOUBLES:
            kept = np.argpartition(likeness, -limit * DOUBLES)[-limit * DOUBLES :]
            flat, likeness = flat[kept], likeness[kept]
        found, first = np.unique(flat, return_index=True)
        return found, likeness[first]
