"""Sentences made comparable: width, script, filler, dialect, slips, words of one meaning, sounds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from knowledge.lexicon import Lexicon, LexiconError
from knowledge.text import MAX_CHARACTERS, Normaliser, alternation, sound, tidy
from tests.furniture import language
from tests.unit.understanders import ANY_TEXT

NORMALISER = Normaliser(language()[0])
SMALL = Lexicon(
    filler=frozenset(("请问一下", "麻烦", "嘛", "噶")),
    dialect={"咋个": "怎么", "咋个办": "怎么办", "打失": "丢失", "给能": "能不能"},
    homophones={"地保": "低保"},
    concepts=(("低保", "最低生活保障", "低保金"), ("办理", "办")),
    words=frozenset(("耕地保护", "最低生活保障")),
)


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ("ＡＢ１２　ｃ", "ab12 c"),
        ("身份证!?掉了。。。", "身份证 掉了"),
        ("戶口遷移 結婚登記", "户口迁移 结婚登记"),
        ("臺灣 後來 頭髮", "台湾 后来 头发"),
        ("低保😀😀金", "低保 金"),
        ("低\u200b保\x00金", "低 保 金"),
        ("③号 ㎡", "3号 m2"),
        ("𠮷野家", "𠮷野家"),
        ("㐂", "㐂"),
        ("\ud800", ""),
        ("…", ""),
        ("", ""),
    ],
)
def test_width_script_and_punctuation_disappear(written: str, tidied: str) -> None:
    assert tidy(written) == tidied


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("请问一下低保咋个办嘛", "低保怎么办理"),
        ("麻烦 证打失了噶", "证丢失了"),
        ("地保", "低保"),
        ("最低生活保障金", "低保金"),
        ("耕地保护", "耕地保护"),  # 地保 stands in it by chance
        ("耕地保护和地保", "耕地保护和低保"),
        ("嘛事", "嘛事"),  # a particle stands at the end of a phrase only
        ("请问一下", "请问一下"),  # nothing else is left
        ("嘛", "嘛"),
        ("給能領低保", "能不能领低保"),
    ],
)
def test_filler_goes_and_every_word_of_a_concept_is_written_alike(said: str, canonical: str) -> None:
    assert Normaliser(SMALL).canonical(said) == canonical


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("娃娃上户口咋个办", "娃娃上户口怎么办"),
        ("身份证打失了", "身份证丢失了"),
        ("身份正打失了", "身份证丢失了"),
        ("地保", "低保"),
        ("给要钱", "要不要钱"),
        ("在哪点办", "在哪里办"),
        ("請問一下身份證打失了咋個辦嘛", "请问一下身份证丢失了怎么办嘛"),
    ],
)
def test_the_shipped_words_turn_speech_into_standard_words(said: str, meant: str) -> None:
    assert NORMALISER.standard(said) == NORMALISER.standard(meant)
    assert NORMALISER.canonical(said) == NORMALISER.canonical(meant)


@pytest.mark.parametrize("kept", ["耕地保护", "工地保险", "身份正常", "没得到", "换证件"])
def test_a_slip_is_not_mended_inside_a_word_that_is_none(kept: str) -> None:
    assert NORMALISER.standard(kept) == kept


def test_without_words_nothing_is_replaced() -> None:
    assert Normaliser(Lexicon()).canonical("请问 地保咋个办") == "请问 地保咋个办"
    assert alternation(["", ""]) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("低保", "地保"),
        ("身份证", "生分正"),
        ("结婚", "结昏"),
        ("农村", "浓村"),
        ("老人", "恼能"),
        ("林权", "凌劝"),
        ("自治", "知之"),
        ("女", "鲁"),
        ("略", "了"),
    ],
)
def test_what_sounds_alike_in_the_southwest_has_one_sound(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("户口", "户籍"), ("低保", "医保"), ("发", "花"), ("补", "八")])
def test_different_sounds_stay_different(one: str, other: str) -> None:
    assert sound(one) != sound(other)


def test_a_character_without_reading_stands_for_itself() -> None:
    assert sound("a1😀") == ["a", "1", "😀"]


def test_a_word_of_two_concepts_is_refused() -> None:
    with pytest.raises(LexiconError, match="低保"):
        Lexicon.from_data({"concept": [{"words": ["低保", "最低生活保障"]}, {"words": ["救助", "低保"]}]})


def test_the_fingerprint_is_of_the_words_not_of_their_order() -> None:
    one = Lexicon(filler=frozenset("嘛噶"), dialect={"咋个": "怎么", "哪样": "什么"})
    other = Lexicon(filler=frozenset("噶嘛"), dialect={"哪样": "什么", "咋个": "怎么"})

    assert one.fingerprint() == other.fingerprint()
    assert one.fingerprint() != Lexicon(filler=frozenset("嘛噶"), dialect={"咋个": "怎么"}).fingerprint()


@given(ANY_TEXT)
def test_any_text_can_be_read_and_stays_short(text: str) -> None:
    tidied, canonical = tidy(text), NORMALISER.canonical(text)

    # 苧 is both the simplified form of 薴 and itself simplified to 苎: the one chain in the whole table.
    assert tidy(tidied) == tidied or "薴" in text
    assert len(tidied) <= MAX_CHARACTERS
    assert re.fullmatch(r"[0-9a-z\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f ]*", canonical)
    assert canonical == " ".join(canonical.split())
    assert len(sound(canonical)) == len(canonical)


@given(ANY_TEXT)
def test_width_case_and_script_never_matter(text: str) -> None:
    wide = text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})

    assert tidy(wide) == tidy(text)
    assert NORMALISER.canonical(tidy(text)) == NORMALISER.canonical(text)


def test_what_is_canonical_mostly_stays_so() -> None:
    """Each text is replaced in one pass, so a result may form a new word with its neighbours; it seldom does."""
    wordings = [wording for known in language()[2].values() for wording in known[::4]]

    moved = [w for w in wordings if NORMALISER.canonical(NORMALISER.canonical(w)) != NORMALISER.canonical(w)]

    assert len(moved) <= len(wordings) * 0.005


def test_every_word_of_a_concept_is_written_as_its_head() -> None:
    for head, *others in language()[0].concepts:
        written = {NORMALISER.canonical(word) for word in (head, *others)}

        assert written - {"办"} == {NORMALISER.canonical(head)}  # 帮忙办 loses its filler first
