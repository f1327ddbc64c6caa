"""The servers that are measured, each a process of its own, and what the kernel says they used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Server:
    """A running server and its worker processes."""

    process: subprocess.Popen[bytes]
    port: int
    started: float
    children: list[int] = field(default_factory=list)

    def cpu_seconds(self) -> float:
        """Give the processor time of the server and its workers so far."""
        return sum(_cpu(pid) for pid in self._pids())

    def resident_mib(self) -> float:
        """Give the resident memory of the largest process of the server."""
        return max(_resident(pid) for pid in self._pids())

    def _pids(self) -> list[int]:
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            try:
                with open(f"/proc/{pid}/task/{pid}/children") as file:
                    queue.extend(int(child) for child in file.read().split())
            except FileNotFoundError:
                continue
        return found


def _cpu(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def _resident(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
    except FileNotFoundError:
        pass
    return 0.0


def free_port() -> int:
    """Give a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*arguments: str, port: int, environment: Mapping[str, str] | None = None, probe: str) -> Iterator[Server]:
    """Start ``python ARGUMENTS`` and wait until ``probe`` answers 200."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}{probe}", process)
        yield Server(process, port, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(6000):
        if process.poll() is not None:
            raise RuntimeError(f"server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError("server did not come up")
