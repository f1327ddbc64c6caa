"""Where the talk with each person stands (会话), safe between processes: one turn at a time, each message once.

Two statements carry a message. :func:`take` leases the conversation to the message and reads its state; a message
answered before comes back with its answer. :func:`finish` stores answer and state in one step and ends the lease. A
process that dies leaves a lease that ends by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.database import Database

LEASE = timedelta(seconds=8)
"""How long one message may hold a conversation; longer than any healthy answer takes."""
RECENT = 8
"""Message keys remembered beside the state; more than WeChat re-sends at a time."""
KEEP = timedelta(hours=24)
"""How long an answer is kept for repeats of its message."""
RETRY = timedelta(seconds=30)
"""When the sweep takes up a late answer that its own process has not delivered."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A conversation leased to one message."""

    state: dict[str, Any]
    recent: tuple[str, ...]
    answer: dict[str, Any] | None
    """The stored answer, if the message was answered before; nothing is left to do then."""


_TAKE = (
    "INSERT INTO conversations(identity, state, holder, held_until, updated_at) VALUES($1, '{}', $2, $3, $4)"
    " ON CONFLICT(identity) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until"
    " WHERE conversations.held_until IS NULL OR conversations.held_until <= $4"
    " RETURNING identity, state, (SELECT reply FROM inbox WHERE message_key = $2 AND inbox.identity = $1) AS reply"
)
_INTO_INBOX = "INSERT INTO inbox(identity, message_key, at, reply, delivery, attempts)"
_OR_UPDATE = " ON CONFLICT(message_key) DO UPDATE SET reply = excluded.reply, turn = NULL"
_SAVE_STATE = (
    "UPDATE conversations SET updated_at = $3, state = $4, held_until = NULL WHERE identity = $1 AND holder = $2"
)
# PostgreSQL does both in one statement. SQLite, with one writer at a time, can ask first whether the person is known.
_FINISH_IN_ONE = (
    f"WITH kept AS ({_INTO_INBOX} VALUES($1, $2, $3, $4, 'passive', 0){_OR_UPDATE})"
    f" {_SAVE_STATE.replace('$4', '$5')} RETURNING identity"
)
_KEEP_ANSWER = (
    f"{_INTO_INBOX} SELECT $1, $2, $3, $4, 'passive', 0"
    f" WHERE EXISTS (SELECT 1 FROM conversations WHERE conversations.identity = $1){_OR_UPDATE}"
)
_DROP_IF_FORGOTTEN = (
    "DELETE FROM inbox WHERE message_key = $2"
    " AND NOT EXISTS (SELECT 1 FROM conversations WHERE conversations.identity = $1)"
)


async def take(database: Database, identity: str, message_key: str, *, now: datetime) -> Taken | None:
    """Lease the conversation to a message; None while another message holds it."""
    until = database.moment(now + LEASE)
    rows = await database.act((_TAKE, [identity, message_key, until, database.moment(now)]))
    if not rows:
        return None
    stored = database.parsed(rows[0]["state"]) or {}
    recent = tuple(stored.get("recent", ()))
    answer = database.parsed(rows[0]["reply"])
    if answer is None and message_key in recent:
        # The lease was granted by a newer snapshot than the one the sub-select saw: look again.
        answer = await answer_of(database, message_key)
    return Taken(stored.get("talk", {}), recent, answer)


async def answer_of(database: Database, message_key: str) -> dict[str, Any] | None:
    """Give the stored answer to a message, or None."""
    rows = await database.rows("SELECT reply FROM inbox WHERE message_key = $1", [message_key])
    return database.parsed(rows[0]["reply"]) if rows else None


async def finish(
    database: Database,
    identity: str,
    message_key: str,
    *,
    taken: Taken,
    talk: dict[str, Any],
    answer: dict[str, Any],
    now: datetime,
) -> None:
    """Store the answer and the talk's new state, and end the lease; a lease lost meanwhile keeps the other's state.

    Nothing is kept of a person who was forgotten meanwhile.
    """
    recent = [*taken.recent, message_key][-RECENT:]
    state = database.json({"talk": talk, "recent": recent})
    common = [identity, message_key, database.moment(now)]
    if database.engine == "postgres":
        if not await database.act((_FINISH_IN_ONE, [*common, database.json(answer), state])):
            await database.run(_DROP_IF_FORGOTTEN, [identity, message_key])
        return
    await database.act(
        (_KEEP_ANSWER, [*common, database.json(answer)]),
        (_SAVE_STATE, [*common, state]),
    )


async def release(database: Database, identity: str, message_key: str) -> None:
    """End the lease of a message without an answer, so that the next one need not wait for the clock."""
    sql = "UPDATE conversations SET held_until = NULL WHERE identity = $1 AND holder = $2"
    await database.run(sql, [identity, message_key])


async def defer(database: Database, identity: str, message_key: str, turn: dict[str, Any], *, now: datetime) -> None:
    """Note that a message was acknowledged and is answered later; ``turn`` is masked. The sweep is the safety net."""
    await database.run(
        "INSERT INTO inbox(message_key, identity, at, turn, delivery, attempts, due_at)"
        " VALUES($1, $2, $3, $4, 'deferred', 0, $5)"
        " ON CONFLICT(message_key) DO UPDATE SET delivery = 'deferred', due_at = excluded.due_at"
        " WHERE inbox.delivery = 'passive'",
        [message_key, identity, database.moment(now), database.json(turn), database.moment(now + RETRY)],
    )


async def claim_sending(database: Database, message_key: str, *, now: datetime) -> bool:
    """Take the sending of one deferred answer upon this process; False if another has it or has sent it."""
    sql = "UPDATE inbox SET delivery = 'pending', due_at = $2 WHERE message_key = $1 AND delivery = 'deferred'"
    return bool(await database.run(sql, [message_key, database.moment(now + RETRY)]))


@dataclass(frozen=True, slots=True)
class Late:
    """A message acknowledged earlier whose answer has not reached the person yet."""

    message_key: str
    identity: str
    turn: dict[str, Any] | None
    answer: dict[str, Any] | None
    attempts: int


async def claim_late(database: Database, *, now: datetime, limit: int = 20) -> list[Late]:
    """Lease the late answers that are due to this process, for :data:`RETRY`; :func:`claim_sending` then refuses."""
    lock = " FOR UPDATE SKIP LOCKED" if database.engine == "postgres" else ""
    rows = await database.rows(
        "UPDATE inbox SET due_at = $1, attempts = attempts + 1, delivery = 'pending' WHERE message_key IN"
        f" (SELECT message_key FROM inbox WHERE due_at <= $2 ORDER BY due_at LIMIT {int(limit)}{lock})"
        " AND due_at <= $2 RETURNING message_key, identity, turn, reply, attempts",
        [database.moment(now + RETRY), database.moment(now)],
    )
    return [
        Late(
            row["message_key"],
            row["identity"],
            database.parsed(row["turn"]),
            database.parsed(row["reply"]),
            row["attempts"],
        )
        for row in rows
    ]


async def settle_late(database: Database, message_key: str, delivery: str) -> None:
    """Write how a late answer ended (``sent`` or ``failed``)."""
    await database.run(
        "UPDATE inbox SET delivery = $2, due_at = NULL, turn = NULL WHERE message_key = $1", [message_key, delivery]
    )


async def forget(database: Database, identity: str) -> None:
    """Delete the talk and every stored message of a person."""
    await database.run("DELETE FROM conversations WHERE identity = $1", [identity])
    await database.run("DELETE FROM inbox WHERE identity = $1", [identity])


async def sweep(database: Database, *, now: datetime, talk_kept: timedelta = timedelta(days=180)) -> None:
    """Delete answers older than a day and talks untouched for half a year."""
    await database.run("DELETE FROM inbox WHERE at < $1 AND due_at IS NULL", [database.moment(now - KEEP)])
    await database.run("DELETE FROM conversations WHERE updated_at < $1", [database.moment(now - talk_kept)])
