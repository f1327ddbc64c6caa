"""What a resident wants (理解): one sentence, and what was said before it, turned into a decision that never invents.

The order is the order of harm: danger to life before all else, then what must not be done, then what the office does.
An answer is *sure* only if the best item stands above a floor and clear of the second; else the desk asks back
(*ambiguous*) or says that it does not know (*unknown*).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from knowledge.features import Tuning
from knowledge.lexicon import Lexicon
from knowledge.matcher import Candidate, Matcher, Subject
from knowledge.segment import Segment


class Outcome(StrEnum):
    """How far a sentence was understood."""

    SURE = "sure"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    INTENT = "intent"


class Intent(StrEnum):
    """Wishes that are no item of the catalogue."""

    BOOK = "BOOK"
    PROGRESS = "PROGRESS"
    CANCEL = "CANCEL"
    HUMAN = "HUMAN"
    HOURS = "HOURS"
    PLACE = "PLACE"
    COMPLAIN = "COMPLAIN"
    MENU = "MENU"


class Guard(StrEnum):
    """Why a sentence gets a kind word instead of a guide."""

    DANGER = "DANGER"  # 110, 119, 120 first
    PRIVACY = "PRIVACY"  # somebody else's data
    ILLEGAL = "ILLEGAL"  # cheating, bribes
    VILLAGE_PROOF = "VILLAGE_PROOF"  # a proof that village committees may not issue (民发〔2020〕20号)
    ELSEWHERE = "ELSEWHERE"  # another office's matter
    CHAT = "CHAT"  # no matter of government
    GREET = "GREET"


@dataclass(frozen=True, slots=True)
class Topic:
    """A matter that the township does not handle, and where to go; ``where`` is empty for mere chat."""

    name: str
    where: str
    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """How people word what is no item of the catalogue."""

    intents: Mapping[Intent, tuple[str, ...]] = field(default_factory=dict)
    followups: tuple[str, ...] = ()
    greetings: tuple[str, ...] = ()
    guards: Mapping[Guard, tuple[str, ...]] = field(default_factory=dict)
    topics: tuple[Topic, ...] = ()

    @classmethod
    def from_tables(
        cls,
        *,
        intents: Iterable[Mapping[str, str]],
        guards: Iterable[Mapping[str, str]],
        elsewhere: Iterable[Mapping[str, str]],
    ) -> Phrasebook:
        """Build from the rows of the three language tables; an unknown intent or guard raises ValueError."""
        worded: dict[str, list[str]] = {}
        for row in intents:
            worded.setdefault(row["intent"], []).append(row["wording"])
        guarded: dict[Guard, list[str]] = {}
        for row in guards:
            guarded.setdefault(Guard(row["guard"]), []).append(row["wording"])
        topics: dict[tuple[str, str], list[str]] = {}
        for row in elsewhere:
            topics.setdefault((row["topic"], row["where"]), []).append(row["wording"])
        return cls(
            intents={Intent(k): tuple(v) for k, v in worded.items() if k not in ("GREET", "FOLLOWUP")},
            followups=tuple(worded.get("FOLLOWUP", ())),
            greetings=tuple(worded.get("GREET", ())),
            guards={guard: tuple(wordings) for guard, wordings in guarded.items()},
            topics=tuple(Topic(name, where, tuple(wordings)) for (name, where), wordings in topics.items()),
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What was said before: the item of the last answer and the question that led to it."""

    code: str
    question: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """The decision about one sentence."""

    outcome: Outcome
    candidates: tuple[Candidate, ...] = ()
    """Items, best first, at most ten; given for every outcome."""
    intents: tuple[Intent, ...] = ()
    """Wishes found, the first one leading; with SURE and AMBIGUOUS they come beside an item ("想约个时间去问低保")."""
    matters: tuple[str, ...] = ()
    """Codes of several items that were asked about at once, each of them sure."""
    guard: Guard | None = None
    topic: Topic | None = None
    """With :attr:`Guard.ELSEWHERE`: what it is about and where to go."""
    is_followup: bool = False
    """Whether the sentence was read as leaning on the last item."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers that decide, on the matcher's 0..100 scale; see ``docs/decisions/0004-matching.md``."""

    floor: float = 40.0
    """Below this nothing is known."""
    sure: float = 55.0
    """An item is sure only above this ..."""
    margin: float = 6.0
    """... and this far clear of the second."""
    intent: float = 52.0
    guard: float = 50.0
    danger: float = 46.0


_INTENT, _TOPIC, _GUARD, _FOLLOWUP, _GREET = "@intent:", "@topic:", "@guard:", "@followup", "@greet"

NEAR = 20
"""Subjects looked at for one sentence, items and others together."""
_PARTS = re.compile(r"[,。;、!?,;!?\s]+|还有|另外|顺便|然后|以及|(?<=.{3})和(?=.{3})|(?<=.{2})再(?=.{3})")
"""Where one message may part into several matters."""
_LEANS = re.compile(r"^(?:那|那么|这个|这种|那个|那张|它|这|要是|如果|还|也)|(?:呢|不)$")
"""How a sentence begins or ends that leans on what was said before."""


@dataclass(slots=True)
class _Found:
    """The subjects near a sentence, parted by kind; each list is best first."""

    items: list[Candidate] = field(default_factory=list)
    intents: list[Candidate] = field(default_factory=list)
    guards: list[Candidate] = field(default_factory=list)
    topics: list[Candidate] = field(default_factory=list)
    followup: float = 0.0
    greet: float = 0.0

    def best(self, kind: str) -> float:
        candidates: list[Candidate] = getattr(self, kind)
        return candidates[0].score if candidates else 0.0


class Understander:
    """Understands sentences about one catalogue; immutable once built, no I/O, safe to share."""

    def __init__(
        self,
        items: Iterable[Subject],
        phrasebook: Phrasebook,
        lexicon: Lexicon,
        *,
        segment: Segment,
        tuning: Tuning | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        items = tuple(items)
        self._thresholds = thresholds or Thresholds()
        self._topics = {f"{_TOPIC}{number}": topic for number, topic in enumerate(phrasebook.topics)}
        self._names = {item.name: item.code for item in items}
        subjects = (*items, *_worded(phrasebook), *(Subject(c, t.name, t.wordings) for c, t in self._topics.items()))
        self._matcher = Matcher(subjects, lexicon, segment=segment, tuning=tuning)

    def named(self, text: str) -> str | None:
        """Give the code of the item whose official name is exactly ``text``."""
        return self._names.get(text.strip())

    def canonical(self, text: str) -> str:
        """Give the form of a question in which equal questions are equal."""
        return self._matcher.canonical(text)

    def understand(self, text: str, *, context: Context | None = None) -> Understanding:
        """Decide what ``text`` asks for; ``context`` is what the last answer was about."""
        found = self._find(text)
        if context is not None:
            leaning = self._lean(text, found, context)
            if leaning is not None:
                return leaning
        whole = self._decide(found)
        if whole.guard is not None:
            return whole
        return self._several(text, whole) or whole

    def _find(self, text: str) -> _Found:
        found = _Found()
        for candidate in self._matcher.rank(text, limit=NEAR):
            if not candidate.code.startswith("@"):
                found.items.append(candidate)
            elif candidate.code.startswith(_INTENT):
                found.intents.append(candidate)
            elif candidate.code.startswith(_GUARD):
                found.guards.append(candidate)
            elif candidate.code.startswith(_TOPIC):
                found.topics.append(candidate)
            elif candidate.code == _FOLLOWUP:
                found.followup = candidate.score
            else:
                found.greet = candidate.score
        return found

    def _decide(self, found: _Found) -> Understanding:
        numbers, best = self._thresholds, found.best("items")
        candidates = tuple(found.items[:10])
        guard = self._guard(found, best)
        if guard is not None:
            topic = self._topics[found.topics[0].code] if guard in (Guard.ELSEWHERE, Guard.CHAT) else None
            return Understanding(Outcome.UNKNOWN, candidates, guard=guard, topic=topic)
        intent = found.best("intents")
        if intent >= numbers.intent and intent > best:
            return Understanding(Outcome.INTENT, candidates, intents=(_intent(found.intents[0]),))
        if best < numbers.floor:
            return Understanding(Outcome.UNKNOWN, candidates)
        second = found.items[1].score if len(found.items) > 1 else 0.0
        clear = best - max(second, found.best("topics"), found.followup * 0.8) >= numbers.margin
        outcome = Outcome.SURE if best >= numbers.sure and clear else Outcome.AMBIGUOUS
        return Understanding(outcome, candidates)

    def _guard(self, found: _Found, best: float) -> Guard | None:
        numbers = self._thresholds
        if found.guards:
            first = found.guards[0]
            guard = Guard(first.code.removeprefix(_GUARD))
            needed = numbers.danger if guard is Guard.DANGER else numbers.guard
            if first.score >= needed and first.score > max(best, found.best("intents"), found.best("topics")):
                return guard
        if found.best("topics") > max(best, found.best("intents")) and found.best("topics") >= numbers.floor:
            return Guard.ELSEWHERE if self._topics[found.topics[0].code].where else Guard.CHAT
        if found.greet >= numbers.guard and found.greet > max(best, found.best("intents")):
            return Guard.GREET
        return None

    def _several(self, text: str, whole: Understanding) -> Understanding | None:
        """Read the parts of a message one by one; None unless at least two of them say something different."""
        parts = [part for part in _PARTS.split(text) if len(part) > 1]
        if len(parts) < 2:
            return None
        read = [self._decide(self._find(part)) for part in parts[:5]]
        return _together(read, whole)

    def _lean(self, text: str, found: _Found, context: Context) -> Understanding | None:
        """Read ``text`` as leaning on the last item; None if it stands by itself."""
        alone = self._decide(found)
        if alone.guard is not None and alone.guard is not Guard.ELSEWHERE and alone.guard is not Guard.CHAT:
            return None
        joint = self._find(f"{context.question} {text}")
        scores = {candidate.code: candidate for candidate in joint.items}
        for candidate in found.items:
            held = scores.get(candidate.code)
            if held is None or held.score < candidate.score:
                scores[candidate.code] = candidate
        leans = bool(_LEANS.search(text)) or len(text) <= 6 or found.followup >= found.best("items")
        if not leans or alone.outcome is Outcome.INTENT:
            return None
        ranked = sorted(scores.values(), key=lambda candidate: -candidate.score)[:10]
        return Understanding(Outcome.SURE, tuple(ranked), is_followup=True) if ranked else None


def _worded(phrasebook: Phrasebook) -> Iterable[Subject]:
    for intent, wordings in phrasebook.intents.items():
        yield Subject(f"{_INTENT}{intent.value}", intent.value, wordings)
    for guard, wordings in phrasebook.guards.items():
        yield Subject(f"{_GUARD}{guard.value}", guard.value, wordings)
    if phrasebook.followups:
        yield Subject(_FOLLOWUP, "followup", phrasebook.followups)
    if phrasebook.greetings:
        yield Subject(_GREET, "greet", phrasebook.greetings)


def _intent(candidate: Candidate) -> Intent:
    return Intent(candidate.code.removeprefix(_INTENT))


def _together(read: Sequence[Understanding], whole: Understanding) -> Understanding | None:
    intents = tuple(dict.fromkeys(intent for part in read for intent in part.intents))
    sure = [part.candidates[0] for part in read if part.outcome is Outcome.SURE]
    matters = tuple(dict.fromkeys(candidate.code for candidate in sure))
    if len(intents) + len(matters) < 2:
        return None
    rest = tuple(c for c in whole.candidates if c.code not in matters)
    firsts = tuple({c.code: c for c in sure}.values())
    candidates = (*firsts, *rest)[:10]
    return Understanding(Outcome.SURE if matters else Outcome.INTENT, candidates, intents, matters)
