"""The access token (凭证) of each WeChat account, one for all processes.

One process refreshes, the others wait for what it stores. The right to refresh is a claim on the row that ends by the
clock, so a process that dies holds nobody up for longer than :data:`CLAIM`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models.database import Database
from models.sealing import Sealer, Unsealable

CLAIM = timedelta(seconds=10)
"""How long one process may take to refresh; longer than the timeout of its call."""
RENEW_BEFORE = timedelta(seconds=290)
"""A token with less than this left is renewed. WeChat gives out a new one only below 300 s: asking a little later
than that, never a little earlier, keeps clocks and rounding from fetching the same token over and over."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as stored; ``value`` is empty when the row cannot be unsealed (another key): claim it as failed."""

    value: str = field(repr=False)
    expires_at: datetime
    mark: str = field(repr=False)
    """Tells this stored token from the one before and the one after it."""

    def is_fresh(self, now: datetime) -> bool:
        """Say whether nobody need think of renewing it yet."""
        return bool(self.value) and self.expires_at >= now + RENEW_BEFORE


_CLAIM = (
    "INSERT INTO tokens(appid, sealed, refreshing_until) VALUES($1, '', $2)"
    " ON CONFLICT(appid) DO UPDATE SET refreshing_until = excluded.refreshing_until,"
    " expires_at = CASE WHEN tokens.sealed = $3 THEN NULL ELSE tokens.expires_at END,"
    " sealed = CASE WHEN tokens.sealed = $3 THEN '' ELSE tokens.sealed END"
    " WHERE (tokens.refreshing_until IS NULL OR tokens.refreshing_until <= $4)"
    " AND (tokens.expires_at IS NULL OR tokens.expires_at < $5 OR tokens.sealed = $3)"
    " RETURNING appid"
)
_STORE = (
    "INSERT INTO tokens(appid, sealed, expires_at) VALUES($1, $2, $3)"
    " ON CONFLICT(appid) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at,"
    " refreshing_until = NULL"
    " WHERE tokens.expires_at IS NULL OR tokens.expires_at < excluded.expires_at"
    " RETURNING appid"
)


async def current(database: Database, appid: str, sealer: Sealer, *, now: datetime) -> Token | None:
    """Give the stored token, or None when there is none or it has expired."""
    rows = await database.rows("SELECT sealed, expires_at FROM tokens WHERE appid = $1", [appid])
    if not rows or not rows[0]["sealed"] or rows[0]["expires_at"] is None:
        return None
    mark, expires_at = rows[0]["sealed"], _moment(rows[0]["expires_at"])
    if expires_at <= now:
        return None
    try:
        return Token(sealer.open(mark, about=_about(appid)), expires_at, mark)
    except Unsealable:
        return Token("", expires_at, mark)


async def ends_at(database: Database, appid: str) -> datetime | None:
    """Give when the stored token ends; None when none is stored."""
    rows = await database.rows("SELECT expires_at FROM tokens WHERE appid = $1", [appid])
    return _moment(rows[0]["expires_at"]) if rows and rows[0]["expires_at"] is not None else None


async def may_refresh(database: Database, appid: str, *, now: datetime, failed: str | None = None) -> bool:
    """Claim the refresh for :data:`CLAIM`; of any number of processes one is told yes.

    Nobody is while the stored token is fresh, unless it is the one that WeChat refused: ``failed`` is its mark, and
    the claim takes it out of the row, so that no other process picks it up.
    """
    until, at, stale = (database.moment(one) for one in (now + CLAIM, now, now + RENEW_BEFORE))
    return bool(await database.rows(_CLAIM, [appid, until, failed or "", at, stale]))


async def store(
    database: Database, appid: str, token: str, expires_at: datetime, sealer: Sealer, *, now: datetime
) -> Token | None:
    """Store a token and end the claim; None, and nothing is changed, when a newer token is there already.

    Give ``expires_at`` counted from the moment of asking: then a late answer never looks newer than it is.
    """
    if expires_at <= now:
        return None
    mark = sealer.seal(token, about=_about(appid))
    stored = await database.rows(_STORE, [appid, mark, database.moment(expires_at)])
    return Token(token, expires_at, mark) if stored else None


async def give_up(database: Database, appid: str, *, now: datetime) -> None:
    """End the claim that was won at ``now`` without a token, so that another may try at once."""
    await database.run(
        "UPDATE tokens SET refreshing_until = NULL WHERE appid = $1 AND refreshing_until = $2",
        [appid, database.moment(now + CLAIM)],
    )


def _about(appid: str) -> str:
    return f"tokens:sealed:{appid}"


def _moment(stored: Any) -> datetime:
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
