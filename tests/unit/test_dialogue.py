"""The talk as data: state and words in, answer, new state and wishes out. What was understood is told by the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot import dialogue, phrases
from bot.dialogue import step
from bot.steps import CallPerson, Desk, NoteMiss
from bot.talk import Choice, Stage, Talk, reply_from_data, talk_from_data
from knowledge.understanding import Context, Guard, Intent, Outcome, Topic, Understanding
from tests.unit.talking import BIRTH, CARD, DONGHUA, FOUR, NOW, SURE, TWO, Told, items, published, say


def test_a_sure_item_is_shown_with_its_place_where_the_township_is_known() -> None:
    result = say(DONGHUA, "娃娃上户口", SURE)

    assert result.reply.card is not None
    assert [place.name for place in result.reply.card.places] == ["东华派出所"]
    assert (result.talk.item, result.talk.question, result.talk.stage) == (BIRTH, "娃娃上户口", Stage.LISTENING)
    assert result.ask is None


def test_what_is_asked_next_about_a_matter_is_answered_for_that_matter() -> None:
    # Of "那要带什么" alone nothing is recognised: the item comes from the talk, and other words score higher than it.
    birth, other = items(BIRTH, CARD)
    followed = Understanding(Outcome.SURE, (birth._replace(score=12.0), other._replace(score=35.0)))

    result = say(say(DONGHUA, "娃娃上户口", SURE).talk, "那要带什么", followed)

    assert result.reply.card is not None
    assert (result.reply.card.code, result.talk.item) == (BIRTH, BIRTH)


def test_without_a_township_it_is_asked_for_beside_the_guide() -> None:
    result = say(Talk(), "娃娃上户口", SURE)

    assert result.reply.card is not None
    assert result.reply.card.places == ()
    assert result.talk.stage is Stage.TOWNSHIP
    assert [choice.label for choice in result.reply.choices] == ["龙川镇", "东华镇", "大过口乡", "雨露乡"]


@pytest.mark.parametrize(
    "text",
    [
        *("东华", "东华镇", "东华的", "我是东华的", "我是东华镇人", "我住东华镇", "我住在东华镇", "我家在东华"),
        *("我们是东华镇的人", "我家住在东华镇", "本人住在东华镇", "2", "第二个", "二", "②"),
    ],
)
def test_a_township_is_understood_in_many_ways(text: str) -> None:
    asked = say(Talk(), "娃娃上户口", SURE).talk

    result = say(asked, text)

    assert result.talk.township == "T532301105"
    assert result.reply.card is not None
    assert result.reply.card.places[0].name == "东华派出所"


def test_a_sentence_that_names_a_township_among_other_things_is_a_question() -> None:
    result = say(Talk(), "我是东华的,娃娃上户口咋个办", SURE)

    assert result.talk.township == "T532301105"
    assert result.reply.card is not None


@pytest.mark.parametrize("text", ["我在雨露,低保去哪里申请", "我是雨露乡的 低保去哪里申请"])
def test_where_somebody_lives_is_taken_up_and_not_understood_as_a_matter(text: str) -> None:
    told = Told(SURE)

    result = step(Talk(), text, Desk(published(), told), NOW)  # type: ignore[arg-type]

    assert [asked for asked, _ in told.asked] == ["低保去哪里申请"]
    assert result.talk.township == "T532324201"


def test_hours_on_a_holiday_that_nobody_has_announced_are_not_promised() -> None:
    hours = Understanding(Outcome.INTENT, intents=(Intent.HOURS,))
    later = datetime(2026, 12, 28, 1, 0, tzinfo=UTC)

    answer = say(DONGHUA, "元旦上班不", hours, later).reply.texts[-1]

    assert phrases.calendar_unknown() in answer
    assert "今天" not in answer


def test_ambiguous_items_are_offered_three_at_a_time_and_the_rest_on_demand() -> None:
    offered = say(DONGHUA, "办证", Understanding(Outcome.AMBIGUOUS, items(*FOUR)))
    more = say(offered.talk, "更多")
    none_left = say(more.talk, "更多")

    assert len(offered.reply.choices) == 4
    assert offered.talk.further == FOUR[3:]
    assert [choice.label for choice in more.reply.choices] == [item.name for item in items(*FOUR[3:])]
    assert none_left.reply.texts == ("没有更多了。换个说法再问,或回复“人工”。",)


@pytest.mark.parametrize(
    ("said", "code"),
    [("1", BIRTH), ("2", CARD), ("第2个", CARD), ("选二", CARD), ("两", CARD), (items(CARD)[0].name, CARD)],
)
def test_a_number_or_a_name_chooses_what_was_offered(said: str, code: str) -> None:
    offered = say(DONGHUA, "办证", TWO)

    chosen = say(offered.talk, said)

    assert chosen.talk.item == code


@pytest.mark.parametrize("said", ["0", "3", "99", "第三个"])
def test_a_number_that_was_not_offered_is_said_to_be_none_and_the_choices_stay(said: str) -> None:
    offered = say(DONGHUA, "办证", TWO)

    answered = say(offered.talk, said)

    assert answered.reply.texts == (phrases.no_such_number(2),)
    assert answered.reply.choices == offered.reply.choices
    assert answered.ask is None


def test_back_leads_through_what_was_shown_and_then_says_so() -> None:
    first = say(DONGHUA, "上户口", SURE)
    second = say(first.talk, "老年证", Understanding(Outcome.SURE, items(CARD)))

    back = say(second.talk, "返回")
    end = say(back.talk, "返回")

    assert (back.talk.item, back.talk.trail) == (BIRTH, ())
    assert end.reply.texts == ("前面没有内容了。想办哪样事,直接说就行。",)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("word", ["菜单", "返回", "更多", "人工", "换乡镇", "人工!", " 菜 单 "])
def test_escape_words_never_reach_the_matcher(stage: Stage, word: str) -> None:
    told = Told(SURE)
    talk = replace(DONGHUA, stage=stage, choices=(Choice("甲", "甲"),), pending="低保", item=BIRTH)

    result = step(talk, word, Desk(published(), told), NOW)  # type: ignore[arg-type]

    assert told.asked == []
    assert result.reply.texts or result.reply.card or isinstance(result.ask, CallPerson)


@pytest.mark.parametrize(
    ("now", "until", "due_on"),
    [
        ("2026-03-02 09:00", "今天17:30", "2026-03-02"),
        ("2026-03-02 12:30", "今天17:30", "2026-03-02"),
        ("2026-03-02 17:10", "", "2026-03-03"),
        ("2026-03-02 07:00", "今天17:30", "2026-03-02"),
        ("2026-03-02 18:00", "", "2026-03-03"),
        ("2026-03-06 18:00", "", "2026-03-09"),
        ("2026-02-14 18:00", "", "2026-02-24"),
    ],
)
@pytest.mark.parametrize("talk", [DONGHUA, Talk()], ids=["township known", "township unknown"])
def test_a_wish_for_a_person_is_promised_a_working_day(talk: Talk, now: str, until: str, due_on: str) -> None:
    moment = datetime.fromisoformat(f"{now}+08:00")

    ask = say(talk, "人工", now=moment).ask

    assert isinstance(ask, CallPerson)
    assert (ask.until, ask.due_on) == (until, date.fromisoformat(due_on))


def test_a_question_that_needs_the_hall_waits_for_the_township() -> None:
    hours = Understanding(Outcome.INTENT, intents=(Intent.HOURS,))

    asked = say(Talk(), "几点开门", hours)
    answered = say(asked.talk, "东华镇", hours)

    assert (asked.talk.stage, asked.talk.pending) == (Stage.TOWNSHIP, "几点开门")
    assert answered.talk.pending == ""
    assert any("东华镇政务服务中心" in text for text in answered.reply.texts)


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        (Guard.DANGER, "急救 120"),
        (Guard.PRIVACY, "个人隐私"),
        (Guard.ILLEGAL, "违法的"),
        (Guard.VILLAGE_PROOF, "村委会按规定不能开"),
        (Guard.CHAT, "我答不了"),
        (Guard.ELSEWHERE, "“护照”不归乡镇政务服务管。去出入境"),
    ],
)
def test_a_guard_gets_its_sentence_and_no_guide(guard: Guard, said: str) -> None:
    topic = Topic("护照", "去出入境", ()) if guard is Guard.ELSEWHERE else None
    result = say(DONGHUA, "x" * 9, Understanding(Outcome.UNKNOWN, items(BIRTH), guard=guard, topic=topic))

    assert said in result.reply.texts[0]
    assert result.reply.card is None
    assert result.ask is None


def test_a_miss_is_noted_masked_with_its_nearest_items() -> None:
    result = say(DONGHUA, "ABC 13812345678", Understanding(Outcome.UNKNOWN, items(*FOUR)))

    assert result.ask == NoteMiss("abc ***", "ABC ***", FOUR[:3])
    assert result.reply.texts[0].startswith("请不要在这里发电话号码")
    assert [choice.label for choice in result.reply.choices][-1] == "找工作人员"


def test_what_was_asked_before_goes_along_as_context() -> None:
    told = Told(SURE)
    shown = say(DONGHUA, "娃娃上户口", SURE)

    result = step(shown.talk, "那要带什么", Desk(published(), told), NOW)  # type: ignore[arg-type]

    assert told.asked == [("那要带什么", Context(BIRTH, "娃娃上户口"))]
    assert result.reply.texts[0].startswith("要带: 出生医学证明")
    assert result.talk.question == "娃娃上户口"


def test_a_poster_sets_the_village_and_a_strange_scene_asks() -> None:
    desk = Desk(published(), Told())  # type: ignore[arg-type]

    known = dialogue.arrive(Talk(), "V532301105201", desk, NOW)
    strange = dialogue.arrive(Talk(), "P5323", desk, NOW)
    returning = dialogue.arrive(DONGHUA, "", desk, NOW)

    assert (known.talk.township, known.talk.village) == ("T532301105", "V532301105201")
    assert strange.talk.stage is Stage.TOWNSHIP
    assert (returning.talk, returning.reply.choices) == (DONGHUA, ())


def test_talk_and_answer_survive_storing_also_across_releases() -> None:
    result = say(Talk(), "娃娃上户口", SURE)

    assert talk_from_data(result.talk.to_data()) == result.talk
    assert reply_from_data(result.reply.to_data()) == result.reply
    assert talk_from_data({"stage": "dreaming", "colour": "blue", "township": "T1"}) == Talk(township="T1")
