"""One door for everything that goes wrong (出错): refusals to statuses, our faults to an apology, an id on all."""

from __future__ import annotations

import errno
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from api.keys import DATABASE, METRICS
from models.rules.errors import Conflict, Forbidden, Invalid, Missing, Refusal, TooMany, Unauthenticated

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (Missing, 404),
    (Conflict, 409),
    (TooMany, 429),
    (Invalid, 422),
)
_HTTP_CODES = {
    400: ("bad_request", "请求格式不对,请升级小程序后再试。"),
    404: ("not_found", "没有这个地址,请检查后再试。"),
    408: ("too_slow", "网络太慢,没有收完,请再发一次。"),
    405: ("method_not_allowed", "这个地址不支持这样访问。"),
    413: ("too_large", "内容太大了,请缩短后再发。"),
    415: ("unsupported_media_type", "请用 JSON 格式提交。"),
}
_REQUEST_ID = re.compile(r"[\w-]{8,64}")
_SORRY = "系统出了点问题,我们已经记下。请过一分钟再试;急的话拨打12345。"


def status_of(refusal: Refusal) -> int:
    """Give the HTTP status of a refusal's parent."""
    return next((status for parent, status in _STATUS if isinstance(refusal, parent)), 422)


def error_body(
    code: str, message: str, request_id: str, field: str | None = None, alternatives: Iterable[datetime] = ()
) -> dict[str, Any]:
    """Give the one error shape of the API; ``alternatives`` are times that would do instead."""
    named = {"field": field} if field else {}
    times = [moment.isoformat() for moment in alternatives]
    offered = {"alternatives": times} if times else {}
    return {"error": {"code": code, "message": message, **named, **offered, "request_id": request_id}}


@web.middleware
async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every request an id, the database, figures, safe headers, and an answer whatever happens."""
    given = request.headers.get("X-Request-Id", "")
    request_id = given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    started = time.perf_counter()
    bound = structlog.contextvars.bind_contextvars(request_id=request_id)
    try:
        with request.app[DATABASE].active():
            response = await _answered(request, handler, request_id)
    finally:
        structlog.contextvars.reset_contextvars(**bound)
    request.app[METRICS].count_request(_route(request), response.status, time.perf_counter() - started)
    response.headers.setdefault("X-Request-Id", request_id)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


async def _answered(request: web.Request, handler: Handler, request_id: str) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        headers = {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, TooMany) else {}
        status = status_of(refusal)
        body = error_body(refusal.code, refusal.message, request_id, refusal.field, refusal.alternatives)
        return _problem(request, status, body, headers)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code, message = _HTTP_CODES.get(error.status, ("http_error", "请求没有成功,请稍后再试。"))
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _problem(request, error.status, error_body(code, message, request_id), headers)
    except ConnectionError:
        log.info("caller hung up", route=_route(request))
        return _problem(request, 400, error_body(*_HTTP_CODES[400], request_id))
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # a static file's name that no file system takes
            return _sorry(request, request_id)
        return _problem(request, 404, error_body(*_HTTP_CODES[404], request_id))
    except Exception:
        return _sorry(request, request_id)


def _sorry(request: web.Request, request_id: str) -> web.Response:
    """Apologise for a fault of ours; called while it is being handled."""
    log.exception("request failed", route=_route(request))
    return _problem(request, 500, error_body("internal", _SORRY, request_id))


def _problem(
    request: web.Request, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> web.Response:
    if request.path.startswith("/api/"):
        text = json.dumps(body, ensure_ascii=False)
        return web.Response(text=text, content_type="application/json", status=status, headers=headers)
    error = body["error"]
    return web.Response(text=f"{error['message']}\n({error['request_id']})", status=status, headers=headers)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"
