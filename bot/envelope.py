"""The sealed envelope of a WeChat message push (消息推送): verify, open and seal, without any I/O.

`Rejected`: nothing proves that WeChat sent this, answer 403. `Unreadable`: it did, acknowledge with `success` and log.
"""

import hashlib
import json
import os
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Literal
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BODY_LIMIT = 64 * 1024
"""Bytes of one push; WeChat's own are under 4 KiB."""
DEPTH_LIMIT, ELEMENT_LIMIT = 8, 200
BLOCK = 32  # WeChat pads to 32 bytes, although the AES block has 16

_PADDING = tuple(bytes((size,)) * size for size in range(BLOCK + 1))
_USUAL = re.compile(
    rb"<xml>\s*<ToUserName><!\[CDATA\[\w*\]\]></ToUserName>\s*<Encrypt><!\[CDATA\[([\w+/=]+)\]\]></Encrypt>\s*</xml>\s*"
)
_XML = (
    "<xml><Encrypt><![CDATA[{}]]></Encrypt><MsgSignature><![CDATA[{}]]></MsgSignature>"
    "<TimeStamp>{}</TimeStamp><Nonce><![CDATA[{}]]></Nonce></xml>"
)
_JSON = '{{"Encrypt":"{}","MsgSignature":"{}","TimeStamp":{},"Nonce":"{}"}}'

Format = Literal["xml", "json"]
Fields = dict[str, Any]


@dataclass(eq=False)
class Rejected(Exception):
    """Nothing proves that WeChat sent this request; the reason is short, for the log and the counter."""

    reason: str


class Unreadable(Exception):
    """The signature holds, but the message inside cannot be understood."""


@dataclass(frozen=True)
class Account:
    """What we share with WeChat for one account; no AES key means plain mode (明文模式) only."""

    appid: str
    token: str = field(repr=False)
    aes_keys: tuple[str, ...] = field(default=(), repr=False)  # the current one first, then the previous one
    allow_plain: bool = False  # take plain pushes in spite of the keys: whoever saw one valid URL can forge them


@dataclass(frozen=True)
class Opened:
    """A message from WeChat: `MsgType`, `FromUserName` and `ToUserName` are text, not empty; the rest is as sent."""

    fields: Fields = field(repr=False)
    raw_format: Format
    key: str | None = field(repr=False)  # the AES key that opened it; None: it came plain


class Envelope:
    """Opens what WeChat pushes to one account and seals what we answer."""

    def __init__(self, account: Account, *, freshness: int = 300) -> None:
        self._token, self._appid = account.token, account.appid.encode()
        raw_keys = {key: a2b_base64(key + "=") for key in account.aes_keys}
        self._ciphers = {key: Cipher(algorithms.AES256(raw), modes.CBC(raw[:16])) for key, raw in raw_keys.items()}
        self._plain_allowed = account.allow_plain or not account.aes_keys
        self._freshness = freshness

    def verify_url(self, query: Mapping[str, str], *, now: int) -> str:
        """Return the echostr of WeChat's URL check, or raise Rejected."""
        self._check(query, now, "signature")
        return _parameter(query, "echostr")

    def open(self, body: bytes, query: Mapping[str, str], *, now: int) -> Opened:
        """Return the message that WeChat sent; raise Rejected, or Unreadable once the signature holds."""
        if len(body) > BODY_LIMIT:
            raise Rejected("body too large")
        if self._plain_allowed and query.get("encrypt_type", "raw") == "raw":
            self._check(query, now, "signature")
            fields, raw_format = _read(body)
            return Opened(_recognised(fields), raw_format, None)
        encrypted, raw_format = _cipher_text(body)
        self._check(query, now, "msg_signature", encrypted)
        message, key = self._decrypt(encrypted)
        fields, _ = _read(message)
        return Opened(_recognised(fields), raw_format, key)

    def seal(
        self, reply: str, opened: Opened, *, now: int, nonce: str | None = None, random16: bytes | None = None
    ) -> str:
        """Return the answer under the key and in the format of the question; `success` and an empty one stay plain."""
        if opened.key is None or reply in ("", "success"):
            return reply
        if nonce is None or not (nonce.isascii() and nonce.isalnum()):  # it must not break out of its field
            nonce = str(int.from_bytes(os.urandom(4), "big"))
        encrypted = self._encrypt(reply.encode(), self._ciphers[opened.key], random16 or os.urandom(16))
        signature = _signature(self._token, str(now), nonce, encrypted)
        return (_XML if opened.raw_format == "xml" else _JSON).format(encrypted, signature, now, nonce)

    def _check(self, query: Mapping[str, str], now: int, name: str, *signed: str) -> None:
        """Hold the query to its time and to the signature of that name, or raise Rejected."""
        timestamp, nonce, given = _parameter(query, "timestamp"), _parameter(query, "nonce"), _parameter(query, name)
        if len(timestamp) > 12 or not (timestamp.isascii() and timestamp.isdigit()):
            raise Rejected("timestamp is not a number")
        if abs(now - int(timestamp)) > self._freshness:
            raise Rejected("stale")
        if not (given.isascii() and compare_digest(given, _signature(self._token, timestamp, nonce, *signed))):
            raise Rejected(f"{name} does not match")

    def _decrypt(self, encrypted: str) -> tuple[bytes, str]:
        """Return the message and the AES key that opened it."""
        try:
            raw = a2b_base64(encrypted, strict_mode=True)
        except ValueError as error:
            raise Rejected("cipher text is not Base64") from error
        if not raw or len(raw) % 16:
            raise Rejected("cipher text has a wrong length")
        reason = "no AES key opens it"
        for key, cipher in self._ciphers.items():
            decryptor = cipher.decryptor()
            message, appid = _unpacked(decryptor.update(raw) + decryptor.finalize())
            if appid == self._appid:
                return message, key
            if appid:
                reason = "meant for another appid"
        raise Rejected(reason)

    def _encrypt(self, message: bytes, cipher: Cipher[modes.CBC], random16: bytes) -> str:
        content = b"".join((random16, len(message).to_bytes(4, "big"), message, self._appid))
        encryptor = cipher.encryptor()
        sealed = encryptor.update(content + _PADDING[BLOCK - len(content) % BLOCK]) + encryptor.finalize()
        return b2a_base64(sealed, newline=False).decode()


def _parameter(query: Mapping[str, str], name: str) -> str:
    if not (value := query.get(name)):
        raise Rejected(f"{name} is missing")
    return value


def _signature(*signed: str) -> str:
    return hashlib.sha1("".join(sorted(signed)).encode("utf-8", "surrogatepass")).hexdigest()


def _cipher_text(body: bytes) -> tuple[str, Format]:
    """Return what was signed, without the blanks around it; the usual XML is cut out, anything else is parsed."""
    if usual := _USUAL.fullmatch(body):
        return usual[1].decode(), "xml"
    try:
        fields, raw_format = _read(body)
    except Unreadable as error:
        raise Rejected("envelope is unreadable") from error
    if not isinstance(encrypted := fields.get("Encrypt"), str):
        raise Rejected("not encrypted")
    return encrypted.strip(), raw_format


def _unpacked(plain: bytes) -> tuple[bytes, bytes | None]:
    """Return message and appid of a decrypted block; no appid when the key was the wrong one."""
    padding = plain[-1]
    middle, end = 20 + int.from_bytes(plain[16:20], "big"), len(plain) - padding
    if not 1 <= padding <= BLOCK or not plain.endswith(_PADDING[padding]) or middle > end:
        return b"", None
    return plain[20:middle], plain[middle:end]


def _recognised(fields: Fields) -> Fields:
    """Return the fields if they say what kind of message this is, from whom and to whom, or raise Unreadable."""
    for name in ("MsgType", "FromUserName", "ToUserName"):
        if not isinstance(value := fields.get(name), str) or not value:
            raise Unreadable(f"{name} is missing, empty, nested or repeated")
    return fields


def _read(data: bytes) -> tuple[Fields, Format]:
    """Parse by the first sign, not by the Content-Type, which has been wrong in the field; raise Unreadable."""
    data = data.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        if data.startswith(b"<"):
            return _read_xml(data), "xml"
        if data.startswith(b"{"):
            return _read_json(data), "json"
    except (expat.ExpatError, ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    raise Unreadable("neither XML nor a JSON object")


def _read_xml(data: bytes) -> Fields:
    """Return the children of <xml>: text as it stands, nested elements as dicts, repeated ones as lists."""
    stack: list[Fields] = [{}]
    texts: list[str] = []
    count = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal count
        count += 1
        if count > ELEMENT_LIMIT or len(stack) > DEPTH_LIMIT:
            raise ValueError("too many elements, or too deep")
        stack.append({})
        texts.clear()

    def end(name: str) -> None:
        value = stack.pop() or "".join(texts)
        texts.clear()
        known = stack[-1].get(name)
        stack[-1][name] = value if known is None else [*known, value] if isinstance(known, list) else [known, value]

    parser = expat.ParserCreate("utf-8")  # a declared encoding is overruled
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, texts.append
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    parser.Parse(data, True)
    if not isinstance(root := stack[0].get("xml"), dict):
        raise ValueError("no fields in <xml>")
    return root


def _read_json(data: bytes) -> Fields:
    """Return the object, unless it repeats a key, has NaN or a lone surrogate, or is too large or too deep."""
    fields: Fields = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    if b"\\u" in data:
        json.dumps(fields, ensure_ascii=False).encode()
    if _weight(fields) > ELEMENT_LIMIT:
        raise ValueError("too many values, or too deep")
    return fields


def _weight(value: object, depth: int = 1) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(_weight(child, depth + 1) for child in children) if depth <= DEPTH_LIMIT else ELEMENT_LIMIT + 1


def _unique(pairs: list[tuple[str, Any]]) -> Fields:
    if len(fields := dict(pairs)) != len(pairs):
        raise ValueError("a repeated key")
    return fields


def _refuse(*_: object) -> None:
    raise ValueError("a declaration or a constant that no message needs")
