"""When to call again, and when not to (重试与停用): tries of one call, quotas used up, accounts not repaired yet."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.gateway import CODES, Outcome, Reaction
from knowledge.hall import LOCAL

MOST_RETRIES = 3
PATIENCE = 2.0
"""Most seconds that a code may ask for and still be waited out here; longer ones are the outbox's business."""
_ARRIVED = (43101, 45047)
"""Codes that mean, after a try without an answer, that the first try has used up the consent or the window."""

REPAIR = timedelta(seconds=60)
"""How long an account rests before we look whether it has been repaired."""
_EVERY_API = "*"
_OF_ONE_PERSON = ("login",)
"""APIs whose limit of the minute is the caller's own, not the account's."""


class Pauses:
    """Remembers, in this process, what rests until when and why."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._resting: dict[tuple[str, str], tuple[datetime, int]] = {}

    def errcode(self, appid: str, api: str) -> int | None:
        """Give the code for which the API rests, or None if it may be called."""
        now = self._clock()
        for key in ((appid, _EVERY_API), (appid, api)):
            until, errcode = self._resting.get(key, (now, 0))
            if now < until:
                return errcode
        return None

    def note(self, appid: str, api: str, errcode: int | None) -> None:
        """Let the API or the account rest if the code asks for it."""
        code = CODES.get(errcode) if errcode is not None else None
        if code is None or errcode is None:
            return
        if code.stop:
            self._resting[appid, _EVERY_API] = (self._clock() + REPAIR, errcode)
        elif code.reaction is Reaction.WAIT and api not in _OF_ONE_PERSON:
            self._resting[appid, api] = (reset_of(errcode, self._clock()), errcode)


def reset_of(errcode: int, now: datetime) -> datetime:
    """Tell when the quota begins anew: 45011 with the next minute, the others at Beijing midnight."""
    if errcode == 45011:
        return now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    midnight = now.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.astimezone(UTC)


def unsure_of(why: str) -> Outcome:
    """Give the outcome of a call that went out and was not answered."""
    return Outcome(False, Reaction.UNSURE, None, why)


def after_silence(outcome: Outcome) -> Outcome:
    """Judge the second try after one without an answer: what it cannot tell stays unsure."""
    if outcome.errcode in _ARRIVED or outcome.reaction is Reaction.RETRY:
        return replace(outcome, reaction=Reaction.UNSURE)
    return outcome


def pause_before_next(outcome: Outcome, attempt: int) -> float | None:
    """Give the seconds before the next try of a send, or None if there is to be none."""
    after = outcome.code.after if outcome.code else 0.0
    if outcome.reaction is Reaction.UNSURE:
        return backoff(attempt)
    if outcome.reaction is Reaction.RETRY:
        return max(after, backoff(attempt)) if attempt < MOST_RETRIES and after <= PATIENCE else None
    # Some refusals are false for a moment (45015 right after a push): the table gives them one more try.
    return after if after and attempt == 0 else None


def backoff(attempt: int) -> float:
    """Give the seconds before the next try: doubling, with jitter, so that many callers do not return together."""
    return 0.5 * 2.0**attempt * random.uniform(0.5, 1.5)
