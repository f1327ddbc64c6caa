"""Pages for people (页面): the chat page of demo mode, the plain front page, the API's documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from api.keys import SETTINGS, SHELF

FOLDER = Path(__file__).parent
DESCRIPTION = web.AppKey("description", dict)

_SAFE = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def set_up(app: web.Application, description: dict[str, Any]) -> None:
    """Attach templates and static files."""
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True)
    app[DESCRIPTION] = description
    app.router.add_static("/static", FOLDER / "static", name="static", append_version=True)


def _page(request: web.Request, template: str, context: dict[str, Any]) -> web.Response:
    response = aiohttp_jinja2.render_template(template, request, context)
    response.headers.update(_SAFE)
    return response


async def front(request: web.Request) -> web.Response:
    """Demo mode: the chat page. Otherwise a plain page that names the service."""
    organisations = request.app[SHELF].desk.published.organisations
    names = [unit.short_name for unit in organisations.townships()]
    template = "chat.html" if request.app[SETTINGS].is_demo else "plain.html"
    return _page(request, template, {"townships": names, "title": "政务服务前台"})


async def openapi(request: web.Request) -> web.Response:
    """Give the API's description."""
    return web.json_response(request.app[DESCRIPTION])


async def docs(request: web.Request) -> web.Response:
    """Show the API's description to people."""
    return _page(request, "docs.html", {"api": request.app[DESCRIPTION], "title": "接口说明"})
