"""Sending on the chat page: once, under one key, on a bad line, without losing a word."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Opener, screen
from tests.browser.steps import CHAT, answers, say, sent_to


async def test_a_double_tap_sends_once(open_chat: Opener) -> None:
    page = await open_chat()
    requests = sent_to(page, "/api/v1/chat")

    await page.locator("#welcome .choice").first.dblclick()
    await expect(answers(page)).to_have_count(2)
    await page.wait_for_timeout(500)

    assert len(requests) == 1
    await expect(page.locator(".mine")).to_have_count(1)


async def test_an_empty_question_is_refused_softly(open_chat: Opener) -> None:
    page = await open_chat()
    requests = sent_to(page, "/api/v1/chat")

    await page.fill("#words", "  \n ")
    await page.get_by_role("button", name="发送").click()

    await expect(page.locator("#hint")).to_contain_text("先写一句话")
    await expect(page.locator("#words")).to_be_focused()
    assert requests == []


async def test_a_long_question_is_counted_and_kept(open_chat: Opener) -> None:
    page = await open_chat()

    await page.fill("#words", "问" * 150)
    await expect(page.locator("#hint")).to_have_text("还能写10个字")
    await page.fill("#words", "问" * 163)
    await page.press("#words", "Enter")

    await expect(page.locator("#hint")).to_contain_text("多了3个字")
    await expect(page.locator("#words")).to_have_value("问" * 163)
    await expect(page.locator(".mine")).to_have_count(0)


async def test_enter_that_picks_a_word_of_the_input_method_does_not_send(open_chat: Opener) -> None:
    page = await open_chat()
    await page.fill("#words", "dibao")

    enter = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
    await page.locator("#words").dispatch_event("keydown", enter)

    await expect(page.locator("#words")).to_have_value("dibao")
    await expect(page.locator(".mine")).to_have_count(0)


async def test_on_a_broken_line_the_question_waits_and_goes_out_again_under_the_same_key(
    open_chat: Opener, complaints: list[str]
) -> None:
    page = await open_chat()
    requests = sent_to(page, "/api/v1/chat")
    await page.route(CHAT, lambda route: route.abort())
    await page.fill("#words", "娃娃上户口咋个办")
    await page.press("#words", "Enter")
    await expect(page.get_by_role("button", name="重发")).to_be_visible()
    await expect(page.locator("#words")).to_have_value("娃娃上户口咋个办")
    await screen(page, "retry-390x844-normal")

    await page.unroute(CHAT)
    await page.get_by_role("button", name="重发").click()

    await expect(answers(page)).to_have_count(2)
    await expect(page.locator("#words")).to_have_value("")
    await expect(page.get_by_role("button", name="重发")).to_have_count(0)
    assert len(requests) == 2
    assert len({request.headers["idempotency-key"] for request in requests}) == 1
    complaints.clear()


async def test_who_asks_too_fast_is_told_when_to_go_on(open_chat: Opener, complaints: list[str]) -> None:
    page = await open_chat()
    error = {"error": {"code": "too_many", "message": "问得太快了,歇一下。", "request_id": "1"}}
    await page.route(CHAT, lambda route: route.fulfill(status=429, headers={"Retry-After": "2"}, json=error))

    await page.fill("#words", "低保要带什么")
    await page.press("#words", "Enter")

    await expect(page.locator(".trouble")).to_contain_text("问得太快了,歇一下。")
    await expect(page.locator(".retry")).to_contain_text("秒后可以重发")
    await expect(page.locator(".retry")).to_have_text("重发")
    complaints.clear()


async def test_a_session_that_ran_out_is_renewed_without_a_word(open_chat: Opener, complaints: list[str]) -> None:
    page = await open_chat()
    await page.wait_for_load_state("networkidle")
    error = {"error": {"code": "unauthenticated", "message": "请重新登录", "request_id": "1"}}
    await page.route(CHAT, lambda route: route.fulfill(status=401, json=error), times=1)
    sessions, chats = sent_to(page, "/api/v1/session"), sent_to(page, "/api/v1/chat")

    await say(page, "娃娃上户口咋个办")

    await expect(answers(page)).to_have_count(2)
    assert (len(sessions), len(chats)) == (1, 2)
    assert len({request.headers["idempotency-key"] for request in chats}) == 1
    complaints.clear()


async def test_without_a_network_a_banner_says_so(open_chat: Opener, complaints: list[str]) -> None:
    page = await open_chat()

    await page.context.set_offline(True)
    await expect(page.locator("#offline")).to_contain_text("网络断了")

    await page.context.set_offline(False)
    await expect(page.locator("#offline")).to_be_hidden()
    complaints.clear()
