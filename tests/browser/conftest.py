"""The real product in a subprocess, the system's Chromium in front of it, and pages that report what they dislike."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "test-output" / "screens"
START_WITHIN = 60.0
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TELL_CSP = "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of the system's Chromium; without one, skip at home and fail in CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        message = "no Chromium: install it or set CHROMIUM to its path"
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the product in demo mode on a free port and give its address."""
    home = tmp_path_factory.mktemp("qiantai")  # no .env of the developer there
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QIANTAI_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "QIANTAI_PORT": str(port),
        "QIANTAI_VAR_DIR": str(home / "var"),
        "QIANTAI_RATE_ADDRESS": "100000",
    }
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "serve"], cwd=home, env=environment, stdout=output, stderr=output
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.2)
    pytest.fail(f"the product did not become ready:\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Give a fresh browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """Collect what pages complain about; a test that provokes complaints clears it."""
    return []


Opener = Callable[..., Awaitable[Page]]


@pytest.fixture
async def open_chat(browser: Browser, address: str, complaints: list[str]) -> AsyncIterator[Opener]:
    """Open the chat page as somebody new; at the end no page may have complained (console, exceptions, CSP)."""

    async def opened(width: int = 390, height: int = 844, *, prepare: str = "", **options: Any) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", **options
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.add_init_script(TELL_CSP)
        if prepare:
            await page.add_init_script(prepare)
        await page.goto(address)
        return page

    yield opened
    assert complaints == []


async def screen(page: Page, name: str) -> None:
    """Keep a screenshot under ``test-output/screens``, once smooth scrolling has come to rest."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    await page.wait_for_timeout(700)
    await page.screenshot(path=SCREENS / f"{name}.png")
