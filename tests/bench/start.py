"""From nothing to the first answer, and memory, as multiples of a bare aiohttp server."""

from __future__ import annotations

import statistics
import tempfile

from tests.bench.door import yardstick
from tests.bench.servers import free_port, running


def run(turns: int) -> None:
    """Print start time and resident memory of the product against the bare server."""
    ready, alive, memory, bare_time, bare_memory = [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        first = _start(folder)
        for _ in range(turns):
            with yardstick("echo") as bare:
                bare_time.append(bare.started)
                bare_memory.append(bare.resident_mib())
            seconds, mib = _start(folder)
            ready.append(seconds)
            memory.append(mib)
    del alive
    bare_seconds, bare_mib = statistics.median(bare_time), statistics.median(bare_memory)
    print(f"first start, with set-up of the database: {first[0]:.2f} s")
    print(
        f"warm start to ready: {statistics.median(ready):.2f} s = {statistics.median(ready) / bare_seconds:.1f} x bare"
        " (target 7; 4 with the drop-in segmenter)"
    )
    print(f"resident memory: {statistics.median(memory):.0f} MiB = {statistics.median(memory) / bare_mib:.1f} x bare")


def _start(folder: str) -> tuple[float, float]:
    port = free_port()
    settings = {"QIANTAI_VAR_DIR": folder, "QIANTAI_PORT": str(port), "QIANTAI_LOG_LEVEL": "WARNING"}
    with running("-m", "api", "serve", port=port, environment=settings, probe="/readyz") as server:
        return server.started, server.resident_mib()
