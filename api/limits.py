"""How often somebody may ask (频率限制): fixed windows that do not lengthen under constant traffic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from models.rules.errors import TooMany

WINDOW = 60
"""Seconds of one window."""
MOST_NAMES = 100_000
"""Names counted at a time; beyond it the whole window is forgotten rather than memory exhausted."""


class Limiter:
    """Counts per name and window, in this process; with N workers a name may ask up to N times as often."""

    def __init__(self, most: int, clock: Callable[[], datetime]) -> None:
        self._most = most
        self._clock = clock
        self._window = -1
        self._counts: dict[str, int] = {}

    def count(self, name: str) -> None:
        """Count one request; raise :class:`TooMany` over the limit, with the seconds until the next window."""
        now = int(self._clock().timestamp())
        window = now // WINDOW
        if window != self._window or len(self._counts) >= MOST_NAMES:
            self._window, self._counts = window, {}
        used = self._counts.get(name, 0)
        if used >= self._most:
            raise TooMany(retry_after=WINDOW - now % WINDOW)
        self._counts[name] = used + 1
