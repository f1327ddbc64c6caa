"""The inverted index against the same sums done plainly."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.index import BUDGET, Evidence, FeatureIndex, Postings, Query

Document = Mapping[str, float]

a_document = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.25, 2.0), min_size=1, max_size=5)
documents = st.lists(a_document, min_size=1, max_size=12)
a_query = st.dictionaries(st.sampled_from("abcdefghXY"), st.floats(0.25, 2.0), max_size=6)


def an_index(documents: Sequence[Document]) -> FeatureIndex:
    vocabulary: dict[str, int] = {}
    triples = [(vocabulary.setdefault(f, len(vocabulary)), n, w) for n, d in enumerate(documents) for f, w in d.items()]
    numbers, owners, weights = zip(*triples, strict=True) if triples else ((), (), ())
    return FeatureIndex(
        vocabulary,
        np.array(numbers, np.int32),
        np.array(owners, np.int32),
        np.array(weights, np.float32),
        len(documents),
    )


def rarities(documents: Sequence[Document]) -> dict[str, float]:
    holders = Counter(feature for document in documents for feature in document)
    return {feature: math.log1p(len(documents) / count) for feature, count in holders.items()}


def length(document: Document, rarity: Mapping[str, float], size: int) -> float:
    return math.sqrt(sum((w * rarity.get(f, math.log1p(size))) ** 2 for f, w in document.items()))


def cosines(documents: Sequence[Document], query: Document, aside: Document | None = None) -> dict[int, float]:
    """Give the cosine of each document that shares a feature; what is said aside adds, and costs nothing."""
    rarity, size = rarities(documents), len(documents)
    found = {}
    for number, document in enumerate(documents):
        said = [*query.items(), *(aside or {}).items()]
        shared = [document[f] * w * rarity[f] ** 2 for f, w in said if f in document]
        if shared:
            asked = length(query, rarity, size) or 1.0
            found[number] = sum(shared) / asked / length(document, rarity, size)
    return found


@given(documents, a_query, a_query, st.integers(1, 15))
def test_search_gives_the_nearest_by_cosine(
    documents: list[Document], query: Document, aside: Document, limit: int
) -> None:
    index = an_index(documents)
    expected = cosines(documents, query, aside)

    hits = index.search(index.look_up(query, aside=aside), limit)

    assert len(hits.documents) == len(set(hits.documents.tolist())) == min(limit, len(expected))
    assert hits.cosine.tolist() == pytest.approx(sorted(expected.values(), reverse=True)[:limit], rel=1e-4)
    for number, cosine in zip(hits.documents.tolist(), hits.cosine.tolist(), strict=True):
        assert cosine == pytest.approx(expected[number], rel=1e-4)


@given(documents, a_query)
def test_the_same_search_twice_gives_the_same(documents: list[Document], query: Document) -> None:
    index = an_index(documents)

    first, second = (index.search(index.look_up(query), 5) for _ in range(2))

    assert first.documents.tolist() == second.documents.tolist()
    assert first.cosine.tolist() == second.cosine.tolist()


def test_nothing_shared_is_nothing_found() -> None:
    index = an_index([{"a": 1.0}])

    assert index.search(index.look_up({"b": 1.0}), 5).documents.tolist() == []
    assert index.search(index.look_up({}), 5).documents.tolist() == []
    assert an_index([]).search(an_index([]).look_up({"a": 1.0}), 5).documents.tolist() == []


@given(documents, a_query, st.data())
def test_evidence_is_the_smoothed_log_likelihood(
    documents: list[Document], query: Document, data: st.DataObject
) -> None:
    subjects, alpha = 3, 0.05
    owners = data.draw(st.lists(st.integers(0, 2), min_size=len(documents), max_size=len(documents)))
    index = an_index(documents)
    rarity, features = rarities(documents), len({f for d in documents for f in d})
    counts: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for owner, document in zip(owners, documents, strict=True):
        for feature, weight in document.items():
            counts[owner][feature] += weight * rarity[feature] / length(document, rarity, len(documents))
    burden = [math.log(sum(counts[n].values()) + alpha * features) for n in range(subjects)]
    mean = sum(burden) / subjects
    asked = {f: w * rarity[f] for f, w in query.items() if f in rarity}
    expected = [
        sum(w * (math.log1p(counts[n][f] / alpha) - burden[n] + mean) for f, w in asked.items())
        / (length(query, rarity, len(documents)) or 1.0)
        for n in range(subjects)
    ]

    weights = Evidence(index, np.array(owners, np.int32), subjects, alpha=alpha).weigh(index.look_up(query))

    assert weights.tolist() == pytest.approx(expected, rel=1e-3, abs=1e-3)


def postings(lengths: Sequence[int]) -> Postings:
    """Give each feature so many holders."""
    numbers = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    return Postings(numbers, np.arange(len(numbers), dtype=np.int32), np.ones(len(numbers), np.float32), len(lengths))


@pytest.mark.parametrize(
    ("lengths", "read"),
    [
        ([10, 20], 30),
        ([BUDGET - 5, 5], BUDGET),
        ([BUDGET - 5, 6], 6),
        ([5, BUDGET, 7], 12),
        ([BUDGET * 3, BUDGET * 2], BUDGET * 2),  # the rarest is always read
    ],
)
def test_a_query_reads_the_rarest_features_within_the_budget(lengths: list[int], read: int) -> None:
    query = Query(np.arange(len(lengths), dtype=np.int32), np.ones(len(lengths), np.float32), 1.0)

    holders, weights = postings(lengths).read(query)

    assert len(holders) == len(weights) == read
