"""The virtual clock that drives every expiry: tokens, codes, windows, media, quotas."""

import time

DAY = 86_400
BEIJING = 8 * 3600


class Clock:
    """Tell the platform's time in seconds since the epoch.

    It starts at the real time, so that pushes pass a freshness check, and stands still until it is moved. A ticking
    clock runs on with real time from wherever it was put.
    """

    def __init__(self, start: float | None = None, *, ticking: bool = False) -> None:
        self.ticking = ticking
        self._mark = time.monotonic()
        self._base = time.time() if start is None else start

    def now(self) -> float:
        return self._base + (time.monotonic() - self._mark if self.ticking else 0.0)

    def set(self, seconds: float) -> None:
        self._mark = time.monotonic()
        self._base = seconds

    def advance(self, seconds: float) -> None:
        self.set(self.now() + seconds)

    def minute(self) -> int:
        return int(self.now() // 60)

    def second(self) -> int:
        return int(self.now())

    def day(self) -> int:
        """Number the Beijing day: daily quotas begin anew at Beijing midnight."""
        return int((self.now() + BEIJING) // DAY)

    def month(self) -> tuple[int, int]:
        """Name the Beijing month as (year, month)."""
        parts = time.gmtime(self.now() + BEIJING)
        return parts.tm_year, parts.tm_mon
