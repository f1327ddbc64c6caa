"""Booking on the chat page: three taps from an answer, at every width, with big fingers."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, screen
from tests.browser.steps import OVERFLOW, SMALL_TARGETS, answers, enlarge, say


@pytest.mark.parametrize("large", [False, True], ids=["plain", "large print"])
async def test_three_taps_from_an_answer_to_an_appointment(open_chat: Opener, large: bool) -> None:
    page = await open_chat()
    if large:
        await enlarge(page)
    await say(page, "我住雨露乡")
    await say(page, "低保咋个申请")

    for tap, told in (("预约", "最近这些时间有空"), ("周", "10分钟内点"), ("确认预约", "约好了")):
        before = await answers(page).count()
        await page.locator(".choice", has_text=tap).last.click()
        await expect(answers(page)).to_have_count(before + 1)
        await expect(answers(page).last).to_contain_text(told)
        await screen(page, f"booking-{'large-' if large else ''}{told}")

    assert await page.evaluate(OVERFLOW) == []
    assert await page.evaluate(SMALL_TARGETS, 44) == []
    await say(page, "我的预约")
    await expect(answers(page).last).to_contain_text("预约号")
