"""Open the parts, serve, close them (启动): one process, or several on one port and one PostgreSQL."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import multiprocessing
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import structlog
from aiohttp import web

from api import seed
from api.app import create_app, utc_now
from api.logs import set_up
from api.operations import CALENDAR_WARNING
from bot.gateway import Gateway
from bot.prepared_store import PreparedStore
from bot.shelf import Shelf
from bot.wechat_standin import StandInGateway
from config.settings import Settings
from knowledge.hall import LOCAL, Calendar
from knowledge.segment import segmenter
from models.database import Database, open_database
from models.sealing import Sealer

log = structlog.get_logger(__name__)


class NotReady(RuntimeError):
    """The service cannot start; the message says what to do."""


def data_key(settings: Settings) -> bytes:
    """Give the key of personal data; demo mode makes one on first use and keeps it in a file only the owner reads."""
    given = settings.data_key.get_secret_value()
    if given:
        return base64.b64decode(given)
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    path = settings.var_dir / "data.key"
    if not path.exists():
        _make_key(path)
    return base64.b64decode(path.read_text(encoding="ascii"))


def _make_key(path: Path) -> None:
    """Put a key in place whole, or leave the one that another process put there meanwhile."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _kept_for_good() -> Iterator[None]:
    """Spare the garbage collector half a million objects that stay for good, while they are loaded and ever after."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@asynccontextmanager
async def parts(settings: Settings) -> AsyncIterator[tuple[Database, Shelf, Gateway]]:
    """Open database, shelf and gateway; raise :class:`NotReady` when the schema is behind."""
    async with open_database(settings.database, pool=settings.database_pool) as database:
        with database.active(), _kept_for_good():
            await _prepare(settings, database)
            lexicon = seed.lexicon()
            shelf = Shelf(
                database,
                lexicon=lexicon,
                phrasebook=seed.phrasebook(),
                wordings=seed.wordings(),
                segment=segmenter(lexicon),
                store=PreparedStore(settings.var_dir / "cache"),
            )
            desk = await shelf.load()
        if not desk.published.catalogue:
            log.error("还没有发布事项,群众问什么都答不上。请运行 qiantai catalogue import items.csv --publish")
        _warn_of_the_end(desk.published.calendar)
        gateway = _gateway(settings, database)
        try:
            yield database, shelf, gateway
        finally:
            await gateway.close()


def _warn_of_the_end(calendar: Calendar) -> None:
    """Warn when the notices end soon: past them no hours are told, and no slot is offered."""
    left = calendar.days_of_data_left(utc_now().astimezone(LOCAL).date())
    if left < CALENDAR_WARNING:
        do = "请导入下一年的放假安排: qiantai catalogue import calendar.csv --publish"
        log.warning("放假安排快用完了", known_until=str(calendar.known_until()), days_left=left, do=do)


async def _prepare(settings: Settings, database: Database) -> None:
    if settings.is_demo:
        applied = await database.migrate()
        if applied:
            log.info("schema brought up to date", migrations=len(applied))
        if await seed.seed_if_empty(database, now=utc_now()):
            log.info("seed catalogue published")
        return
    pending = await database.pending_migrations()
    if pending:
        raise NotReady(f"数据库还差 {len(pending)} 步升级,请先运行 qiantai migrate")


def _gateway(settings: Settings, database: Database) -> Gateway:
    if settings.is_demo:
        return StandInGateway(clock=utc_now)
    from bot.wechat import WeChatGateway  # brings the blocking client's library along, which demo mode does without

    return WeChatGateway(settings, database, Sealer(data_key(settings)), clock=utc_now)


async def run(settings: Settings, *, reuse_port: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with parts(settings) as (database, shelf, gateway):
        app = create_app(
            settings,
            database=database,
            shelf=shelf,
            gateway=gateway,
            sealer=Sealer(data_key(settings)),
            policy=seed.policy(),
        )
        # Bodies are taken as they come: a compressed one of a megabyte would inflate to a gigabyte on the loop.
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5, auto_decompress=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.host, settings.port, reuse_port=reuse_port or None, backlog=1024)
            try:
                await site.start()
            except OSError as error:
                raise _port_taken(settings, error) from None
            _say_where(settings, runner)
            await stop.wait()
        finally:
            await runner.cleanup()


def _port_taken(settings: Settings, error: OSError) -> NotReady:
    return NotReady(f"不能监听 {settings.host}:{settings.port}: {error.strerror or error}")


def _say_where(settings: Settings, runner: web.AppRunner) -> None:
    host, port = runner.addresses[0][:2]
    base = f"http://{host}:{port}"
    if settings.is_demo:
        log.info("演示模式,没有连接真实微信。打开聊天页", open=f"{base}/", docs=f"{base}/api/v1/docs")
    else:
        doors = [f"{base}/wechat/{kind}" for kind in ("oa", "mp") if getattr(settings, f"{kind}_appid")]
        log.info("serving", doors=doors, docs=f"{base}/api/v1/docs")


def serve(settings: Settings) -> None:
    """Serve in this process, or watch over ``settings.workers`` of them."""
    set_up(settings.log_level, settings.log_format)
    os.umask(0o077)  # what the service writes holds people's questions: its own eyes only
    if settings.workers == 1:
        asyncio.run(run(settings))
    else:
        asyncio.run(_prepare_once(settings))
        _watch_over(settings)


async def _prepare_once(settings: Settings) -> None:
    """Prepare before the workers do: two would migrate an empty database at once, and a hopeless one die for ever."""
    async with open_database(settings.database) as database:
        with database.active():
            await _prepare(settings, database)


def _work(settings: Settings) -> None:
    set_up(settings.log_level, settings.log_format)
    asyncio.run(run(settings, reuse_port=True))


def _watch_over(settings: Settings) -> None:
    """Keep the workers running: one that dies is replaced; a signal to this process ends them all."""
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for worker in workers:
            if worker.is_alive() and worker.pid:
                worker.terminate()

    spawn = multiprocessing.get_context("spawn")

    def start() -> BaseProcess:
        worker = spawn.Process(target=_work, args=(settings,), daemon=False)
        worker.start()
        return worker

    held = _hold_port(settings)
    workers: list[BaseProcess] = []
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while len(workers) < settings.workers and not stopping:
        workers.append(start())
    while not stopping:
        for number, worker in enumerate(workers):
            worker.join(timeout=0.5)
            if not worker.is_alive() and not stopping:
                log.error("worker ended, starting another", exitcode=worker.exitcode)
                workers[number] = start()
    for worker in workers:
        worker.join(timeout=15)
    held.close()


def _hold_port(settings: Settings) -> socket.socket:
    """Bind without listening, so that a port taken by another program stops the start with its own error."""
    held = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        held.bind((settings.host, settings.port))
    except OSError as error:
        held.close()
        raise _port_taken(settings, error) from None
    return held
