"""What the platform knows: the accounts, their users and the calls that arrive. Plain data, no rule."""

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from .clock import Clock
from .errors import Refused
from .ledger import Delivered

Kind = Literal["oa", "mp"]


@dataclass
class Account:
    """An Official Account (公众号) or a mini-program (小程序) as set up in the console."""

    appid: str
    secret: str
    kind: Kind
    token: str = ""
    aes_key: str = ""
    verified: bool = True
    ip_allowed: bool = True
    username: str = ""
    open_platform: str | None = None
    pages: tuple[str, ...] | None = None
    released: bool = True
    callback_url: str | None = None
    push_mode: Literal["secure", "plain", "compatible"] = "secure"
    push_fmt: Literal["xml", "json"] = "xml"
    previous_key: str = ""

    def has_page(self, page: str) -> bool:
        """Say whether the released mini-program holds the page; without a page list every well-formed page is there."""
        path = page.split("?", 1)[0]
        return not path.startswith("/") and (self.pages is None or path in self.pages)


@dataclass
class User:
    """A person as one account sees them: openids differ per account."""

    appid: str
    openid: str
    name: str
    follower: bool = True
    blocked: bool = False
    login_at: float | None = None
    session_key: str = ""
    unionid: str | None = None


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Binary:
    """An answer that is not JSON: a QR image or a media file."""

    data: bytes
    content_type: str


@dataclass
class Call:
    """A request that passed the door: who calls, with what."""

    path: str
    account: Account
    query: dict[str, str]
    body: dict[str, Any]
    parts: dict[str, Part]
    overlapping: bool = False


@dataclass
class World:
    """The stores that all parts of the platform share."""

    clock: Clock
    accounts: dict[str, Account] = field(default_factory=dict)
    users: dict[tuple[str, str], User] = field(default_factory=dict)
    delivered: list[Delivered] = field(default_factory=list)
    events: deque[tuple[float, str, dict[str, Any]]] = field(default_factory=deque)
    sensitive_words: set[str] = field(default_factory=set)
    last_id: int = 10**18

    def account(self, appid: str) -> Account:
        """Find an account that the test has set up; a KeyError is a mistake of the test."""
        return self.accounts[appid]

    def openid_of(self, appid: str, name: str) -> str:
        """Give the person's openid at the account: stable, and different at every account."""
        digest = hashlib.sha256(f"{appid}/{name}".encode()).hexdigest()
        return f"o{digest[:27]}"

    def person(self, appid: str, name: str) -> User:
        """Know a person by name, as the platform does, from the first act on."""
        user = self.user(appid, self.openid_of(appid, name), name)
        bound_to = self.account(appid).open_platform
        if bound_to:
            user.unionid = "u" + hashlib.sha256(f"{bound_to}/{name}".encode()).hexdigest()[:27]
        return user

    def user(self, appid: str, openid: str, name: str = "") -> User:
        """Know a user by an openid that the test has chosen."""
        self.account(appid)
        return self.users.setdefault((appid, openid), User(appid, openid, name or openid))

    def addressee(self, call: Call, field_name: str = "touser") -> User:
        """Find whom the call is about; refuse 40003 for an openid that is not of this very account."""
        openid = call.body.get(field_name)
        user = self.users.get((call.account.appid, openid)) if isinstance(openid, str) else None
        if user is None:
            raise Refused(40003)
        return user

    def fresh_id(self) -> int:
        """Give a 64-bit message id that was never given before."""
        self.last_id += 7
        return self.last_id

    def deliver(self, user: User, kind: str, body: dict[str, Any], *, msgid: int | None = None) -> None:
        self.delivered.append(Delivered(user.appid, user.openid, kind, body, self.clock.now(), msgid))

    def announce(self, user: User, event: dict[str, Any], *, delay: float = 0.0) -> None:
        """Queue an event for the account's callback; it is pushed once the clock has reached it."""
        message = {"FromUserName": user.openid, "MsgType": "event"} | event
        self.events.append((self.clock.now() + delay, user.appid, message))
