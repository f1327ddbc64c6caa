"""Probes and figures (运维): liveness, readiness, Prometheus."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from api.keys import CLOCK, DATABASE, METRICS, SETTINGS, SHELF
from api.payload import Answer, answer
from knowledge.hall import LOCAL
from models import notices, tokens

OUTBOX_WARNING = timedelta(minutes=10)
"""A notice unsent for longer is an alarm."""
CALENDAR_WARNING = 60
"""Days that the calendar must still reach; next year's notice usually comes out in November."""


class Check(Answer):
    """One thing that must be well."""

    name: str
    ok: bool
    detail: str


class Readiness(Answer):
    """Whether the service can answer residents."""

    ready: bool
    checks: list[Check]


async def healthz(request: web.Request) -> web.Response:
    """Say that the process lives."""
    return web.Response(text="ok")


async def readyz(request: web.Request) -> web.Response:
    """Say whether the service can answer, and what is wrong; 503 while it cannot."""
    checks = [
        await _database(request),
        _catalogue(request),
        _calendar(request),
        await _outbox(request),
        await _token(request),
    ]
    ready = all(check.ok for check in checks[:2])
    return answer(Readiness(ready=ready, checks=checks), status=200 if ready else 503)


async def _database(request: web.Request) -> Check:
    try:
        await request.app[DATABASE].rows("SELECT 1 AS one")
    except Exception as error:
        return Check(name="database", ok=False, detail=type(error).__name__)
    return Check(name="database", ok=True, detail=request.app[DATABASE].engine)


def _catalogue(request: web.Request) -> Check:
    items = len(request.app[SHELF].desk.published.catalogue)
    return Check(name="catalogue", ok=items > 0, detail=f"{items} items" if items else "nothing published")


def _calendar(request: web.Request) -> Check:
    """The calendar warns and never makes the service unready: residents are still answered."""
    calendar = request.app[SHELF].desk.published.calendar
    today = request.app[CLOCK]().astimezone(LOCAL).date()
    known, left = calendar.known_until(), calendar.days_of_data_left(today)
    detail = f"known until {known}, {left} days left" if known else "no national notice loaded"
    return Check(name="calendar", ok=left >= CALENDAR_WARNING, detail=detail)


async def _outbox(request: web.Request) -> Check:
    """Notices that wait too long are an alarm for whoever watches, and no reason to turn residents away."""
    try:
        late = await notices.oldest_due(request.app[DATABASE], now=request.app[CLOCK]())
    except Exception as error:
        return Check(name="outbox", ok=False, detail=type(error).__name__)
    return Check(name="outbox", ok=late < OUTBOX_WARNING, detail=f"oldest unsent {int(late.total_seconds())} s")


async def _token(request: web.Request) -> Check:
    """WeChat's access tokens as stored: when they end, never what they are."""
    accounts = [appid for appid in (request.app[SETTINGS].oa_appid, request.app[SETTINGS].mp_appid) if appid]
    if not accounts:
        return Check(name="token", ok=True, detail="no WeChat account")
    try:
        ends = [await tokens.ends_at(request.app[DATABASE], appid) for appid in accounts]
    except Exception as error:
        return Check(name="token", ok=False, detail=type(error).__name__)
    # One that is over is no fault: it is asked for when something is to be sent.
    told = "; ".join(f"{appid} until {end:%H:%M} UTC" if end else f"{appid} not asked for yet"
                     for appid, end in zip(accounts, ends, strict=True))  # fmt: skip
    return Check(name="token", ok=True, detail=told)


async def metrics(request: web.Request) -> web.Response:
    """Give the figures for Prometheus."""
    return web.Response(body=request.app[METRICS].text(), headers={"Content-Type": "text/plain; version=0.0.4"})
