"""What we need from WeChat (微信接口), and what each of its refusals means for us. The seam: nothing here does I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from models.rules.errors import LoginBlocked, LoginCodeRefused, Refusal, TooMany, WeChatUnreachable

TEXT_LIMIT = 2_000
"""Bytes of UTF-8 in one text message."""
MOST_PARTS = 3
"""Messages that one text may take; WeChat allows five in answer to one."""


class Reaction(Enum):
    """What is to be done about an answer of WeChat."""

    DONE = "done"  # it worked
    RETRY = "retry"  # try again later; nothing was delivered
    REFRESH = "refresh"  # new access token, one more try
    DROP = "drop"  # this message will never go through
    MARK = "mark"  # drop it, and note on the person or template what `Code.mark` says
    ALERT = "alert"  # account or configuration: a human must look
    WAIT = "wait"  # this API rests until its quota begins anew
    SPLIT = "split"  # too long: send it in smaller pieces, once
    IGNORE = "ignore"  # as good as done
    HOLD = "hold"  # cannot be judged by machine: a clerk decides
    FRESH_CODE = "fresh_code"  # the person logs in again
    BLOCKED = "blocked"  # WeChat keeps this person out
    UNSURE = "unsure"  # sent, no answer: probably delivered, must not be sent again


class Mark(Enum):
    """What to note when a refusal tells something lasting."""

    BAD_OPENID = "bad_openid"  # no such person at this account
    UNFOLLOWED = "unfollowed"
    REFUSES = "refuses"  # the person has switched our messages off, or is on the blacklist
    NO_CONSENT = "no_consent"  # balance 0: ask again in the mini-program
    BAD_TEMPLATE = "bad_template"  # use the template no more


@dataclass(frozen=True, slots=True)
class Code:
    """One error code of WeChat."""

    reaction: Reaction
    meaning: str
    mark: Mark | None = None
    after: float = 0.0
    """Seconds to leave before the next try."""
    alert: bool = False
    """Log it as an error whatever the reaction: ours to repair."""
    stop: bool = False
    """No call of this account can work until somebody has repaired it."""


_R, _M = Reaction, Mark

CODES: Mapping[int, Code] = {
    -1: Code(_R.RETRY, "WeChat is busy"),
    40001: Code(_R.REFRESH, "token invalid or superseded; on the token call itself: wrong secret"),
    40014: Code(_R.REFRESH, "token invalid"),
    42001: Code(_R.REFRESH, "token expired"),
    40013: Code(_R.ALERT, "app id wrong", stop=True),
    40125: Code(_R.ALERT, "app secret wrong", stop=True),
    41002: Code(_R.ALERT, "app id missing", stop=True),
    41004: Code(_R.ALERT, "app secret missing", stop=True),
    40243: Code(_R.ALERT, "app secret frozen", stop=True),
    50004: Code(_R.ALERT, "API barred for this account", stop=True),
    50007: Code(_R.ALERT, "account frozen", stop=True),
    40164: Code(_R.ALERT, "our address is not on the whitelist; the text names it", stop=True),
    89503: Code(_R.ALERT, "the call awaits an administrator's confirmation", stop=True),
    40029: Code(_R.FRESH_CODE, "login, phone or OAuth code invalid or used"),
    40163: Code(_R.FRESH_CODE, "OAuth code used"),
    40226: Code(_R.BLOCKED, "person marked as high-risk"),
    45011: Code(_R.WAIT, "limit of the minute"),
    44990: Code(_R.RETRY, "limit of the second", after=1.0),
    44991: Code(_R.RETRY, "limit of the minute (links, safety check)", after=60.0),
    45009: Code(_R.WAIT, "quota of the day", alert=True),
    44993: Code(_R.WAIT, "quota of the day", alert=True),
    48006: Code(_R.ALERT, "the ten quota resets of the month are used up"),
    40003: Code(_R.MARK, "openid wrong, of another account, or not a follower", _M.BAD_OPENID),
    43004: Code(_R.MARK, "not a follower", _M.UNFOLLOWED),
    43019: Code(_R.MARK, "person is on the blacklist", _M.REFUSES),
    48002: Code(_R.MARK, "person has switched messages off", _M.REFUSES),
    43101: Code(_R.MARK, "no consent left, or refused", _M.NO_CONSENT),
    43107: Code(_R.ALERT, "notices or template banned", _M.BAD_TEMPLATE),
    43108: Code(_R.RETRY, "two sends to one person at once", after=1.0),
    43116: Code(_R.ALERT, "template banned", _M.BAD_TEMPLATE),
    43117: Code(_R.RETRY, "too often to one person", after=300.0),
    40037: Code(_R.ALERT, "template invalid or deleted", _M.BAD_TEMPLATE),
    41030: Code(_R.ALERT, "page is not in the released mini-program; send without page"),
    47003: Code(_R.DROP, "a field breaks the template's rule; the text names it", alert=True),
    45168: Code(_R.DROP, "sensitive word", alert=True),
    47001: Code(_R.DROP, "request malformed", alert=True),
    44002: Code(_R.DROP, "request empty", alert=True),
    43002: Code(_R.DROP, "POST required", alert=True),
    41001: Code(_R.DROP, "token missing", alert=True),
    45015: Code(_R.DROP, "customer-service window closed", after=2.0),
    45047: Code(_R.DROP, "messages of the window used up"),
    45002: Code(_R.SPLIT, "text too long"),
    45008: Code(_R.SPLIT, "more than one article"),
    40004: Code(_R.DROP, "media type"),
    40006: Code(_R.DROP, "media size"),
    40007: Code(_R.DROP, "media id invalid or older than three days"),
    40009: Code(_R.DROP, "image size"),
    45080: Code(_R.IGNORE, "typing: no exchange in the last 30 s"),
    45081: Code(_R.IGNORE, "typing: shown already"),
    45072: Code(_R.IGNORE, "typing: unknown command"),
    46003: Code(_R.IGNORE, "no menu"),
    48001: Code(_R.ALERT, "API not granted"),
    48004: Code(_R.ALERT, "API banned"),
    50002: Code(_R.ALERT, "account restricted"),
    61010: Code(_R.HOLD, "safety check: person not active within two hours"),
    43104: Code(_R.DROP, "openid of another app id", alert=True),
    87014: Code(_R.DROP, "content is illegal: do not publish"),
    40053: Code(_R.DROP, "QR code: action wrong or scene too long"),
    40097: Code(_R.DROP, "mini-program code: arguments"),
    40129: Code(_R.DROP, "mini-program code: scene"),
    40169: Code(_R.DROP, "mini-program code: scene"),
    85096: Code(_R.DROP, "mini-program code: reserved field"),
    40165: Code(_R.DROP, "link: path"),
    40212: Code(_R.DROP, "link: query"),
    85079: Code(_R.DROP, "link: no release"),
    85401: Code(_R.DROP, "link: expiry out of range"),
    85402: Code(_R.ALERT, "link: environment"),
    85406: Code(_R.ALERT, "link: opens of the day"),
    85407: Code(_R.ALERT, "link: no permission"),
    85408: Code(_R.ALERT, "link: banned"),
    70000: Code(_R.DROP, "held back for the protection of minors"),
}

_SPENT = {Reaction.REFRESH: Reaction.ALERT, Reaction.SPLIT: Reaction.DROP}


def reaction_to(errcode: int | None) -> Reaction:
    """Tell what a code asks for; a code that we do not know asks for a human."""
    code = CODES.get(errcode) if errcode is not None else None
    return code.reaction if code else Reaction.ALERT


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a send ended, after all tries that the gateway makes by itself."""

    ok: bool
    reaction: Reaction = Reaction.DONE
    errcode: int | None = 0
    """WeChat's code; None when no answer of WeChat's came."""
    errmsg: str = ""
    """WeChat's words, ending in the ``rid`` by which its support finds the call."""

    @property
    def code(self) -> Code | None:
        """Give what the table says of the code: mark, seconds to leave."""
        return CODES.get(self.errcode) if self.errcode is not None else None


DELIVERED = Outcome(True)


def may_pass(outcome: Outcome) -> bool:
    """Say whether trying again later may help: WeChat was busy, or the account rests for a while."""
    return outcome.reaction is Reaction.RETRY or bool(outcome.code and outcome.code.stop)


def refused(errcode: int | None, errmsg: str) -> Outcome:
    """Give the outcome of a refusal that stood: a new token or smaller pieces have been tried by then."""
    reaction = reaction_to(errcode)
    return Outcome(reaction is Reaction.IGNORE, _SPENT.get(reaction, reaction), errcode, errmsg)


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in."""

    appid: str
    openid: str
    unionid: str | None


def login_refusal(errcode: int | None, *, retry_after: int = 60) -> Refusal:
    """Give the refusal that a person hears when the login ends with this code."""
    reaction = reaction_to(errcode)
    if reaction is Reaction.FRESH_CODE:
        return LoginCodeRefused()
    if reaction is Reaction.BLOCKED:
        return LoginBlocked()
    return TooMany(retry_after) if reaction is Reaction.WAIT else WeChatUnreachable()


def split_text(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Cut a text into at most :data:`MOST_PARTS` messages, at a line's end where one is near, never inside a
    character; what does not fit is left out and marked with ``…``."""
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be sent
    parts: list[str] = []
    while len(text.encode()) > limit and len(parts) < MOST_PARTS - 1:
        part = _fitting(text, limit)
        line = part.rfind("\n") + 1
        part = part[:line] if line > len(part) // 2 else part
        parts.append(part)
        text = text[len(part) :]
    if len(text.encode()) > limit:
        text = _fitting(text, limit - len("…".encode())) + "…"
    return [*parts, text]


def _fitting(text: str, limit: int) -> str:
    return text.encode()[:limit].decode("utf-8", "ignore")


class Gateway(Protocol):
    """WeChat as we use it; proven by ``tests/contracts/test_gateway.py`` over every implementation."""

    async def send_text(self, appid: str, openid: str, text: str) -> Outcome:
        """Send a customer-service message; long text in up to three parts, one person's sends in order."""
        ...

    async def log_in(self, code: str) -> Login:
        """Exchange a wx.login code; raise LoginCodeRefused, LoginBlocked, TooMany or WeChatUnreachable."""
        ...

    async def token(self, appid: str) -> str:
        """Give an access token of the account; raise WeChatUnreachable."""
        ...

    async def close(self) -> None:
        """End the connections; a second close does nothing."""
        ...
