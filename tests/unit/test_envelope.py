"""The sealed envelope against published vectors, against wechatpy, and against what no honest sender writes."""

import base64
import hashlib
import json
import random
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from wechatpy.crypto import WeChatCrypto

from bot.envelope import BODY_LIMIT, Account, Envelope, Opened, Rejected, Unreadable
from tests.data.hostile_bodies import hostile_bodies

KNOWN = json.loads((Path(__file__).parents[1] / "data" / "wechat_vectors.json").read_text(encoding="utf-8"))
NOW = 1_753_862_400
KEY = base64.b64encode(bytes(range(32))).decode()[:43]
PREVIOUS = base64.b64encode(bytes(range(32, 64))).decode()[:43]
ACCOUNT = Account("wx0123456789abcdef", "qiantai", (KEY, PREVIOUS))
PLAIN = Account("wx0123456789abcdef", "qiantai")
MESSAGE = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>"
    "<CreateTime>1753862400</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{}]]></Content></xml>"
)
HEAD = {"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": "1753862400", "MsgType": "text"}


def vectors(*kinds: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in KNOWN["vectors"] if vector["kind"] in kinds]


def sha1(*signed: str) -> str:
    return hashlib.sha1("".join(sorted(signed)).encode()).hexdigest()


def a_query(account: Account = ACCOUNT, encrypted: str | None = None, **changed: str) -> dict[str, str]:
    """A signed query: plain without a cipher text, secure with one."""
    query = {"timestamp": str(NOW), "nonce": "12345", "signature": sha1(account.token, str(NOW), "12345")}
    if encrypted is not None:
        query |= {"encrypt_type": "aes", "msg_signature": sha1(account.token, str(NOW), "12345", encrypted)}
    return query | changed


def wechat(key: str = KEY, appid: str = ACCOUNT.appid) -> WeChatCrypto:
    return WeChatCrypto(ACCOUNT.token, key, appid)


def a_push(message: str, *, key: str = KEY, appid: str = ACCOUNT.appid) -> tuple[bytes, dict[str, str]]:
    """Body and query of a secure push as wechatpy makes it."""
    sealed = wechat(key, appid).encrypt_message(message, "12345", str(NOW))
    encrypted = sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    return sealed.encode(), a_query(encrypted=encrypted)


def opened(message: str, **made: str) -> Opened:
    body, query = a_push(message, **made)
    return Envelope(ACCOUNT).open(body, query, now=NOW)


def refusal(body: bytes, query: dict[str, str], account: Account = ACCOUNT) -> str:
    with pytest.raises(Rejected) as caught:
        Envelope(account).open(body, query, now=NOW)
    return caught.value.reason


# published vectors


@pytest.mark.parametrize("vector", vectors("url"))
def test_the_published_url_check_is_answered_with_its_echostr(vector: dict[str, str]) -> None:
    query = {name: vector[name] for name in ("signature", "timestamp", "nonce", "echostr")}

    answer = Envelope(Account("any", vector["token"])).verify_url(query, now=int(vector["timestamp"]))

    assert answer == vector["echostr"]


@pytest.mark.parametrize("vector", vectors("plain"))
def test_the_published_plain_push_is_opened(vector: dict[str, str]) -> None:
    query = {name: vector[name] for name in ("signature", "timestamp", "nonce")}
    envelope = Envelope(Account("any", vector["token"]))

    message = envelope.open(vector["body"].encode(), query, now=int(vector["timestamp"]))

    assert message == Opened(json.loads(vector["body"]), "json", None)
    assert envelope.seal("<xml/>", message, now=NOW) == "<xml/>"


@pytest.mark.parametrize("vector", vectors("decrypt"))
def test_a_published_secure_push_is_opened(vector: dict[str, Any]) -> None:
    signed = {"msg_signature": vector["signature"], "encrypt_type": "aes"}
    query = signed | {name: vector[name] for name in ("timestamp", "nonce")}
    xml = f"<xml><Encrypt><![CDATA[{vector['ciphertext']}]]></Encrypt></xml>"
    body = xml if vector["format"] == "xml" else json.dumps({"Encrypt": vector["ciphertext"]})

    message = Envelope(account_of(vector)).open(body.encode(), query, now=int(vector["timestamp"]))

    assert (message.raw_format, message.key) == (vector["format"], vector["aes_key"])
    assert message.fields == read_independently(vector["plaintext"])


@pytest.mark.parametrize("vector", vectors("encrypt"))
def test_a_published_reply_is_sealed_to_the_letter(vector: dict[str, str]) -> None:
    question = Opened({}, "json", vector["aes_key"])

    answer = Envelope(account_of(vector)).seal(
        vector["plaintext"],
        question,
        now=int(vector.get("timestamp", NOW)),
        nonce=vector.get("nonce"),
        random16=vector["random"].encode(),
    )

    written = json.loads(answer)
    assert written["Encrypt"] == vector["ciphertext"]
    assert written["MsgSignature"] == vector.get("signature", written["MsgSignature"])


@pytest.mark.parametrize("shape", [pytest.param(shape, id=shape["name"]) for shape in KNOWN["shapes"]])
def test_a_known_shape_is_read_as_it_stands(shape: dict[str, Any]) -> None:
    message = Envelope(PLAIN).open(shape["body"].encode(), a_query(PLAIN), now=NOW)

    assert message == Opened(shape["fields"], shape["format"], None)


def read_independently(text: str) -> dict[str, Any]:
    if text.startswith("{"):
        return dict(json.loads(text))
    return {child.tag: child.text or "" for child in ElementTree.fromstring(text)}


def account_of(vector: dict[str, Any]) -> Account:
    return Account(vector["appid"], vector["token"], (vector["aes_key"],))


# wechatpy in both directions

ALPHABET = [
    "a",
    "Z",
    "0",
    " ",
    "\n",
    "&",
    "<",
    ">",
    '"',
    "'",
    "]]>",
    "<![CDATA[",
    "办",
    "，",
    "é",
    "😀",
    "👩‍👧",
    "𠮷",
    "𪚥",
]


def generated(seed: int) -> str:
    pick = random.Random(seed)
    return "".join(pick.choices(ALPHABET, k=pick.randrange(0, 600)))


@pytest.mark.parametrize("seed", range(40))
def test_what_wechatpy_seals_is_opened_here(seed: int) -> None:
    text = generated(seed)

    message = opened(MESSAGE.format(text.replace("]]>", "]]]]><![CDATA[>")))

    assert message == Opened({**HEAD, "Content": text}, "xml", KEY)


@pytest.mark.parametrize("raw_format", ["xml", "json"])
@pytest.mark.parametrize("seed", range(40))
def test_what_is_sealed_here_is_opened_by_wechatpy(seed: int, raw_format: Any) -> None:
    text = generated(seed) or "."

    answer = Envelope(ACCOUNT).seal(text, Opened({}, raw_format, KEY), now=NOW)

    fields = json.loads(answer) if raw_format == "json" else xml_fields(answer)
    assert fields["TimeStamp"] in (NOW, str(NOW))
    nonce, signature = fields["Nonce"], fields["MsgSignature"]
    assert wechat().decrypt_message(fields, signature, str(NOW), nonce) == text


@pytest.mark.parametrize("length", range(64))
def test_every_length_of_padding_is_sealed_and_opened(length: int) -> None:
    assert opened(MESSAGE.format("x" * length)).fields["Content"] == "x" * length
    answer = Envelope(ACCOUNT).seal("x" * (length + 1), Opened({}, "xml", KEY), now=NOW)
    fields = xml_fields(answer)
    assert wechat().decrypt_message(answer, fields["MsgSignature"], str(NOW), fields["Nonce"]) == "x" * (length + 1)


def xml_fields(text: str) -> dict[str, Any]:
    """Read flat XML with the envelope's own parser, by way of a plain push."""
    padded = text.replace(
        "</xml>", "<MsgType>x</MsgType><FromUserName>x</FromUserName><ToUserName>x</ToUserName></xml>"
    )
    return Envelope(PLAIN).open(padded.encode(), a_query(PLAIN), now=NOW).fields


# keys and modes


def test_the_previous_key_opens_and_then_seals_the_answer() -> None:
    message = opened(MESSAGE.format("x"), key=PREVIOUS)

    answer = Envelope(ACCOUNT).seal("hello", message, now=NOW)

    fields = xml_fields(answer)
    assert message.key == PREVIOUS
    assert wechat(PREVIOUS).decrypt_message(answer, fields["MsgSignature"], str(NOW), fields["Nonce"]) == "hello"


@pytest.mark.parametrize("reply", ["success", ""])
def test_an_acknowledgement_is_never_encrypted(reply: str) -> None:
    assert Envelope(ACCOUNT).seal(reply, Opened({}, "xml", KEY), now=NOW) == reply


@pytest.mark.parametrize("nonce", ["]]><x/>", '","a":"', "", "１２", "a b"])
def test_a_nonce_cannot_break_out_of_its_field(nonce: str) -> None:
    answer = Envelope(ACCOUNT).seal("hello", Opened({}, "json", KEY), now=NOW, nonce=nonce)

    assert json.loads(answer)["Nonce"].isdigit()


def test_of_a_compatible_push_only_the_decrypted_part_is_trusted() -> None:
    body, query = a_push(MESSAGE.format("真"))
    body = body.replace(b"<xml>", MESSAGE.format("假").replace("</xml>", "").replace("o1", "o2").encode(), 1)

    message = Envelope(ACCOUNT).open(body, query, now=NOW)

    assert message.fields == {**HEAD, "Content": "真"}


def test_a_plain_push_to_an_account_with_keys_is_refused() -> None:
    body = MESSAGE.format("x").encode()

    assert refusal(body, a_query()) == "not encrypted"
    assert refusal(body, a_query(encrypt_type="aes"), a_permissive_account()) == "not encrypted"


def test_a_plain_push_is_taken_where_the_account_allows_it() -> None:
    message = Envelope(a_permissive_account()).open(MESSAGE.format("x").encode(), a_query(), now=NOW)

    assert message.key is None


def test_an_encrypted_push_without_a_key_is_refused() -> None:
    assert refusal(*a_push(MESSAGE.format("x")), PLAIN) == "no AES key opens it"


def a_permissive_account() -> Account:
    return Account(ACCOUNT.appid, ACCOUNT.token, ACCOUNT.aes_keys, allow_plain=True)


@pytest.mark.parametrize("key", ["A" * 42, "A" * 47, "!" * 43])
def test_a_key_that_is_none_stops_the_start(key: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (each library words it its own way)
        Envelope(Account("wx", "token", (key,)))


def test_neither_secrets_nor_messages_show_in_a_traceback() -> None:
    shown = repr(ACCOUNT) + repr(opened(MESSAGE.format("私事")))

    assert not [secret for secret in (KEY, ACCOUNT.token, "私事") if secret in shown]


# the refusals, each with its reason


@pytest.mark.parametrize("offset", [-300, 0, 300])
def test_the_window_of_time_includes_its_edges(offset: int) -> None:
    body, query = a_push(MESSAGE.format("x"))

    assert Envelope(ACCOUNT).open(body, query, now=NOW + offset).key == KEY


@pytest.mark.parametrize("offset", [-301, 301])
def test_outside_the_window_of_time_a_push_is_stale(offset: int) -> None:
    body, query = a_push(MESSAGE.format("x"))

    with pytest.raises(Rejected, match="stale"):
        Envelope(ACCOUNT).open(body, query, now=NOW + offset)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"msg_signature": "0" * 40}, "msg_signature does not match"),
        ({"msg_signature": "é"}, "msg_signature does not match"),
        ({"nonce": "54321"}, "msg_signature does not match"),
        ({"nonce": ""}, "nonce is missing"),
        ({"timestamp": "soon"}, "timestamp is not a number"),
    ],
)
def test_a_changed_query_is_refused(changed: dict[str, str], reason: str) -> None:
    body, query = a_push(MESSAGE.format("x"))

    assert refusal(body, query | changed) == reason


def test_a_message_for_another_appid_is_refused() -> None:
    assert refusal(*a_push(MESSAGE.format("x"), appid="wxother")) == "meant for another appid"


def test_the_url_check_needs_its_signature_and_its_echostr() -> None:
    envelope = Envelope(ACCOUNT)

    for query in (a_query(echostr="7", signature="0" * 40), a_query(), {"echostr": "7"}):
        with pytest.raises(Rejected):
            envelope.verify_url(query, now=NOW)


@pytest.mark.parametrize(("size", "accepted"), [(BODY_LIMIT, True), (BODY_LIMIT + 1, False)])
def test_the_body_may_reach_its_limit_and_no_further(size: int, accepted: bool) -> None:
    body = MESSAGE.format("x").encode().ljust(size)

    if accepted:
        assert Envelope(PLAIN).open(body, a_query(PLAIN), now=NOW).fields["Content"] == "x"
    else:
        assert refusal(body, a_query(PLAIN), PLAIN) == "body too large"


# hostile bodies and limits


@pytest.mark.parametrize("account", [ACCOUNT, a_permissive_account()], ids=["secure", "plain allowed"])
def test_every_hostile_body_gets_the_answer_it_deserves(account: Account) -> None:
    cases = hostile_bodies(account, now=NOW)

    assert len(cases) > 45
    assert len({name for name, *_ in cases}) == len(cases)
    assert [case[0] for case in cases if verdict(account, *case[1:3]) != case[4]] == []


def verdict(account: Account, query: dict[str, str], body: bytes) -> str:
    try:
        Envelope(account).open(body, query, now=NOW)
    except Rejected:
        return "403"
    except Unreadable:
        return "ack"
    return "ack"


@pytest.mark.parametrize(
    "message",
    [
        MESSAGE.format("x").replace("MsgType>", "Kind>"),
        MESSAGE.format("x").replace("<![CDATA[text]]>", ""),
        MESSAGE.format("x").replace("<![CDATA[text]]>", "<MsgType>text</MsgType>"),
        MESSAGE.format("x").replace("</xml>", "<MsgType>event</MsgType></xml>"),
        '{"ToUserName":"gh_1","FromUserName":"o1","MsgType":"text","Content":"\\ud83d"}',
        '{"ToUserName":"gh_1","FromUserName":"o1","MsgType":"text","MsgType":"event"}',
        '{"ToUserName":"gh_1","FromUserName":null,"MsgType":"text"}',
        '{"ToUserName":"gh_1","FromUserName":"o1","MsgType":"text","CreateTime":NaN}',
        "[]",
        "",
    ],
    ids=["missing", "empty", "nested", "twice", "surrogate", "twice in JSON", "null", "NaN", "array", "nothing"],
)
def test_what_wechat_sealed_but_nobody_can_read_is_unreadable(message: str) -> None:
    with pytest.raises(Unreadable):
        opened(message)


@pytest.mark.parametrize(("depth", "accepted"), [(8, True), (9, False)])
@pytest.mark.parametrize("raw_format", ["xml", "json"])
def test_nesting_ends_at_the_limit(depth: int, accepted: bool, raw_format: str) -> None:
    if raw_format == "xml":
        message = MESSAGE.format("x").replace("</xml>", "<a>" * (depth - 1) + "</a>" * (depth - 1) + "</xml>")
    else:
        nested = '{"a":' * (depth - 2) + "1" + "}" * (depth - 2)
        message = f'{{"ToUserName":"gh","FromUserName":"o","MsgType":"text","a":{nested}}}'

    if accepted:
        assert opened(message).fields["a"]
    else:
        with pytest.raises(Unreadable):
            opened(message)


def test_a_surrogate_pair_written_as_escapes_is_a_character() -> None:
    message = opened('{"ToUserName":"gh_1","FromUserName":"o1","MsgType":"text","Content":"\\ud83d\\ude00"}')

    assert message.fields["Content"] == "😀"
