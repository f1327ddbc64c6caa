"""The ledger (台账): every request received, and every message that truly reached a person."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    """One request as received; `status` 0 means that the connection was reset and no answer was seen."""

    path: str
    appid: str | None
    query: dict[str, str]
    body: Any
    at: float
    status: int = 0
    errcode: int | None = None
    method: str = "POST"
    raw: bytes = field(default=b"", repr=False)

    def as_json(self) -> dict[str, Any]:
        """Tell the request in JSON terms; the raw bytes stay behind."""
        told = {name: getattr(self, name) for name in ("method", "path", "appid", "query", "at", "status", "errcode")}
        return told | {"body": self.body if not isinstance(self.body, bytes) else f"<{len(self.body)} bytes>"}


@dataclass(frozen=True)
class Delivered:
    """One message that the person has on the screen; `kind` is custom, subscribe or template."""

    appid: str
    openid: str
    kind: str
    body: dict[str, Any]
    at: float
    msgid: int | None = None

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))
