"""Faults of the network and of the platform, injected per path, used up in the order in which they were added."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class Fault:
    """One planned mishap.

    `reset` "before" drops the connection with nothing done; "after" does the work first, so that the caller cannot know
    the outcome. A forced `errcode` and a `status` do no work. `latency` is real seconds and may go with any other.
    """

    path: str
    latency: float = 0.0
    status: int | None = None
    reset: Literal["before", "after"] | None = None
    truncate: bool = False
    errcode: int | None = None
    times: int | None = 1
    appid: str | None = None

    def fits(self, path: str, appid: str | None) -> bool:
        if self.times == 0 or self.path not in (path, "*"):
            return False
        return self.appid is None or self.appid == appid

    def spend(self) -> None:
        if self.times is not None:
            self.times -= 1


class Faults:
    """The plan of mishaps; an empty plan is a quiet network."""

    def __init__(self) -> None:
        self._plan: list[Fault] = []

    def add(
        self,
        path: str,
        *,
        latency: float = 0.0,
        status: int | None = None,
        reset: Literal["before", "after"] | None = None,
        truncate: bool = False,
        errcode: int | None = None,
        times: int | None = 1,
        appid: str | None = None,
    ) -> None:
        """Plan a mishap for the next `times` requests to the path ("*" any path; None: until cleared)."""
        self._plan.append(Fault(path, latency, status, reset, truncate, errcode, times, appid))

    def clear(self) -> None:
        self._plan.clear()

    def take(self, path: str, appid: str | None) -> Fault:
        """Spend the first fault that fits, or answer with a harmless one."""
        for fault in self._plan:
            if fault.fits(path, appid):
                fault.spend()
                return fault
        return Fault(path)
