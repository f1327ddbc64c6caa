"""Bodies and answers (出入参): pydantic models at the boundary; a bad body becomes ``Invalid`` naming the field."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from models.rules.errors import IdempotencyKeyNeeded, Invalid

BODY_TIME = 10.0
"""Seconds in which a body must have come; a phone on a weak line sends its few hundred bytes in one."""

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Answer(BaseModel):
    """A response body."""

    model_config = ConfigDict(frozen=True)


async def read(request: web.Request, model: type[M]) -> M:
    """Give the request's JSON body as ``model``; raise :class:`Invalid`."""
    try:
        async with asyncio.timeout(BODY_TIME):
            content = await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Invalid("请求不是完好的 JSON,请升级小程序后再试。") from error
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise Invalid(_sentence(first["type"], field), field=field) from error


def idempotency_key(request: web.Request) -> str:
    """Give the request's Idempotency-Key; raise :class:`IdempotencyKeyNeeded` without one, Invalid for a bad one."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        raise IdempotencyKeyNeeded
    if not re.fullmatch(r"[\x21-\x7e]{1,80}", key):
        raise Invalid("Idempotency-Key 请用1到80个英文字母和数字。", field="Idempotency-Key")
    return key


def _sentence(kind: str, field: str | None) -> str:
    name = f"“{field}”" if field else "内容"
    reasons = {
        "missing": f"缺少{name},请补填。",
        "string_too_long": f"{name}太长了,请缩短。",
        "string_too_short": f"{name}不能为空,请填写。",
        "extra_forbidden": f"多了不认识的{name},请去掉。",
        "string_unicode": f"{name}里有坏字符,请重新输入。",
    }
    return reasons.get(kind, f"{name}填得不对,请检查后再提交。")


def answer(body: BaseModel, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Give ``body`` as a JSON response."""
    return web.Response(
        text=body.model_dump_json(), status=status, content_type="application/json", charset="utf-8", headers=headers
    )
