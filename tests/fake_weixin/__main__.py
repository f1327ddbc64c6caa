"""Run the fake as a process of its own: `python -m tests.fake_weixin --port 9800`."""

import argparse
import asyncio
import contextlib
import sys

from .fake import FakeWeixin


async def serve(host: str, port: int, *, ticking: bool) -> None:
    """Serve until stopped; the first line on stdout is the base URL."""
    fake = FakeWeixin(ticking=ticking)
    await fake.start(host, port)
    try:
        sys.stdout.write(f"{fake.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        await fake.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--frozen", action="store_true", help="hold the clock still until a hook moves it")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.host, options.port, ticking=not options.frozen))


if __name__ == "__main__":
    main()
