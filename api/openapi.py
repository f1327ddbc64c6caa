"""The API's description (接口说明), generated from the route table: nothing is written twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from api.routing import Endpoint, Role


def describe(endpoints: Iterable[Endpoint], *, version: str) -> dict[str, Any]:
    """Give the OpenAPI 3.1 document of the endpoints under /api."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        if endpoint.path.startswith("/api/"):
            paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "前台 Qiantai",
            "version": version,
            "description": "乡镇政务服务前台的小程序接口。出错都返回 error,其中 message 可直接给居民看。",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "field": {"type": "string"},
                "alternatives": {"type": "array", "items": {"type": "string", "format": "date-time"}},
                "request_id": {"type": "string"},
            },
        }
    },
}


def _operation(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": endpoint.handler.__name__,
        "responses": {
            str(endpoint.status): {"description": "成功", **_content(endpoint.response, schemas)},
            "default": {
                "description": "出错: " + "、".join(endpoint.refusals) if endpoint.refusals else "出错",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
        "x-role": endpoint.role.value,
    }
    if endpoint.role in (Role.CITIZEN, Role.AGENT):
        operation["security"] = [{"session": []}]
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, **_content(endpoint.body, schemas)}
    if endpoint.parameters:
        operation["parameters"] = [
            {
                "name": parameter.name,
                "in": parameter.where,
                "description": parameter.meaning,
                "required": parameter.required or parameter.where == "path",
                "schema": {"type": "string"},
            }
            for parameter in endpoint.parameters
        ]
    return operation


def _content(model: type[BaseModel] | None, schemas: dict[str, Any]) -> dict[str, Any]:
    if model is None:
        return {}
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}}
