"""Numbers, taps and the words that work at every stage of the talk: 菜单, 返回, 更多, 人工, 换乡镇."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from tests.flows.test_first_answer import BIRTH, ELDERS, labels
from tests.furniture import dictated
from tests.house import OA, House, a_house, a_weixin

FOUR = "四件事"
NAMES = ["老年人优待证办理", "残疾人证首次申领", "补领婚姻登记证", ELDERS]


@pytest.fixture
async def offering(url: str) -> AsyncIterator[House]:
    """Open a house that takes one sentence for a question about four items."""
    four = dictated(**{FOUR: ("LL-002", "CL-001", "MZ-013", "LL-001")})
    async with a_weixin() as fake, a_house(url, fake=fake, think=four) as house:
        yield house


async def test_several_matters_are_offered_by_number_and_more_follow(offering: House) -> None:
    resident = await offering.newcomer()
    await resident.say("我住东华镇")

    offered = labels(await resident.say(FOUR))
    further = labels(await resident.say("更多"))
    chosen = await resident.say("第1个")
    back = await resident.say("返回")

    assert offered == [*NAMES[:3], "都不是,看更多"]
    assert further == NAMES[3:]
    assert chosen["card"]["name"] == NAMES[3]
    assert back["texts"] == ["前面没有内容了。想办哪样事,直接说就行。"]


async def test_a_tap_says_what_it_shows(offering: House) -> None:
    someone = offering.follower()
    await someone.say("我住东华镇")
    links = re.findall(r'msgmenucontent=([^&]+)&msgmenuid=(\d)">([^<]+)</a>', await someone.say(FOUR))

    tapped = await someone.say(links[1][0], bizmsgmenuid="2")

    assert links[1:] == [(NAMES[1], "2", NAMES[1]), (NAMES[2], "3", NAMES[2]), ("更多", "4", "都不是,看更多")]
    assert f"【{NAMES[1]}】" in tapped


STAGES = {
    "at the beginning": [],
    "while the township is asked for": [BIRTH],
    "while choices are offered": ["我住东华镇", FOUR],
    "after an answer": ["我住东华镇", BIRTH],
    "after a miss": ["我住东华镇", "火星上种洋芋给有补贴"],
}
ESCAPES = {
    "菜单": "我能帮您",
    "换乡镇": "您住在哪个乡镇",
    "人工": "已经帮您叫工作人员了,今天17:30前回复您",
    "转人工。": "已经帮您叫工作人员了",
    "返回": "",
    "更多": "",
}


@pytest.mark.parametrize("before", STAGES.values(), ids=STAGES)
async def test_escape_words_work_at_every_stage(offering: House, before: list[str]) -> None:
    for word, promised in ESCAPES.items():
        someone = offering.follower()
        for sentence in before:
            await someone.say(sentence)

        answer = await someone.say(word)

        assert answer
        assert promised in answer
        assert "没有听明白" not in answer
        waiting = await offering.rows("SELECT 1 FROM callbacks WHERE identity = $1", f"{OA}:{someone.openid}")
        assert len(waiting) == ("工" in word)


async def test_who_waits_for_a_call_is_never_promised_a_day_that_has_passed(house: House) -> None:
    resident = await house.newcomer()
    await resident.say("我住东华镇")
    morning = await resident.say("人工")
    house.clock.advance(9 * 3600)

    evening = await resident.say("人工")
    house.clock.advance(86_400)
    next_evening = await resident.say("人工")

    assert "今天17:30前回复您" in morning["texts"][0]
    assert "3月3日(星期二)" in evening["texts"][0]
    assert "3月4日(星期三)" in next_evening["texts"][0]
    assert len(await house.rows("SELECT 1 FROM callbacks")) == 1
