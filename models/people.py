"""Verbs of people (人): log in, follow, forget."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from models import conversations, journal
from models.database import Database, transaction
from models.rules.errors import Unauthenticated
from models.rules.people import identity_of
from models.tables import Appointment, CallBack, ConsentEvent, Person, Resident, SessionRow, TicketRow, Waiting

SESSION = timedelta(days=7)
"""How long a mini-program session lasts; wx.login renews it without the person noticing."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who stands behind a bearer token."""

    person_id: UUID
    identity: str


def id_of(identity: str) -> UUID:
    """Give the id of a person: a digest, so that whoever is forgotten and comes back cannot book as somebody new."""
    return uuid5(NAMESPACE_OID, f"qiantai:{identity}")


async def know(database: Database, appid: str, openid: str, *, unionid: str | None, now: datetime) -> UUID:
    """Give the person of an openid, made on first sight."""
    identity = identity_of(appid, openid)
    rows = await database.rows(
        "INSERT INTO people(id, identity, appid, openid, unionid, follows, created_at, seen_at)"
        " VALUES($1, $2, $3, $4, $5, $6, $7, $7)"
        " ON CONFLICT(identity) DO UPDATE SET seen_at = excluded.seen_at,"
        " unionid = COALESCE(excluded.unionid, people.unionid) RETURNING id",
        [
            database.uuid(id_of(identity)),
            identity,
            appid,
            openid,
            unionid,
            False,
            database.moment(now),
        ],
    )
    return UUID(str(rows[0]["id"]))


async def open_session(
    database: Database, appid: str, openid: str, *, unionid: str | None, now: datetime
) -> tuple[str, datetime]:
    """Log a person in; give the bearer token, which is stored nowhere, and when it ends."""
    token = secrets.token_urlsafe(32)
    async with transaction(database):
        person_id = await know(database, appid, openid, unionid=unionid, now=now)
        await SessionRow.create(digest=_digest(token), person_id=person_id, created_at=now, expires_at=now + SESSION)
        await journal.record(f"person:{person_id}", "session.open", f"person:{person_id}", now=now)
    return token, now + SESSION


async def signed_in(database: Database, token: str, *, now: datetime) -> SignedIn:
    """Give who holds a bearer token; raise :class:`Unauthenticated` if it is unknown or over."""
    rows = await database.rows(
        "SELECT p.id, p.identity FROM sessions s JOIN people p ON p.id = s.person_id"
        " WHERE s.digest = $1 AND s.expires_at > $2",
        [_digest(token), database.moment(now)],
    )
    if not rows:
        raise Unauthenticated
    return SignedIn(UUID(str(rows[0]["id"])), rows[0]["identity"])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()  # a header may hold any bytes


async def follow(database: Database, appid: str, openid: str, *, now: datetime) -> None:
    """Note that somebody follows the Official Account."""
    async with transaction(database):
        person_id = await know(database, appid, openid, unionid=None, now=now)
        await Person.filter(id=person_id).update(follows=True)
        await journal.record(f"person:{person_id}", "person.follow", f"person:{person_id}", now=now)


async def forget(database: Database, appid: str, openid: str, *, now: datetime) -> None:
    """Delete everything held about a person for one account: WeChat demands it on unsubscribe.

    What remains names nobody: a journal line with the digest of the identity, and appointments under an id that is such
    a digest, too. They stand as on paper, and whoever comes back has them again, with the limits that hold for them.
    """
    identity = identity_of(appid, openid)
    async with transaction(database):
        ids = await Person.filter(identity=identity).values_list("id", flat=True)
        await SessionRow.filter(person_id__in=ids).delete()
        await TicketRow.filter(person_id__in=ids).update(person_id=None)  # the place in the hall stays, as on paper
        await Waiting.filter(person_id__in=ids, state="waiting").update(state="left", live_key=None)
        for resident in await Resident.filter(person_id__in=ids):
            # Whoever is served under this number keeps it, as the law says; else nothing of the name stays.
            if await Appointment.filter(resident_id=resident.id).exists():
                await Resident.filter(id=resident.id).update(person_id=None)
            else:
                await resident.delete()
        await Person.filter(identity=identity).delete()
        await CallBack.filter(identity=identity).delete()
        await ConsentEvent.filter(identity=identity).delete()
        await conversations.forget(database, identity)
        subject = f"identity:{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        await journal.record(journal.SYSTEM, "person.forget", subject, now=now)


async def sweep_sessions(now: datetime) -> None:
    """Delete sessions that are over."""
    await SessionRow.filter(expires_at__lt=now).delete()
