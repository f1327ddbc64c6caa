"""Error codes of the platform with their wording. Errors travel as HTTP 200 with errcode and errmsg."""

import secrets
from typing import Any

MESSAGES: dict[int, str] = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40023: "invalid sub button size",
    40029: "invalid code",
    40037: "invalid template_id",
    40053: "invalid action info",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40164: "invalid ip 127.0.0.1, not in whitelist",
    40165: "invalid weapp pagepath",
    40212: "invalid query",
    40226: "user is blocked for high risk",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43019: "user is in blacklist",
    43101: "user refuse to accept the msg",
    43104: "appid and openid not match",
    43107: "notification ability is banned",
    43108: "concurrent send to the same openid",
    43116: "This template_id is banned",
    43117: "send too frequently to the same openid",
    44002: "empty post data",
    44004: "empty content",
    44990: "reach second-quota limit",
    44991: "reach minute-quota limit",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "no message sent or received within 30s",
    45081: "typing already sent",
    45168: "content contains sensitive words",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48002: "user block this message",
    48006: "forbid to clear quota because of reaching the limit",
    61010: "code is expired",
    85079: "miniprogram has no online release",
    85096: "scancode_time is a system reserved field",
    85401: "invalid expire time",
    85402: "invalid env_version",
    87009: "invalid signature",
    87014: "risky content",
}


class Refused(Exception):
    """The platform says no: a code, and the detail that its wording names (a field, an address)."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode, detail)
        self.errcode = errcode
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """Word the error as the platform does: every answer ends in a fresh rid."""
        words = " ".join(part for part in (MESSAGES.get(self.errcode, "error"), self.detail) if part)
        return {"errcode": self.errcode, "errmsg": f"{words} rid: {fresh_rid()}"}


def fresh_rid() -> str:
    return "-".join(secrets.token_hex(4) for _ in range(3))
