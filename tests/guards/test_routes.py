"""Every route has a role and keeps it; everything under /api is described."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from api.app import routes
from api.routing import Endpoint, Role
from models.rules.errors import Refusal
from tests.guards.test_refusals import every_refusal
from tests.house import House, a_house, a_weixin


@pytest.fixture(params=["demo", "accounts"])
async def either(request: pytest.FixtureRequest, url: str) -> AsyncIterator[House]:
    """Open the house as a demo, and with both accounts."""
    if request.param == "demo":
        async with a_house(url) as house:
            yield house
    else:
        async with a_weixin() as fake, a_house(url, fake=fake) as house:
            yield house


def app_of(house: House) -> web.Application:
    app = house.client.app
    assert app is not None
    return app


def endpoints(house: House) -> list[Endpoint]:
    return routes(app_of(house)).endpoints


def path_of(endpoint: Endpoint) -> str:
    return re.sub(r"\{.*?\}", "HJ-001", endpoint.path)


def mounted(house: House) -> set[tuple[str, str]]:
    """Give (method, path) of every route but the static files'."""
    resources = [r for r in app_of(house).router.resources() if not isinstance(r, web.StaticResource)]
    return {(route.method, resource.canonical) for resource in resources for route in resource}


async def status_of(house: House, endpoint: Endpoint, **headers: str) -> int:
    async with house.client.request(endpoint.method, path_of(endpoint), headers=headers) as response:
        return response.status


async def test_every_route_stands_in_the_table(either: House) -> None:
    listed = [(endpoint.method, endpoint.path) for endpoint in endpoints(either)]

    assert len(listed) == len(set(listed))
    assert mounted(either) == set(listed)


async def test_every_endpoint_names_role_and_purpose(either: House) -> None:
    assert [e.path for e in endpoints(either) if not isinstance(e.role, Role) or not e.summary] == []


async def test_the_only_files_served_are_the_static_ones(either: House) -> None:
    static = [r for r in app_of(either).router.resources() if isinstance(r, web.StaticResource)]

    assert [resource.canonical for resource in static] == ["/static"]


async def test_a_citizens_route_asks_who_comes(either: House) -> None:
    asked = [e for e in endpoints(either) if e.role in (Role.CITIZEN, Role.AGENT)]

    answers = {(e.path, await status_of(either, e, Authorization=bad)) for e in asked for bad in ("", "Bearer x", "x")}

    assert answers
    assert {status for _, status in answers} == {401}


async def test_wechats_route_asks_for_a_signature(wechat_house: House) -> None:
    asked = [e for e in endpoints(wechat_house) if e.role is Role.WECHAT]

    assert len(asked) == 4
    assert {await status_of(wechat_house, endpoint) for endpoint in asked} == {403}


async def test_without_an_account_there_is_no_wechat_door(house: House) -> None:
    assert [e.path for e in endpoints(house) if e.role is Role.WECHAT] == []
    assert (await house.client.get("/wechat/oa")).status == 404


async def test_with_accounts_there_are_no_demo_routes(wechat_house: House) -> None:
    assert [e.path for e in endpoints(wechat_house) if "demo" in e.path] == []


async def test_everything_under_api_is_described(either: House) -> None:
    described = await (await either.client.get("/api/v1/openapi.json")).json()

    operations = {(method.upper(), path) for path, of in described["paths"].items() for method in of}
    under_api = {(e.method, e.path) for e in endpoints(either) if e.path.startswith("/api/")}

    assert operations == under_api
    assert {path for _, path in mounted(either) if path.startswith("/api")} == set(described["paths"])


async def test_every_operation_of_a_citizen_asks_for_the_session(either: House) -> None:
    described = await (await either.client.get("/api/v1/openapi.json")).json()

    for endpoint in endpoints(either):
        if endpoint.path.startswith("/api/"):
            operation: dict[str, Any] = described["paths"][endpoint.path][endpoint.method.lower()]
            assert ("security" in operation) == (endpoint.role in (Role.CITIZEN, Role.AGENT)), endpoint.path


async def test_the_description_names_only_refusals_that_exist(either: House) -> None:
    codes = {refusal.code for refusal in (Refusal, *every_refusal())}

    assert {code for endpoint in endpoints(either) for code in endpoint.refusals} - codes == set()


async def test_every_reference_of_the_description_leads_somewhere(either: House) -> None:
    described = await (await either.client.get("/api/v1/openapi.json")).json()

    references = set(re.findall(r"#/components/schemas/(\w+)", str(described)))

    assert references - set(described["components"]["schemas"]) == set()
