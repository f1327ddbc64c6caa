"""Probes and figures (运维): liveness, readiness, Prometheus."""

from __future__ import annotations

from aiohttp import web

from api.keys import CLOCK, DATABASE, METRICS, SHELF
from api.payload import Answer, answer
from knowledge.hall import LOCAL

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
    checks = [await _database(request), _catalogue(request), _calendar(request)]
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


async def metrics(request: web.Request) -> web.Response:
    """Give the figures for Prometheus."""
    return web.Response(body=request.app[METRICS].text(), headers={"Content-Type": "text/plain; version=0.0.4"})
