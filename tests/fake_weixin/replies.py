"""Passive replies (被动回复) as the platform reads them.

Whatever breaks a rule is listed as a problem, where the user would read 该公众号提供的服务出现故障.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .crypto import BadCipher, decrypt, signature
from .envelopes import Style
from .errors import Refused
from .media import Media
from .world import Account

TEXT_BYTES = 2_048
TYPES = {"oa": {"text", "image", "voice", "video", "music", "news", "transfer_customer_service"}}
TYPES["mp"] = {"transfer_customer_service"}
MEDIA_ELEMENT = {"image": "Image", "voice": "Voice", "video": "Video"}


class Unreadable(Exception):
    """The reply cannot be read; the words say why."""


@dataclass(frozen=True)
class Exchange:
    """What a reply is held against: the account, the pushed message, and how it was pushed."""

    account: Account
    message: dict[str, Any]
    style: Style
    media: Media


Reply = dict[str, Any] | str


def read(exchange: Exchange, status: int, body: bytes) -> tuple[Reply, list[str]]:
    """Read a reply: `success`, nothing, or a message; with the list of the rules it breaks."""
    if status != 200:
        return "", [f"HTTP status {status}"]
    bare = body.strip()
    if bare in (b"", b"success"):
        return bare.decode(), []
    try:
        reply = unwrap(exchange, parse(exchange, bare))
    except (Unreadable, BadCipher) as error:
        return "", [str(error)]
    return reply, complaints(exchange, reply)


def parse(exchange: Exchange, body: bytes) -> dict[str, Any]:
    """Read the body in the configured format; an Official Account may answer in XML alone."""
    looks_json = body.startswith(b"{")
    if looks_json and exchange.account.kind == "oa":
        raise Unreadable("JSON returned to an Official Account")
    if looks_json != (exchange.style.fmt == "json"):
        raise Unreadable(f"reply is not in the configured format {exchange.style.fmt}")
    return from_json(body) if looks_json else from_xml(body)


def from_json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise Unreadable("malformed JSON") from error
    if not isinstance(parsed, dict):
        raise Unreadable("JSON is no object")
    return parsed


def from_xml(body: bytes) -> dict[str, Any]:
    """Read well-formed XML without a DOCTYPE and without a repeated element; raise Unreadable."""
    if re.search(rb"<!DOCTYPE", body, re.IGNORECASE):
        raise Unreadable("DOCTYPE in XML")
    try:
        root = ET.fromstring(body)
    except (ET.ParseError, ValueError) as error:
        raise Unreadable("malformed XML") from error
    repeated = [tag for tag, times in Counter(child.tag for child in root).items() if times > 1]
    if root.tag != "xml" or repeated:
        raise Unreadable(f"element repeated: {repeated[0]}" if repeated else "root element is not xml")
    if len(root) == 0:
        raise Unreadable("XML is empty")
    return {child.tag: _told(child) for child in root}


def _told(node: ET.Element) -> Any:
    """Turn an element into text or a dict; the items of Articles stay a list."""
    if node.tag == "Articles":
        return [_told(child) for child in node]
    if len(node) == 0:
        return node.text or ""
    return {child.tag: _told(child) for child in node}


def unwrap(exchange: Exchange, outer: dict[str, Any]) -> dict[str, Any]:
    """Open an encrypted reply after checking its signature. Secure mode takes no other, plain mode none."""
    mode, account = exchange.style.mode, exchange.account
    if "Encrypt" not in outer:
        if mode == "secure":
            raise Unreadable("reply in secure mode is not encrypted")
        return outer
    if mode == "plain":
        raise Unreadable("reply in plain mode is encrypted")
    missing = [name for name in ("MsgSignature", "TimeStamp", "Nonce") if not outer.get(name)]
    if missing:
        raise Unreadable(f"{missing[0]} is missing")
    expected = signature(account.token, str(outer["TimeStamp"]), str(outer["Nonce"]), outer["Encrypt"])
    if outer["MsgSignature"] != expected:
        raise Unreadable("MsgSignature is wrong")
    inner = decrypt(exchange.style.aes_key, outer["Encrypt"].strip(), account.appid).strip()
    return parse(exchange, inner)


def complaints(exchange: Exchange, reply: dict[str, Any]) -> list[str]:
    """List the broken rules of a readable reply."""
    kind = reply.get("MsgType")
    if kind not in TYPES[exchange.account.kind]:
        return [f"MsgType {kind} is not allowed"]
    found = [] if str(reply.get("CreateTime", "")).isdigit() else ["CreateTime is no number"]
    if reply.get("ToUserName") != exchange.message["FromUserName"]:
        found.append("ToUserName is not the sender of the message")
    if reply.get("FromUserName") != exchange.message["ToUserName"]:
        found.append("FromUserName is not the account")
    if kind == "transfer_customer_service" and exchange.message.get("MsgType") == "event":
        found.append("an event cannot be handed to a human desk")
    return found + content_complaints(exchange, str(kind), reply)


def content_complaints(exchange: Exchange, kind: str, reply: dict[str, Any]) -> list[str]:
    """List what is wrong with the content of its type."""
    if kind == "text":
        return text_complaints(reply.get("Content"))
    if kind == "news":
        return news_complaints(reply)
    if kind in MEDIA_ELEMENT:
        return media_complaints(exchange, reply.get(MEDIA_ELEMENT[kind]))
    return []


def text_complaints(content: object) -> list[str]:
    if not isinstance(content, str) or not content:
        return ["Content is empty"]
    size = len(content.encode("utf-8", "surrogatepass"))
    return [f"text of {size} bytes is over {TEXT_BYTES}"] if size > TEXT_BYTES else []


def news_complaints(reply: dict[str, Any]) -> list[str]:
    """Hold news to one article, counted rightly."""
    articles = reply.get("Articles")
    if not isinstance(articles, list) or not articles:
        return ["Articles are missing"]
    if len(articles) > 1:
        return [f"{len(articles)} articles, one is allowed"]
    return [] if str(reply.get("ArticleCount")) == "1" else ["ArticleCount is wrong"]


def media_complaints(exchange: Exchange, media: object) -> list[str]:
    media_id = media.get("MediaId") if isinstance(media, dict) else None
    try:
        exchange.media.require(exchange.account.appid, media_id)
    except Refused:
        return ["MediaId is unknown or expired"]
    return []
