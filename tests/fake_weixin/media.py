"""Temporary media (临时素材): kept three days, checked for type and size."""

import secrets
from dataclasses import dataclass
from typing import Any

from .clock import DAY
from .errors import Refused
from .world import Binary, Call, Part, World

KEPT = 3 * DAY
MIB = 2**20
LIMITS = {"image": 2 * MIB, "voice": 2 * MIB, "video": 10 * MIB, "thumb": 64 * 1024}
CONTENT_TYPES = {"image": "image/jpeg", "voice": "audio/amr", "video": "video/mp4", "thumb": "image/jpeg"}
JPEG = b"\xff\xd8\xff"
STARTS = {
    "image": (JPEG, b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM"),
    "voice": (b"#!AMR", b"ID3", b"\xff\xfb", b"\xff\xf3"),
    "thumb": (JPEG,),
}


@dataclass(frozen=True)
class Stored:
    appid: str
    kind: str
    data: bytes
    created_at: float


class Media:
    """Keep uploads and answer whether a media_id may still be used."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stored: dict[str, Stored] = {}

    def upload(self, call: Call) -> dict[str, Any]:
        """Keep a file three days; refuse 40004 type, 41005 no file, 40005 format, 40009 image and 40006 other sizes."""
        kind = call.query.get("type", "")
        if kind not in LIMITS or (call.account.kind == "mp" and kind != "image"):
            raise Refused(40004)
        part = call.parts.get("media")
        if part is None or not part.filename:
            raise Refused(41005)
        check_file(kind, part)
        media_id = secrets.token_urlsafe(48)
        now = self._world.clock.now()
        self._stored[media_id] = Stored(call.account.appid, kind, part.data, now)
        return {"type": kind, "media_id": media_id, "created_at": int(now)}

    def fetch(self, call: Call) -> Binary:
        """Give the file back; refuse 40007."""
        stored = self.require(call.account.appid, call.query.get("media_id"))
        return Binary(stored.data, CONTENT_TYPES[stored.kind])

    def require(self, appid: str, media_id: object) -> Stored:
        """Find a usable upload of the account; refuse 40007 when unknown or older than three days."""
        stored = self._stored.get(str(media_id))
        if stored is None or stored.appid != appid or self._world.clock.now() >= stored.created_at + KEPT:
            raise Refused(40007)
        return stored


def check_file(kind: str, part: Part) -> None:
    """Judge a file by its size and its first bytes, never by its name."""
    if not part.data:
        raise Refused(41005)
    if len(part.data) > LIMITS[kind]:
        raise Refused(40009 if kind == "image" else 40006)
    known = part.data[4:8] == b"ftyp" if kind == "video" else part.data.startswith(STARTS[kind])
    if not known:
        raise Refused(40005)
