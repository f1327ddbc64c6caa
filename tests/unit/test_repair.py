"""Known words that a sentence nearly says: by sound, or but for one character."""

from __future__ import annotations

import pytest
from hypothesis import given

from knowledge.lexicon import Lexicon
from knowledge.repair import ALIKE, COMMON, MOST, Repairs
from knowledge.segment import segmenter
from knowledge.text import alternation
from tests.unit.understanders import ANY_TEXT

WORDS = ("结婚证", "身份证", "居民身份证", "低保", "残疾人证", "营业执照", "社保", "一", "长得不得了的一个词语")
SEGMENT = segmenter(Lexicon(words=frozenset(WORDS)))
REPAIRS = Repairs(WORDS, SEGMENT, alternation(("怎么办", "在哪里")))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("结昏证怎么办", ["结婚证"]),
        ("我的生分证掉了", ["身份证"]),
        ("身证丢了", ["身份证"]),
        ("居民份证丢了", ["居民身份证", "身份证"]),
        ("营业照怎么办", ["营业执照"]),
        ("地包怎么办", ["低保"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_word_nearly_said_is_offered(said: str, meant: list[str]) -> None:
    assert REPAIRS.nearly_said(said)[: len(meant)] == meant


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("结婚证怎么办", "said as it is"),
        ("怎么办在哪里", "words of asking"),
        ("设备", "a word of its own that sounds like one of ours"),
        ("今天天气好", "nothing near"),
        ("一", "too short"),
        ("长得不得了的个词语", "too long"),
        ("", "empty"),
    ],
)
def test_what_is_understood_is_left_alone(said: str, why: str) -> None:
    assert REPAIRS.nearly_said(said) == [], why


@pytest.mark.parametrize(
    ("said", "shares"),
    [
        ("外地婚", {"离婚": 0.5, "结婚": 0.5}),
        ("护丢了", {"护照": 1.0}),
        ("离婚的婚", {"结婚": 1.0}),
        ("婚姻", {}),
        ("怎么办护照", {}),
        ("", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_of_a_character_that_stands_alone_the_words_are_guessed(said: str, shares: dict[str, float]) -> None:
    halves = Repairs(("离婚", "结婚", "护照", "结婚证"), SEGMENT, alternation(("怎么办",)))

    assert halves.half_said(said) == shares


def test_a_character_of_many_words_tells_nothing() -> None:
    many = Repairs([f"{chr(0x4E00 + n)}婚" for n in range(COMMON + 1)], SEGMENT, None)

    assert many.half_said("婚") == {}


def test_two_characters_count_only_where_they_are_no_word() -> None:
    assert REPAIRS.nearly_said("工地在哪里") == []


def test_a_word_that_is_said_is_not_offered_again() -> None:
    assert "身份证" not in REPAIRS.nearly_said("身份证和生分证")


def test_a_broken_form_points_to_a_few_words_only() -> None:
    many = Repairs([f"低保{c}证" for c in "甲乙丙丁戊"], SEGMENT, None)

    assert len(many.nearly_said("低保证")) == ALIKE


@given(ANY_TEXT)
def test_any_text_gets_a_short_list_of_known_words(text: str) -> None:
    offered = REPAIRS.nearly_said(text)

    assert len(offered) <= MOST
    assert set(offered) <= set(WORDS)
    assert not any(word in text for word in offered)
