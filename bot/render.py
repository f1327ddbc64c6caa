"""An answer as WeChat shows it (微信文字): one text within the platform's size, choices to tap or to number."""

from __future__ import annotations

from bot import phrases
from bot.gateway import TEXT_LIMIT
from bot.talk import Card, Choice, Place, Reply

_UNSAFE_IN_LINK = str.maketrans("", "", "\"'<>&\n\r")


def as_text(reply: Reply, *, tappable: bool) -> str:
    """Give the whole reply as one text of at most :data:`bot.gateway.TEXT_LIMIT` bytes.

    ``tappable`` turns choices into ``weixin://bizmsgmenu`` links, which the Official Account shows as taps; the
    mini-program's customer service shows plain numbers.
    """
    tail = _choices(reply.choices, tappable)
    head = "\n\n".join([*reply.texts, *([_card(reply.card)] if reply.card else [])])
    room = TEXT_LIMIT - len(tail.encode()) - 2
    return f"{_cut(head, room)}\n\n{tail}" if tail else _cut(head, TEXT_LIMIT)


def _choices(choices: tuple[Choice, ...], tappable: bool) -> str:
    lines = [
        f"{number}. {_link(choice, number) if tappable else choice.label}"
        for number, choice in enumerate(choices, start=1)
    ]
    return "\n".join(lines)


def _link(choice: Choice, number: int) -> str:
    say, label = choice.say.translate(_UNSAFE_IN_LINK), choice.label.translate(_UNSAFE_IN_LINK)
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={say}&msgmenuid={number}">{label}</a>'


def _card(card: Card) -> str:
    materials = "\n".join(f"  {number}) {material}" for number, material in enumerate(card.materials, start=1))
    lines = [
        f"【{card.name}】",
        f"带什么:\n{materials}" if materials else "带什么: 不用带材料",
        *(f"去哪里: {_place(place)}" for place in card.places),
        f"多久: {card.days}",
        f"收费: {card.fee}",
        f"代办: {card.proxy}",
        f"谁能办: {card.audience}",
        *([f"条件: {';'.join(card.conditions)}"] if card.conditions else []),
    ]
    checked = f",{card.checked_on}核对" if card.checked_on else ",窗口还没核对"
    small = f"{card.code} 第{card.version}版{checked}"
    return "\n".join([*lines, *([card.notice] if card.notice else []), small])


def _place(place: Place) -> str:
    details = ";".join(part for part in (place.hours, place.note) if part)
    return f"{place.name}({details})" if details else place.name


def _cut(text: str, limit: int) -> str:
    if len(text.encode()) <= limit:
        return text
    note = f"\n……(太长了,回复“{phrases.MATERIALS}”看材料)"
    return text.encode()[: max(0, limit - len(note.encode()))].decode(errors="ignore").rstrip() + note
