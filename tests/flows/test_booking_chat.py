"""Booking in the chat: three taps from an answer, times as people say them, second thoughts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.flows.test_booking_api import Phone, fill
from tests.house import BOTH, House, Resident

pytestmark = BOTH


@dataclass
class Chat:
    """One resident's talk, and what the desk answered last."""

    resident: Resident
    answer: dict[str, Any] = field(default_factory=dict)

    async def say(self, text: str) -> str:
        self.answer = await self.resident.say(text)
        return "\n".join(self.answer["texts"])

    async def tap(self, start: str) -> str:
        """Tap the choice whose label begins so."""
        return await self.say(next(c["say"] for c in self.answer["choices"] if c["label"].startswith(start)))

    @property
    def labels(self) -> list[str]:
        return [choice["label"] for choice in self.answer["choices"]]

    async def appointments(self) -> list[dict[str, Any]]:
        _, listed = await Phone(self.resident).call("GET", "/appointments")
        return list(listed["appointments"])


@pytest.fixture
async def chat(house: House) -> AsyncIterator[Chat]:
    return Chat(await house.newcomer())


async def test_three_taps_from_an_answer(chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    assert chat.labels[0] == "预约"

    said = await chat.tap("预约")
    assert "雨露乡中心" in said
    assert chat.labels[:2] == ["周一3月2日上午10:30", "周一3月2日下午2:00"]

    said = await chat.tap("周一3月2日下午2:00")
    assert "10分钟内点“确认预约”" in said
    said = await chat.tap("确认预约")

    assert "约好了:周一3月2日下午2:00,雨露乡中心民政残联窗口" in said
    (booked,) = await chat.appointments()
    assert (booked["state"], booked["start"]) == ("booked", "2026-03-02T14:00:00+08:00")
    assert booked["number"] in said


async def test_time_and_matter_in_one_sentence(chat: Chat) -> None:
    await chat.say("我住雨露乡")

    await chat.say("后天下午两点半去办低保")
    assert chat.labels[0] == "预约后天下午两点半"
    said = await chat.tap("预约后天下午两点半")

    assert "给您留了周三3月4日下午2:30" in said
    assert "约好了" in await chat.say("好的")


async def test_what_for_is_asked_before_when(chat: Chat) -> None:
    await chat.say("我住雨露乡")
    assert "办哪样事" in await chat.say("我要预约明天上午")

    await chat.say("低保申请")

    assert chat.labels[0] == "预约明天上午"
    await chat.tap("预约明天上午")
    assert chat.labels[0] == "周二3月3日上午8:30"


async def test_the_township_is_asked_first_and_the_booking_goes_on(chat: Chat) -> None:
    await chat.say("低保咋个申请")

    await chat.say("我住雨露乡")
    await chat.tap("预约")

    assert chat.labels[0].startswith("周一3月2日")


async def test_a_full_time_offers_the_nearest_and_the_waiting_list(house: House, chat: Chat) -> None:
    await fill(house, "2026-03-03")
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")

    said = await chat.say("明天上午九点")
    assert "约满了" in said
    assert "等空位" in chat.labels
    assert "周二3月3日" not in "".join(chat.labels), "the day's share for online booking is used up"

    said = await chat.tap("等空位")
    assert "有人退号就通知您" in said


async def test_a_closed_day_and_a_day_too_far(chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")

    assert "不办这件事" in await chat.say("星期六")
    assert "最远能约到" in await chat.say("4月20号")
    assert "来不及" in await chat.say("今天早上八点半")


async def test_another_person_is_faster(house: House, chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")
    await Phone(await house.newcomer()).choose("2026-03-02T14:00:00+08:00")

    said = await chat.tap("周一3月2日下午2:00")

    assert "约满了" in said
    assert "周一3月2日下午2:30" in chat.labels


async def test_moving_and_giving_up(chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")
    await chat.tap("周一3月2日下午2:00")
    await chat.say("确认预约")

    assert "您约了" in await chat.say("我的预约")
    assert "改好了:周三3月4日上午9:00" in await chat.say("改到后天上午九点")

    assert "确定不去了" in await chat.say("不去了")
    assert "照旧" in await chat.tap("还是要去")
    await chat.say("不去了")
    assert "取消了" in await chat.tap("确定不去了")
    assert [one["state"] for one in await chat.appointments()] == ["cancelled"]
    assert "没有预约" in await chat.say("我的预约")


async def test_a_kept_place_is_lost_after_ten_minutes(house: House, chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")
    await chat.tap("周一3月2日下午2:00")
    house.clock.advance(601)

    said = await chat.say("确认预约")

    assert "过了时间" in said
    assert chat.labels[0].startswith("周一3月2日")


async def test_not_now_lets_the_place_go_at_once(house: House, chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")
    await chat.tap("周一3月2日下午2:00")
    await chat.say("不约了")

    status, _ = await Phone(await house.newcomer()).choose("2026-03-02T14:00:00+08:00")

    assert status == 201


async def test_a_question_in_between_is_answered(chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")

    await chat.say("残疾证咋个办")

    assert chat.answer["card"]["code"].startswith("CL")


async def test_opening_hours_are_no_booking(chat: Chat) -> None:
    await chat.say("我住雨露乡")

    said = await chat.say("你们星期六给开门")

    assert "预约" not in "".join(chat.labels)
    assert "星期六" in said or "周" in said


@pytest.mark.parametrize("yes", ["好嘞", "好的,谢谢", "OK", "嗯嗯", "没问题", "得", "就这个时间", "3", "行,谢谢"])
async def test_however_somebody_says_yes(chat: Chat, yes: str) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")
    await chat.tap("周一3月2日下午2:00")

    said = await chat.say(yes)

    assert ("约好了" in said) is (yes != "3")


async def test_the_township_is_asked_and_the_time_is_kept(chat: Chat) -> None:
    await chat.say("低保咋个申请")
    await chat.say("预约明天上午九点")

    said = await chat.say("我住雨露乡")

    assert "给您留了周二3月3日上午9:00" in said


async def test_tomorrow_is_the_day_that_was_meant_when_it_was_said(house: House, chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("后天上午九点去办低保")
    house.clock.advance(24 * 3600)

    said = await chat.tap("预约后天上午九点")

    assert "周三3月4日上午9:00" in said


@pytest.mark.parametrize("said", ["我家三月份盖房子要办哪样证", "2月30号去办低保", "80岁生日那天领高龄补贴"])
async def test_a_day_in_a_question_does_not_spoil_it(chat: Chat, said: str) -> None:
    await chat.say("我住雨露乡")

    await chat.say(said)

    assert chat.answer["card"] is not None


async def test_what_was_confirmed_is_named(chat: Chat) -> None:
    await chat.say("我住雨露乡")
    await chat.say("低保咋个申请")
    await chat.tap("预约")
    await chat.tap("周一3月2日下午2:00")
    await chat.say("高龄补贴咋个领")

    assert "最低生活保障" in await chat.say("确认预约")
