"""Pushes sorted: which are turns of the talk, which are events, and how a repeat is known."""

from __future__ import annotations

from typing import Any

import pytest

from bot.inbound import Consent, Turn, TurnKind, push_of, turn_from_data

HEAD = {"FromUserName": "o1", "ToUserName": "gh_1", "CreateTime": "1772413200", "MsgId": "77"}


def a_push(**fields: Any) -> Any:
    return push_of("wx1", {name: value for name, value in (HEAD | fields).items() if value is not None})


def an_event(name: str, **fields: Any) -> Any:
    return a_push(MsgType="event", Event=name, MsgId=None, **fields)


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"MsgType": "text", "Content": "低保"}, TurnKind.TEXT, "低保"),
        ({"MsgType": "TEXT", "Content": "低保"}, TurnKind.TEXT, "低保"),
        ({"MsgType": "text"}, TurnKind.TEXT, ""),
        ({"MsgType": "text", "Content": ["a", "b"]}, TurnKind.TEXT, ""),
        ({"MsgType": "text", "Content": "低\x00\x08保\ud800"}, TurnKind.TEXT, "低保"),
        ({"MsgType": "voice", "Recognition": "低保。"}, TurnKind.TEXT, "低保。"),
        ({"MsgType": "voice", "Recognition": " "}, TurnKind.UNCLEAR, ""),
        ({"MsgType": "voice"}, TurnKind.UNCLEAR, ""),
        ({"MsgType": "location", "Location_X": "25", "Location_Y": "101", "Label": "龙川"}, TurnKind.LOCATE, "龙川"),
        ({"MsgType": "image"}, TurnKind.OTHER, ""),
        ({"MsgType": "telepathy"}, TurnKind.OTHER, ""),
        ({"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_V1"}, TurnKind.ARRIVE, "V1"),
        ({"MsgType": "event", "Event": "subscribe"}, TurnKind.ARRIVE, ""),
        ({"MsgType": "event", "Event": "SCAN", "EventKey": "V1"}, TurnKind.ARRIVE, "V1"),
        ({"MsgType": "event", "Event": "CLICK", "EventKey": "菜单"}, TurnKind.TEXT, "菜单"),
        ({"MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": "V1"}, TurnKind.ARRIVE, "V1"),
        ({"MsgType": "event", "Event": "LOCATION", "Latitude": "25", "Longitude": "101"}, TurnKind.LOCATE, ""),
    ],
)
def test_what_a_person_says_becomes_a_turn(fields: dict[str, Any], kind: TurnKind, text: str) -> None:
    turn = a_push(**fields).turn

    assert (turn.kind, turn.text, turn.identity) == (kind, text, "wx1:o1")


@pytest.mark.parametrize("latitude", [25.5, "25.5", 25])
def test_a_position_may_be_number_or_text(latitude: Any) -> None:
    turn = a_push(MsgType="location", Location_X=latitude, Location_Y="north").turn

    assert int(turn.latitude) == 25
    assert turn.longitude is None


@pytest.mark.parametrize("event", ["VIEW", "TEMPLATESENDJOBFINISH", "wxa_media_check", "telepathy", ""])
def test_other_events_are_acknowledged_only(event: str) -> None:
    push = an_event(event)

    assert (push.turn, push.followed, push.unfollowed, push.consents) == (None, False, False, ())


def test_following_and_unfollowing_are_told_apart() -> None:
    assert an_event("subscribe").followed
    assert an_event("unsubscribe").unfollowed
    assert an_event("unsubscribe").turn is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"MsgType": "text"}, {"MsgType": "strange"}, True),  # re-sent under another type
        ({"MsgType": "text"}, {"MsgType": "text", "MsgId": 77}, True),
        ({"MsgType": "text"}, {"MsgType": "text", "MsgId": "78"}, False),
        ({"MsgType": "text"}, {"MsgType": "text", "CreateTime": "1"}, True),
    ],
)
def test_a_message_is_known_by_its_number(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert (a_push(**one).key == a_push(**other).key) is same


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"CreateTime": 1772413200}, True),
        ({"CreateTime": "1772413201"}, False),
        ({"FromUserName": "o2"}, False),
        ({"EventKey": "b"}, False),
        ({"Event": "SCAN"}, False),
    ],
)
def test_an_event_is_known_by_person_second_kind_and_key(change: dict[str, Any], same: bool) -> None:
    first = {"MsgType": "event", "Event": "CLICK", "EventKey": "a", "MsgId": None}

    assert (a_push(**first).key == a_push(**first | change).key) is same


def test_two_accounts_never_share_a_key() -> None:
    fields = HEAD | {"MsgType": "text"}

    assert push_of("wx1", fields).key != push_of("wx2", fields).key


ACCEPT = {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "0"}


@pytest.mark.parametrize(
    ("fields", "consents"),
    [
        ({"List": ACCEPT}, [Consent("t1", "accept")]),
        ({"List": [ACCEPT, ACCEPT | {"TemplateId": "t2"}]}, [Consent("t1", "accept"), Consent("t2", "accept")]),
        ({"SubscribeMsgPopupEvent": {"List": ACCEPT}}, [Consent("t1", "accept")]),
        ({"SubscribeMsgPopupEvent": {"List": [ACCEPT, "x", {}]}}, [Consent("t1", "accept")]),
        ({"SubscribeMsgPopupEvent": ""}, []),
        ({"List": [ACCEPT | {"SubscribeStatusString": "reject"}]}, [Consent("t1", "reject")]),
        ({"List": [ACCEPT | {"SubscribeStatusString": "perhaps"}]}, []),
        ({}, []),
    ],
)
def test_consents_are_read_from_every_shape(fields: dict[str, Any], consents: list[Consent]) -> None:
    assert list(an_event("subscribe_msg_popup_event", **fields).consents) == consents


def test_a_turn_survives_storing_but_for_its_numbers() -> None:
    turn = Turn("k", "wx1:o1", TurnKind.LOCATE, "打13812345678", 25.0, 101.0)

    back = turn_from_data(turn.to_data())

    assert back == Turn("k", "wx1:o1", TurnKind.LOCATE, "打***", 25.0, 101.0)
