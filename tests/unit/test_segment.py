"""Words out of sentences: the fast segmenter cuts as jieba does, and both keep the words they were taught."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given

from knowledge.lexicon import Lexicon
from knowledge.segment import Segment, reference, segmenter
from tests.furniture import language
from tests.unit.understanders import ANY_TEXT

LEXICON, _, WORDINGS, FAST = language()
TAUGHT = Lexicon(words=frozenset(("雨露计划补助", "烤烟房子证")))


@pytest.fixture(scope="module")
def jieba() -> Segment:
    """Load jieba's dictionary once; it takes most of a second."""
    return reference(LEXICON)


def test_the_fast_one_cuts_as_jieba_does(jieba: Segment) -> None:
    wordings = [wording for known in WORDINGS.values() for wording in known]
    sample = wordings[:: len(wordings) // 300][:300]

    equal = [wording for wording in sample if list(FAST.cut(wording)) == list(jieba.cut(wording))]

    assert len(sample) == 300
    assert len(equal) >= 0.99 * len(sample)


def test_both_know_the_same_words(jieba: Segment) -> None:
    for word in ("低保", "结婚证", "耕地地力", "两癌筛查"):
        assert FAST.knows(word)
        assert jieba.knows(word)
    for word in ("结昏证", "咕噜巴", "", "ab低"):
        assert not FAST.knows(word)
        assert not jieba.knows(word)


def test_a_taught_word_stays_whole() -> None:
    segment = segmenter(TAUGHT)

    assert list(segment.cut("问雨露计划补助和烤烟房子证")) == ["问", "雨露计划补助", "和", "烤烟房子证"]
    assert segment.knows("烤烟房子证")


def test_one_segmenter_teaches_no_other() -> None:
    segmenter(TAUGHT)

    assert not segmenter(Lexicon()).knows("烤烟房子证")


def test_jieba_stands_in_where_the_fast_one_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rjieba", None)

    segment = segmenter(TAUGHT)

    assert list(segment.cut("问雨露计划补助和烤烟房子证")) == ["问", "雨露计划补助", "和", "烤烟房子证"]
    assert segment.knows("烤烟房子证")


@given(ANY_TEXT)
def test_a_cut_loses_nothing(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()

    assert "".join(FAST.cut(text)) == text
