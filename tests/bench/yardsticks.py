"""Bare servers to compare with: an aiohttp echo, and an echo that verifies, decrypts, parses, replies and encrypts."""

from __future__ import annotations

import sys
import time

from aiohttp import web


async def echo(request: web.Request) -> web.Response:
    """Give the body back."""
    return web.Response(body=await request.read())


def crypto_echo(appid: str, token: str, key: str) -> web.Application:
    """Build the echo that does WeChat's envelope and nothing else."""
    from bot.envelope import Account, Envelope
    from bot.xmlreply import text_reply

    envelope = Envelope(Account(appid, token, (key,)), freshness=10**9)

    async def answer(request: web.Request) -> web.Response:
        now = int(time.time())
        opened = envelope.open(await request.read(), request.query, now=now)
        fields = opened.fields
        xml = text_reply(fields["FromUserName"], fields["ToUserName"], fields["Content"], now)
        return web.Response(text=envelope.seal(xml, opened, now=now), content_type="application/xml")

    app = web.Application()
    app.router.add_post("/", answer)
    return app


async def probe(request: web.Request) -> web.Response:
    """Say that the server is up."""
    return web.Response(text="ok")


def main() -> None:
    """``python -m tests.bench.yardsticks PORT echo`` or ``… PORT crypto APPID TOKEN KEY``."""
    port, kind, *rest = sys.argv[1:]
    app = crypto_echo(*rest) if kind == "crypto" else web.Application()
    if kind == "echo":
        app.router.add_post("/", echo)
    app.router.add_get("/probe", probe)
    web.run_app(app, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main()
