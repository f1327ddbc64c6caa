"""Passive replies stay well-formed and say what was meant, whatever the text."""

import random
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from wechatpy.replies import deserialize_reply

from bot.xmlreply import TEXT_LIMIT, Article, news_reply, text_reply, transfer_reply

AT = 1_753_862_400
PIECES = [
    "a",
    " ",
    "\t",
    "\n",
    "&",
    "<",
    ">",
    "]",
    "]]",
    "]]>",
    "]]]>>",
    "<![CDATA[",
    "</Content>",
    "</xml>",
    "<!--",
    "办",
]
PIECES += [
    "é",
    "😀",
    "👩‍👧",
    "𠮷",
    "\0",
    "\x08",
    "\x0b",
    "\x1b",
    "\x7f",
    "\x85",
    "\u2028",
    "\ud83d",
    "\udc00",
    "\ufffe",
    "\uffff",
]


def generated(seed: int) -> str:
    pick = random.Random(seed)
    return "".join(pick.choices(PIECES, k=pick.randrange(0, 400)))


def carried(text: str) -> str:
    """What of a text XML can carry at all, written independently of the code under test."""
    kept = (sign for sign in text if sign in "\t\n" or (sign >= " " and not 0xD800 <= ord(sign) <= 0xDFFF))
    return re.sub("[\ufffe\uffff]", "", "".join(kept))


def parsed(reply: str) -> dict[str, Any]:
    """Read with another parser than ours; a repeated element fails."""
    root = ElementTree.fromstring(reply.encode())  # our own XML
    assert len({child.tag for child in root}) == len(root)
    return {child.tag: child.text or "" for child in root}


@pytest.mark.parametrize("seed", range(300))
def test_a_text_comes_back_as_it_was_said(seed: int) -> None:
    to, from_, content = generated(seed + 1000)[:40], generated(seed + 2000)[:40], generated(seed)

    fields = parsed(text_reply(to, from_, content, AT))

    assert fields.pop("Content") == carried(content).encode()[:TEXT_LIMIT].decode(errors="ignore")
    assert fields == {
        "ToUserName": carried(to),
        "FromUserName": carried(from_),
        "CreateTime": str(AT),
        "MsgType": "text",
    }


@pytest.mark.parametrize("seed", range(100))
def test_an_article_comes_back_as_it_was_written(seed: int) -> None:
    title, description, url, picture = (generated(seed * 4 + each) for each in range(4))

    root = ElementTree.fromstring(news_reply("o1", "gh_1", Article(title, description, url, picture), AT).encode())

    item = {child.tag: child.text or "" for child in root.find("Articles/item") or ()}
    written = {"Title": title, "Description": description, "Url": url, "PicUrl": picture}
    assert item == {name: carried(text) for name, text in written.items()}
    assert root.findtext("ArticleCount") == "1"


@pytest.mark.parametrize("seed", range(50))
def test_a_transfer_names_its_clerk(seed: int) -> None:
    clerk = "kf2001@" + generated(seed)

    root = ElementTree.fromstring(transfer_reply("o1", "gh_1", AT, clerk=clerk).encode())

    assert root.findtext("MsgType") == "transfer_customer_service"
    assert root.findtext("TransInfo/KfAccount") == carried(clerk)


def test_a_transfer_to_anybody_names_nobody() -> None:
    assert "TransInfo" not in transfer_reply("o1", "gh_1", AT)


@pytest.mark.parametrize("sign", ["a", "é", "办", "𠮷"])
@pytest.mark.parametrize("before", range(4))
def test_a_long_text_is_cut_between_characters(sign: str, before: int) -> None:
    content = "a" * before + sign * TEXT_LIMIT

    said = parsed(text_reply("o1", "gh_1", content, AT))["Content"]

    assert TEXT_LIMIT - len(sign.encode()) < len(said.encode()) <= TEXT_LIMIT
    assert content.startswith(said)


def test_a_cut_within_a_closing_mark_leaves_a_whole_reply() -> None:
    for before in range(TEXT_LIMIT - 4, TEXT_LIMIT + 1):
        said = parsed(text_reply("o1", "gh_1", "a" * before + "]]>" * 5, AT))["Content"]

        assert said == ("a" * before + "]]>" * 5)[:TEXT_LIMIT]


def test_wechatpy_reads_what_it_can() -> None:
    text = deserialize_reply(text_reply("o1", "gh_1", "你好 😀", AT))
    transfer = deserialize_reply(transfer_reply("o1", "gh_1", AT))

    assert (text.type, text.content, text.target, text.source) == ("text", "你好 😀", "o1", "gh_1")
    assert transfer.type == "transfer_customer_service"
