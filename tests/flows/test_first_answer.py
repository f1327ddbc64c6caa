"""The newcomer's story: ask in one's own words, say where one lives, learn what to bring and where to go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import BOTH, MP, House, until

BIRTH, ELDERS, MINIMUM = "出生登记(新生儿落户)", "高龄津贴(老年人保健补助)申领", "最低生活保障审核确认"
DEMO_LINE = "演示数据,以当地政务服务窗口公布为准"


def labels(answer: dict[str, Any]) -> list[str]:
    return [choice["label"] for choice in answer["choices"]]


@BOTH
async def test_a_newcomer_learns_what_to_bring_and_where_to_go(house: House) -> None:
    mother = await house.newcomer()

    asked = await mother.say("娃娃上户口咋个办")
    told = await mother.say("龙川镇")

    assert asked["card"]["code"] == "HJ-001"
    assert asked["card"]["places"] == []
    assert labels(asked) == ["龙川镇", "东华镇", "大过口乡", "雨露乡"]
    card = told["card"]
    assert (card["code"], card["version"], card["name"]) == ("HJ-001", 1, BIRTH)
    assert card["places"] == [{"name": "龙川派出所", "hours": "周一到周五 08:30-11:30、14:00-17:30", "note": ""}]
    assert card["materials"][:2] == ["出生医学证明(原件核验)", "父母居民身份证(原件核验)"]
    assert (card["days"], card["fee"], card["notice"]) == ("当场办好", "不收费", DEMO_LINE)
    assert card["proxy"].startswith("部分可代办")
    assert len(card["spoken"]) <= 120
    assert "龙川派出所" in card["spoken"]


async def test_the_official_account_tells_the_same(wechat_house: House) -> None:
    mother, father = await wechat_house.newcomer(), wechat_house.follower()

    await mother.say(BIRTH)
    card = (await mother.say("我住龙川镇"))["card"]
    asked = await father.say(BIRTH)
    told = await father.say("1")  # the first of the townships

    assert "您住在哪个乡镇" in asked
    assert "去哪里: " not in asked
    facts = [card["name"], "HJ-001 第1版", *card["materials"], "龙川派出所", card["days"], card["fee"], card["proxy"]]
    for fact in [*facts, card["notice"]]:
        assert fact in told


async def test_the_mini_program_window_tells_the_same_without_links(wechat_house: House) -> None:
    father = wechat_house.follower(appid=MP)

    assert await father.say(BIRTH) == ""  # acknowledged
    await until(lambda: len(father.received()) == 1)
    await father.say("1")
    asked, told = await until(lambda: len(father.received()) == 2 and father.received())

    assert "1. 龙川镇\n2. 东华镇" in asked
    assert "去哪里: 龙川派出所" in told
    assert "<a href" not in asked + told


async def test_who_has_told_the_township_is_not_asked_again(house: House) -> None:
    mother = await house.newcomer()
    await mother.say("我住东华镇")

    answer = await mother.say(BIRTH)

    assert [place["name"] for place in answer["card"]["places"]] == ["东华派出所"]
    assert "龙川镇" not in labels(answer)


@pytest.mark.parametrize("township", ["龙川", "我是龙川的", "龙川镇", "1", "第1个", "①", "一"])
async def test_a_township_may_be_said_in_many_ways(house: House, township: str) -> None:
    mother = await house.newcomer()
    await mother.say(BIRTH)

    answer = await mother.say(township)

    assert answer["card"]["places"][0]["name"] == "龙川派出所"


async def test_two_townships_are_sent_to_two_places_for_one_item(house: House) -> None:
    halls = {
        "龙川镇": "南华县政务服务大厅",
        "东华镇": "东华镇政务服务中心",
        "大过口乡": "大过口乡政务服务中心",
        "雨露乡": "雨露白族乡政务服务中心",
    }
    for township, hall in halls.items():
        resident = await house.newcomer()
        await resident.say(f"我住{township}")

        places = [place["name"] for place in (await resident.say(MINIMUM))["card"]["places"]]

        assert hall in places
        assert not (set(halls.values()) - {hall}) & set(places)


async def test_a_village_station_is_named_for_who_has_told_the_village(house: House) -> None:
    someone, neighbour = await house.newcomer(), await house.newcomer()

    await neighbour.say("我住东华镇")
    unknown = (await neighbour.say(ELDERS))["card"]["places"]
    await someone.say("我是新柳村委会的")
    known = (await someone.say(ELDERS))["card"]["places"]

    assert "您所在村(社区)的便民服务站" in [place["name"] for place in unknown]
    assert "新柳村民委员会" in [place["name"] for place in known]


async def test_changing_the_township_shows_the_item_anew(house: House) -> None:
    mother = await house.newcomer()
    await mother.say("我住龙川镇")
    await mother.say(BIRTH)

    asked = await mother.say("换乡镇")
    answer = await mother.say("雨露乡")

    assert labels(asked)[3] == "雨露乡"
    assert answer["card"]["places"][0]["name"] == "雨露派出所"


async def test_back_leads_to_the_item_before(house: House) -> None:
    resident = await house.newcomer()
    await resident.say("我住东华镇")
    await resident.say(BIRTH)
    await resident.say(ELDERS)

    assert (await resident.say("返回"))["card"]["name"] == BIRTH
