"""Wordings made ready for indexing (预处理), kept from one build to the next: most of a catalogue never changes.

A publication changes a handful of wordings out of twenty thousand; what was worked out for the others is used again, so
that the change shows within two seconds. The store can also be kept in a file between two starts.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from knowledge.features import FeatureMaker
from knowledge.index import FeatureIndex, Floats, Ints


class Ready(NamedTuple):
    """One wording, worked out; a tuple, since reading twenty thousand back from a file takes a third of the time."""

    canonical: str
    core: str
    """What it says, without words of asking."""
    start: int
    end: int
    """Where its features lie in the store."""


@dataclass(slots=True)
class Prepared:
    """Every wording seen so far; only grows, and only in one build at a time."""

    vocabulary: dict[str, int] = field(default_factory=dict)
    wordings: dict[str, Ready] = field(default_factory=dict)
    numbers: array[int] = field(default_factory=lambda: array("i"))
    weights: array[float] = field(default_factory=lambda: array("f"))

    def take(self, wording: str, maker: FeatureMaker) -> Ready:
        """Give ``wording`` worked out, now or earlier."""
        ready = self.wordings.get(wording)
        if ready is None:
            ready = self.wordings[wording] = self._work_out(wording, maker)
        return ready

    def _work_out(self, wording: str, maker: FeatureMaker) -> Ready:
        canonical = maker.canonical(wording)
        features = maker.of(canonical)
        vocabulary, start = self.vocabulary, len(self.numbers)
        self.numbers.extend([vocabulary.setdefault(feature, len(vocabulary)) for feature in features])
        self.weights.extend(features.values())
        return Ready(canonical, maker.core(canonical), start, len(self.numbers))

    def index(self, documents: list[Ready]) -> FeatureIndex:
        """Lay out an index of ``documents``."""
        starts = np.array([ready.start for ready in documents], np.int64)
        lengths = np.array([ready.end for ready in documents], np.int64) - starts
        owners = np.repeat(np.arange(len(documents), dtype=np.int32), lengths)
        # Where each feature of each document stands in the store: every document counts on from its start.
        places = np.arange(len(owners)) + np.repeat(starts - lengths.cumsum() + lengths, lengths)
        numbers: Ints = np.array(self.numbers, np.int32)[places]
        weights: Floats = np.array(self.weights, np.float32)[places]
        # The vocabulary grows with later builds, while this index goes on serving: it keeps its own.
        return FeatureIndex(dict(self.vocabulary), numbers, owners, weights, len(documents))
