"""What one sentence meets and what comes of it (一步): shared by the parts of the talk."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from bot import phrases
from bot.booking_asks import BookingAsk
from bot.guide import card_for
from bot.talk import Card, Choice, Reply, Talk
from knowledge.catalogue import PublishedItem
from knowledge.hall import LOCAL
from knowledge.organisations import Organisation
from knowledge.understanding import Understander
from models.rules.items import Published

CARDS = 5000
"""Guides kept ready; four townships ask for about eight hundred a day."""
A_PERSON = Choice(phrases.FIND_A_PERSON, phrases.HUMAN)
"""The way to a person, under most answers."""


NUMBER = re.compile(r"^(?:第|选|要|点)?\s*([0-9]{1,2}|[一二两三四五六七八九])\s*(?:个|号|项|条|那个|吧|嘛)*$")
"""A sentence that is only a number: which of the choices is meant."""
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CIRCLED = str.maketrans("①②③④⑤⑥⑦⑧⑨", "123456789")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk knows at the moment: everything published, and how to understand questions about it."""

    published: Published
    understander: Understander
    _cards: dict[tuple[str, str | None, str | None, date], Card] = field(
        default_factory=dict, repr=False, compare=False
    )

    def card(self, entry: PublishedItem, township: str | None, village: str | None, today: date) -> Card:
        """Give the guide of an item for a place and a day, made once."""
        key = (entry.item.code, township, village, today)
        card = self._cards.get(key)
        if card is None:
            if len(self._cards) >= CARDS:
                self._cards.clear()
            card = self._cards[key] = card_for(self.published, entry, township, village, today)
        return card


@dataclass(frozen=True, slots=True)
class NoteMiss:
    """Ask: count this question on the list of unanswered ones."""

    question: str
    sample: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallPerson:
    """Ask: put the person on the call-back list, due on ``due_on``; the answer is :func:`promised`."""

    due_on: date
    until: str
    """Closing time if somebody answers today still, else empty."""
    hall: str
    is_certain: bool = True
    """Whether the holidays of that year are known, so that the day may be promised."""


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of one sentence."""

    reply: Reply
    talk: Talk
    ask: NoteMiss | CallPerson | BookingAsk | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence on its way through the talk."""

    talk: Talk
    text: str
    desk: Desk
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(LOCAL).date()

    def hall(self) -> Organisation | None:
        return self.desk.published.organisations.hall_of(self.talk.township) if self.talk.township else None

    def halls(self) -> list[Organisation]:
        """Give the hall of the person; every township's while theirs is not known."""
        units = self.desk.published.organisations
        known = [self.hall()] if self.talk.township else [units.hall_of(t.org_id) for t in units.townships()]
        return [hall for hall in known if hall is not None]

    def township_choices(self) -> tuple[Choice, ...]:
        """Give the townships to choose from."""
        units = self.desk.published.organisations.townships()
        return tuple(Choice(unit.short_name, f"我住{unit.short_name}") for unit in units)

    def chosen(self) -> int | None:
        """Give which of the choices offered the sentence means, counted from 0: by its words or by its number."""
        for number, choice in enumerate(self.talk.choices):
            if self.text in (choice.say, choice.label):
                return number
        match = NUMBER.match(self.text.translate(_CIRCLED))
        if match is None or not self.talk.choices:
            return None
        number = (_DIGITS.get(match[1]) or int(match[1])) - 1
        return number if 0 <= number < len(self.talk.choices) else None

    def hall_name(self) -> str:
        hall = self.hall()
        return hall.name if hall else "政务服务大厅"
