"""What comes through the WeChat door beside text: events, voice, positions, pictures, key rotation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import BOTH, KEYS, MP, OA, START, House, a_house, a_weixin, content, until

VILLAGE = "V532301105201"  # 新柳村民委员会, 东华镇
PERSONAL = ("people", "conversations", "inbox", "callbacks", "consent_events")
NEW_KEY = "0" * 42 + "A"


async def held(house: House, identity: str) -> dict[str, int]:
    """Count the rows that the house holds about a person."""
    found = {}
    for table in PERSONAL:
        rows = await house.rows(f"SELECT COUNT(*) AS n FROM {table} WHERE identity = $1", identity)
        found[table] = rows[0]["n"]
    return found


async def test_who_follows_is_greeted_and_asked_for_the_township(wechat_house: House) -> None:
    someone = wechat_house.follower()

    answer = await someone.event("subscribe", EventKey="")

    assert "您好,这里是龙川镇、东华镇、大过口乡、雨露乡的政务服务前台" in answer
    assert "您住在哪个乡镇" in answer
    (person,) = await wechat_house.rows("SELECT follows FROM people WHERE openid = $1", someone.openid)
    assert person["follows"]


@pytest.mark.parametrize(
    ("event", "key"), [("subscribe", f"qrscene_{VILLAGE}"), ("SCAN", VILLAGE)], ids=["new follower", "old follower"]
)
async def test_a_village_poster_sets_where_one_lives(wechat_house: House, event: str, key: str) -> None:
    someone = wechat_house.follower()

    greeted = await someone.event(event, EventKey=key, Ticket="t")
    answer = await someone.say("高龄津贴(老年人保健补助)申领")

    assert "按东华镇给您查" in greeted
    assert "新柳村民委员会" in answer
    assert "您住在哪个乡镇" not in answer


async def test_a_poster_of_a_township_and_a_strange_scene(wechat_house: House) -> None:
    one, other = wechat_house.follower(), wechat_house.follower()

    assert "按雨露乡给您查" in await one.event("SCAN", EventKey="T532324201", Ticket="t")
    assert "您住在哪个乡镇" in await other.event("SCAN", EventKey="shelf-7", Ticket="t")


@BOTH
async def test_who_unfollows_is_forgotten(wechat_house: House) -> None:
    leaver, stayer = wechat_house.follower("leaver"), wechat_house.follower("stayer")
    for person in (leaver, stayer):
        await person.event("subscribe", EventKey="")
        await person.say("人工")
        await person.event("subscribe_msg_popup_event", List=[accepted("t1")])
    before = await held(wechat_house, f"{OA}:{leaver.openid}")

    answer = await leaver.event("unsubscribe")

    assert answer == ""
    assert before == {"people": 1, "conversations": 1, "inbox": 2, "callbacks": 1, "consent_events": 1}
    assert await held(wechat_house, f"{OA}:{leaver.openid}") == dict.fromkeys(PERSONAL, 0)
    assert await held(wechat_house, f"{OA}:{stayer.openid}") == before
    journal = await wechat_house.rows("SELECT actor, subject, detail FROM journal WHERE act <> 'catalogue.publish'")
    assert "person.forget" in [row["act"] for row in await wechat_house.rows("SELECT act FROM journal")]
    assert leaver.openid not in str(journal)


async def test_a_menu_button_says_its_key(wechat_house: House) -> None:
    someone = wechat_house.follower()

    assert "我能帮您" in await someone.event("CLICK", EventKey="菜单")


async def test_a_position_is_answered_with_the_hall(wechat_house: House) -> None:
    someone = wechat_house.follower()

    named = await someone.push(MsgType="location", Location_X=25.2, Location_Y=101.3, Scale=15, Label="南华县龙川镇")
    unnamed = await someone.event("LOCATION", Latitude=25.2, Longitude=101.3, Precision=40)

    assert "您去南华县政务服务大厅" in content(named)
    assert "现在开着" in content(named)
    assert unnamed  # the nearest surveyed hall, or the question for the township; never nothing


async def test_a_voice_message_is_read_where_wechat_heard_words(wechat_house: House) -> None:
    someone = wechat_house.follower()
    voice: dict[str, Any] = {"MsgType": "voice", "MediaId": "m", "Format": "amr"}

    heard = await someone.push(**voice, Recognition="菜单。")
    unheard = await someone.push(**voice, Recognition="")
    without = await someone.push(**voice)

    assert "我能帮您" in content(heard)
    assert content(unheard) == content(without) == "没有听清,请再说一遍,或者打字。"


@pytest.mark.parametrize("kind", ["image", "video", "shortvideo", "link"])
async def test_what_cannot_be_read_is_said_so(wechat_house: House, kind: str) -> None:
    someone = wechat_house.follower()

    assert content(await someone.push(MsgType=kind, MediaId="m", Url="u")).startswith("我现在只看得懂文字")


@pytest.mark.parametrize("fmt", ["xml", "json"])
@pytest.mark.parametrize("label", ["text/xml", "application/json"])
async def test_the_mini_program_window_is_answered_by_the_customer_service_api(
    wechat_house: House, fmt: str, label: str
) -> None:
    someone = wechat_house.follower(appid=MP)
    how = {"fmt": fmt, "content_type": label}

    acknowledged = await someone.event("user_enter_tempsession", how, SessionFrom=VILLAGE)

    assert acknowledged == ""
    (greeting,) = await until(someone.received)
    assert "按东华镇给您查" in greeting


def accepted(template: str) -> dict[str, str]:
    return {"TemplateId": template, "SubscribeStatusString": "accept", "PopupScene": "0"}


@pytest.mark.parametrize("entries", [1, 2], ids=["one entry: an object", "two entries: an array"])
@pytest.mark.parametrize("fmt", ["xml", "json"])
async def test_a_consent_is_kept_once_however_often_it_is_pushed(
    wechat_house: House, fmt: str, entries: int, capsys: pytest.CaptureFixture[str]
) -> None:
    someone = wechat_house.follower(appid=MP)
    templates = ["t1", "t2"][:entries]
    popup = {"List": [accepted(template) for template in templates], "CreateTime": int(START.timestamp())}

    for _ in range(3):
        await someone.event("subscribe_msg_popup_event", {"fmt": fmt}, **popup)

    kept = await wechat_house.rows("SELECT template_id, outcome FROM consent_events ORDER BY id")
    assert [(row["template_id"], row["outcome"]) for row in kept] == [(t, "accept") for t in templates]
    assert "push failed" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("event", "entry", "outcome"),
    [
        ("subscribe_msg_popup_event", {"SubscribeStatusString": "reject"}, "reject"),
        ("subscribe_msg_change_event", {"SubscribeStatusString": "reject"}, "reject"),
        ("subscribe_msg_sent_event", {"MsgID": "77", "ErrorCode": "0", "ErrorStatus": "success"}, "sent"),
        ("subscribe_msg_sent_event", {"MsgID": "77", "ErrorCode": 0, "ErrorStatus": "success"}, "sent"),
        ("subscribe_msg_sent_event", {"MsgID": "77", "ErrorCode": "1003", "ErrorStatus": "f"}, "failed"),
    ],
)
async def test_what_became_of_a_notice_is_kept(
    wechat_house: House, event: str, entry: dict[str, Any], outcome: str
) -> None:
    someone = wechat_house.follower(appid=MP)

    await someone.event(event, {"fmt": "json"}, List=[{"TemplateId": "t1"} | entry])

    assert [row["outcome"] for row in await wechat_house.rows("SELECT outcome FROM consent_events")] == [outcome]


async def test_after_a_key_rotation_both_keys_open_and_each_is_answered_in_kind(url: str) -> None:
    async with a_weixin() as fake:
        fake.rotate_key(OA, NEW_KEY)
        async with a_house(url, fake=fake, oa_aes_key=NEW_KEY, oa_aes_key_previous=KEYS[OA]) as house:
            someone = house.follower()

            new = await someone.push(Content="菜单")
            old = await someone.push({"aes_key": KEYS[OA]}, Content="菜单")
            strange = await fake.push(someone.url, OA, {"FromUserName": someone.openid}, aes_key="1" * 42 + "A")

            assert "我能帮您" in content(new)
            assert "我能帮您" in content(old)
            assert [one.status for one in strange.deliveries] == [403]
            assert await fake.verify_url(someone.url, OA)
