"""Login (登录), phone numbers (手机号) and web authorisation (网页授权): single-use codes bound to one account."""

import base64
import hashlib
import hmac
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .errors import Refused
from .tokens import Tokens
from .world import Call, World

CODE_LIFETIME = 300
LOGINS_A_MINUTE = 100


@dataclass
class Code:
    """A code from the user's phone; `stands_for` is a person, or a number in the phone pool."""

    appid: str
    stands_for: str
    expires_at: float
    snapshot: bool = False
    used: bool = False


class Login:
    """Exchange codes for what they stand for. The three pools are separate: a login code buys no phone number."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self._world = world
        self._tokens = tokens
        self._login: dict[str, Code] = {}
        self._phone: dict[str, Code] = {}
        self._oauth: dict[str, Code] = {}
        self._logins: Counter[tuple[str, str, int]] = Counter()

    def issue_login_code(self, appid: str, user: str) -> str:
        """Act as wx.login on the person's phone."""
        self._world.person(appid, user)
        return self._issue(self._login, appid, user)

    def issue_phone_code(self, appid: str, number: str) -> str:
        """Act as the tapped phone-number button; the number may carry "+86"."""
        return self._issue(self._phone, appid, number)

    def issue_oauth_code(self, appid: str, user: str, *, snapshot: bool = False) -> str:
        """Act as the snsapi_base redirect; a snapshot code stands for a virtual preview account."""
        self._world.person(appid, user)
        code = self._issue(self._oauth, appid, user)
        self._oauth[code].snapshot = snapshot
        return code

    def session(self, query: dict[str, str]) -> dict[str, Any]:
        """Answer jscode2session; refuse 40029 for a code unknown, used, expired or of another account, 40226, 45011.

        Every login displaces the session key before it. Success has no errcode.
        """
        account = self._tokens.credentials(query)
        code = self._valid(self._login, account.appid, query.get("js_code"))
        user = self._world.person(account.appid, code.stands_for)
        if user.blocked:
            raise Refused(40226)
        self._count_login(account.appid, user.openid)
        code.used = True
        user.session_key = base64.b64encode(secrets.token_bytes(16)).decode()
        user.login_at = self._world.clock.now()
        answer = {"session_key": user.session_key, "openid": user.openid}
        return answer | ({"unionid": user.unionid} if user.unionid else {})

    def check_session(self, call: Call) -> dict[str, Any]:
        """Confirm the live session key by its HMAC-SHA256 over nothing; refuse 87009 for a displaced one."""
        user = self._world.users.get((call.account.appid, call.query.get("openid", "")))
        if user is None:
            raise Refused(40003)
        if call.query.get("sig_method") != "hmac_sha256":
            raise Refused(40097)
        expected = hmac.new(user.session_key.encode(), b"", hashlib.sha256).hexdigest()
        if not user.session_key or call.query.get("signature") != expected:
            raise Refused(87009)
        return {"errcode": 0, "errmsg": "ok"}

    def phone_number(self, call: Call) -> dict[str, Any]:
        """Give the number behind a phone code; refuse 40029. The country code is a number, as widely seen."""
        code = self._valid(self._phone, call.account.appid, call.body.get("code"))
        code.used = True
        pure = code.stands_for.removeprefix("+86")
        foreign = pure.startswith("+")
        watermark = {"timestamp": int(self._world.clock.now()), "appid": call.account.appid}
        info = {
            "phoneNumber": pure,
            "purePhoneNumber": pure.lstrip("+"),
            "countryCode": 0 if foreign else 86,
            "watermark": watermark,
        }
        return {"errcode": 0, "errmsg": "ok", "phone_info": info}

    def oauth_token(self, query: dict[str, str]) -> dict[str, Any]:
        """Answer web authorisation with snsapi_base; refuse 40029 for an unknown code, 40163 for a used one."""
        account = self._tokens.credentials(query)
        if account.kind != "oa":
            raise Refused(48001)
        spent = self._oauth.get(query.get("code", ""))
        if spent is not None and spent.used:
            raise Refused(40163)
        code = self._valid(self._oauth, account.appid, query.get("code"))
        code.used = True
        user = self._world.person(account.appid, code.stands_for)
        answer: dict[str, Any] = {
            "access_token": secrets.token_urlsafe(48),
            "expires_in": 7200,
            "refresh_token": secrets.token_urlsafe(48),
            "openid": user.openid,
            "scope": "snsapi_base",
        }
        if user.unionid:
            answer["unionid"] = user.unionid
        return answer | ({"is_snapshotuser": 1} if code.snapshot else {})

    def _issue(self, pool: dict[str, Code], appid: str, stands_for: str) -> str:
        self._world.account(appid)
        value = secrets.token_hex(16)
        pool[value] = Code(appid, stands_for, self._world.clock.now() + CODE_LIFETIME)
        return value

    def _valid(self, pool: dict[str, Code], appid: str, value: object) -> Code:
        if not value:
            raise Refused(41008)
        code = pool.get(str(value))
        if code is None or code.used or code.appid != appid or self._world.clock.now() >= code.expires_at:
            raise Refused(40029)
        return code

    def _count_login(self, appid: str, openid: str) -> None:
        key = (appid, openid, self._world.clock.minute())
        if self._logins[key] >= LOGINS_A_MINUTE:
            raise Refused(45011)
        self._logins[key] += 1
