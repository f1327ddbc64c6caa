"""What a resident wants: danger before all else, then what must not be done, then what the office does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from knowledge import understanding
from knowledge.lexicon import Lexicon
from knowledge.matcher import Subject
from knowledge.segment import segmenter
from knowledge.understanding import Context, Guard, Intent, Outcome, Phrasebook, Understander, Understanding
from tests.furniture import language
from tests.unit.understanders import ANY_TEXT, shipped


def ask(text: str, context: Context | None = None) -> Understanding:
    return shipped().understand(text, context=context)


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("有人掉水库里了快来人", Guard.DANGER),
        ("我家着火了", Guard.DANGER),
        ("我不想活了", Guard.DESPAIR),
        ("娃娃误食农药了咋个办", Guard.DANGER),
        ("帮我约个号 隔壁着火了", Guard.DANGER),
        ("我想约个号可是房子着火了", Guard.DANGER),
        ("隔壁老王家领了多少低保", Guard.PRIVACY),
        ("帮我查下前夫住哪点", Guard.PRIVACY),
        ("帮我办个假残疾证", Guard.ILLEGAL),
        ("塞个红包给能快点批", Guard.ILLEGAL),
        ("你好", Guard.GREET),
        ("谢谢", Guard.GREET),
        ("今天天气咋样", Guard.CHAT),
    ],
)
def test_what_must_not_be_answered_with_a_guide_is_told_by_its_guard(text: str, guard: Guard) -> None:
    found = ask(text)

    assert (found.outcome, found.guard) == (Outcome.UNKNOWN, guard)
    assert found.matters == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("开个单身证明", None),
        ("村上给能开个收入证明", None),
        ("居委会开婚姻状况证明", "VZ-001"),  # the guide that says which proofs they issue and which not
        ("无犯罪记录证明村上给能开", "HJ-010"),  # the police issue it
        ("村委会开个亲属关系证明", "HJ-012"),
    ],
)
def test_a_proof_that_village_committees_may_not_issue_gets_a_word_or_the_guide_of_who_does(
    text: str, code: str | None
) -> None:
    found = ask(text)

    if code is None:
        assert (found.outcome, found.guard) == (Outcome.UNKNOWN, Guard.VILLAGE_PROOF)
    else:
        assert found.candidates[0].code == code


def test_every_shipped_wording_of_a_guard_is_guarded() -> None:
    worded = [(guard, wording) for guard, wordings in language()[1].guards.items() for wording in wordings]

    caught = [guard for guard, wording in worded if ask(wording).guard in (guard, Guard.DESPAIR)]

    assert len(caught) >= 0.96 * len(worded)
    danger = [wording for guard, wording in worded if guard is Guard.DANGER]
    unheard = [wording for wording in danger if ask(wording).guard not in (Guard.DANGER, Guard.DESPAIR)]
    assert set(unheard) <= {"野象进村了"}  # a wording of the claim for damage done by wild animals, too


@pytest.mark.parametrize(
    ("text", "topic"),
    [("ETC扣错钱了", "ETC"), ("学驾照哪点报名", "驾驶证"), ("公积金咋个提", "公积金"), ("护照去哪办", "出入境")],
)
def test_another_office_is_named_with_where_to_go(text: str, topic: str) -> None:
    found = ask(text)

    assert found.guard is Guard.ELSEWHERE
    assert found.topic is not None
    assert found.topic.where
    assert topic in f"{found.topic.name}{found.topic.where}{text}"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("我想约个号", Intent.BOOK),
        ("我的件办到哪一步了", Intent.PROGRESS),
        ("明天那个号不去了 取消", Intent.CANCEL),
        ("转人工", Intent.HUMAN),
        ("周六上班不", Intent.HOURS),
        ("大厅在哪点", Intent.PLACE),
        ("我要投诉窗口态度差", Intent.COMPLAIN),
    ],
)
def test_a_wish_is_known(text: str, intent: Intent) -> None:
    found = ask(text)

    assert (found.outcome, found.intents[0]) == (Outcome.INTENT, intent)
    assert found.guard is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("娃娃上户口咋个办", "HJ-001"),
        ("低保咋个申请", "MZ-001"),
        ("地保咋个申请", "MZ-001"),
        ("八十岁老人的高龄补贴", "LL-001"),
    ],
)
def test_an_everyday_question_is_sure(text: str, code: str) -> None:
    found = ask(text)

    assert (found.outcome, found.candidates[0].code) == (Outcome.SURE, code)
    assert found.guard is None


def test_every_official_name_is_sure_and_first() -> None:
    for name, code in shipped()._names.items():
        found = ask(name)

        assert (found.outcome, found.candidates[0].code) == (Outcome.SURE, code), name
        assert shipped().named(f" {name} ") == code
    assert shipped().named("没有这一项") is None


def test_several_matters_are_all_named_and_stand_before_the_rest() -> None:
    found = ask("老板赖工钱 想请不要钱的律师")

    assert found.outcome is Outcome.SURE
    assert set(found.matters) == {"JC-010", "SF-001"}
    assert {candidate.code for candidate in found.candidates[:2]} == set(found.matters)


def test_a_wish_stands_beside_an_item() -> None:
    found = ask("想约个时间,低保咋个申请")

    assert Intent.BOOK in found.intents
    assert found.candidates[0].code == "MZ-001"


def test_two_wishes_come_together() -> None:
    assert {Intent.HOURS, Intent.PLACE} <= set(ask("大厅在哪点 几点开门").intents)


BIRTH = Context("HJ-001", "娃娃上户口咋个办")


@pytest.mark.parametrize("text", ["那要带什么", "要钱不", "复印件要几份", "要几天", "要本人去不"])
def test_a_follow_up_leans_on_the_last_item(text: str) -> None:
    found = ask(text, BIRTH)

    assert found.is_followup
    assert (found.outcome, found.candidates[0].code) == (Outcome.SURE, "HJ-001")
    assert not ask(text).is_followup


@pytest.mark.parametrize(
    ("text", "code"), [("那结婚证掉了咋个补", "MZ-"), ("低保咋个申请", "MZ-001"), ("那高龄补贴呢", "LL-001")]
)
def test_a_new_matter_does_not_lean(text: str, code: str) -> None:
    assert not ask(text, BIRTH).candidates[0].code.startswith("HJ-001")


@pytest.mark.parametrize(("text", "guard"), [("着火了", Guard.DANGER), ("谢谢", Guard.GREET)])
def test_a_guard_holds_in_a_follow_up_too(text: str, guard: Guard) -> None:
    assert ask(text, BIRTH).guard is guard


def test_candidates_are_at_most_ten_and_come_with_every_outcome() -> None:
    for text in ("低保", "我想约个号", "隔壁老王家领了多少低保", "养老保险咋个转", "咕噜证"):
        found = ask(text)
        assert 1 <= len(found.candidates) <= 10
        assert not any(candidate.code.startswith("@") for candidate in found.candidates)


@given(ANY_TEXT)
@settings(max_examples=80)
def test_any_text_is_decided_the_same_each_time(text: str) -> None:
    for context in (None, BIRTH):
        found = ask(text, context)

        assert found == shipped()._read(text, context)
        assert (found.guard is None) or found.outcome is Outcome.UNKNOWN
        assert len(found.candidates) <= 10
        assert found.outcome is not Outcome.SURE or found.candidates
        assert (found.topic is not None) <= (found.guard in (Guard.ELSEWHERE, Guard.CHAT))


@pytest.mark.parametrize("text", ["", " ", "😀", "\x00\x1b", "\ud800", "?" * 5000, "低保" * 3000, "<xml>]]>"])
def test_hostile_text_is_survived(text: str) -> None:
    assert ask(text).outcome in tuple(Outcome)
    assert ask(text, BIRTH).outcome in tuple(Outcome)


def a_small_one() -> Understander:
    items = [Subject("A", "结婚登记", ("结婚登记", "扯证")), Subject("B", "低保申请", ("低保申请", "吃低保"))]
    return Understander(items, Phrasebook(), Lexicon(), segment=segmenter(Lexicon()))


def test_decisions_are_remembered_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(understanding, "REMEMBERED", 3)
    small = a_small_one()

    first = small.understand("扯证")
    for text in ("低保", "申请"):
        small.understand(text)
    assert small.understand("扯证") is first  # used again: now the youngest
    small.understand("登记")

    assert list(small._remembered) == [("申请", None), ("扯证", None), ("登记", None)]


def test_the_same_words_in_another_talk_are_another_question() -> None:
    small = a_small_one()

    assert small.understand("呢", context=Context("B", "低保")).candidates[:1] != small.understand("呢").candidates[:1]


def test_an_empty_house_knows_nothing_and_does_not_fail() -> None:
    nothing = Understander((), Phrasebook(), Lexicon(), segment=segmenter(Lexicon()))

    assert nothing.understand("低保咋个办") == Understanding(Outcome.UNKNOWN)
    assert nothing.understand("要带什么", context=BIRTH).outcome is Outcome.UNKNOWN


def test_an_unknown_intent_or_guard_in_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="DANCE"):
        Phrasebook.from_tables(intents=[{"intent": "DANCE", "wording": "跳舞"}], guards=[], elsewhere=[])
    with pytest.raises(ValueError, match="NOISE"):
        Phrasebook.from_tables(intents=[], guards=[{"guard": "NOISE", "wording": "吵"}], elsewhere=[])
