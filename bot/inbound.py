"""What WeChat pushes, sorted (来信与事件): the fields of a push turned into a turn of the talk or an event to note."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from models.rules.people import identity_of, mask

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Signs that nobody types and that PostgreSQL, XML or UTF-8 cannot carry."""


LONGEST_KEY = 160
"""Characters of a message key in the database."""
LONGEST_TEXT = 2000
"""Characters of a message that are read; WeChat itself takes no more."""


class TurnKind(StrEnum):
    """How a person spoke."""

    TEXT = "text"
    ARRIVE = "arrive"  # followed, scanned a poster, or opened the service window; ``text`` is the scene
    LOCATE = "locate"  # sent a position; ``text`` is the address
    UNCLEAR = "unclear"  # a voice message that was not recognised
    OTHER = "other"  # a picture, a film, a link


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that one person said, to be answered once."""

    key: str
    identity: str
    kind: TurnKind
    text: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _UNSPEAKABLE.sub("", self.text[:LONGEST_TEXT]))

    def to_data(self) -> dict[str, Any]:
        """Give plain data for storing, with sensitive numbers masked."""
        return {**asdict(self), "text": mask(self.text).text}


def turn_from_data(data: Mapping[str, Any]) -> Turn:
    """Rebuild what :meth:`Turn.to_data` gave."""
    return Turn(**{**data, "kind": TurnKind(data["kind"])})


@dataclass(frozen=True, slots=True)
class Consent:
    """What happened to the consent to one template (订阅消息)."""

    template_id: str
    outcome: str
    """accept, reject, sent or failed."""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """One push, understood; all parts empty = acknowledge and do nothing."""

    key: str
    openid: str
    identity: str
    recipient: str
    """The account's original id (ToUserName), the sender of a passive reply."""
    turn: Turn | None = None
    followed: bool = False
    unfollowed: bool = False
    consents: tuple[Consent, ...] = ()


def push_of(appid: str, fields: Mapping[str, Any]) -> Push:
    """Sort one push; fields that are missing or of the wrong shape make it one to acknowledge, never an error."""
    openid = str(fields["FromUserName"])
    identity = identity_of(appid, openid)
    key = _key(appid, openid, fields)
    push = Push(key, openid, identity, str(fields["ToUserName"]))
    kind = str(fields["MsgType"]).lower()
    if kind == "event":
        return _event(push, fields)
    return _spoken(push, kind, fields)


def _key(appid: str, openid: str, fields: Mapping[str, Any]) -> str:
    """Name a push so that a repeat has the same name: MsgId, or sender, second, event and its key.

    The message id is looked at before the type: a re-sent text has been seen with a strange type.
    """
    message = _text(fields, "MsgId") or _text(fields, "MsgID")
    event = _text(fields, "Event")
    if message and not event:
        parts = [appid, openid, message]
    else:
        parts = [appid, openid, _text(fields, "CreateTime"), event, _text(fields, "EventKey") or message]
    key = ":".join(parts)
    # Cut short, two keys might become one; a digest of the whole keeps them apart.
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return _UNSPEAKABLE.sub("", str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    try:
        value = float(_text(fields, name) or fields.get(name))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _with_turn(
    push: Push, kind: TurnKind, text: str = "", at: tuple[float | None, float | None] = (None, None)
) -> Push:
    turn = Turn(push.key, push.identity, kind, text, *at)
    return replace(push, turn=turn)


def _spoken(push: Push, kind: str, fields: Mapping[str, Any]) -> Push:
    if kind == "text":
        return _with_turn(push, TurnKind.TEXT, _text(fields, "Content"))
    if kind == "voice":
        heard = _text(fields, "Recognition").strip()
        return _with_turn(push, TurnKind.TEXT if heard else TurnKind.UNCLEAR, heard)
    if kind == "location":
        at = _number(fields, "Location_X"), _number(fields, "Location_Y")
        return _with_turn(push, TurnKind.LOCATE, _text(fields, "Label"), at)
    return _with_turn(push, TurnKind.OTHER)


_LONG_SCENE = "qrscene_"
_SUBSCRIBE_EVENTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}


def _event(push: Push, fields: Mapping[str, Any]) -> Push:
    event = _text(fields, "Event").lower()
    key = _text(fields, "EventKey")
    if event == "subscribe":
        return _with_turn(replace(push, followed=True), TurnKind.ARRIVE, key.removeprefix(_LONG_SCENE))
    if event == "unsubscribe":
        return replace(push, unfollowed=True)
    if event == "scan":
        return _with_turn(push, TurnKind.ARRIVE, key)
    if event == "click":
        return _with_turn(push, TurnKind.TEXT, key)
    if event == "user_enter_tempsession":
        return _with_turn(push, TurnKind.ARRIVE, _text(fields, "SessionFrom"))
    if event == "location":
        return _with_turn(push, TurnKind.LOCATE, "", (_number(fields, "Latitude"), _number(fields, "Longitude")))
    if event in _SUBSCRIBE_EVENTS:
        return replace(push, consents=tuple(_consents(event, fields)))
    return push


def _consents(event: str, fields: Mapping[str, Any]) -> Iterable[Consent]:
    """Read the list of a subscribe event: nested in XML, at the top in JSON, an object for one entry, else an array."""
    nested = fields.get(_SUBSCRIBE_EVENTS[event])
    listed = nested.get("List") if isinstance(nested, Mapping) else fields.get("List")
    for entry in listed if isinstance(listed, list) else [listed]:
        if not isinstance(entry, Mapping):
            continue
        template, message = _text(entry, "TemplateId"), _text(entry, "MsgID")
        if event == "subscribe_msg_sent_event":
            outcome = "sent" if _text(entry, "ErrorCode") in ("0", "") else "failed"
        else:
            outcome = _text(entry, "SubscribeStatusString") or "reject"
        if template and outcome in ("accept", "reject", "sent", "failed"):
            yield Consent(template, outcome, message)
