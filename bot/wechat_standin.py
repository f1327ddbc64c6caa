"""The stand-in for WeChat (替身) of demo mode and of tests: in process, keeps what it was asked to send."""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.gateway import DELIVERED, Login, Outcome, login_refusal, refused, split_text
from models.rules.errors import LoginCodeRefused

APPID = "demo"
"""The app id of everybody who logs in here."""
MOST_PUSHES = 50
"""Messages kept for one person, newest."""
MOST_PERSONS = 2_000
"""Persons kept; whoever was written to longest ago goes first."""
_CODE = re.compile(r"demo-[a-z0-9-]{8,40}")


@dataclass(frozen=True, slots=True)
class Push:
    """One message that the person would see in WeChat; numbers rise over all persons."""

    number: int
    text: str
    at: datetime


class StandInGateway:
    """The :class:`bot.gateway.Gateway` without WeChat."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._number = 0
        self._pushes: OrderedDict[str, deque[Push]] = OrderedDict()
        self._refusals: deque[int] = deque()

    def pushes(self, openid: str, after: int) -> list[Push]:
        """List the person's messages numbered above ``after``, oldest first."""
        return [push for push in self._pushes.get(openid, ()) if push.number > after]

    def refuse(self, errcode: int, times: int = 1) -> None:
        """Refuse the next ``times`` sends and logins with this code."""
        self._refusals.extend([errcode] * times)

    async def send_text(self, appid: str, openid: str, text: str) -> Outcome:
        """Keep the text in the parts in which WeChat would deliver it."""
        if self._refusals:
            return refused(self._refusals.popleft(), "refused on demand")
        kept = self._pushes.setdefault(openid, deque(maxlen=MOST_PUSHES))
        self._pushes.move_to_end(openid)
        if len(self._pushes) > MOST_PERSONS:
            self._pushes.popitem(last=False)
        for part in split_text(text):
            self._number += 1
            kept.append(Push(self._number, part, self._clock()))
        return DELIVERED

    async def log_in(self, code: str) -> Login:
        """Log in whoever names a code of the form ``demo-…``; the same code is the same person."""
        if self._refusals:
            raise login_refusal(self._refusals.popleft())
        if not _CODE.fullmatch(code):
            raise LoginCodeRefused
        return Login(APPID, code, None)

    async def token(self, appid: str) -> str:
        """Give a token that opens nothing."""
        return "stand-in"

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
