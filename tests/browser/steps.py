"""What people do on the chat page, answers of the desk as data, and scripts that measure the page."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Locator, Page, Request, Route, expect

CHAT, PUSHES = "**/api/v1/chat", "**/api/v1/demo/pushes*"


def answers(page: Page) -> Locator:
    """Find what the desk has said, the welcome included."""
    return page.locator(".desk:not(.typing)")


async def say(page: Page, text: str) -> None:
    """Type a sentence, send it with Enter and wait for the answer."""
    before = await answers(page).count()
    await page.fill("#words", text)
    await page.press("#words", "Enter")
    await expect(answers(page)).to_have_count(before + 1)


async def enlarge(page: Page) -> None:
    """Switch large print on."""
    await page.get_by_role("switch", name="大字").click()


def last_card(page: Page) -> Locator:
    """Find the newest guide card."""
    return page.locator(".card").last


def sent_to(page: Page, path: str) -> list[Request]:
    """Collect the requests to a path from now on."""
    requests: list[Request] = []
    page.on("request", lambda request: request.url.endswith(path) and requests.append(request))
    return requests


def a_reply(**parts: Any) -> dict[str, Any]:
    """Give an answer of the desk as data."""
    empty = {
        "texts": [], "choices": [], "card": None, "outcome": "", "intents": [], "guard": "", "candidates": [],
        "hand_over": False,
    }  # fmt: skip
    return empty | parts


def a_card(**parts: Any) -> dict[str, Any]:
    """Give a guide card as data."""
    card = {
        "code": "HJ-007", "version": 3, "name": "居民身份证换领", "audience": "本人", "conditions": ["本人到场"],
        "materials": ["户口簿(原件核验)", "原身份证(原件、有就带)"],
        "places": [{"name": "龙川派出所", "hours": "周一到周五 08:30-11:30、14:00-17:30", "note": "户籍窗口"}],
        "days": "受理后20个自然日", "fee": "换领20元", "proxy": "不可代办", "result": "居民身份证",
        "spoken": "换身份证,带户口簿,去龙川派出所。", "checked_on": "2026-10-01", "notice": "",
    }  # fmt: skip
    return card | parts


async def answering(page: Page, reply: dict[str, Any]) -> None:
    """Let the desk answer every question with ``reply``."""

    async def answer(route: Route) -> None:
        await route.fulfill(status=200, content_type="application/json", body=json.dumps(reply))

    await page.route(CHAT, answer)


OVERFLOW = """() => {
  const wide = [document.documentElement, document.getElementById("talk")].filter((e) => e.scrollWidth > e.clientWidth);
  const cut = [...document.querySelectorAll("body *")].filter((e) => {
    const box = e.getBoundingClientRect();
    const isShown = e.checkVisibility() && box.width > 1 && !e.closest(".skip");
    return isShown && (box.right > innerWidth + 0.5 || box.left < -0.5);
  });
  return [...wide, ...cut].map((e) => e.outerHTML.slice(0, 120));
}"""

"""Script: what sticks out of the page or of the talk to the side."""

SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, .papers label, summary, textarea, .call")]
  .filter((e) => e.checkVisibility())
  .map((e) => [e.textContent.trim() || e.id, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
  .map(([name, box]) => [name, box.width, box.height])"""

"""Script: what is smaller than so many pixels, though it is for fingers."""

PALE = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((c) => {
      const part = c / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const [, , , alpha = 1] = channels(colour);
      if (alpha > 0.99) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = [...document.querySelectorAll("body *")].filter(
    (e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  return texts.map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return [e.textContent.slice(0, 20), (a + 0.05) / (b + 0.05)];
  }).filter(([, ratio]) => ratio < 4.5);
}"""
"""Script: words with a contrast under 4.5:1 to the ground they stand on."""
