"""The chat page for everybody: keyboard, sizes, touch areas, contrast, landmarks, motion."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, screen
from tests.browser.steps import CHAT, OVERFLOW, PALE, SMALL_TARGETS, a_card, a_reply, answering, answers, enlarge, say

SIZES = [(320, 568), (390, 844), (1280, 720)]
LARGE = [False, True]
A_LONG_CARD = a_card(
    name="乡村建设规划许可证核发(乡镇企业、公共设施和公益事业)",
    materials=[
        f"第{number}样材料,名字长得一行写不下,还要再写一行(原件核验、{number}份、可后补)" for number in range(1, 9)
    ],
    places=[
        {"name": "南华县政务服务大厅", "hours": "周一到周五 08:30-11:30、14:00-17:30", "note": "周末延时服务需预约"}
    ]
    * 2,
    conditions=["建房位置在村庄规划允许建设范围内", "不占永久基本农田、公益林、河道和公路控制范围"],
    proxy="部分可代办,可代交材料;踏勘时本人或成年家属须在场指界",
    notice="演示数据,以当地政务服务窗口公布为准",
)
MANY_CHOICES = [
    {"label": label, "say": label} for label in ("低保边缘家庭、刚性支出困难家庭认定", "大过口乡", "找工作人员")
]


async def test_everything_works_without_a_pointer(open_chat: Opener) -> None:
    page = await open_chat()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # the link that skips to the question
    await page.keyboard.press("Tab")
    await page.keyboard.press("Shift+Tab")
    await expect(page.locator("#words")).to_be_focused()

    await page.keyboard.type("换乡镇")
    await page.keyboard.press("Enter")
    await expect(answers(page)).to_have_count(2)
    for _ in range(14):
        await page.keyboard.press("Shift+Tab")
        if "龙川镇" in await page.evaluate("document.activeElement.textContent"):
            break
    assert await page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    await page.keyboard.press("Enter")

    await expect(answers(page).last).to_contain_text("按龙川镇给您查")


@pytest.mark.parametrize("large", LARGE, ids=["normal", "large"])
@pytest.mark.parametrize(("width", "height"), SIZES, ids=["320", "390", "1280"])
async def test_nothing_is_cut_small_or_pale(open_chat: Opener, width: int, height: int, large: bool) -> None:
    page = await open_chat(width, height)
    name = f"{width}x{height}-{'large' if large else 'normal'}"
    if large:
        await enlarge(page)
    await screen(page, f"welcome-{name}")
    for question in (
        "娃娃上户口咋个办",
        "我住龙川镇",
        "我要" + "M" * 60,
        "老房子要拆掉重盖,手续咋个办",
        "菜单",
        "人工",
    ):
        await say(page, question)
        await screen(page, f"talk-{name}-{await page.locator('.mine').count()}")
    await answering(page, a_reply(texts=["这是最长的一张"], card=A_LONG_CARD, choices=MANY_CHOICES))
    await say(page, "全部")
    await page.locator("summary").last.click()
    await page.locator(".card").last.scroll_into_view_if_needed()
    await screen(page, f"long-{name}")

    assert await page.evaluate(OVERFLOW) == []
    assert await page.evaluate(SMALL_TARGETS, 60 if large else 44) == []
    assert await page.evaluate(PALE) == []


async def test_the_page_says_that_it_is_a_demonstration_and_has_landmarks(open_chat: Opener) -> None:
    page = await open_chat(1280, 720)

    await expect(page.get_by_text("演示模式 — 没有连接真实微信")).to_be_visible()
    for role in ("banner", "main", "navigation", "contentinfo", "complementary"):
        await expect(page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
    await expect(page.get_by_role("textbox", name="想问什么")).to_be_visible()
    await expect(page.get_by_role("link", name="接口文档")).to_have_attribute("href", "/api/v1/docs")


async def test_the_page_asks_for_no_motion_where_none_is_wanted(open_chat: Opener) -> None:
    page = await open_chat(reduced_motion="reduce")
    await page.route(CHAT, lambda route: None)  # hangs, so that the desk keeps "typing"
    await page.fill("#words", "低保")

    await page.press("#words", "Enter")

    await expect(page.locator(".typing")).to_contain_text("正在查")
    assert await page.evaluate("getComputedStyle(document.querySelector('.dots i')).animationName") == "none"
    await page.unroute_all(behavior="ignoreErrors")
