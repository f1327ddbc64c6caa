"""From a sentence to the nearest subjects."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.lexicon import Lexicon
from tests.unit.understanders import ANY_TEXT, a_matcher

SUBJECTS = {
    "MZ-001": ("最低生活保障待遇申请", "低保", "吃低保"),
    "HJ-001": ("出生登记", "娃娃上户口", "新生儿落户"),
    "HJ-004": ("居民身份证补领", "身份证掉了"),
    "MZ-020": ("结婚登记", "领结婚证", "扯证"),
    "SC-001": ("个体工商户设立登记", "办营业执照"),
    "YB-001": ("城乡居民基本医疗保险参保登记", "交医保"),
}
MATCHER = a_matcher(SUBJECTS)
KNOWN = a_matcher({code: (*worded, *(f"{worded[1]}{n}" for n in "甲乙丙丁")) for code, worded in SUBJECTS.items()})
"""The same, each known well enough that evidence is weighed."""
BOTH = pytest.mark.parametrize("matcher", [MATCHER, KNOWN], ids=["names", "evidence"])
WORDINGS = [(wording, code) for code, worded in SUBJECTS.items() for wording in worded]


@BOTH
@pytest.mark.parametrize(("wording", "code"), WORDINGS, ids=lambda value: value)
def test_a_known_wording_finds_its_subject(matcher, wording: str, code: str) -> None:
    best, *_ = matcher.rank(wording)

    assert (best.code, best.name) == (code, SUBJECTS[code][0])
    assert best.score >= 97


@BOTH
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("请问一下低保咋个办嘛", "MZ-001"),
        ("地保", "MZ-001"),
        ("娃儿上户口", "HJ-001"),
        ("结昏证哪点领", "MZ-020"),
        ("我的身份证打失了", "HJ-004"),
        ("營業執照", "SC-001"),
        ("交医宝", "YB-001"),
    ],
)
def test_speech_slips_and_script_find_it_too(matcher, said: str, code: str) -> None:
    assert matcher.rank(said)[0].code == code


@BOTH
@pytest.mark.parametrize("text", ["", "  ", "???", "😀", "\x00", "hello world", "咕噜咕噜"])
def test_what_shares_nothing_is_not_known(matcher, text: str) -> None:
    assert all(candidate.score < 30 for candidate in matcher.rank(text))


def test_half_a_word_tells_which_of_the_hardly_known_comes_first() -> None:
    names = {"A": ("异地转诊人员备案",), "B": ("宗教活动场所异地重建审批",), "C": ("离婚登记预约",), "D": ("公司备案",)}

    best, *_ = a_matcher(names).rank("如何办理异地离手续")

    assert best.code == "C"
    assert best.score < 52  # nothing that the desk would call known


def test_without_subjects_nothing_is_found() -> None:
    assert a_matcher({}).rank("低保") == []
    assert a_matcher({"A": ("!!!",)}).rank("低保") == []


def test_a_wording_of_two_subjects_is_a_tie_told_in_their_order() -> None:
    matcher = a_matcher({"B": ("残疾人补贴申请", "领补贴"), "A": ("高龄老人补贴申请", "领补贴"), "C": ("结婚登记",)})

    first, second, *_ = matcher.rank("领补贴")

    assert [first.code, second.code] == ["B", "A"]
    assert first.score == pytest.approx(second.score, abs=2)


@given(ANY_TEXT | st.sampled_from([wording for wording, _ in WORDINGS]), st.integers(1, 12))
@settings(max_examples=60)
def test_any_text_is_ranked_the_same_each_time(text: str, limit: int) -> None:
    for matcher in (MATCHER, KNOWN):
        ranked = matcher.rank(text, limit)
        codes = [candidate.code for candidate in ranked]
        scores = [candidate.score for candidate in ranked]

        assert ranked == matcher.rank(text, limit)
        assert len(set(codes)) == len(codes) <= limit
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 100 for score in scores)


def test_a_known_wording_stands_before_a_subject_for_which_more_speaks() -> None:
    changes = [f"低保{change}变更" for change in ("姓名", "住址", "人口", "收入", "电话", "户主", "银行卡", "家庭")]
    subjects = {"B": ("低保变更", "低保改", *changes), "A": ("救助审核确认", "低保", *(f"救助{n}" for n in "甲乙丙丁"))}

    first, second = a_matcher(subjects).rank("低保")

    assert (first.code, second.code) == ("A", "B")
    assert second.score <= 96 < first.score


@pytest.mark.parametrize("unrelated", ["烟花爆竹零售许可", "林木采伐许可", "法律援助"])
def test_an_unrelated_subject_does_not_change_the_winner(unrelated: str) -> None:
    larger = a_matcher({**SUBJECTS, "ZZ-001": (unrelated,)})

    for wording, code in WORDINGS:
        assert larger.rank(wording)[0].code == code


def test_the_order_of_subjects_does_not_change_what_is_found() -> None:
    turned = a_matcher(dict(reversed(SUBJECTS.items())))

    for said in ("低保要带什么", "娃娃户口", "身份证和结婚证"):
        assert {c.code: c.score for c in turned.rank(said)} == pytest.approx(
            {c.code: c.score for c in MATCHER.rank(said)}, abs=0.02
        )


def test_a_hint_leads_to_the_official_word_where_only_names_are_known() -> None:
    subjects = {"A": ("基本养老保险关系转移",), "B": ("犬类登记",)}

    assert a_matcher(subjects, lexicon=Lexicon()).rank("退休钱") == []
    hinting = a_matcher(subjects, lexicon=Lexicon(hints={"退休钱": "养老保险"}))
    assert [candidate.code for candidate in hinting.rank("退休钱")] == ["A"]
    assert hinting.rank("退休钱")[0].score > 0
