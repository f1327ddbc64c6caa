"""A load of prepared requests over keep-alive connections, made by wrk (a Debian package)."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Steady:
    """What wrk saw in a fixed time."""

    rate: float
    requests: int
    failed: int
    p50: float
    p99: float


_SCRIPT = """
local requests = dofile("%s")
local next = 0
request = function()
  next = next %% #requests + 1
  return requests[next]
end
"""
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def wrk(port: int, requests: Sequence[bytes], connections: int, seconds: int = 4) -> Steady:
    """Send requests with wrk, in C and on one thread, so that the load leaves the processors to the servers.

    There must be more requests than can be answered in the time: a repeat would be answered from memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "requests.lua")
        table.write_text("return {" + ",".join(map(_quoted, requests)) + "}", encoding="utf-8")
        script = Path(folder, "load.lua")
        script.write_text(_SCRIPT % table, encoding="utf-8")
        url = f"http://127.0.0.1:{port}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return _heard(said)


def _quoted(request: bytes) -> str:
    """Write a request as a Lua string; a long bracket would turn its line ends into others."""
    text = request.decode().replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return f'"{text}"'


def _heard(said: str) -> Steady:
    def latency(share: str) -> float:
        value, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
        return float(value) * _UNITS[unit]

    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return Steady(
        rate=float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),  # type: ignore[index]
        requests=int(re.search(r"(\d+) requests in", said)[1]),  # type: ignore[index]
        failed=int(failed[1]) if failed else 0,
        p50=latency("50"),
        p99=latency("99"),
    )


def request_bytes(path: str, body: bytes) -> bytes:
    """Give one prepared POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
