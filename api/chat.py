"""The chat's door (对话): the same answer as in WeChat, as data."""

from __future__ import annotations

from uuid import uuid4

from aiohttp import web
from pydantic import Field

from api.auth import citizen
from api.keys import FRONTDESK, GATEWAY
from api.payload import Answer, Body, answer, idempotency_key, read
from bot.inbound import Turn, TurnKind
from bot.wechat_standin import StandInGateway
from models.rules.errors import Invalid, Missing
from models.rules.people import split_identity


class Say(Body):
    """One sentence of a resident."""

    text: str = Field(min_length=1, max_length=2000, description="居民说的话")


class ChoiceData(Answer):
    """Something to tap: shown as ``label``, sent as ``say``."""

    label: str
    say: str


class PlaceData(Answer):
    """Where to go."""

    name: str
    hours: str
    note: str


class CardData(Answer):
    """The guide of one item for the person's township."""

    code: str
    version: int
    name: str
    audience: str
    conditions: list[str]
    materials: list[str]
    places: list[PlaceData]
    days: str
    fee: str
    proxy: str
    result: str
    spoken: str
    checked_on: str | None
    notice: str


class ReplyData(Answer):
    """The desk's answer."""

    texts: list[str]
    choices: list[ChoiceData]
    card: CardData | None
    outcome: str
    intents: list[str]
    guard: str
    candidates: list[tuple[str, str]]
    hand_over: bool


class PushData(Answer):
    """One message that the stand-in for WeChat received for this person."""

    number: int
    text: str
    at: str


class Pushes(Answer):
    """Messages of the stand-in, oldest first."""

    pushes: list[PushData]


async def say(request: web.Request) -> web.Response:
    """Answer one sentence; the same Idempotency-Key again gives the same answer."""
    person = await citizen(request)
    body = await read(request, Say)
    key = idempotency_key(request) if "Idempotency-Key" in request.headers else uuid4().hex
    turn = Turn(f"{person.person_id}:{key}", person.identity, TurnKind.TEXT, body.text)
    reply = await request.app[FRONTDESK].answer(turn)
    return answer(ReplyData.model_validate(reply.to_data()))


async def pushes(request: web.Request) -> web.Response:
    """Demo mode: what the stand-in for WeChat received for this person since ``after``."""
    person = await citizen(request)
    gateway = request.app[GATEWAY]
    if not isinstance(gateway, StandInGateway):
        raise Missing
    after = request.query.get("after", "0")
    if not after.isdecimal() or len(after) > 9:
        raise Invalid("after 请填数字。", field="after")
    _, openid = split_identity(person.identity)
    received = gateway.pushes(openid, int(after))
    return answer(Pushes(pushes=[PushData(number=p.number, text=p.text, at=p.at.isoformat()) for p in received]))
