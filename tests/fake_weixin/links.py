"""QR codes (二维码), mini-program codes (小程序码), links (URL Link, URL Scheme) and the menu (自定义菜单)."""

import base64
import re
import secrets
from typing import Any

from .clock import DAY
from .errors import Refused
from .world import Account, Binary, Call, World

LONGEST = 30 * DAY
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
VERSIONS = ("release", "trial", "develop")
OK = {"errcode": 0, "errmsg": "ok"}


class Links:
    """Make codes and links that lead people in."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.scenes: dict[str, int | str] = {}
        self._menus: dict[str, dict[str, Any]] = {}

    def create_qrcode(self, call: Call) -> dict[str, Any]:
        """Give a ticket; refuse 40053. Without the `scene` level the code works, but its events say scene 0."""
        scene = scene_value(str(call.body.get("action_name")), call.body.get("action_info"))
        ticket = base64.b64encode(secrets.token_bytes(48)).decode()
        self.scenes[ticket] = scene
        answer: dict[str, Any] = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{secrets.token_urlsafe(12)}"}
        if "LIMIT" in str(call.body.get("action_name")):
            return answer
        return answer | {"expire_seconds": seconds_asked(call.body.get("expire_seconds", 60))}

    def show_qrcode(self, ticket: str) -> Binary:
        """Give the image of a ticket (served by another host in reality); refuse 40053."""
        if ticket not in self.scenes:
            raise Refused(40053)
        return Binary(PNG, "image/jpg")

    def wxacode(self, call: Call) -> Binary:
        """Give a mini-program code; refuse 40129 scene, 85096, 40097 width or version, 41030 page."""
        scene = call.body.get("scene")
        if not isinstance(scene, str) or not SCENE.fullmatch(scene):
            raise Refused(40129)
        if "scancode_time" in scene:
            raise Refused(85096)
        if not 280 <= int_or_zero(call.body.get("width", 430)) <= 1280:
            raise Refused(40097)
        if call.body.get("env_version", "release") not in VERSIONS:
            raise Refused(40097)
        page = str(call.body.get("page", ""))
        checked = call.body.get("check_path", True) is not False
        if page.startswith("/") or "?" in page or (checked and page and not call.account.has_page(page)):
            raise Refused(41030)
        return Binary(PNG, "image/jpeg")

    def url_link(self, call: Call) -> dict[str, Any]:
        """Give a URL Link of at most thirty days; refuse 40165, 40212, 85079, 85401, 85402."""
        self._check_link(call.account, call.body, call.body)
        return OK | {"url_link": f"https://wxaurl.cn/{secrets.token_urlsafe(8)}"}

    def scheme(self, call: Call) -> dict[str, Any]:
        """Give a URL Scheme of at most thirty days; refusals as for the link."""
        target = call.body.get("jump_wxa", {})
        if not isinstance(target, dict):
            raise Refused(47001)
        self._check_link(call.account, target, call.body)
        return OK | {"openlink": f"weixin://dl/business/?t={secrets.token_urlsafe(8)}"}

    def create_menu(self, call: Call) -> dict[str, Any]:
        """Replace the menu: at most three buttons of at most five; refuse 40016, 40023, 40018, 40019, 40017."""
        buttons = call.body.get("button")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise Refused(40016)
        for button in buttons:
            check_button(button)
        self._menus[call.account.appid] = {"button": buttons}
        return OK

    def get_menu(self, call: Call) -> dict[str, Any]:
        """Give the menu; refuse 46003 when there is none."""
        if call.account.appid not in self._menus:
            raise Refused(46003)
        return {"menu": self._menus[call.account.appid]}

    def delete_menu(self, call: Call) -> dict[str, Any]:
        self._menus.pop(call.account.appid, None)
        return OK

    def _check_link(self, account: Account, target: dict[str, Any], body: dict[str, Any]) -> None:
        if not account.released:
            raise Refused(85079)
        path = str(target.get("path", "")).removeprefix("/")
        if path and ("?" in path or not account.has_page(path)):
            raise Refused(40165)
        if len(str(target.get("query", ""))) > 1024:
            raise Refused(40212)
        if target.get("env_version", "release") not in VERSIONS:
            raise Refused(85402)
        if not 0 < self._seconds_asked(body) <= LONGEST:
            raise Refused(85401)

    def _seconds_asked(self, body: dict[str, Any]) -> float:
        if body.get("expire_type", 0) == 1:
            return int_or_zero(body.get("expire_interval")) * DAY
        if "expire_time" not in body:
            return LONGEST
        return int_or_zero(body["expire_time"]) - self._world.clock.now()


def scene_value(action: str, info: object) -> int | str:
    """Read the scene of a QR request by the rule of its action; refuse 40053."""
    if not isinstance(info, dict):
        raise Refused(40053)
    scene = info.get("scene")
    if not isinstance(scene, dict):
        return 0
    number, text = scene.get("scene_id"), scene.get("scene_str")
    if action == "QR_SCENE" and isinstance(number, int) and 0 < number < 2**32:
        return number
    if action == "QR_LIMIT_SCENE" and isinstance(number, int) and 1 <= number <= 100_000:
        return number
    if action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE") and isinstance(text, str) and 1 <= len(text) <= 64:
        return text
    raise Refused(40053)


def seconds_asked(value: object) -> int:
    """Hold a temporary code to thirty days; refuse 40053."""
    seconds = int_or_zero(value)
    if not 0 < seconds <= LONGEST:
        raise Refused(40053)
    return seconds


def int_or_zero(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def check_button(button: object) -> None:
    """Check one top button and those beneath it."""
    if not isinstance(button, dict) or not button.get("name"):
        raise Refused(40018)
    below = button.get("sub_button") or []
    if len(below) > 5:
        raise Refused(40023)
    if not below and not button.get("type"):
        raise Refused(40017)
    if len(str(button.get("key", "")).encode()) > 128:
        raise Refused(40019)
    for sub in below:
        check_button(sub)
