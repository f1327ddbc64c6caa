"""The route table (路由): every endpoint names its role, its shapes and its purpose; OpenAPI and the guards read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web
from pydantic import BaseModel


class Role(StrEnum):
    """Who may enter. Deny by default: a route without a role does not exist."""

    PUBLIC = "public"  # what hangs on the wall of the hall
    CITIZEN = "citizen"  # a mini-program session
    AGENT = "agent"  # a mini-program session of a village agent in office
    WECHAT = "wechat"  # the platform, by signature
    OPERATIONS = "operations"  # probes and figures; keep them behind the reverse proxy


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query or path parameter, as documented."""

    name: str
    where: str
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    role: Role
    summary: str
    body: type[BaseModel] | None = None
    response: type[BaseModel] | None = None
    status: int = 200
    """Status of a success."""
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[str, ...] = ()
    """Codes that callers should expect beside the general ones."""


class Routes:
    """Collects endpoints and mounts them."""

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def add(self, *endpoints: Endpoint) -> None:
        """Take up endpoints."""
        self.endpoints.extend(endpoints)

    def mount(self, app: web.Application) -> None:
        """Add every endpoint to the application's router."""
        for endpoint in self.endpoints:
            app.router.add_route(endpoint.method, endpoint.path, endpoint.handler)
