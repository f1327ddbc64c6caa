"""The table of contents of the service (目录): which parts there are, how they hang together, what is mounted where."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from importlib.metadata import version

import structlog
from aiohttp import web

from api import auth, booking_routes, chat, items, openapi, operations, pages
from api.errors import outermost
from api.keys import (
    ADDRESS_LIMIT,
    BOOKINGS,
    CLOCK,
    DATABASE,
    FRONTDESK,
    GATEWAY,
    LATE,
    METRICS,
    NOTIFIER,
    PERSON_LIMIT,
    RECEPTION,
    SEALER,
    SETTINGS,
    SHELF,
)
from api.limits import Limiter
from api.metrics import Metrics
from api.routing import Endpoint, Parameter, Role, Routes
from bot.callback import WeChatDoor
from bot.envelope import Account
from bot.frontdesk import FrontDesk, Think, think
from bot.gateway import Gateway
from bot.late import LateAnswers
from bot.notifier import Notifier
from bot.shelf import Shelf
from config.settings import Settings
from models import conversations, people
from models.booking_office import BookingOffice
from models.database import Database
from models.reception import Reception
from models.rules.appointments import Policy
from models.sealing import Sealer

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

BOOKINGS_EVERY = 5.0
"""Seconds between two looks at places that came back and people who did not come."""
SWEEP_EVERY = 600.0
"""Seconds between two clean-ups of old answers, talks and sessions."""


def utc_now() -> datetime:
    """The one place where the wall clock is read."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    database: Database,
    shelf: Shelf,
    gateway: Gateway,
    sealer: Sealer,
    policy: Policy,
    clock: Clock = utc_now,
    think: Think = think,
) -> web.Application:
    """Put the service together from its parts, which the caller opened and will close."""
    app = web.Application(middlewares=[outermost], client_max_size=64 * 1024)
    app[SETTINGS], app[CLOCK], app[DATABASE], app[SHELF], app[GATEWAY] = settings, clock, database, shelf, gateway
    app[SEALER] = sealer
    app[METRICS] = Metrics()
    app[PERSON_LIMIT] = Limiter(settings.rate_person, clock)
    app[ADDRESS_LIMIT] = Limiter(settings.rate_address, clock)
    app[BOOKINGS] = BookingOffice(database, sealer, policy, lambda: shelf.desk.published, clock)
    app[RECEPTION] = Reception(database, policy, lambda: shelf.desk.published, clock)
    app[FRONTDESK] = FrontDesk(
        database,
        desk=lambda: shelf.desk,
        clock=clock,
        bookings=app[BOOKINGS],
        think=think,
        answered=app[METRICS].count_answer,
    )
    app[LATE] = LateAnswers(
        database, app[FRONTDESK], gateway, clock=clock, tappable=frozenset({settings.oa_appid} - {""})
    )
    app[NOTIFIER] = Notifier(database, gateway, published=lambda: shelf.desk.published, clock=clock)
    table = routes(app)
    table.mount(app)
    pages.set_up(app, openapi.describe(table.endpoints, version=version("qiantai")))
    app.cleanup_ctx.append(_background)
    return app


def routes(app: web.Application) -> Routes:
    """Give every endpoint of the service, each with its role."""
    table = Routes()
    table.add(*_public(), *_citizen(app[SETTINGS]), *booking_routes.endpoints(), *_operations())
    for kind in ("oa", "mp"):
        door = _door(app, kind)
        if door is not None:
            path = f"/wechat/{kind}"
            table.add(
                Endpoint("GET", path, door.verify, Role.WECHAT, "微信验证服务器地址"),
                Endpoint("POST", path, door.receive, Role.WECHAT, "微信消息推送"),
            )
    return table


def _public() -> tuple[Endpoint, ...]:
    code = Parameter("code", "path", "事项编码,如 HJ-001")
    township = Parameter("township", "query", "乡镇编号或名称")
    village = Parameter("village", "query", "村(社区)编号或名称")
    return (
        Endpoint("GET", "/", pages.front, Role.PUBLIC, "首页"),
        Endpoint("GET", "/api/v1/openapi.json", pages.openapi, Role.PUBLIC, "接口说明(机器读)"),
        Endpoint("GET", "/api/v1/docs", pages.docs, Role.PUBLIC, "接口说明(人看)"),
        Endpoint("GET", "/api/v1/townships", items.townships, Role.PUBLIC, "乡镇、村和大厅", response=items.Townships),
        Endpoint(
            "GET",
            "/api/v1/items",
            items.item_list,
            Role.PUBLIC,
            "事项目录",
            response=items.ItemList,
            parameters=(Parameter("category", "query", "主题,如 户籍身份"),),
        ),
        Endpoint(
            "GET",
            "/api/v1/items/{code}",
            items.guide,
            Role.PUBLIC,
            "办事指南",
            response=items.Guide,
            parameters=(code, township, village),
            refusals=("item_missing", "township_missing"),
        ),
        Endpoint(
            "GET",
            "/api/v1/search",
            items.search,
            Role.PUBLIC,
            "按问题找事项",
            response=items.SearchResult,
            parameters=(Parameter("q", "query", "居民的问题", required=True),),
            refusals=("invalid",),
        ),
        Endpoint(
            "POST",
            "/api/v1/session",
            auth.open_session,
            Role.PUBLIC,
            "用 wx.login 的 code 登录",
            body=auth.LogIn,
            response=auth.Session,
            status=201,
            refusals=("login_code_refused", "login_blocked", "wechat_unreachable"),
        ),
    )


def _citizen(settings: Settings) -> tuple[Endpoint, ...]:
    key = Parameter("Idempotency-Key", "header", "同一次提交重发时不变")
    say = Endpoint(
        "POST",
        "/api/v1/chat",
        chat.say,
        Role.CITIZEN,
        "和前台说一句话",
        body=chat.Say,
        response=chat.ReplyData,
        parameters=(key,),
        refusals=("message_still_running",),
    )
    after = Parameter("after", "query", "上次看到的编号")
    pushes = Endpoint(
        "GET",
        "/api/v1/demo/pushes",
        chat.pushes,
        Role.CITIZEN,
        "演示模式: 微信替身收到的消息",
        response=chat.Pushes,
        parameters=(after,),
    )
    return (say, pushes) if settings.is_demo else (say,)


def _operations() -> tuple[Endpoint, ...]:
    return (
        Endpoint("GET", "/healthz", operations.healthz, Role.OPERATIONS, "进程活着"),
        Endpoint("GET", "/readyz", operations.readyz, Role.OPERATIONS, "能不能服务", response=operations.Readiness),
        Endpoint("GET", "/metrics", operations.metrics, Role.OPERATIONS, "Prometheus 指标"),
    )


def _door(app: web.Application, kind: str) -> WeChatDoor | None:
    account = account_of(app[SETTINGS], kind)
    if account is None:
        return None
    return WeChatDoor(
        account,
        "oa" if kind == "oa" else "mp",
        database=app[DATABASE],
        frontdesk=app[FRONTDESK],
        late=app[LATE],
        clock=app[CLOCK],
        deadline=app[SETTINGS].answer_deadline,
        human_desk=app[SETTINGS].oa_human_desk,
    )


def account_of(settings: Settings, kind: str) -> Account | None:
    """Give the account of the Official Account ("oa") or mini-program ("mp"); None when it is not set."""
    appid = getattr(settings, f"{kind}_appid")
    if not appid:
        return None
    secrets = (getattr(settings, f"{kind}_aes_key"), getattr(settings, f"{kind}_aes_key_previous"))
    keys = tuple(secret.get_secret_value() for secret in secrets if secret.get_secret_value())
    return Account(appid, getattr(settings, f"{kind}_token").get_secret_value(), keys)


async def _background(app: web.Application) -> AsyncIterator[None]:
    """Run the loops that live as long as the service, and let late answers finish before it ends."""
    loops = [
        asyncio.create_task(app[SHELF].watch()),
        asyncio.create_task(app[LATE].watch()),
        asyncio.create_task(_clean(app)),
        asyncio.create_task(_keep_bookings(app)),
        asyncio.create_task(app[NOTIFIER].watch()),
    ]
    yield
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)  # whatever ended a loop, the answers under way are awaited
    await app[LATE].drain()
    await app[FRONTDESK].drain()


async def _clean(app: web.Application) -> None:
    with app[DATABASE].active():
        while True:
            try:
                await conversations.sweep(app[DATABASE], now=app[CLOCK]())
                await people.sweep_sessions(app[CLOCK]())
            except Exception:
                log.exception("old answers, talks and sessions not cleaned up")
            await asyncio.sleep(SWEEP_EVERY)


async def _keep_bookings(app: web.Application) -> None:
    with app[DATABASE].active():
        while True:
            try:
                await app[BOOKINGS].sweep()
            except Exception:
                log.exception("bookings not swept")
            await asyncio.sleep(BOOKINGS_EVERY)
