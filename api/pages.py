"""Pages for people (页面): the chat page of demo mode, the plain front page, the API's documentation."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from api.keys import SETTINGS, SHELF

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
DESCRIPTION = web.AppKey("description", dict)

_SAFE = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def set_up(app: web.Application, description: dict[str, Any]) -> None:
    """Attach the API's description and static files."""
    app[DESCRIPTION] = description
    app.router.add_static("/static", FOLDER / "static", name="static", append_version=True)


@cache
def _templates() -> Environment:
    import jinja2  # 60 ms of every start; the first page that somebody opens pays them

    return jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True)


def _page(template: str, context: dict[str, Any]) -> web.Response:
    text = _templates().get_template(template).render(context)
    return web.Response(text=text, content_type="text/html", headers=_SAFE)


async def front(request: web.Request) -> web.Response:
    """Demo mode: the chat page. Otherwise a plain page that names the service."""
    organisations = request.app[SHELF].desk.published.organisations
    names = [unit.short_name for unit in organisations.townships()]
    template = "chat.html" if request.app[SETTINGS].is_demo else "plain.html"
    return _page(template, {"townships": names, "title": "政务服务前台"})


async def openapi(request: web.Request) -> web.Response:
    """Give the API's description."""
    return web.json_response(request.app[DESCRIPTION])


async def docs(request: web.Request) -> web.Response:
    """Show the API's description to people."""
    style = request.app.router["static"].url_for(filename="docs.css")
    return _page("docs.html", {"api": request.app[DESCRIPTION], "title": "接口说明", "style": style})
