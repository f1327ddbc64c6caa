"""The language that clerks edit: the tables parse, agree with the catalogue and do not contradict themselves."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pytest

from api import seed
from config import data
from knowledge.catalogue import ServiceItem
from knowledge.lexicon import Lexicon
from knowledge.organisations import Organisations
from knowledge.text import Normaliser, tidy
from knowledge.understanding import Guard, Intent

COLUMNS = {
    "wordings": ["code", "wording"],
    "intents": ["intent", "wording"],
    "guards": ["guard", "wording"],
    "elsewhere": ["topic", "where", "wording"],
}
SECTIONS = {"words", "dialect", "homophones", "filler", "concept", "cues", "frames", "hints"}
LONGEST = 160
"""Characters that the normaliser looks at."""
SILENT = {"。。。。", "???"}
"""Wordings without a word, which no question can be like: the punctuation goes first. The set may only shrink."""
TWO_TOPICS = {
    *("版权登记", "中级职称怎么评", "我好无聊", "洗衣机不转", "冰箱不制冷"),
    *("太阳能不出热水", "车打不着火", "讲个笑话", "现在几点了"),
}
"""Wordings under two topics of ``elsewhere.csv``; each leads to a kind word either way. The set may only shrink."""
TWO_MEANINGS = {"卫生院打针是星期几", "证明我和我妈是母子", "焊工证怎么考"}
"""Wordings both of an item and of something else. The set may only shrink."""


def items() -> list[ServiceItem]:
    units = {unit.org_id: unit for unit in seed.read_organisations(data.CATALOGUE / "organisations.csv").rows}
    return seed.read_items(data.CATALOGUE / "items.csv", Organisations(units)).rows


def owners(rows: Iterable[Mapping[str, str]], column: str) -> dict[str, set[str]]:
    """Map each wording, tidied, to those who claim it."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[tidy(row["wording"])].add(row[column])
    return found


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_has_its_columns_and_no_empty_cell(name: str) -> None:
    rows = data.table(name)

    assert rows
    assert list(rows[0]) == COLUMNS[name]
    wanting = [number for number, row in enumerate(rows, start=2) if None in row or not all(_filled(row))]
    assert wanting == [], "rows with a missing, empty or surplus cell"


def _filled(row: Mapping[str, str]) -> Iterable[bool]:
    # Mere chat has a topic and no place to go to.
    return (bool(value and value.strip()) and value == value.strip() for key, value in row.items() if key != "where")


@pytest.mark.parametrize("name", COLUMNS)
def test_no_wording_says_nothing_or_too_much(name: str) -> None:
    wordings = [row["wording"] for row in data.table(name)]

    assert [w for w in wordings if len(w) > LONGEST or not (tidy(w) or w in SILENT)] == []


def test_every_code_of_a_wording_exists_and_every_item_is_worded() -> None:
    codes = {item.code for item in items()}

    assert {row["code"] for row in data.table("wordings")} == codes


@pytest.mark.parametrize(("name", "column"), [("wordings", "code"), ("intents", "intent"), ("guards", "guard")])
def test_no_wording_stands_under_two_codes(name: str, column: str) -> None:
    assert {w: sorted(who) for w, who in owners(data.table(name), column).items() if len(who) > 1} == {}


def test_wordings_of_two_topics_become_no_more() -> None:
    doubled = {w for w, who in owners(data.table("elsewhere"), "topic").items() if len(who) > 1}

    assert doubled - TWO_TOPICS == set()


def test_no_table_claims_a_wording_of_another() -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for name in COLUMNS:
        for row in data.table(name):
            known[tidy(row["wording"])].add(name)

    assert {w for w, tables in known.items() if len(tables) > 1 and "wordings" in tables} - TWO_MEANINGS == set()


def test_intents_and_guards_are_known_ones() -> None:
    intents = {row["intent"] for row in data.table("intents")}
    guards = {row["guard"] for row in data.table("guards")}

    assert intents == {*(intent.value for intent in Intent), "GREET", "FOLLOWUP"}
    assert guards == {Guard.DANGER, Guard.PRIVACY, Guard.ILLEGAL, Guard.VILLAGE_PROOF}


def test_a_topic_leads_to_one_place() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for row in data.table("elsewhere"):
        places[row["topic"]].add(row["where"])

    assert {topic: sorted(where) for topic, where in places.items() if len(where) > 1} == {}


def test_every_alias_belongs_to_one_item() -> None:
    claimed: dict[str, set[str]] = defaultdict(set)
    for item in items():
        for alias in item.aliases:
            claimed[tidy(alias)].add(item.code)

    assert {alias: sorted(codes) for alias, codes in claimed.items() if len(codes) > 1} == {}


def test_no_two_items_have_one_name() -> None:
    names = [item.name for item in items()]

    assert len(set(names)) == len(names)


def test_the_lexicon_has_its_sections_and_no_contradiction() -> None:
    raw = data.lexicon()

    assert set(raw) == SECTIONS
    assert Lexicon.from_data(raw).words
    assert [group["name"] for group in raw["concept"] if len(group["words"]) < 2] == []


def test_every_cue_speaks_for_an_intent_or_a_guard_and_is_a_pattern() -> None:
    for name, patterns in data.lexicon()["cues"].items():
        assert name in (*Intent, *Guard)
        for pattern in patterns:
            assert re.compile(pattern).search("") is None, f"{name}: {pattern} finds something in nothing"


def test_no_replacement_is_replaced_again() -> None:
    """Dialect and slips are read in one pass: a value that is itself a key would stay half-read."""
    raw = data.lexicon()
    spoken = {**raw["dialect"], **raw["homophones"]}

    assert {said: meant for said, meant in spoken.items() if meant in spoken and spoken[meant] != meant} == {}


def test_reading_a_canonical_sentence_again_changes_nothing() -> None:
    normaliser = Normaliser(seed.lexicon())
    sample = [row["wording"] for row in data.table("wordings")[::97]]

    changed = [w for w in sample if normaliser.canonical(c := normaliser.canonical(w)) != c]

    assert len(changed) <= len(sample) // 50


def test_the_questions_of_the_evaluation_name_items_that_exist() -> None:
    codes = {item.code for item in items()} | {intent.value for intent in Intent} | {"OUT"}
    lines = (data.LANGUAGE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]

    assert len({question["id"] for question in questions}) == len(questions)
    assert {code for q in questions for code in (*q["gold"], *q.get("accept", ()))} - codes == set()
