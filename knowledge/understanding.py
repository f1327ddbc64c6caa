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
from knowledge.matcher import SAID, Candidate, Matcher, Subject
from knowledge.prepared import Prepared
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
    DESPAIR = "DESPAIR"  # somebody does not want to live
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

    floor: float = 52.0
    """Below this no item is known."""
    sure: float = 60.0
    """An item is sure only above this ..."""
    margin: float = 9.0
    """... and this far clear of the second."""
    part: float = 68.0
    """What one part of a message must score to be a matter of its own."""
    intent: float = 30.0
    """A wish counts from here, if it stands above every item and topic."""
    uncued: float = 42.0
    """The same without any sign of it in the words."""
    uncued_act: float = 70.0
    """The same for a wish that makes the desk act."""
    guard: float = 45.0
    danger: float = 40.0
    alarm: float = 20.0
    """How much nearer an item must be before it outweighs a guard for which a cue speaks."""
    cue: float = 20.0
    """What a cue adds to the intent or guard for which it speaks."""
    lean: int = 10
    """Longest sentence, in characters, that may lean on the last item without saying so ("急诊来不及咋办")."""
    own: float = 35.0
    """What speaks for the last item in a short sentence that does not lean openly; with less it is a new question."""
    stay: float = 12.0
    """What the last item is given beforehand when a sentence leans."""


_INTENT, _TOPIC, _GUARD, _FOLLOWUP, _GREET = "@intent:", "@topic:", "@guard:", "@followup", "@greet"

SHORTEST_PART = 3
"""Characters of a part of a message that may be a matter of its own."""
REMEMBERED = 2048
"""Decisions kept, the longest unused goes first."""
NEAR = 60
"""Subjects looked at for one sentence, items and others together."""
_PARTS = re.compile(r"[,。;、!?,;!?\s]+|还有|另外|顺便|然后|以及|(?<=.{3})和(?=.{3})|(?<=.{2})再(?=.{3})")
"""Where one message may part into several matters."""
_LEANS = re.compile(
    r"^(?:那|这|它|要是|如果|还|也|换成|不是)|呢[??]?$|也(?:可以|行|能|要)"
    r"|^(?:要|得|需要)?(?:带什么|带哪样|多少钱|几多钱|好多钱|几天|多久|哪样材料|什么材料|什么条件|在哪里?办|在哪点办)"
    r"|(?:给可以|给行|给得|可不可以|行不行|得不|行不|去得)[??]?$"
)
"""How a sentence begins or ends that leans on what was said before."""


@dataclass(slots=True)
class _Found:
    """The subjects near a sentence, parted by kind; lists are best first."""

    items: list[Candidate] = field(default_factory=list)
    topics: list[Candidate] = field(default_factory=list)
    intents: dict[str, float] = field(default_factory=dict)
    guards: dict[str, float] = field(default_factory=dict)
    cued: set[str] = field(default_factory=set)
    followup: float = 0.0
    greet: float = 0.0

    @property
    def best_item(self) -> float:
        return self.items[0].score if self.items else 0.0

    @property
    def best_topic(self) -> float:
        return self.topics[0].score if self.topics else 0.0

    @property
    def best_intent(self) -> float:
        return max(self.intents.values(), default=0.0)

    @property
    def scores(self) -> dict[str, float]:
        return {candidate.code: candidate.score for candidate in self.items}


class Understander:
    """Understands sentences about one catalogue; no I/O; for one thread at a time."""

    def __init__(
        self,
        items: Iterable[Subject],
        phrasebook: Phrasebook,
        lexicon: Lexicon,
        *,
        segment: Segment,
        tuning: Tuning | None = None,
        thresholds: Thresholds | None = None,
        prepared: Prepared | None = None,
    ) -> None:
        items = tuple(items)
        self._thresholds = thresholds or Thresholds()
        self._cues = {name: re.compile("|".join(patterns)) for name, patterns in lexicon.cues.items()}
        self._topics = {f"{_TOPIC}{number}": topic for number, topic in enumerate(phrasebook.topics)}
        self._remembered: dict[tuple[str, Context | None], Understanding] = {}
        self._names = {item.name: item.code for item in items}
        subjects = (*items, *_worded(phrasebook), *(Subject(c, t.name, t.wordings) for c, t in self._topics.items()))
        self._matcher = Matcher(subjects, lexicon, segment=segment, tuning=tuning, prepared=prepared)

    def named(self, text: str) -> str | None:
        """Give the code of the item whose official name is exactly ``text``."""
        return self._names.get(text.strip())

    def canonical(self, text: str) -> str:
        """Give the form of a question in which equal questions are equal."""
        return self._matcher.canonical(text)

    def understand(self, text: str, *, context: Context | None = None) -> Understanding:
        """Decide what ``text`` asks for; ``context`` is what the last answer was about.

        A few questions make up most of a day's, so the latest decisions are remembered; they hold as long as this
        object does.
        """
        key = (text, context)
        remembered = self._remembered.pop(key, None)
        if remembered is None:
            remembered = self._read(text, context)
            if len(self._remembered) >= REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
        self._remembered[key] = remembered
        return remembered

    def _read(self, text: str, context: Context | None) -> Understanding:
        found = self._find(text)
        named = self.named(text)
        if named is not None:
            return _as_named(named, self._decide(found))
        if context is not None:
            leaning = self._lean(text, found, context)
            if leaning is not None:
                return leaning
        whole = self._decide(found)
        if whole.guard is not None:
            return whole
        return self._several(text, whole) or whole

    def _find(self, text: str, *, closely: bool = True) -> _Found:
        found = _Found()
        for candidate in self._matcher.rank(text, limit=NEAR, closely=closely):
            code, name, score = candidate
            if not code.startswith("@"):
                found.items.append(candidate)
            elif code.startswith(_TOPIC):
                found.topics.append(candidate)
            elif code.startswith(_INTENT):
                found.intents[name] = score  # a wish and a guard are named by their own name
            elif code.startswith(_GUARD):
                found.guards[name] = score
            elif code == _FOLLOWUP:
                found.followup = score
            else:
                found.greet = score
        self._cue(text, found)
        return found

    def _cue(self, text: str, found: _Found) -> None:
        plain = self._matcher.plain(text)
        for name, pattern in self._cues.items():
            if pattern.search(plain):
                scores = found.guards if name in tuple(Guard) else found.intents
                scores[name] = scores.get(name, 0.0) + self._thresholds.cue
                found.cued.add(name)

    def _decide(self, found: _Found) -> Understanding:
        numbers, best = self._thresholds, found.best_item
        candidates = tuple(found.items[:10])
        guard = self._guard(found)
        if guard is not None:
            topic = self._topics[found.topics[0].code] if guard in (Guard.ELSEWHERE, Guard.CHAT) else None
            return Understanding(Outcome.UNKNOWN, candidates, guard=guard, topic=topic)
        intents = self._intents(found)
        if intents:
            return Understanding(Outcome.INTENT, candidates, intents)
        if best < numbers.floor:
            return Understanding(Outcome.UNKNOWN, candidates)
        second = found.items[1].score if len(found.items) > 1 else 0.0
        said = best >= SAID * 100  # just what a known wording says
        clear = said or best - max(second, found.best_topic) >= numbers.margin
        outcome = Outcome.SURE if best >= numbers.sure and clear else Outcome.AMBIGUOUS
        return Understanding(outcome, candidates)

    def _intents(self, found: _Found) -> tuple[Intent, ...]:
        """Give the wishes that stand above items and topics, the strongest first."""
        numbers = self._thresholds
        bar = max(found.best_item, found.best_topic)
        ranked = sorted(found.intents.items(), key=lambda entry: -entry[1])[:2]
        wishes = []
        for name, score in ranked:
            cued = name in found.cued
            alone = numbers.uncued_act if name in (Intent.BOOK, Intent.CANCEL, Intent.HUMAN) else numbers.uncued
            needed = max(bar, numbers.intent if cued else alone)
            if score >= needed and (cued or score == ranked[0][1]):
                wishes.append(Intent(name))
        if Intent.CANCEL in wishes and Intent.BOOK in wishes and wishes[0] is Intent.CANCEL:
            wishes.remove(Intent.BOOK)
        return tuple(wishes)

    def _guard(self, found: _Found) -> Guard | None:
        numbers = self._thresholds
        for alarm in (Guard.DESPAIR, Guard.DANGER):
            # Life comes first: a clear sign outweighs whatever else was said.
            if alarm in found.cued:
                return alarm
        name, score = max(found.guards.items(), key=lambda entry: entry[1], default=("", 0.0))
        needed = numbers.danger if name == Guard.DANGER else numbers.guard
        # A sign of somebody else's data or of cheating outweighs an item that is somewhat nearer.
        cued = name in found.cued
        bar = found.best_item - (numbers.alarm if cued else 0.0)
        if score >= needed and score > max(bar, found.best_intent) and (cued or score > found.best_topic):
            return Guard(name)
        if found.best_topic >= numbers.floor and found.best_topic > max(found.best_item, found.best_intent):
            return Guard.ELSEWHERE if self._topics[found.topics[0].code].where else Guard.CHAT
        if found.greet >= numbers.guard and found.greet > max(found.best_item, found.best_intent):
            return Guard.GREET
        return None

    def _several(self, text: str, whole: Understanding) -> Understanding | None:
        """Read the parts of a message one by one; None unless at least two of them say something different."""
        parts = [part for part in _PARTS.split(text) if len(part) >= SHORTEST_PART]
        if len(parts) < 2:
            return None
        read = [self._decide(self._find(part, closely=False)) for part in parts[:5]]
        return _together(read, whole, self._thresholds)

    def _lean(self, text: str, found: _Found, context: Context) -> Understanding | None:
        """Read ``text`` as leaning on the last item; None if it stands by itself."""
        numbers = self._thresholds
        alone = self._decide(found)
        if alone.outcome in (Outcome.SURE, Outcome.INTENT) and found.followup < found.best_item:
            return None
        if alone.guard is not None and (alone.guard is not Guard.ELSEWHERE or not _LEANS.search(text)):
            return None
        if not (_LEANS.search(text) or len(text) <= numbers.lean or found.followup > found.best_item):
            return None
        joint = self._find(f"{context.question} {text}", closely=False)
        blended = self._blended(found, joint, context)
        near = {candidate.code: candidate for candidate in (*joint.items, *found.items)}
        ranked = sorted(near.values(), key=lambda candidate: -blended[candidate.code])[:10]
        if not ranked:
            return None
        asks_on = found.followup >= numbers.intent and found.followup > found.best_item
        openly = asks_on or bool(_LEANS.search(text))
        if ranked[0].code == context.code and not openly and found.scores.get(context.code, 0.0) < numbers.own:
            return None
        top, second = (blended[c.code] for c in (*ranked, ranked[0])[:2])
        clear = len(ranked) == 1 or top - second >= numbers.margin or ranked[0].code == context.code
        return Understanding(Outcome.SURE if clear else Outcome.AMBIGUOUS, tuple(ranked), is_followup=True)

    def _blended(self, found: _Found, joint: _Found, context: Context) -> dict[str, float]:
        """Give the score of each item for a sentence alone or together with the last one, the last item favoured."""
        blended = found.scores
        for code, score in joint.scores.items():
            blended[code] = max(blended.get(code, 0.0), 0.7 * score)
        if context.code in blended:
            asks_on = found.followup > found.best_item
            blended[context.code] += self._thresholds.stay + (100.0 if asks_on else 0.0)
        return blended


def _worded(phrasebook: Phrasebook) -> Iterable[Subject]:
    for intent, wordings in phrasebook.intents.items():
        yield Subject(f"{_INTENT}{intent.value}", intent.value, wordings)
    for guard, wordings in phrasebook.guards.items():
        yield Subject(f"{_GUARD}{guard.value}", guard.value, wordings)
    if phrasebook.followups:
        yield Subject(_FOLLOWUP, "followup", phrasebook.followups)
    if phrasebook.greetings:
        yield Subject(_GREET, "greet", phrasebook.greetings)


def _as_named(code: str, whole: Understanding) -> Understanding:
    """Take an official name at its word, however near its neighbours are."""
    own = [candidate for candidate in whole.candidates if candidate.code == code]
    rest = [candidate for candidate in whole.candidates if candidate.code != code]
    return Understanding(Outcome.SURE, (*own, *rest)) if own else whole


def _together(read: Sequence[Understanding], whole: Understanding, numbers: Thresholds) -> Understanding | None:
    """Put the parts of a message together; a part counts if it speaks clearly enough for an item by itself."""
    intents = tuple(dict.fromkeys(intent for part in (*read, whole) for intent in part.intents))
    firsts = {
        part.candidates[0].code: part.candidates[0]
        for part in read
        if part.outcome in (Outcome.SURE, Outcome.AMBIGUOUS) and part.candidates[0].score >= numbers.part
    }
    matters = tuple(firsts)
    if len(intents) + len(matters) < 2:
        return None
    if not matters:
        return Understanding(Outcome.INTENT, whole.candidates, intents)
    # The message as a whole says best which matter leads; the others follow it.
    led = whole.candidates[:1] if whole.candidates and whole.candidates[0].code not in firsts else ()
    ranked = {c.code: c for c in (*whole.candidates[:1], *firsts.values(), *whole.candidates)}
    if led and len(matters) < 2:
        return None
    return Understanding(Outcome.SURE, tuple(ranked.values())[:10], intents, matters)
