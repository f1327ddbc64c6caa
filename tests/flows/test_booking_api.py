"""Booking through the mini-program's door: what the phone sends, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from models import agents
from models.rules.people import is_id_number
from tests.house import BOTH, House, Resident

pytestmark = BOTH
TOWNSHIP = "雨露乡"
FIRST = "2026-03-03T08:30:00+08:00"
TUESDAY = date(2026, 3, 3)


@dataclass
class Phone:
    """A mini-program in somebody's hand."""

    resident: Resident

    async def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.resident.token}", "Idempotency-Key": key or uuid4().hex}
        if key == "":
            del headers["Idempotency-Key"]
        client = self.resident.house.client
        async with client.request(method, f"/api/v1{path}", json=body, headers=headers) as response:
            return response.status, await response.json()

    async def choose(
        self, start: str = FIRST, item: str = "", key: str | None = None, to: str = "/appointments"
    ) -> Any:
        body = {"item": item or await self.item(), "township": TOWNSHIP, "start": start}
        return await self.call("POST", to, body, key)

    async def item(self) -> str:
        return await bookable(self.resident.house)


ITEMS: list[str] = []
"""Codes found so far: the shipped catalogue is the same in every test."""


async def bookable(house: House) -> str:
    """Give the code of an item that is booked at the 民政残联 window of 雨露乡, of which there is one."""
    if not ITEMS:
        listed = (await (await house.client.get("/api/v1/items")).json())["items"]
        for code in (one["code"] for one in listed if one["bookable"] and one["code"].startswith("MZ-")):
            async with house.client.get(f"/api/v1/items/{code}/slots", params={"township": TOWNSHIP}) as answer:
                if answer.status == 200 and (await answer.json())["window_type"] == "民政残联窗口":
                    ITEMS.append(code)
                    break
    return ITEMS[0]


def id_number(serial: int, born: str = "19900101") -> str:
    """Make an ID number with a right check digit that belongs to nobody: its district does not exist."""
    base = f"539999{born}{serial:03}"
    return next(base + digit for digit in "0123456789X" if is_id_number(base + digit))


@pytest.fixture
async def phone(house: House) -> Phone:
    return Phone(await house.newcomer())


async def test_times_are_shown_with_what_is_left(house: House, phone: Phone) -> None:
    async with house.client.get(f"/api/v1/items/{await phone.item()}/slots", params={"township": TOWNSHIP}) as answer:
        shown = await answer.json()

    assert shown["hall_name"] == "雨露白族乡政务服务中心"
    today, tomorrow = shown["days"][:2]
    assert today["slots"][0]["start"][11:16] == "10:30", "an hour from now at the earliest"
    assert [slot["start"][11:16] for slot in tomorrow["slots"]][:2] == ["08:30", "09:00"]
    weekend = next(day for day in shown["days"] if day["day"] == "2026-03-07")
    assert weekend["slots"] == []
    assert shown["days"][-1]["day"] == "2026-03-11", "seven working days ahead"


async def test_book_look_move_cancel(phone: Phone) -> None:
    status, booked = await phone.choose()
    assert (status, booked["state"], booked["start"]) == (201, "booked", FIRST)
    assert booked["number_spoken"].startswith("8 0303 ")

    path = f"/appointments/{booked['id']}"
    status, moved = await phone.call("POST", f"{path}/move", {"start": "2026-03-04T09:00:00+08:00"})
    assert (status, moved["start"], moved["number"]) == (200, "2026-03-04T09:00:00+08:00", booked["number"])

    status, gone = await phone.call("POST", f"{path}/cancel")
    assert (status, gone["state"]) == (200, "cancelled")
    _, listed = await phone.call("GET", "/appointments")
    assert [one["state"] for one in listed["appointments"]] == ["cancelled"]


async def test_a_place_is_kept_and_confirmed_within_ten_minutes(house: House, phone: Phone) -> None:
    _, held = await phone.choose(to="/holds")
    assert held["state"] == "held"
    assert held["held_until"] == "2026-03-02T09:10:00+08:00"

    status, booked = await phone.call("POST", f"/appointments/{held['id']}/confirm")
    assert (status, booked["state"], booked["held_until"]) == (200, "booked", None)

    other = Phone(await house.newcomer())
    _, late = await other.choose("2026-03-03T09:00:00+08:00", to="/holds")
    house.clock.advance(600)
    status, refused = await other.call("POST", f"/appointments/{late['id']}/confirm")
    assert (status, refused["error"]["code"]) == (409, "hold_over")
    assert (await other.call("GET", f"/appointments/{late['id']}"))[1]["state"] == "lapsed"


async def test_a_full_time_names_the_nearest_free_ones(house: House, phone: Phone) -> None:
    await phone.choose("2026-03-03T09:00:00+08:00")

    status, refused = await Phone(await house.newcomer()).choose("2026-03-03T09:00:00+08:00")

    assert (status, refused["error"]["code"]) == (409, "slot_taken")
    assert refused["error"]["alternatives"] == [f"2026-03-03T{clock}:00+08:00" for clock in ("08:30", "09:30", "10:00")]


async def test_the_same_key_is_the_same_booking_and_no_key_is_none(phone: Phone) -> None:
    (_, first), (_, again) = await phone.choose(key="k"), await phone.choose(key="k")
    assert first["id"] == again["id"]

    status, refused = await phone.choose(key="")
    assert (status, refused["error"]["code"]) == (422, "idempotency_key_needed")


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("2026-03-04T12:00:00+08:00", "no_such_slot"),
        ("2026-03-07T09:00:00+08:00", "no_such_slot"),
        ("2026-05-04T09:00:00+08:00", "no_such_slot"),
        ("2026-03-03T08:30:00", "invalid"),
        ("tomorrow", "invalid"),
    ],
)
async def test_what_cannot_be_booked_is_refused_with_a_sentence(phone: Phone, start: str, code: str) -> None:
    status, refused = await phone.choose(start)

    assert (status, refused["error"]["code"]) == (422, code)


async def test_somebody_elses_appointment_does_not_exist(house: House, phone: Phone) -> None:
    _, booked = await phone.choose()
    stranger = Phone(await house.newcomer())

    for method, path in (("GET", ""), ("POST", "/confirm"), ("POST", "/cancel")):
        status, refused = await stranger.call(method, f"/appointments/{booked['id']}{path}")
        assert (status, refused["error"]["code"]) == (404, "appointment_missing")
    status, _ = await stranger.call(
        "POST", f"/appointments/{booked['id']}/move", {"start": "2026-03-04T09:00:00+08:00"}
    )
    assert status == 404


async def test_limits_hold_for_the_resident_and_not_for_the_phone(house: House, phone: Phone) -> None:
    await phone.choose("2026-03-03T08:30:00+08:00")
    status, me = await phone.call("PUT", "/me/identity", {"name": "测试者", "id_number": id_number(1)})
    assert (status, me["name"], me["id_number"][:14]) == (200, "测**", "*" * 14)

    status, refused = await phone.choose("2026-03-03T09:00:00+08:00")
    assert (status, refused["error"]["code"]) == (409, "already_booked")

    thief = Phone(await house.newcomer())
    status, refused = await thief.call("PUT", "/me/identity", {"name": "测试者", "id_number": id_number(1)})
    assert (status, refused["error"]["code"]) == (409, "identity_taken")
    status, refused = await thief.call("PUT", "/me/identity", {"name": "测试者", "id_number": "1" * 18})
    assert (status, refused["error"]["code"]) == (422, "id_number_wrong")


async def test_no_id_number_and_no_name_lies_open_in_the_database(house: House, phone: Phone) -> None:
    await phone.call("PUT", "/me/identity", {"name": "测试者", "id_number": id_number(2)})

    (row,) = await house.rows("SELECT * FROM residents")

    assert id_number(2) not in str(row)
    assert "测试者" not in str(row)


async def test_an_agent_books_for_neighbours_and_nobody_else_may(house: House, phone: Phone) -> None:
    item = await phone.item()
    neighbours = [{"name": "测试者", "id_number": id_number(n, "19400101")} for n in range(3)]
    block = {"item": item, "township": TOWNSHIP, "start": FIRST, "residents": neighbours}
    status, refused = await phone.call("POST", "/blocks", block)
    assert (status, refused["error"]["code"]) == (403, "not_an_agent")

    await appoint(house)
    status, booked = await phone.call("POST", "/blocks", block, key="trip")
    assert status == 201, booked
    assert [one["start"][11:16] for one in booked["appointments"]] == ["08:30", "09:00", "09:30"]
    assert {one["block"] for one in booked["appointments"]} == {"trip"}
    _, mine = await phone.call("GET", "/appointments")
    assert len(mine["appointments"]) == 3

    wrong = {**block, "residents": [neighbours[0], {"name": "测试者", "id_number": "1" * 18}]}
    status, refused = await phone.call("POST", "/blocks", wrong)
    assert (status, refused["error"]["field"]) == (422, "residents.1.id_number")
    assert "第2个人" in refused["error"]["message"]


async def fill(house: House, day: str) -> list[dict[str, Any]]:
    """Book whatever can be booked of a day, each time by somebody else."""
    booked: list[dict[str, Any]] = []
    while True:
        phone = Phone(await house.newcomer())
        async with house.client.get(
            f"/api/v1/items/{await phone.item()}/slots", params={"township": TOWNSHIP}
        ) as answer:
            days = {of["day"]: of["slots"] for of in (await answer.json())["days"]}
        free = [slot["start"] for slot in days[day] if slot["left"]]
        if not free:
            return booked
        booked.append((await phone.choose(free[0]))[1])


async def appoint(house: House) -> None:
    """Make everybody known an agent."""
    for row in await house.rows("SELECT id FROM people"):
        await house.do(agents.appoint, UUID(str(row["id"])), "V532324201201", by="manager", now=house.now)


async def test_a_freed_place_is_offered_to_the_one_who_waits(house: House, phone: Phone) -> None:
    await appoint(house)
    item = await phone.item()
    await fill(house, "2026-03-03")
    day = {"item": item, "township": TOWNSHIP, "day": "2026-03-03", "half": ""}
    status, waiting = await phone.call("POST", "/waiting", day)
    assert (status, waiting["state"]) == (201, "waiting")
    await house.do_bookings()
    assert (await phone.call("GET", "/waiting"))[1]["waiting"][0]["state"] == "waiting"

    house.clock.advance(7 * 3600)  # the agents' share opens at four in the afternoon
    await house.do_bookings()

    (offered,) = (await phone.call("GET", "/waiting"))[1]["waiting"]
    assert offered["state"] == "offered"
    status, booked = await phone.call("POST", f"/appointments/{offered['appointment']}/confirm")
    assert (status, booked["state"]) == (200, "booked")
    await house.do_bookings()
    assert (await phone.call("GET", "/waiting"))[1]["waiting"] == []


async def test_a_dismissed_agent_sees_and_changes_nothing_any_more(house: House, phone: Phone) -> None:
    await appoint(house)
    neighbours = [{"name": "测试者", "id_number": id_number(9, "19400101")}]
    block = {"item": await phone.item(), "township": TOWNSHIP, "start": FIRST, "residents": neighbours}
    (booked,) = (await phone.call("POST", "/blocks", block))[1]["appointments"]

    for row in await house.rows("SELECT person_id FROM agents"):
        await house.do(agents.dismiss, UUID(str(row["person_id"])), by="manager", now=house.now)

    assert (await phone.call("GET", "/appointments"))[1]["appointments"] == []
    assert (await phone.call("POST", f"/appointments/{booked['id']}/cancel"))[0] == 403


async def test_joining_the_waiting_list_again_is_the_same_place(house: House, phone: Phone) -> None:
    other = Phone(await house.newcomer())
    _, booked = await other.choose(FIRST)
    await fill(house, "2026-03-03")
    day = {"item": await phone.item(), "township": TOWNSHIP, "day": "2026-03-03"}
    _, waiting = await phone.call("POST", "/waiting", day, "w")
    await other.call("POST", f"/appointments/{booked['id']}/cancel")
    house.clock.advance(31 * 60)

    status, again = await phone.call("POST", "/waiting", day, "w")

    assert (status, again["id"]) == (201, waiting["id"])
    status, refused = await Phone(await house.newcomer()).call("POST", "/waiting", day)
    assert (status, refused["error"]["code"]) == (409, "still_free")
