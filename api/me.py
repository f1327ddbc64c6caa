"""The person's own door (本人): who they said they are."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from api.auth import citizen
from api.keys import CLOCK, DATABASE, SEALER
from api.payload import Answer, Body, answer, read
from models import residents
from models.residents import KnownResident


class Declare(Body):
    """Name and ID number, as on the card."""

    name: str = Field(min_length=2, max_length=30)
    id_number: str = Field(min_length=18, max_length=18)


class Me(Answer):
    """What the desk knows of the signed-in person; never the number itself."""

    name: str | None
    id_number: str | None
    verified: bool
    priority: bool


async def me(request: web.Request) -> web.Response:
    """Give who one said one is."""
    person = await citizen(request)
    resident = await residents.of_person(request.app[SEALER], person.person_id, now=request.app[CLOCK]())
    return answer(_shown(resident))


async def declare(request: web.Request) -> web.Response:
    """Say who one is; the number is checked, sealed, and never shown again."""
    person = await citizen(request)
    body = await read(request, Declare)
    app = request.app
    resident = await residents.declare(
        app[DATABASE], app[SEALER], person.person_id, body.name, body.id_number, now=app[CLOCK]()
    )
    return answer(_shown(resident))


def _shown(resident: KnownResident | None) -> Me:
    if resident is None:
        return Me(name=None, id_number=None, verified=False, priority=False)
    return Me(
        name=resident.masked_name,
        id_number=resident.masked_number,
        verified=resident.verified,
        priority=resident.has_priority,
    )
