"""Asking on the chat page: cards, choices, townships, and text that stays text."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Opener, screen
from tests.browser.steps import PUSHES, a_card, a_reply, answering, answers, last_card, say, sent_to

PAYLOAD = "<script>window.stolen=1</script><img src=x onerror=window.stolen=1>"


async def test_娃娃上户口咋个办_brings_the_guide_card_and_the_township_its_place(open_chat: Opener) -> None:
    page = await open_chat()

    await say(page, "娃娃上户口咋个办")

    await expect(last_card(page)).to_contain_text("HJ-001")
    await expect(last_card(page)).to_contain_text("出生医学证明")
    await expect(last_card(page)).to_contain_text("演示数据")
    await screen(page, "card-390x844-normal")

    await page.locator(".choice", has_text="龙川镇").last.click()

    await expect(page.locator(".mine").last).to_contain_text("龙川镇")
    await expect(page.locator(".card")).to_have_count(2)
    await expect(last_card(page)).to_contain_text("龙川派出所")
    await screen(page, "place-390x844-normal")


async def test_an_example_can_be_tapped_instead_of_typed(open_chat: Opener) -> None:
    page = await open_chat(has_touch=True, is_mobile=True)

    await page.locator("#welcome .choice").first.tap()

    await expect(page.locator(".mine .bubble")).to_have_text("娃娃上户口咋个办")
    await expect(answers(page)).to_have_count(2)


async def test_a_choice_shows_its_label_and_sends_what_it_says(open_chat: Opener) -> None:
    page = await open_chat()
    await answering(page, a_reply(texts=["您住在哪个乡镇?"], choices=[{"label": "龙川镇", "say": "我住龙川镇"}]))
    await say(page, "换身份证")
    requests = sent_to(page, "/api/v1/chat")

    await page.locator(".choice", has_text="龙川镇").last.click()

    await expect(page.locator(".mine .bubble").last).to_have_text("龙川镇")
    assert [request.post_data_json for request in requests] == [{"text": "我住龙川镇"}]


async def test_papers_that_are_ticked_stay_ticked_when_the_card_comes_again(open_chat: Opener) -> None:
    page = await open_chat()
    await answering(page, a_reply(card=a_card()))
    await say(page, "换身份证")
    await last_card(page).get_by_role("checkbox").first.check()

    await say(page, "换身份证")

    await expect(last_card(page).get_by_role("checkbox").first).to_be_checked()
    await expect(last_card(page)).to_contain_text("备好了 1/2")


async def test_人工_is_one_tap_away(open_chat: Opener) -> None:
    page = await open_chat()

    await page.get_by_role("navigation").get_by_role("button", name="人工").click()

    await expect(page.locator(".desk .bubble").last).to_contain_text("工作人员")


async def test_in_danger_the_numbers_are_big_enough_to_hit(open_chat: Opener) -> None:
    page = await open_chat()
    await answering(page, a_reply(texts=["人命要紧,马上打电话:\n急救 120  火警 119  报警 110"], guard="DANGER"))

    await say(page, "房子着火了")

    call = page.get_by_role("link", name="拨打 119")
    assert await call.get_attribute("href") == "tel:119"
    assert ((await call.bounding_box()) or {})["height"] >= 44


async def test_payloads_show_as_text_wherever_they_come_from(open_chat: Opener) -> None:
    page = await open_chat()
    card = a_card(
        **dict.fromkeys(("code", "name", "audience", "days", "fee", "proxy", "result", "spoken", "notice"), PAYLOAD),
        conditions=[PAYLOAD],
        materials=[PAYLOAD],
        places=[{"name": PAYLOAD, "hours": PAYLOAD, "note": PAYLOAD}],
    )
    await answering(page, a_reply(texts=[PAYLOAD], choices=[{"label": PAYLOAD, "say": PAYLOAD}], card=card))
    push = {"number": 1, "text": PAYLOAD, "at": "2026-11-24T03:00:00+00:00"}
    await page.route(PUSHES, lambda route: route.fulfill(json={"pushes": [push]}))

    await say(page, PAYLOAD)

    await expect(page.locator(".mine .bubble")).to_have_text(PAYLOAD)
    await expect(last_card(page).locator("h2")).to_have_text(PAYLOAD)
    await expect(page.locator(".push")).to_contain_text(PAYLOAD, timeout=15_000)
    assert await page.evaluate("window.stolen") is None
    assert await page.locator("#log script, #log img").count() == 0
