"""Passive replies (被动回复) as XML that stays well-formed whatever a citizen or a clerk has typed.

The answer goes `to` the openid that wrote and comes `from_` our account; `at` is the time in seconds since 1970.
"""

import re
from dataclasses import dataclass

TEXT_LIMIT = 2000  # bytes of UTF-8; WeChat publishes no limit, 2,048 has been measured

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 cannot carry


@dataclass(frozen=True)
class Article:
    """The one article of a news reply."""

    title: str
    description: str
    url: str
    picture_url: str = ""


def text_reply(to: str, from_: str, content: str, at: int) -> str:
    """Say `content`, cut to what WeChat delivers."""
    return _reply(to, from_, at, "text", _element("Content", _cut(_clean(content))))


def transfer_reply(to: str, from_: str, at: int, *, clerk: str | None = None) -> str:
    """Hand the person over to the human desk (转人工), to one clerk's account if named."""
    chosen = f"<TransInfo>{_element('KfAccount', clerk)}</TransInfo>" if clerk else ""
    return _reply(to, from_, at, "transfer_customer_service", chosen)


def news_reply(to: str, from_: str, article: Article, at: int) -> str:
    """Show one article; WeChat takes no more than one."""
    item = (
        _element("Title", article.title)
        + _element("Description", article.description)
        + _element("PicUrl", article.picture_url)
        + _element("Url", article.url)
    )
    return _reply(to, from_, at, "news", f"<ArticleCount>1</ArticleCount><Articles><item>{item}</item></Articles>")


def _reply(to: str, from_: str, at: int, kind: str, rest: str) -> str:
    head = _element("ToUserName", to) + _element("FromUserName", from_)
    return f"<xml>{head}<CreateTime>{at:d}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{rest}</xml>"


def _element(name: str, text: str) -> str:
    """Wrap a text so that it cannot end its own field: `]]>` is divided between two CDATA sections."""
    safe = _clean(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)


def _cut(text: str) -> str:
    return text.encode()[:TEXT_LIMIT].decode(errors="ignore")
