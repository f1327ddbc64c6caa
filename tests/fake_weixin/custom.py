"""Customer-service messages (客服消息) and the typing indicator (输入状态)."""

from collections import defaultdict
from typing import Any

from .errors import Refused
from .media import Media
from .windows import OPENS, Windows
from .world import Call, World

TEXT_BYTES = 2_048
EXCHANGE_SECONDS = 30
TYPING_SECONDS = 15
OK = {"errcode": 0, "errmsg": "ok"}

# Message type -> the fields that must be non-empty, per kind of account.
SHAPES: dict[str, dict[str, tuple[str, ...]]] = {
    "mp": {
        "text": ("content",),
        "image": ("media_id",),
        "link": ("title", "description", "url", "thumb_url"),
        "miniprogrampage": ("title", "pagepath", "thumb_media_id"),
    },
    "oa": {
        "text": ("content",),
        "image": ("media_id",),
        "voice": ("media_id",),
        "video": ("media_id",),
        "music": ("musicurl", "thumb_media_id"),
        "news": ("articles",),
        "mpnewsarticle": ("article_id",),
        "msgmenu": ("list",),
        "miniprogrampage": ("title", "appid", "pagepath", "thumb_media_id"),
    },
}


class CustomService:
    """Send within the windows that the user's acts open."""

    def __init__(self, world: World, media: Media) -> None:
        self._world = world
        self._media = media
        self._windows: defaultdict[tuple[str, str], Windows] = defaultdict(Windows)

    def user_acts(self, appid: str, openid: str, act: str) -> None:
        """Do what a user does: message, menu, follow, scan, payment, enter or unfollow."""
        account = self._world.account(appid)
        if act not in OPENS[account.kind] and act != "unfollow":
            raise ValueError(f"{act} is no act at a {account.kind} account")
        user = self._world.user(appid, openid)
        windows = self._windows[appid, openid]
        user.follower = act != "unfollow"
        if act == "unfollow":
            return windows.close()
        return windows.open(account.kind, act, self._world.clock.now())

    def send(self, call: Call) -> dict[str, Any]:
        """Deliver one message; refuse 48001, 40008, 45002, 45008, 40007, 40003, 45015, 45047."""
        if call.account.kind == "oa" and not call.account.verified:
            raise Refused(48001)
        user = self._world.addressee(call)
        self._check_shape(call)
        self._windows[user.appid, user.openid].draw(self._world.clock.now())
        self._world.deliver(user, "custom", call.body)
        return OK

    def typing(self, call: Call) -> dict[str, Any]:
        """Show the indicator for 15 s; refuse 45080 without an exchange in the last 30 s, 45081 while it shows."""
        user = self._world.addressee(call)
        windows, now = self._windows[user.appid, user.openid], self._world.clock.now()
        command = call.body.get("command")
        if command not in ("Typing", "CancelTyping"):
            raise Refused(45072)
        if now - windows.last_exchange > EXCHANGE_SECONDS:
            raise Refused(45080)
        if command == "CancelTyping":
            windows.typing_until = now
            return OK
        if now < windows.typing_until:
            raise Refused(45081)
        windows.typing_until = now + TYPING_SECONDS
        return OK

    def _check_shape(self, call: Call) -> None:
        kind = call.body.get("msgtype")
        wanted = SHAPES[call.account.kind].get(str(kind))
        if wanted is None:
            raise Refused(40008)
        content = call.body.get(str(kind))
        if not isinstance(content, dict):
            raise Refused(47001)
        for name in wanted:
            self._check_field(call.account.appid, name, content.get(name))

    def _check_field(self, appid: str, name: str, value: object) -> None:
        if name in ("media_id", "thumb_media_id"):
            self._media.require(appid, value)
        elif not value:
            raise Refused(44004, name)
        elif name == "content":
            check_text(value)
        elif name == "articles":
            check_articles(value)


def check_text(value: object) -> None:
    """Hold text to 2,048 bytes of UTF-8, the size that community tests found."""
    if not isinstance(value, str):
        raise Refused(47001)
    if len(value.encode("utf-8", "surrogatepass")) > TEXT_BYTES:
        raise Refused(45002)


def check_articles(value: object) -> None:
    """Hold a news message to one article."""
    if not isinstance(value, list):
        raise Refused(47001)
    if len(value) > 1:
        raise Refused(45008)
