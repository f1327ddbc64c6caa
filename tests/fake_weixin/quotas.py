"""Call quotas (调用频次) per account and API: a day, a minute and, for links, a second."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from .clock import Clock
from .errors import Refused
from .world import Call


@dataclass(frozen=True)
class Limit:
    """How often an API may be called; None is without limit. `minute_code` is the refusal within the minute."""

    day: int | None = None
    minute: int | None = None
    second: int | None = None
    minute_code: int = 45011


CLEARS_A_MONTH = 10
LIMITS: dict[str, Limit] = {
    "/cgi-bin/token": Limit(day=2_000),
    "/cgi-bin/stable_token": Limit(day=500_000, minute=10_000),
    "/cgi-bin/message/custom/send": Limit(day=500_000),
    "/cgi-bin/message/subscribe/send": Limit(day=10_000_000),
    "/cgi-bin/message/template/send": Limit(day=100_000),
    "/cgi-bin/menu/create": Limit(day=1_000),
    "/cgi-bin/qrcode/create": Limit(day=100_000),
    "/sns/oauth2/access_token": Limit(minute=50_000),
    "/wxa/msg_sec_check": Limit(day=2_000_000, minute=4_000, minute_code=44991),
    "/wxa/media_check_async": Limit(day=200_000, minute=2_000, minute_code=44991),
    "/wxa/getwxacodeunlimit": Limit(minute=5_000),
    "/wxa/generate_urllink": Limit(day=500_000, second=100),
    "/wxa/generatescheme": Limit(day=500_000, second=100),
}


class Quotas:
    """Count calls, refused ones included, and refuse those above the limit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limits = dict(LIMITS)
        self._counts: Counter[tuple[str, str, str, int]] = Counter()
        self._clears: Counter[tuple[str, tuple[int, int]]] = Counter()

    def set(self, path: str, **limits: Any) -> None:
        """Lower or raise the limits of an API: day, minute, second, minute_code."""
        self._limits[path] = replace(self._limits.get(path, Limit()), **limits)

    def count(self, appid: str, path: str) -> None:
        """Count the call or refuse it: 45009 for the day, 45011 or 44991 for the minute, 44990 for the second."""
        limit = self._limits.get(path, Limit())
        clock = self._clock
        self._step((appid, path, "day", clock.day()), limit.day, 45009)
        self._step((appid, path, "minute", clock.minute()), limit.minute, limit.minute_code)
        self._step((appid, path, "second", clock.second()), limit.second, 44990)

    def clear(self, call: Call) -> dict[str, object]:
        """Forget the day's counts of the account, ten times a month; then refuse 48006."""
        appid = call.account.appid
        if call.body.get("appid") != appid:
            raise Refused(40013)
        key = (appid, self._clock.month())
        if self._clears[key] >= CLEARS_A_MONTH:
            raise Refused(48006)
        self._clears[key] += 1
        for counted in [counted for counted in self._counts if counted[0] == appid]:
            del self._counts[counted]
        return {"errcode": 0, "errmsg": "ok"}

    def _step(self, key: tuple[str, str, str, int], limit: int | None, errcode: int) -> None:
        if limit is None:
            return
        if self._counts[key] >= limit:
            raise Refused(errcode)
        self._counts[key] += 1
