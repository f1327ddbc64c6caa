"""Wordings worked out once: a later build, a later start and a broken file all give the same answers."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.prepared_store import PreparedStore
from knowledge.prepared import Prepared
from tests.furniture import language
from tests.unit.understanders import a_matcher

LEXICON, _, WORDINGS, _ = language()
SUBJECTS = {code: known[:20] for code, known in list(WORDINGS.items())[:12]}
QUESTIONS = [known[21] for known in list(WORDINGS.values())[:12]] + ["咕噜", "低保咋个办"]


def ranked(subjects: Mapping[str, Sequence[str]], prepared: Prepared | None = None) -> list[list[tuple[str, float]]]:
    matcher = a_matcher(subjects, prepared=prepared)
    return [[(found.code, found.score) for found in matcher.rank(question)] for question in QUESTIONS]


def as_kept(prepared: Prepared) -> tuple[object, ...]:
    return prepared.vocabulary, prepared.wordings, prepared.numbers.tobytes(), prepared.weights.tobytes()


def test_a_second_build_with_the_same_store_works_nothing_out_and_ranks_the_same() -> None:
    prepared = Prepared()
    first = ranked(SUBJECTS, prepared)
    size = len(prepared.numbers)

    second = ranked(SUBJECTS, prepared)

    assert second == first == ranked(SUBJECTS)
    assert len(prepared.numbers) == size


def test_a_store_with_more_in_it_than_is_published_ranks_the_same_to_a_hair() -> None:
    prepared = Prepared()
    ranked({"ZZ-001": ("烟花爆竹零售许可", "放炮仗"), **SUBJECTS}, prepared)

    for kept, fresh in zip(ranked(SUBJECTS, prepared), ranked(SUBJECTS), strict=True):
        assert dict(kept) == pytest.approx(dict(fresh), abs=0.5)
        assert kept[0][0] == fresh[0][0]


def test_an_index_goes_on_serving_while_a_later_build_adds_to_the_store() -> None:
    prepared = Prepared()
    serving = a_matcher(SUBJECTS, prepared=prepared)
    before = [serving.rank(question) for question in QUESTIONS]

    a_matcher({**SUBJECTS, "ZZ-001": ("咕噜证", "咕噜巴拉")}, prepared=prepared)

    assert [serving.rank(question) for question in QUESTIONS] == before


def test_a_store_kept_in_a_file_gives_the_same_answers(tmp_path: Path) -> None:
    prepared, store = Prepared(), PreparedStore(tmp_path / "cache")
    before = ranked(SUBJECTS, prepared)

    store.save(prepared, LEXICON)
    loaded = PreparedStore(tmp_path / "cache").load(LEXICON)

    assert loaded is not None
    assert as_kept(loaded) == as_kept(prepared)
    assert ranked(SUBJECTS, loaded) == before
    assert as_kept(loaded) == as_kept(prepared)  # nothing was worked out again


def test_other_words_ask_for_another_file_and_only_the_newest_is_kept(tmp_path: Path) -> None:
    store, other = PreparedStore(tmp_path), replace(LEXICON, filler=frozenset(("嘛",)))
    store.save(Prepared(), LEXICON)

    assert store.load(other) is None
    store.save(Prepared(), other)

    assert store.load(LEXICON) is None
    assert store.load(other) is not None
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"broken", pickle.dumps(Prepared())[:-9], pickle.dumps({"not": "a store"})],
    ids=["empty", "no pickle", "cut short", "something else"],
)
def test_a_broken_file_is_as_good_as_none_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    store, prepared = PreparedStore(tmp_path), Prepared()
    before = ranked(SUBJECTS, prepared)
    store.save(prepared, LEXICON)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(content)

    assert store.load(LEXICON) is None
    store.save(prepared, LEXICON)

    loaded = store.load(LEXICON)
    assert loaded is not None
    assert ranked(SUBJECTS, loaded) == before


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands here")

    PreparedStore(tmp_path / "cache").save(Prepared(), LEXICON)

    assert PreparedStore(tmp_path / "cache").load(LEXICON) is None
