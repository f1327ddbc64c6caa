"""Logs (运行日志): one line an event, JSON for machines or text for a terminal; no personal data, no statements."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

_NUMBERS = re.compile(r"(?<![0-9A-Za-z])(?:\d{15,19}|\d{17}[Xx]|1[3-9]\d{9})(?![0-9A-Za-z])")

# Their debug lines print statements with values, and access logs print query strings.
_QUIET = ("tortoise", "tortoise.db_client", "aiosqlite", "asyncpg", "aiohttp.access", "jieba")


def _without_numbers(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide ID and phone numbers that slipped into a value: the last net, not the first."""
    return {k: _NUMBERS.sub("***", v) if isinstance(v, str) else v for k, v in event.items()}


def set_up(level: str, form: str) -> None:
    """Send every log line to stderr; ``form`` is json, text or auto."""
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_numbers,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # prints raw request lines of malformed requests
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
