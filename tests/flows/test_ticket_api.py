"""Taking a number with the mini-program: with an appointment, without one, and where one stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import calling, tickets
from tests.flows.test_booking_api import Phone
from tests.house import BOTH, House

pytestmark = BOTH
HALL, COUNTER = "H-YL", "民政残联窗口"
AT_TWO = "2026-03-02T14:00:00+08:00"


@pytest.fixture
async def phone(house: House) -> Phone:
    return Phone(await house.newcomer())


async def walk_in(phone: Phone, key: str | None = None) -> tuple[int, dict]:  # type: ignore[type-arg]
    return await phone.call("POST", "/tickets", {"hall": HALL, "window_type": COUNTER}, key)


async def test_the_halls_tell_windows_and_hours(house: House) -> None:
    halls = (await (await house.client.get("/api/v1/halls")).json())["halls"]

    (here,) = [hall for hall in halls if hall["org_id"] == HALL]
    assert {"type": COUNTER, "count": 1} in here["windows"]
    assert here["market_day"] is False


async def test_whoever_comes_without_appointment_gets_a_number_and_a_place(house: House, phone: Phone) -> None:
    status, first = await walk_in(Phone(await house.newcomer()))
    assert (status, first["ahead"]) == (201, 0)

    _, mine = await walk_in(phone)
    _, again = await walk_in(phone)

    assert mine["number"] == again["number"] != first["number"]
    assert mine["ahead"] == 1
    assert mine["wait_least"] < mine["wait_most"]
    assert "前面还有1人" in mine["said"]
    await house.do(calling.call_next, HALL, COUNTER, "1", actor="clerk", now=house.now)
    assert (await phone.call("GET", f"/tickets/{mine['id']}"))[1]["ahead"] == 0


async def test_an_appointment_becomes_a_number_around_its_time(house: House, phone: Phone) -> None:
    _, booked = await phone.choose(AT_TWO)
    arrive = {"hall": HALL, "number": booked["number_spoken"]}
    status, refused = await phone.call("POST", "/tickets", arrive)
    assert (status, refused["error"]["code"]) == (409, "check_in_too_early")

    house.clock.advance(timedelta(hours=4, minutes=50).total_seconds())
    status, ticket = await phone.call("POST", "/tickets", arrive)
    _, again = await phone.call("POST", "/tickets", arrive)

    assert (status, ticket["due_at"]) == (201, AT_TWO)
    assert again["number"] == ticket["number"]
    assert (await phone.call("GET", f"/appointments/{booked['id']}"))[1]["state"] == "arrived"
    called = await house.do(calling.call_next, HALL, COUNTER, "1", actor="clerk", now=house.now)
    assert called.number == ticket["number"]
    await house.do(tickets.finish, called.id, actor="clerk", now=house.now)
    assert (await phone.call("GET", f"/appointments/{booked['id']}"))[1]["state"] == "served"
    assert (await phone.call("GET", "/tickets"))[1]["tickets"] == []


async def test_a_given_up_appointment_gives_no_number(house: House, phone: Phone) -> None:
    _, booked = await phone.choose(AT_TWO)
    await phone.call("POST", f"/appointments/{booked['id']}/cancel")
    house.clock.advance(timedelta(hours=5).total_seconds())

    status, refused = await phone.call("POST", "/tickets", {"hall": HALL, "number": booked["number"]})

    assert (status, refused["error"]["code"]) == (409, "appointment_over")
    assert await house.rows("SELECT 1 AS one FROM tickets") == []


async def test_nobody_takes_another_ones_appointment_or_number(house: House, phone: Phone) -> None:
    _, booked = await phone.choose(AT_TWO)
    _, ticket = await walk_in(phone)
    thief = Phone(await house.newcomer())
    house.clock.advance(timedelta(hours=5).total_seconds())

    assert (await thief.call("POST", "/tickets", {"hall": HALL, "number": booked["number"]}))[0] == 404
    assert (await thief.call("GET", f"/tickets/{ticket['id']}"))[0] == 404
    assert (await thief.call("POST", f"/tickets/{ticket['id']}/leave"))[0] == 404
    assert (await phone.call("POST", f"/tickets/{ticket['id']}/leave"))[1]["status"] == "left"


async def test_numbers_end_when_nobody_more_can_be_served(house: House) -> None:
    house.clock.advance(timedelta(hours=8, minutes=10).total_seconds())  # ten past five

    status, refused = await walk_in(Phone(await house.newcomer()))
    assert status == 201
    status, refused = await walk_in(Phone(await house.newcomer()))

    assert (status, refused["error"]["code"]) == (409, "numbers_gone")


@pytest.mark.parametrize(
    "body", [{"hall": HALL}, {"hall": HALL, "window_type": COUNTER, "number": "8"}, {"hall": "X", "window_type": "Y"}]
)
async def test_a_wrong_wish_is_refused(phone: Phone, body: dict[str, str]) -> None:
    status, refused = await phone.call("POST", "/tickets", body)

    assert status in (404, 422)
    assert refused["error"]["message"]
