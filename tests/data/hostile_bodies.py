"""Requests that no honest WeChat server sends, each with the answer it must get from the message push door.

`403`: nothing proves that it comes from WeChat. `ack`: HTTP 200 with `success`, nothing, or a well-formed reply.
The signatures are made here with `hashlib` and `cryptography`, not with the code under test. Every case has its own
nonce, sender and MsgId, so that no replay guard or dedupe record answers in place of the parser.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Query = dict[str, str]
Case = tuple[str, Query, bytes, dict[str, str], str]  # name, query, body, headers, expected

XML, JSON = {"Content-Type": "text/xml"}, {"Content-Type": "application/json"}
BOMB = '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>'
EXTERNAL = '<!DOCTYPE xml [<!ENTITY d SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE xml [<!ENTITY % d SYSTEM "http://127.0.0.1:9/x.dtd"> %d;]>'
INJECTION = "]]></Content><MsgType><![CDATA[news]]></MsgType><Content><![CDATA["


class HasKeys(Protocol):
    """What is needed of an account: `appid`, `token` and the AES keys, the current one first."""

    @property
    def appid(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def aes_keys(self) -> tuple[str, ...]: ...


def hostile_bodies(account: HasKeys, now: int | None = None) -> list[Case]:
    """Return all cases for an account in secure mode (安全模式), signed for the time given or for this second."""
    forger = _Forger(account, int(time.time()) if now is None else now)
    makers = (_queries, _ciphers, _envelopes, _json_envelopes, _messages, _headers, _texts, _events, _json_messages)
    return [case for make in makers for case in make(forger)]


@dataclass
class _Forger:
    """Signs and encrypts as WeChat does, or wrongly in one chosen point."""

    account: HasKeys
    now: int
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    def query(self, encrypted: str, *, token: str | None = None, timestamp: str | None = None) -> Query:
        token, timestamp, nonce = token or self.account.token, timestamp or str(self.now), f"9{next(self.serial):08}"
        return {
            "signature": _sha1(token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": "oHostile",
            "encrypt_type": "aes",
            "msg_signature": _sha1(token, timestamp, nonce, encrypted),
        }

    def plain_query(self) -> Query:
        signed = self.query("")
        return {name: signed[name] for name in ("signature", "timestamp", "nonce")}

    def encrypt(self, message: str | bytes, *, key: str | None = None, appid: str | None = None) -> str:
        return self.encrypt_raw(_padded(self.content(message, appid)), key=key)

    def content(self, message: str | bytes, appid: str | None = None, length: int | None = None) -> bytes:
        message = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        size = len(message) if length is None else length
        return b"r" * 16 + size.to_bytes(4, "big") + message + (self.account.appid if appid is None else appid).encode()

    def encrypt_raw(self, blocks: bytes, *, key: str | None = None) -> str:
        raw = base64.b64decode((key or self.account.aes_keys[0]) + "=")
        encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
        return base64.b64encode(encryptor.update(blocks) + encryptor.finalize()).decode()

    def fields(self, **changed: Any) -> dict[str, Any]:
        """Return an honest text message of a sender never seen before, with some fields changed; None drops one."""
        number = next(self.serial)
        honest = {
            "ToUserName": "gh_hostile00001",
            "FromUserName": f"oHostile-{number}",
            "CreateTime": str(self.now),
            "MsgType": "text",
            "Content": "你好",
            "MsgId": str(7_000_000_000_000_000 + number),
        }
        return {name: value for name, value in (honest | changed).items() if value is not None}

    def sealed(self, name: str, message: str | bytes, expected: str = "ack") -> Case:
        encrypted = self.encrypt(message)
        return name, self.query(encrypted), _envelope(encrypted), XML, expected

    def xml(self, name: str, **changed: Any) -> Case:
        return self.sealed(name, _xml(self.fields(**changed)))

    def json(self, name: str, message: object) -> Case:
        encrypted = self.encrypt(message if isinstance(message, str | bytes) else json.dumps(message))
        body = json.dumps({"ToUserName": "gh_hostile00001", "Encrypt": encrypted}).encode()
        return name, self.query(encrypted), body, JSON, "ack"


def _queries(forger: _Forger) -> Iterator[Case]:
    """Everything is right but the query."""
    encrypted = forger.encrypt(_xml(forger.fields()))
    body = _envelope(encrypted)

    def case(name: str, change: Callable[[Query], object] = lambda query: None, **made: str) -> Case:
        query = forger.query(encrypted, **made)
        change(query)
        return name, query, body, XML, "403"

    yield "no query at all", {}, body, XML, "403"
    for missing in ("msg_signature", "timestamp", "nonce"):
        yield case(f"{missing} missing", _without(missing))
        yield case(f"{missing} empty", _with(missing, ""))
    yield case("signature of other text", _with("msg_signature", _sha1("x")))
    yield case("signature cut short", lambda query: query.update(msg_signature=query["msg_signature"][:-1]))
    yield case("signature in capitals", lambda query: query.update(msg_signature=query["msg_signature"].upper() + "A"))
    yield case("signature not ASCII", _with("msg_signature", "é" * 40))
    yield case("only the plain signature holds", lambda query: query.update(msg_signature=query["signature"]))
    yield case("nonce changed after signing", _with("nonce", "1"))
    yield case("nonce is a lone surrogate", _with("nonce", "\ud800"))
    yield case("signed with another token", token="not-our-token")
    yield case("stale", timestamp=str(forger.now - 400))
    yield case("from the future", timestamp=str(forger.now + 400))
    for name, timestamp in {
        "timestamp is a word": "soon",
        "timestamp with a sign": f"+{forger.now}",
        "timestamp with blanks": f" {forger.now} ",
        "timestamp with an underscore": "1_753_862_400",
        "timestamp in full-width digits": "１７５３８６２４００",
        "timestamp is negative": "-1",
        "timestamp is a fraction": f"{forger.now}.5",
        "timestamp of 5,000 digits": "1" * 5000,
    }.items():
        yield case(name, timestamp=timestamp)


def _ciphers(forger: _Forger) -> Iterator[Case]:
    """The signature holds, but the cipher text does not open as ours."""
    message = _xml(forger.fields())
    good, content = forger.encrypt(message), forger.content(message)
    block = -len(content) % 16
    ciphers = {
        "wrong AES key": forger.encrypt(message, key="Z" * 42 + "A"),
        "wrong appid": forger.encrypt(message, appid="wx0000000000000000"),
        "no appid": forger.encrypt(message, appid=""),
        "appid with a tail": forger.encrypt(message, appid=forger.account.appid + "x"),
        "not Base64": "你好！" * 20,
        "Base64 with foreign signs": "*" + good[1:],
        "Base64 of odd length": good[:-3],
        "Base64 with text after its end": good + "=AAAA",
        "nothing to decipher": "",
        "only blanks to decipher": "   ",
        "last block cut off": base64.b64encode(base64.b64decode(good)[:-32]).decode(),
        "cut within a block": base64.b64encode(base64.b64decode(good)[:-7]).decode(),
        "first block cut off": base64.b64encode(base64.b64decode(good)[16:]).decode(),
        "a single block": forger.encrypt_raw(b"\x10" * 16),
        "only padding": forger.encrypt_raw(b"\x20" * 32),
        "padding of zero": forger.encrypt_raw(content + b"\0" * block + b"\0" * 16),
        "padding over 32": forger.encrypt_raw(content + b"\x99" * block + b"\x99" * 48),
        "padding longer than the text": forger.encrypt_raw(b"\x1f" * 16),
        "padding of unequal bytes": forger.encrypt_raw(content + b"x" * (block + 15) + bytes((block + 16,))),
        "length past the end": forger.encrypt_raw(_padded(forger.content(message, length=60_000))),
        "length of four gigabytes": forger.encrypt_raw(_padded(forger.content(message, length=0xFFFF_FFFF))),
        "length one too short": forger.encrypt_raw(_padded(forger.content(message, length=len(message.encode()) - 1))),
        "random bytes": base64.b64encode(hashlib.sha512(message.encode()).digest() * 2).decode(),
    }
    for name, encrypted in ciphers.items():
        yield name, forger.query(encrypted.strip()), _envelope(encrypted), XML, "403"
    yield "cipher of another request", forger.query(forger.encrypt(message + " ")), _envelope(good), XML, "403"
    blank = _envelope(f"\n  {good}\t ")
    yield "blanks around the cipher", forger.query(good), blank, XML, "ack"
    for previous in forger.account.aes_keys[1:]:
        old = forger.encrypt(_xml(forger.fields()), key=previous)
        yield "under the previous key", forger.query(old), _envelope(old), XML, "ack"


def _envelopes(forger: _Forger) -> Iterator[Case]:
    """The XML around the cipher text is not what WeChat sends."""
    good = forger.encrypt(_xml(forger.fields()))
    seal = f"<Encrypt><![CDATA[{good}]]></Encrypt>"
    bodies = {
        "empty body": b"",
        "blank body": b" \r\n\t",
        "a word for a body": b"hello",
        "a form for a body": b"Encrypt=" + good.encode(),
        "NUL for a body": b"\0" * 64,
        "64 KiB and one byte": _envelope(good) + b" " * (65_537 - len(_envelope(good))),
        "one megabyte": _envelope(good, f"<Pad>{'x' * 1_000_000}</Pad>"),
        "entity bomb around the cipher": f"{BOMB}<xml><ToUserName>&d;</ToUserName>{seal}</xml>".encode(),
        "external entity around the cipher": f"{EXTERNAL}<xml><ToUserName>&d;</ToUserName>{seal}</xml>".encode(),
        "parameter entity around the cipher": f"{PARAMETER}<xml>{seal}</xml>".encode(),
        "DOCTYPE around the cipher": f"<!DOCTYPE xml><xml>{seal}</xml>".encode(),
        "undeclared entity around the cipher": f"<xml><ToUserName>&d;</ToUserName>{seal}</xml>".encode(),
        "envelope of great depth": f"<xml>{'<a>' * 5000}{'</a>' * 5000}{seal}</xml>".encode(),
        "envelope with many siblings": f"<xml>{'<a/>' * 10_000}{seal}</xml>".encode(),
        "envelope cut off": _envelope(good)[:-5],
        "envelope with a tail": _envelope(good) + b"<xml/>",
        "envelope with another root": f"<html>{seal}</html>".encode(),
        "envelope without fields": b"<xml/>",
        "envelope in GBK": f"<xml><ToUserName>你好</ToUserName>{seal}</xml>".encode("gbk"),
        "envelope in UTF-16": f"<xml>{seal}</xml>".encode("utf-16"),
        "envelope with a control sign": _envelope(good, "<Note>\x08</Note>"),
        "Encrypt missing": b"<xml><ToUserName>gh_hostile00001</ToUserName></xml>",
        "Encrypt twice": f"<xml>{seal}{seal}</xml>".encode(),
        "Encrypt nested": f"<xml><Encrypt><Encrypt>{good}</Encrypt></Encrypt></xml>".encode(),
        "Encrypt below another element": f"<xml><a>{seal}</a></xml>".encode(),
        "plain message under encrypt_type=aes": _xml(forger.fields()).encode(),
    }
    for name, body in bodies.items():
        yield name, forger.query(good), body, XML, "403"
    plain = "ack" if getattr(forger.account, "allow_plain", False) else "403"
    yield "plain message to a secure account", forger.plain_query(), _xml(forger.fields()).encode(), XML, plain
    compatible = _envelope(good, "<FromUserName>oSomebodyElse</FromUserName><MsgType>event</MsgType><Event>x</Event>")
    yield "compatible mode with other plain fields", forger.query(good), compatible, XML, "ack"
    marked = forger.encrypt(_xml(forger.fields()))
    yield "BOM before the envelope", forger.query(marked), b"\xef\xbb\xbf" + _envelope(marked), XML, "ack"


def _json_envelopes(forger: _Forger) -> Iterator[Case]:
    """The JSON around the cipher text is not what WeChat sends."""
    good = forger.encrypt(json.dumps(forger.fields()))
    bodies = {
        "JSON envelope cut off": b'{"Encrypt": "',
        "JSON envelope an array": json.dumps([{"Encrypt": good}]).encode(),
        "JSON envelope a text": json.dumps(good).encode(),
        "JSON envelope with null": b'{"Encrypt": null}',
        "JSON envelope with a number": b'{"Encrypt": 1e999}',
        "JSON envelope with a list": json.dumps({"Encrypt": [good]}).encode(),
        "JSON envelope without Encrypt": json.dumps(forger.fields()).encode(),
        "JSON envelope with Encrypt twice": f'{{"Encrypt": "{good}", "Encrypt": "{good}"}}'.encode(),
        "JSON envelope of great depth": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "JSON envelope a deep array": b'{"Encrypt":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        "JSON envelope in GBK": json.dumps({"a": "你好", "Encrypt": good}, ensure_ascii=False).encode("gbk"),
        "JSON envelope in UTF-16": json.dumps({"Encrypt": good}).encode("utf-16"),
        "JSON envelope with a lone surrogate": f'{{"a": "\\ud800", "Encrypt": "{good}"}}'.encode(),
        "JSON cipher text not ASCII": b'{"Encrypt": "\\ud800\\u4f60"}',
    }
    for name, body in bodies.items():
        yield name, forger.query(good), body, JSON, "403"
    yield "JSON labelled as XML", forger.query(good), json.dumps({"Encrypt": good}).encode(), XML, "ack"
    other = forger.encrypt(_xml(forger.fields()))
    yield "XML labelled as JSON", forger.query(other), _envelope(other), JSON, "ack"


def _messages(forger: _Forger) -> Iterator[Case]:
    """WeChat's own seal around something that is no message."""
    whole = _xml(forger.fields())
    messages: dict[str, str | bytes] = {
        "empty message": "",
        "blank message": " \n ",
        "a word for a message": "hello",
        "message cut off": whole[:-9],
        "message with a tail": whole + whole,
        "message with another root": whole.replace("xml>", "html>"),
        "message without fields": "<xml></xml>",
        "message in GBK": whole.encode("gbk"),
        "message in GBK that says so": b'<?xml version="1.0" encoding="GBK"?>' + whole.encode("gbk"),
        "message in UTF-16": whole.encode("utf-16"),
        "message with half a character": whole.encode().replace("好".encode(), b"\xe5\xa5"),
        "message with an encoded surrogate": whole.replace("你好", "\ud83d"),
        "message with a control sign": whole.replace("你好", "a\x08b"),
        "message with NUL": whole.replace("你好", "a\0b"),
        "message with a forbidden reference": whole.replace("<![CDATA[你好]]>", "&#8;"),
        "message with U+FFFF": whole.replace("你好", "\uffff"),
        "entity bomb in the message": BOMB + whole.replace("<![CDATA[你好]]>", "&d;"),
        "external entity in the message": EXTERNAL + whole.replace("<![CDATA[你好]]>", "&d;"),
        "parameter entity in the message": PARAMETER + whole,
        "DOCTYPE in the message": "<!DOCTYPE xml>" + whole,
        "undeclared entity in the message": whole.replace("<![CDATA[你好]]>", "&nbsp;"),
        "message of great depth": f"<xml>{'<a>' * 4000}{'</a>' * 4000}</xml>",
        "message with many siblings": whole.replace("</xml>", "<a/>" * 8000 + "</xml>"),
        "one element many times": whole.replace("</xml>", "<Content>x</Content>" * 1500 + "</xml>"),
        "BOM before the message": "\ufeff" + whole,
        "message with attributes": whole.replace("<Content>", '<Content xmlns:a="urn:x" a:b="c">'),
        "message with a comment and an instruction": whole.replace("<Content>", "<!-- x --><?php echo 1 ?><Content>"),
    }
    for name, message in messages.items():
        yield forger.sealed(name, message)


def _headers(forger: _Forger) -> Iterator[Case]:
    """A field that every message has is missing, empty, nested, repeated or not what it should be."""
    for name in ("MsgType", "FromUserName", "ToUserName", "CreateTime", "MsgId", "Content"):
        yield forger.xml(f"{name} missing", **{name: None})
        yield forger.xml(f"{name} empty", **{name: ""})
        yield forger.xml(f"{name} nested", **{name: {name: "text"}})
        yield forger.xml(f"{name} twice", **{name: ["text", "event"]})
    yield forger.xml("MsgType unknown", MsgType="telepathy")
    yield forger.xml("MsgType in capitals", MsgType="TEXT")
    yield forger.xml("MsgType of 5,000 letters", MsgType="x" * 5000)
    for name in ("CreateTime", "MsgId"):
        for value in ("soon", "-1", "1e400", "9" * 400, "１２３"):
            yield forger.xml(f"{name} is {value[:8]}", **{name: value})
    yield forger.xml("MsgId with quotes", MsgId="1' OR '1'='1")
    yield forger.xml("sender with a path", FromUserName="../../etc/passwd")
    yield forger.xml("sender of 5,000 letters", FromUserName="o" * 5000)


def _texts(forger: _Forger) -> Iterator[Case]:
    """What a citizen, or somebody playing one, may put into a field that we say back."""
    for name in ("Content", "FromUserName", "ToUserName", "MsgId"):
        yield forger.xml(f"]]> in {name}", **{name: "a]]>b]]>"})
        yield forger.xml(f"injection in {name}", **{name: INJECTION})
    for name in ("EventKey", "Event", "Ticket"):
        event = {"MsgType": "event", "Event": "CLICK", "EventKey": "k", "Content": None, "MsgId": None}
        yield forger.xml(f"]]> in {name} of an event", **event | {name: "a]]>b"})
    for name, text in {
        "long text": "办" * 7000,
        "text of blanks": " \u3000\u200b\n",
        "text with direction signs": "\u202eabc\u2066",
        "text of emoji and rare characters": "👩‍👩‍👧‍👦🏳️‍🌈𠮷𪚥" * 300,
        "text of combining marks": "e" + "\u0301" * 3000,
        "text with markup": "<script>alert(1)</script>&amp;&lt;",
        "text with format marks": "{0} %s %n ${jndi:ldap://127.0.0.1/a}",
        "text with C1 signs": "a\x80\x85\x9fb",
        "text of the words success": "success",
    }.items():
        yield forger.xml(name, Content=text)


def _events(forger: _Forger) -> Iterator[Case]:
    """Events without the parts that their kind must have."""
    bare = {"MsgType": "event", "Content": None, "MsgId": None}
    yield forger.xml("event without Event", **bare)
    yield forger.xml("event with Event nested", **bare, Event={"Event": "subscribe"})
    yield forger.xml("event with Event twice", **bare, Event=["subscribe", "unsubscribe"])
    yield forger.xml("event unknown", **bare, Event="telepathy")
    yield forger.xml("CLICK without its key", **bare, Event="CLICK")
    yield forger.xml("SCAN with a nested key", **bare, Event="SCAN", EventKey={"a": "b"})
    yield forger.xml("subscribe with a bare prefix", **bare, Event="subscribe", EventKey="qrscene_")
    popup = "subscribe_msg_popup_event"
    yield forger.xml("popup without its list", **bare, Event=popup)
    yield forger.xml("popup with an empty list", **bare, Event=popup, SubscribeMsgPopupEvent="")
    yield forger.xml("popup with a text for a list", **bare, Event=popup, SubscribeMsgPopupEvent={"List": "x"})
    yield forger.xml(
        "popup with mixed entries", **bare, Event=popup, SubscribeMsgPopupEvent={"List": ["x", {"a": "b"}]}
    )
    yield forger.xml("location without numbers", MsgType="location", Content=None, Location_X="north", Location_Y="")
    yield forger.xml("image without MediaId", MsgType="image", Content=None)
    lists: dict[str, Any] = {"null": None, "a text": "x", "an empty array": [], "nulls": [None], "arrays": [[[]]]}
    for name, entries in lists.items():
        yield forger.json(f"JSON popup with {name} for a list", forger.fields(**bare, Event=popup) | {"List": entries})


def _json_messages(forger: _Forger) -> Iterator[Case]:
    """The same in JSON, with what only JSON can express."""
    lone = "\\ud83d"
    for name, message in {
        "JSON message cut off": '{"MsgType": "text"',
        "JSON message an array": json.dumps([forger.fields()]),
        "JSON message a text": '"hello"',
        "JSON message null": "null",
        "JSON message without fields": "{}",
        "JSON message in GBK": json.dumps(forger.fields(), ensure_ascii=False).encode("gbk"),
        "JSON message in UTF-16": json.dumps(forger.fields()).encode("utf-16"),
        "JSON message of great depth": '{"a":' * 5000 + "1" + "}" * 5000,
        "JSON message with a deep array": '{"MsgType": "text", "a": ' + "[" * 9000 + "]" * 9000 + "}",
        "JSON message with many fields": json.dumps(forger.fields() | {f"f{each}": 1 for each in range(2000)}),
        "JSON message with NaN": json.dumps(forger.fields() | {"CreateTime": float("nan")}),
        "JSON message with 1e999": json.dumps(forger.fields()).replace('"7000', '1e999, "x": "7000'),
        "JSON message with 5,000 digits": json.dumps(forger.fields() | {"x": 0}).replace(": 0}", f": {'9' * 5000}}}"),
        "JSON message with MsgType twice": json.dumps(forger.fields())[:-1] + ', "MsgType": "event"}',
        "JSON message with a raw line break": json.dumps(forger.fields(Content="@")).replace("@", "a\nb"),
    }.items():
        yield forger.json(name, message)
    for name in ("Content", "FromUserName", "ToUserName", "MsgType", "MsgId"):
        marked = json.dumps(forger.fields(**{name: "@"})).replace("@", lone)
        yield forger.json(f"lone surrogate in {name}", marked)
        yield forger.json(f"JSON {name} null", forger.fields() | {name: None})
        for kind, value in {"a number": 5, "true": True, "an object": {"a": 1}, "an array": ["a"]}.items():
            yield forger.json(f"JSON {name} {kind}", forger.fields(**{name: value}))
    yield forger.json("lone surrogate in a name", json.dumps(forger.fields() | {"@": 1}).replace("@", lone))
    yield forger.json("JSON text with NUL and C0 signs", forger.fields(Content="a\0b\x08c\x1bd"))
    yield forger.json("JSON text with ]]>", forger.fields(Content=INJECTION))
    yield forger.json("JSON sender with ]]>", forger.fields(FromUserName="o]]>"))
    yield forger.json("JSON numbers of 400 digits", forger.fields(CreateTime=10**400, MsgId=10**400))
    yield forger.json("JSON fractions", forger.fields(CreateTime=1.5, MsgId=1e300))


def _with(name: str, value: str) -> Callable[[Query], object]:
    return lambda query: query.update({name: value})


def _without(name: str) -> Callable[[Query], object]:
    return lambda query: query.pop(name)


def _sha1(*signed: str) -> str:
    return hashlib.sha1("".join(sorted(signed)).encode("utf-8", "surrogatepass")).hexdigest()


def _padded(content: bytes) -> bytes:
    size = 32 - len(content) % 32
    return content + bytes((size,)) * size


def _envelope(encrypted: str, more: str = "") -> bytes:
    head = f"<xml>\n    <ToUserName><![CDATA[gh_hostile00001]]></ToUserName>{more}\n"
    return f"{head}    <Encrypt><![CDATA[{encrypted}]]></Encrypt>\n</xml>".encode("utf-8", "surrogatepass")


def _xml(fields: dict[str, Any]) -> str:
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def _element(name: str, value: Any) -> str:
    """Write one field: a list as a repeated element, a dict as nested ones, `]]>` so that the parser gives it back."""
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(inner, each) for inner, each in value.items())}</{name}>"
    return f"<{name}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
