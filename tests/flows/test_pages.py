"""The pages and the API's own description: everything that is served is written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.house import House


async def description(house: House) -> dict[str, Any]:
    async with house.client.get("/api/v1/openapi.json") as response:
        document: dict[str, Any] = await response.json()
        return document


async def test_every_route_is_described_and_every_reference_leads_somewhere(house: House) -> None:
    document = await description(house)

    assert document["openapi"].startswith("3.")
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in house.client.app.router.routes()  # type: ignore[union-attr]
        if route.resource.canonical.startswith("/api/") and route.method not in ("HEAD", "OPTIONS")
    }
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert served == described
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["summary"] and "default" in operation["responses"] for operation in operations)


async def test_the_described_status_is_the_one_that_is_given(house: House) -> None:
    document = await description(house)

    async with house.client.post("/api/v1/session", json={"code": "demo-somebody"}) as response:
        assert str(response.status) in document["paths"]["/api/v1/session"]["post"]["responses"]


async def test_demo_mode_shows_the_chat_and_real_mode_a_plain_page(house: House) -> None:
    page = await house.client.get("/")
    text = await page.text()

    assert page.status == 200
    assert "chat.js" in text
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


async def test_with_real_accounts_there_is_a_plain_page_and_no_demo_door(wechat_house: House) -> None:
    page = await wechat_house.client.get("/")

    assert page.status == 200
    assert "chat.js" not in await page.text()
    assert (await wechat_house.client.get("/api/v1/demo/pushes")).status == 404


async def test_the_documentation_names_every_endpoint(house: House) -> None:
    page = await house.client.get("/api/v1/docs")
    text = await page.text()

    assert page.status == 200
    assert all(path in text for path in (await description(house))["paths"])


async def test_the_probes_tell_the_truth(house: House) -> None:
    assert await (await house.client.get("/healthz")).text() == "ok"
    async with house.client.get("/readyz") as response:
        ready = await response.json()
        assert response.status == 200
    assert {check["name"]: check["ok"] for check in ready["checks"]} == {
        "database": True,
        "catalogue": True,
        "calendar": True,
        "outbox": True,
        "token": True,
    }
    house.clock.advance(270 * 86_400)  # 27 November: next year's notice is missing
    async with house.client.get("/readyz") as response:
        late = await response.json()
    assert late["ready"]
    assert not late["checks"][2]["ok"]


async def test_the_figures_count_and_name_nobody(house: House) -> None:
    someone = await house.newcomer("a-recognisable-name")
    await someone.say("菜单")

    text = await (await house.client.get("/metrics")).text()

    assert 'qiantai_http_requests_total{route="/api/v1/chat",status="200"} 1.0' in text
    assert "recognisable" not in text


async def test_the_catalogue_can_be_read(house: House) -> None:
    townships = (await (await house.client.get("/api/v1/townships")).json())["townships"]
    listed = (await (await house.client.get("/api/v1/items")).json())["items"]
    some = (await (await house.client.get("/api/v1/items", params={"category": listed[0]["category"]})).json())["items"]
    guide = await (await house.client.get("/api/v1/items/HJ-001", params={"village": "新柳村委会"})).json()
    found = await (await house.client.get("/api/v1/search", params={"q": "高龄津贴(老年人保健补助)申领"})).json()

    assert [unit["hall"] for unit in townships][:2] == ["南华县政务服务大厅", "东华镇政务服务中心"]
    assert all(unit["villages"] for unit in townships)
    assert 0 < len(some) < len(listed)
    assert guide["card"]["places"][0]["name"] == "东华派出所"
    assert (found["outcome"], found["candidates"][0]["code"]) == ("sure", "LL-001")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)
