"""Who is asking (身份): mini-program sessions, and how often one may ask."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from aiohttp import web
from pydantic import Field

from api.keys import ADDRESS_LIMIT, CLOCK, DATABASE, GATEWAY, PERSON_LIMIT, SETTINGS
from api.payload import Answer, Body, answer, read
from models import people
from models.people import SignedIn
from models.rules.errors import Unauthenticated


class LogIn(Body):
    """What wx.login gave."""

    code: str = Field(min_length=1, max_length=128, description="wx.login 得到的 code,五分钟内用一次")


class Session(Answer):
    """A bearer token for the other endpoints."""

    token: str
    expires_at: datetime


async def open_session(request: web.Request) -> web.Response:
    """Log in with a wx.login code."""
    limit_address(request)
    body = await read(request, LogIn)
    login = await request.app[GATEWAY].log_in(body.code)
    now = request.app[CLOCK]()
    token, expires_at = await people.open_session(
        request.app[DATABASE], login.appid, login.openid, unionid=login.unionid, now=now
    )
    return answer(Session(token=token, expires_at=expires_at), status=201, headers={"Cache-Control": "no-store"})


async def citizen(request: web.Request) -> SignedIn:
    """Give the signed-in person of a request; raise :class:`Unauthenticated` or TooMany."""
    limit_address(request)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    signed_in = await people.signed_in(request.app[DATABASE], token.strip(), now=request.app[CLOCK]())
    request.app[PERSON_LIMIT].count(signed_in.identity)
    return signed_in


def limit_address(request: web.Request) -> None:
    """Count a request against its address; raise TooMany."""
    request.app[ADDRESS_LIMIT].count(address_of(request))


def address_of(request: web.Request) -> str:
    """Give the caller's address: the socket's, or what the trusted proxies in front appended."""
    hops = request.app[SETTINGS].trusted_proxies
    # A proxy may add a header line of its own (HAProxy does) instead of lengthening the caller's: read all of them.
    given = ",".join(request.headers.getall("X-Forwarded-For", ()))
    forwarded = [part.strip() for part in given.split(",") if part.strip()]
    seen = forwarded[-hops] if hops and len(forwarded) >= hops else request.remote or "unknown"
    try:
        address = ipaddress.ip_address(seen)
    except ValueError:
        return request.remote or "unknown"
    # One household has a whole /64 of IPv6 addresses.
    return seen if address.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))
