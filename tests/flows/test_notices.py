"""Notices about appointments: sent once, never about a time that has changed, never at night."""

from __future__ import annotations

from datetime import datetime

from api.keys import NOTIFIER
from models import closures, notices
from models.booking_days import DayAtWindow
from tests.booking import at
from tests.flows.test_booking_api import TUESDAY, Phone, fill
from tests.house import BOTH, House

pytestmark = BOTH
NINE = "2026-03-03T09:00:00+08:00"


async def send(house: House) -> int:
    """Empty the outbox, as the service does by itself every few seconds."""
    with house.database.active():
        return int(await house.client.app[NOTIFIER].send_due())  # type: ignore[union-attr]


async def pushed(house: House, phone: Phone) -> list[str]:
    """Give what the stand-in for WeChat received for this person."""
    _, answer = await phone.call("GET", "/demo/pushes")
    return [push["text"] for push in answer["pushes"]]


def set_clock(house: House, moment: datetime) -> None:
    house.clock.advance(moment.timestamp() - house.now.timestamp())


async def test_reminded_the_evening_before_and_an_hour_before_and_once(house: House) -> None:
    phone = Phone(await house.newcomer())
    _, booked = await phone.choose(NINE)
    assert await send(house) == 0

    set_clock(house, at(TUESDAY.replace(day=2), "18:00"))
    assert (await send(house), await send(house)) == (1, 0)
    set_clock(house, at(TUESDAY, "08:00"))
    await send(house)

    told = await pushed(house, phone)
    assert len(told) == 2
    assert "明天周二3月3日上午9:00" in told[0]
    assert "今天09:00" in told[1]
    assert all(booked["number"] in text for text in told)


async def test_whoever_moved_is_reminded_of_the_new_time_alone(house: House) -> None:
    phone = Phone(await house.newcomer())
    _, booked = await phone.choose(NINE)
    await phone.call("POST", f"/appointments/{booked['id']}/move", {"start": "2026-03-03T10:00:00+08:00"})

    set_clock(house, at(TUESDAY.replace(day=2), "18:00"))
    await send(house)

    (told,) = await pushed(house, phone)
    assert "上午10:00" in told
    states = await house.rows("SELECT state FROM notices WHERE kind = 'reminder_day' ORDER BY state")
    assert [row["state"] for row in states] == ["dropped", "sent"]


async def test_whoever_gave_up_hears_nothing(house: House) -> None:
    phone = Phone(await house.newcomer())
    _, booked = await phone.choose(NINE)
    await phone.call("POST", f"/appointments/{booked['id']}/cancel")

    set_clock(house, at(TUESDAY, "08:00"))
    await send(house)

    assert await pushed(house, phone) == []


async def test_a_closed_hall_is_told_at_once_and_another_time_taken_in_the_chat(house: House) -> None:
    phone = Phone(await house.newcomer())
    await phone.resident.say("我住雨露乡")
    await phone.choose(NINE)
    where = DayAtWindow("H-YL", "民政残联窗口", TUESDAY)

    await house.do(
        closures.close, where, at(TUESDAY, "08:30"), at(TUESDAY, "11:30"), reason="停电", by="manager", now=house.now
    )
    await send(house)

    (told,) = await pushed(house, phone)
    assert "停电" in told
    answer = await phone.resident.say("改时间")
    assert answer["choices"][0]["label"].startswith("周一3月2日")
    answer = await phone.resident.say(answer["choices"][0]["say"])
    assert "改好了" in answer["texts"][0]


async def test_an_offered_place_is_taken_with_one_word(house: House) -> None:
    phone, other = Phone(await house.newcomer()), Phone(await house.newcomer())
    _, mine = await other.choose(NINE)
    await fill(house, "2026-03-03")
    day = {"item": await phone.item(), "township": "雨露乡", "day": "2026-03-03"}
    await phone.call("POST", "/waiting", day)
    await other.call("POST", f"/appointments/{mine['id']}/cancel")
    house.clock.advance(31 * 60)

    await house.do_bookings()
    await send(house)

    (told,) = await pushed(house, phone)
    assert "有空位了:周二3月3日上午9:00" in told
    assert "约好了" in (await phone.resident.say("确认预约"))["texts"][0]


async def test_a_dead_sender_leaves_its_notice_to_the_next(house: House) -> None:
    phone = Phone(await house.newcomer())
    await phone.choose(NINE)
    set_clock(house, at(TUESDAY.replace(day=2), "18:00"))
    claimed = await house.do(notices.claim, now=house.now)
    assert len(claimed) == 1

    assert await send(house) == 0
    house.clock.advance(121)
    assert await send(house) == 1
    assert len(await pushed(house, phone)) == 1


async def test_readiness_tells_of_notices_that_nobody_sends(house: House) -> None:
    phone = Phone(await house.newcomer())
    await phone.choose(NINE)
    set_clock(house, at(TUESDAY.replace(day=2), "18:11"))

    ready = await (await house.client.get("/readyz")).json()

    (outbox,) = [check for check in ready["checks"] if check["name"] == "outbox"]
    assert (ready["ready"], outbox["ok"]) == (True, False)
