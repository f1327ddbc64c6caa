"""The catalogue's door (事项): townships, list, search, and the guide for a township."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from api.auth import limit_address
from api.chat import CardData
from api.keys import CLOCK, SHELF
from api.payload import Answer, answer
from knowledge.catalogue import PublishedItem
from knowledge.hall import LOCAL
from models.rules.errors import Invalid, ItemMissing, TownshipMissing

LONGEST_QUESTION = 500
"""Characters of a search; what is longer is no question."""


class Village(Answer):
    """One village or community of a township."""

    org_id: str
    name: str


class Township(Answer):
    """One township, with the hall that serves it."""

    org_id: str
    name: str
    short_name: str
    hall: str
    villages: list[Village]


class Townships(Answer):
    """All townships served."""

    townships: list[Township]


class ItemLine(Answer):
    """One item in a list."""

    code: str
    name: str
    category: str
    type: str
    version: int
    proxyable: str
    bookable: bool


class ItemList(Answer):
    """The items in force."""

    publication: int
    items: list[ItemLine]


class Guide(Answer):
    """One item in full, with its card for a township."""

    publication: int
    version: int
    checked_on: str | None
    card: CardData
    item: dict[str, Any]


class Found(Answer):
    """One item that a question may mean."""

    code: str
    name: str
    score: float


class SearchResult(Answer):
    """What a question was understood as."""

    outcome: str
    intents: list[str]
    guard: str | None
    candidates: list[Found]


async def townships(request: web.Request) -> web.Response:
    """List the townships, their villages and halls."""
    limit_address(request)
    organisations = request.app[SHELF].desk.published.organisations
    listed = [
        Township(
            org_id=unit.org_id,
            name=unit.name,
            short_name=unit.short_name,
            hall=hall.name if (hall := organisations.hall_of(unit.org_id)) else "",
            villages=[Village(org_id=v.org_id, name=v.name) for v in organisations.villages_of(unit.org_id)],
        )
        for unit in organisations.townships()
    ]
    return answer(Townships(townships=listed))


async def item_list(request: web.Request) -> web.Response:
    """List the items in force, of one category if asked."""
    limit_address(request)
    published = request.app[SHELF].desk.published
    category = request.query.get("category")
    lines = [_line(entry) for entry in published.catalogue if category in (None, "", entry.item.category)]
    return answer(ItemList(publication=published.publication, items=lines))


def _line(entry: PublishedItem) -> ItemLine:
    item = entry.item
    return ItemLine(
        code=item.code,
        name=item.name,
        category=item.category,
        type=item.type,
        version=entry.version,
        proxyable=item.proxyable,
        bookable=item.bookable,
    )


async def guide(request: web.Request) -> web.Response:
    """Give one item's guide; ``township`` and ``village`` (ids or names) fill in where to go."""
    limit_address(request)
    desk = request.app[SHELF].desk
    entry = desk.published.catalogue.get(request.match_info["code"])
    if entry is None:
        raise ItemMissing
    township, village = _local(request)
    today = request.app[CLOCK]().astimezone(LOCAL).date()
    card = desk.card(entry, township, village, today)
    body = Guide(
        publication=desk.published.publication,
        version=entry.version,
        checked_on=card.checked_on,
        card=CardData.model_validate(asdict(card)),
        item=entry.item.to_data(),
    )
    return answer(body)


def _local(request: web.Request) -> tuple[str | None, str | None]:
    named, village = request.query.get("township"), request.query.get("village")
    if not named and not village:
        return None, None
    return _home(request, village or named or "", "village" if village else "township")


def township_of(request: web.Request, named: str) -> str:
    """Give the township that an id or a name means, or in which it lies; raise :class:`TownshipMissing`."""
    return _home(request, named, "township")[0]


def _home(request: web.Request, named: str, field: str) -> tuple[str, str | None]:
    organisations = request.app[SHELF].desk.published.organisations
    home = organisations.home_in(organisations.get(named) or organisations.named_in(named))
    if home is None:
        raise TownshipMissing(field=field)
    return home[0].org_id, home[1]


async def search(request: web.Request) -> web.Response:
    """Say which items a question may mean."""
    limit_address(request)
    question = request.query.get("q", "").strip()
    if not question:
        raise Invalid("请写下要找的事,例如 ?q=老年证咋个办。", field="q")
    if len(question) > LONGEST_QUESTION:
        raise Invalid("问题太长了,请用一句话说。", field="q")
    understanding = request.app[SHELF].desk.understander.understand(question)
    body = SearchResult(
        outcome=understanding.outcome,
        intents=list(understanding.intents),
        guard=understanding.guard,
        candidates=[Found(code=c.code, name=c.name, score=c.score) for c in understanding.candidates],
    )
    return answer(body)
