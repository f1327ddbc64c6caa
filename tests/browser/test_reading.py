"""Reading on the chat page: large print, notices, reading aloud, paper."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Opener, screen
from tests.browser.steps import PUSHES, a_card, a_reply, answering, enlarge, last_card, say, sent_to


async def test_large_print_is_30_pixels_and_remembered(open_chat: Opener) -> None:
    page = await open_chat()
    size = "getComputedStyle(document.querySelector('#welcome .bubble')).fontSize"
    assert await page.evaluate(size) == "18px"

    await enlarge(page)
    assert await page.evaluate(size) == "30px"
    await page.reload()

    assert await page.evaluate(size) == "30px"
    await expect(page.get_by_role("switch", name="大字")).to_have_attribute("aria-checked", "true")


async def test_a_notice_does_not_pull_away_who_reads_older_words(open_chat: Opener) -> None:
    page = await open_chat(390, 600)
    await answering(page, a_reply(card=a_card()))
    await say(page, "换身份证")
    await page.wait_for_timeout(800)
    await page.mouse.move(200, 300)
    await page.mouse.wheel(0, -4000)
    await page.wait_for_timeout(300)
    push = {"number": 1, "text": "您的办件已经受理", "at": "2026-11-24T03:00:00+00:00"}

    await page.route(PUSHES, lambda route: route.fulfill(json={"pushes": [push]}))

    await expect(page.locator(".push")).to_contain_text("微信通知", timeout=15_000)
    assert await page.evaluate("document.getElementById('talk').scrollTop") < 5
    await page.get_by_role("button", name="看新消息").click()
    await expect(page.locator(".push")).to_be_in_viewport()


async def test_notices_are_not_fetched_while_nobody_looks(open_chat: Opener) -> None:
    hide = "Object.defineProperty(document, 'hidden', { get: () => true })"
    page = await open_chat(prepare=hide)
    requests = sent_to(page, "pushes?after=0")

    await page.wait_for_timeout(6_000)

    assert requests == []


async def test_an_answer_can_be_read_out_where_there_is_a_chinese_voice(open_chat: Opener) -> None:
    fake = """
      speechSynthesis.getVoices = () => [{ lang: "zh-CN", name: "中文" }];
      window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
      window.heard = [];
      speechSynthesis.speak = (utterance) => window.heard.push([utterance.lang, utterance.text]);
    """
    page = await open_chat(prepare=fake)
    await answering(page, a_reply(card=a_card()))
    await say(page, "换身份证")

    await page.get_by_role("button", name="朗读").last.click()

    assert await page.evaluate("window.heard") == [["zh-CN", "换身份证,带户口簿,去龙川派出所。"]]
    await expect(page.get_by_role("button", name="停止")).to_be_visible()


async def test_without_a_chinese_voice_there_is_no_read_out_button(open_chat: Opener) -> None:
    page = await open_chat(prepare="speechSynthesis.getVoices = () => [];")

    await say(page, "娃娃上户口咋个办")

    await expect(page.get_by_role("button", name="朗读")).to_have_count(0)


async def test_paper_shows_the_last_card_and_nothing_else(open_chat: Opener) -> None:
    page = await open_chat(1280, 720)
    await answering(page, a_reply(texts=["要带: 户口簿"], card=a_card()))
    await say(page, "换身份证")
    await say(page, "换身份证")

    await page.emulate_media(media="print")
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")

    await expect(page.locator(".card:visible")).to_have_count(1)
    await expect(last_card(page).locator(".conditions")).to_be_visible()
    for part in (".top", ".bottom", ".beside", ".mine", "#welcome"):
        await expect(page.locator(part).last).to_be_hidden()
    await screen(page, "print")
