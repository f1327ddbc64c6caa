"""The access token of one account in this process (凭证): one refresh at a time here, and one among all processes."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.transport import Busy
from models import tokens
from models.database import Database
from models.sealing import Sealer
from models.tokens import Token

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]

LOOK_EVERY = 0.1
"""Seconds between two looks for the token that another process is fetching."""
LOOKS = 120
"""Looks before giving up: somewhat longer than a claim lasts."""
SPARE = timedelta(seconds=10)
"""A token with more than this left still serves while its successor is on the way."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What WeChat answered."""

    value: str = field(repr=False)
    expires_in: int


class TokenKeeper:
    """Keeps one account's token: cached here, stored for all."""

    def __init__(
        self,
        appid: str,
        fetch: Callable[[], Awaitable[Fetched]],
        *,
        database: Database,
        sealer: Sealer,
        clock: Callable[[], datetime],
        sleep: Sleep,
    ) -> None:
        self._appid = appid
        self._fetch = fetch
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._sleep = sleep
        self._cached: Token | None = None
        self._flight: asyncio.Task[Token] | None = None
        # A refresh serves many callers: it must not run inside the transaction of the one who came first.
        self._context = contextvars.copy_context()

    @property
    def value(self) -> str | None:
        """Give the cached token, or None."""
        return self._cached.value if self._cached else None

    async def current(self) -> Token:
        """Give a token that is good as far as we know."""
        if self._cached is not None and self._cached.is_fresh(self._clock()):
            return self._cached
        return await self._join(None)

    async def renew(self, failed: Token) -> Token:
        """Give a token stored after the one that WeChat refused; its value is the same if WeChat insists on it."""
        if self._cached is not None and self._cached.mark != failed.mark and self._cached.is_fresh(self._clock()):
            return self._cached
        token = await self._join(failed)
        # The refresh that we joined may have begun before the token failed.
        return token if token.mark != failed.mark else await self._join(failed)

    async def close(self) -> None:
        """Break off a refresh that is under way; its claim is given back."""
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.wait({self._flight})

    async def _join(self, failed: Token | None) -> Token:
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._refresh(failed), context=self._context.copy())
            self._flight.add_done_callback(_noted)
        # A caller that goes away leaves the refresh to the others.
        return await asyncio.shield(self._flight)

    async def _refresh(self, failed: Token | None) -> Token:
        """Adopt what another process stored, or fetch; wait while another process fetches."""
        for _ in range(LOOKS):
            now = self._clock()
            held = await tokens.current(self._database, self._appid, self._sealer, now=now)
            if held is not None and not held.value:
                log.error("stored token does not open: has the data key changed?", appid=self._appid)
                failed, held = held, None
            if held is not None and failed is not None and held.mark == failed.mark:
                held = None
            if held is not None and held.is_fresh(now):
                self._cached = held
                return held
            spare = held if held is not None and held.expires_at > now + SPARE else None
            mark = failed.mark if failed is not None else None
            if await tokens.may_refresh(self._database, self._appid, now=now, failed=mark):
                self._cached = await self._fetched(now, spare)
                return self._cached
            if spare is not None:
                self._cached = spare
                return spare
            await self._sleep(LOOK_EVERY)
        raise Busy("token: another process holds the refresh")

    async def _fetched(self, claimed: datetime, spare: Token | None) -> Token:
        """Fetch and store, and end the claim however that goes; fall back on the old token while it lives."""
        try:
            fetched = await self._fetch()
            expires_at = claimed + timedelta(seconds=fetched.expires_in)
            log.info("token fetched", appid=self._appid, expires_in=fetched.expires_in)
            stored = await tokens.store(
                self._database, self._appid, fetched.value, expires_at, self._sealer, now=self._clock()
            )
        except Busy:
            if spare is None:
                raise
            return spare
        finally:
            await tokens.give_up(self._database, self._appid, now=claimed)
        if stored is not None:
            return stored
        newer = await tokens.current(self._database, self._appid, self._sealer, now=self._clock())
        return newer if newer is not None and newer.value else Token(fetched.value, expires_at, "")


def _noted(flight: asyncio.Task[Token]) -> None:
    """Look at a failure that nobody waited for, so that it is not reported as lost."""
    if not flight.cancelled():
        flight.exception()
