"""The state of a talk and the shape of an answer (会话状态、答复): plain data, stored and sent as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


def _shallow(value: Any) -> dict[str, Any]:
    """Give the fields of a dataclass as they are: ``asdict`` copies deeply, which costs more than the whole talk."""
    return {name: getattr(value, name) for name in value.__slots__}


class Stage(StrEnum):
    """What the desk waits for."""

    LISTENING = "listening"  # anything may come
    TOWNSHIP = "township"  # the person is choosing a township; ``pending`` is answered afterwards
    CHOOSING = "choosing"  # numbered choices were offered
    BOOKING = "booking"  # ``booking`` says what was asked


_STAGES = {stage.value: stage for stage in Stage}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tap or to answer by its number: what is shown, and what it says when tapped."""

    label: str
    say: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go, and when it is open."""

    name: str
    hours: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """办事指南卡: the answer about one item, in one township."""

    code: str
    version: int
    name: str
    audience: str
    conditions: tuple[str, ...]
    materials: tuple[str, ...]
    places: tuple[Place, ...]
    """Empty while the township is not known."""
    days: str
    fee: str
    proxy: str
    result: str
    spoken: str
    """The whole in at most 120 characters, to be read out."""
    checked_on: str | None
    notice: str
    """The demo-data or staleness line; empty once a clerk has checked the item within half a year."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, the same for WeChat, the API and the demo page."""

    texts: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    card: Card | None = None
    outcome: str = ""
    intents: tuple[str, ...] = ()
    guard: str = ""
    candidates: tuple[tuple[str, str], ...] = ()
    """(code, name) of the items considered, best first, at most three."""
    hand_over: bool = False
    """Hand this message to the human desk, where the Official Account has one."""

    def to_data(self) -> dict[str, Any]:
        """Give plain data; :func:`reply_from_data` is the way back."""
        return {
            **_shallow(self),
            "choices": [_shallow(choice) for choice in self.choices],
            "card": {**_shallow(self.card), "places": [_shallow(p) for p in self.card.places]} if self.card else None,
        }


def reply_from_data(data: Mapping[str, Any]) -> Reply:
    """Rebuild what :meth:`Reply.to_data` gave."""
    card = data.get("card")
    return Reply(
        texts=tuple(data["texts"]),
        choices=tuple(Choice(**choice) for choice in data["choices"]),
        card=_card(card) if card else None,
        outcome=data["outcome"],
        intents=tuple(data["intents"]),
        guard=data["guard"],
        candidates=tuple((code, name) for code, name in data["candidates"]),
        hand_over=data["hand_over"],
    )


def _card(data: Mapping[str, Any]) -> Card:
    return Card(
        **{
            **data,
            "conditions": tuple(data["conditions"]),
            "materials": tuple(data["materials"]),
            "places": tuple(Place(**place) for place in data["places"]),
        }
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """A booking on its way."""

    code: str
    """Item code; empty while it is not clear."""
    words: str = ""
    """The time that was named, as said."""
    what: str = "times"
    """What was asked: item, times, confirm, mine (which appointment), sure (to give up)."""
    appointment: str = ""
    """Id of the place kept, or of the appointment to move or give up."""
    purpose: str = ""
    """What is wanted with an appointment: see, move, give_up."""
    options: tuple[str, ...] = ()
    """What the first choices mean, in their order."""
    taken: str = ""
    """A time that somebody else was faster to take, so that it is not tried again."""
    note: str = ""
    """A sentence to begin the next answer with."""

    def option(self, number: int | None) -> str:
        """Give what the choice with a number (from 0) means; empty for none."""
        return self.options[number] if number is not None and number < len(self.options) else ""


@dataclass(frozen=True, slots=True)
class Talk:
    """Where the talk with one person stands."""

    township: str | None = None
    village: str | None = None
    stage: Stage = Stage.LISTENING
    choices: tuple[Choice, ...] = ()
    """What the numbers 1, 2, 3 … mean now."""
    item: str | None = None
    """Code of the item last answered about."""
    question: str = ""
    """The masked question that led to it."""
    pending: str = ""
    """A masked question that waits for the township."""
    further: tuple[str, ...] = ()
    """Codes that "更多" shows next."""
    queue: tuple[str, ...] = ()
    """Codes of the other matters of one message, still to be looked at."""
    trail: tuple[str, ...] = ()
    """Codes answered about before, newest last, for "返回"."""
    booking: Draft | None = None
    """A booking that was begun."""

    def to_data(self) -> dict[str, Any]:
        """Give plain data; :func:`talk_from_data` is the way back."""
        return {
            **_shallow(self),
            "choices": [_shallow(choice) for choice in self.choices],
            "booking": _shallow(self.booking) if self.booking else None,
        }


def talk_from_data(data: Mapping[str, Any]) -> Talk:
    """Rebuild a talk from stored data; fields of an older or newer release are left out instead of failing."""
    known = {name: data[name] for name in Talk.__slots__ if name in data}
    known["stage"] = _STAGES.get(known.get("stage", ""), Stage.LISTENING)
    known["choices"] = tuple(Choice(**choice) for choice in known.get("choices", ()))
    for name in ("further", "queue", "trail"):
        known[name] = tuple(known.get(name, ()))
    draft = known.get("booking")
    known["booking"] = _draft(draft) if draft else None
    return Talk(**known)


def _draft(data: Mapping[str, Any]) -> Draft:
    known = {name: data[name] for name in Draft.__slots__ if name in data}
    return Draft(**{**known, "options": tuple(known.get("options", ()))})
