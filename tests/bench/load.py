"""A load of prepared requests over keep-alive connections, as lean as Python allows, in a process of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """What a load saw."""

    requests: int
    seconds: float
    failed: int
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Give requests per second."""
        return self.requests / self.seconds

    def quantile(self, share: float) -> float:
        """Give the latency, in seconds, that ``share`` of the requests stayed under."""
        ranked = sorted(self.latencies)
        return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


def request_bytes(path: str, body: bytes) -> bytes:
    """Give one prepared POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def send_all(port: int, requests: Sequence[bytes], connections: int) -> Sent:
    """Send every request once, over so many connections."""
    waiting = iter(requests)
    latencies: list[float] = []
    failed = 0

    async def work() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            await reader.readexactly(length)
            latencies.append(time.perf_counter() - started)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return Sent(len(requests), time.perf_counter() - started, failed, latencies)
