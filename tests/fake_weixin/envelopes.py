"""Message pushes (消息推送) as they leave the platform: XML or JSON, plain, compatible or secure, signed."""

import json
import secrets
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from .crypto import encrypt, signature
from .world import Account

MODES = ("secure", "plain", "compatible")
EVENT_ELEMENTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}


@dataclass(frozen=True)
class Envelope:
    """One push ready to be posted; tests may post it themselves, or a tampered copy."""

    query: dict[str, str]
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Style:
    """How an account has its pushes configured, and the AES key in use at this moment."""

    mode: str
    fmt: str
    aes_key: str
    content_type: str | None = None


def seal(account: Account, message: dict[str, Any], *, style: Style, now: float) -> Envelope:
    """Build and sign a push with a fresh nonce. `msg_signature` covers the ciphertext; `signature` covers no body."""
    stamp, nonce = str(int(now)), str(secrets.randbelow(10**10))
    query = {"signature": signature(account.token, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    query["openid"] = str(message["FromUserName"])
    plain = render(message, style.fmt)
    content_type = style.content_type or ("text/xml" if style.fmt == "xml" else "application/json")
    if style.mode == "plain":
        return Envelope(query, plain, content_type)
    encrypted = encrypt(style.aes_key, plain, account.appid)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signature(account.token, stamp, nonce, encrypted)
    return Envelope(query, render(outer(message, encrypted, style.mode), style.fmt), content_type)


def outer(message: dict[str, Any], encrypted: str, mode: str) -> dict[str, Any]:
    """Wrap the ciphertext: secure shows the receiver alone, compatible shows all plain fields beside it."""
    shown = message if mode == "compatible" else {"ToUserName": message["ToUserName"]}
    return shown | {"Encrypt": encrypted}


def render(message: dict[str, Any], fmt: str) -> bytes:
    return to_json(message) if fmt == "json" else to_xml(message)


def to_json(message: dict[str, Any]) -> bytes:
    """Render JSON: a `List` of one entry becomes the entry itself, top-level. A lone surrogate travels as an escape."""
    entries = message.get("List")
    if isinstance(entries, list) and len(entries) == 1:
        message = message | {"List": entries[0]}
    try:
        return json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(message).encode()


def to_xml(message: dict[str, Any]) -> bytes:
    """Render XML: a `List` stands beneath an element named after the event. Control characters pass untouched."""
    element = EVENT_ELEMENTS.get(str(message.get("Event")))
    if element and "List" in message:
        entries = message["List"] if isinstance(message["List"], list) else [message["List"]]
        message = {key: value for key, value in message.items() if key != "List"} | {element: {"List": entries}}
    inner = "".join(_element(key, value) for key, value in message.items())
    return f"<xml>{inner}</xml>".encode("utf-8", "replace")


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, entry) for entry in value)
    if isinstance(value, dict):
        inner = "".join(_element(key, entry) for key, entry in value.items())
        return f"<{name}>{inner}</{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{escape(str(value))}</{name}>"
    return f"<{name}>{cdata(str(value))}</{name}>"


def cdata(text: str) -> str:
    """Wrap text in CDATA; a `]]>` of the user's is split over two sections."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
