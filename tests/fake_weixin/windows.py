"""Customer-service windows (客服消息下发条件): how many messages an act of the user allows, and for how long."""

from dataclasses import dataclass, field

from .errors import Refused
from .world import Kind

HOUR = 3_600
UNLIMITED = 10**9

# Official Account and mini-program: act of the user -> (messages, seconds).
OPENS: dict[Kind, dict[str, tuple[int, int]]] = {
    "oa": {
        "message": (5, 48 * HOUR),
        "menu": (3, 60),
        "follow": (3, 60),
        "scan": (3, 60),
        "payment": (UNLIMITED, 48 * HOUR),
    },
    "mp": {"message": (5, 48 * HOUR), "enter": (2, 60)},
}


@dataclass
class Window:
    left: int
    until: float


@dataclass
class Windows:
    """The open windows of one user at one account.

    Quotas do not add up: a send draws on every open window, so a new act raises the allowance to its own maximum
    at most.
    """

    by_act: dict[str, Window] = field(default_factory=dict)
    last_exchange: float = float("-inf")
    typing_until: float = float("-inf")

    def open(self, kind: Kind, act: str, now: float) -> None:
        """Open the act's window anew; an act unknown to this kind of account is a mistake of the test."""
        quota, seconds = OPENS[kind][act]
        self.by_act[act] = Window(quota, now + seconds)
        self.last_exchange = now

    def close(self) -> None:
        self.by_act.clear()

    def draw(self, now: float) -> None:
        """Use up one message; refuse 45015 when no window is open, 45047 when the open ones are used up."""
        open_now = [window for window in self.by_act.values() if now < window.until]
        if not open_now:
            raise Refused(45015)
        if all(window.left == 0 for window in open_now):
            raise Refused(45047)
        for window in open_now:
            window.left = max(0, window.left - 1)
        self.last_exchange = now
