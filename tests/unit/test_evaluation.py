"""How well we understand our own set of questions, and that the figures say what they claim."""

from __future__ import annotations

import json
from functools import cache

import pytest

from config import data
from knowledge.evaluation import Question, Score, below_floors, evaluate, question_from_data
from knowledge.matcher import Candidate
from knowledge.understanding import Context, Guard, Intent, Outcome, Understanding
from tests.unit.understanders import shipped

FLOORS = {
    "hit1": 0.88,
    "hit3": 0.96,
    "intents": 0.95,
    "followups": 0.85,
    "wrong_sure": 0.02,
    "out_answered": 0.05,
}
"""Issue 2: what the shipped catalogue must reach on our own set."""


@cache
def ours() -> Score:
    lines = (data.LANGUAGE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return evaluate(shipped(), [question_from_data(json.loads(line)) for line in lines])


def test_our_own_questions_are_understood() -> None:
    score = ours()

    assert (score.items, score.intents, score.followups, score.out) == (113, 31, 16, 40)
    assert below_floors(score.rates(), FLOORS) == []


def test_what_was_missed_is_kept_with_what_was_understood() -> None:
    right = ours().hit1 + ours().intents_right + ours().followups_right + ours().out - ours().out_answered

    assert len(ours().misses) == 200 - right
    assert all(isinstance(found, Understanding) for _, found in ours().misses)


class Told:
    """Understands what the test tells it."""

    def __init__(self, answers: dict[str, Understanding]) -> None:
        self.answers = answers
        self.contexts: list[Context | None] = []

    def understand(self, text: str, *, context: Context | None = None) -> Understanding:
        self.contexts.append(context)
        return self.answers[text]


def found(outcome: Outcome, *codes: str, **more: object) -> Understanding:
    return Understanding(outcome, tuple(Candidate(code, code, 50.0) for code in codes), **more)  # type: ignore[arg-type]


TOLD = {
    "right": found(Outcome.SURE, "A", "B"),
    "second": found(Outcome.AMBIGUOUS, "B", "A"),
    "fourth": found(Outcome.UNKNOWN, "B", "C", "D", "A"),
    "wrong and sure": found(Outcome.SURE, "B"),
    "accepted": found(Outcome.SURE, "C"),
    "wish": found(Outcome.INTENT, "A", intents=(Intent.BOOK, Intent.HOURS)),
    "no wish": found(Outcome.SURE, "A"),
    "out": found(Outcome.UNKNOWN, "A"),
    "answered": found(Outcome.AMBIGUOUS, "A"),
    "on": found(Outcome.SURE, "A", is_followup=True),
    "guarded": found(Outcome.UNKNOWN, "A", guard=Guard.DANGER),
}


def rates(*questions: Question) -> dict[str, float | None]:
    return evaluate(Told(TOLD), questions).rates()  # type: ignore[arg-type]


def test_hits_and_ranks_of_items() -> None:
    given = rates(*(Question(text, ("A",)) for text in ("right", "second", "fourth", "wrong and sure")))

    assert (given["hit1"], given["hit3"], given["mrr10"]) == (0.25, 0.5, round((1 + 1 / 2 + 1 / 4) / 4, 4))
    assert (given["sure"], given["wrong_sure"]) == (0.5, 0.5)
    assert (given["intents"], given["followups"], given["out_answered"]) == (None, None, None)
    assert rates(Question("accepted", ("A",), accept=("C",)))["hit1"] == 1.0


def test_wishes_count_when_all_of_them_were_heard() -> None:
    given = rates(
        Question("wish", ("BOOK",)), Question("wish", ("BOOK", "HOURS")), Question("wish", ("BOOK", "CANCEL"))
    )

    assert given["intents"] == round(2 / 3, 4)
    assert rates(Question("no wish", ("BOOK",)))["intents"] == 0.0


@pytest.mark.parametrize("gold", [(), ("OUT",)])
def test_what_is_out_of_scope_must_not_be_answered(gold: tuple[str, ...]) -> None:
    assert rates(Question("out", gold), Question("answered", gold))["out_answered"] == 0.5


def test_follow_ups_are_asked_with_the_last_item_in_mind() -> None:
    told = Told(TOLD)
    context = (("first", ("A",)), ("then", ("BOOK",)))
    asked = [
        Question("on", ("A",), kind="followup", context=context),
        Question("guarded", ("A",), kind="followup", context=(("x", ("OUT",)),)),
        Question("wish", ("BOOK",), kind="followup"),
        Question("out", ("OUT",), kind="followup"),
    ]

    score = evaluate(told, asked)  # type: ignore[arg-type]

    assert told.contexts == [Context("A", "first"), None, None, None]
    assert (score.followups, score.followups_right) == (4, 3)
    assert (score.items, score.intents, score.out) == (0, 0, 0)


def test_a_figure_under_its_floor_or_over_its_ceiling_is_reported() -> None:
    given: dict[str, float | None] = {"hit1": 0.8, "wrong_sure": 0.03, "intents": None, "us_median": 300.0}

    assert below_floors(given, {"hit1": 0.8, "wrong_sure": 0.03, "us_median": 300}) == []
    assert below_floors(given, {"hit1": 0.81, "wrong_sure": 0.02, "intents": 0.1, "nonsense": 0, "us_median": 299}) == [
        "hit1 = 0.8, wanted ≥ 0.81",
        "wrong_sure = 0.03, wanted ≤ 0.02",
        "intents = None, wanted ≥ 0.1",
        "nonsense = None, wanted ≥ 0",
        "us_median = 300.0, wanted ≤ 299",
    ]


def test_a_line_becomes_a_question() -> None:
    line = {"q": "要带什么", "gold": ["HJ-001"], "kind": "followup", "context": [{"q": "上户口", "gold": ["HJ-001"]}]}

    question = question_from_data(line)

    assert question == Question("要带什么", ("HJ-001",), (), "followup", (("上户口", ("HJ-001",)),))
    assert (question.codes, question.intents, question.is_out) == (("HJ-001",), (), False)
    with pytest.raises(ValueError, match="q"):
        question_from_data({"gold": []})
    for odd in ({"gold": "HJ-001"}, {"gold": 5}, {"accept": None}, {"context": [{"q": "x", "gold": "A"}]}):
        with pytest.raises(ValueError, match="list of labels"):
            question_from_data({"q": "x"} | odd)
