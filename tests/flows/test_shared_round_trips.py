"""Messages of many people at the same moment share their round trips to the database, and none notices the others."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from models import conversations
from models.conversations import Taken
from models.database import Database, open_database, transaction
from tests.house import BOTH, START

MINUTE = timedelta(minutes=1)


async def take(database: Database, identity: str, key: str) -> Taken | None:
    return await conversations.take(database, identity, key, now=START)


async def finish(database: Database, identity: str, key: str, taken: Taken | None, said: str) -> None:
    assert taken is not None
    await conversations.finish(
        database, identity, key, taken=taken, talk={"said": said}, answer={"texts": [said]}, now=START
    )


@BOTH
async def test_of_two_messages_of_one_person_one_gets_the_conversation(url: str) -> None:
    async with open_database(url) as database:
        mothers, mothers_second, father = await asyncio.gather(
            take(database, "wx:mother", "m1"), take(database, "wx:mother", "m2"), take(database, "wx:father", "f1")
        )

        assert mothers == Taken({}, (), None)
        assert mothers_second is None
        assert father == Taken({}, (), None)


@BOTH
async def test_everybody_keeps_their_own_answer_and_state(url: str) -> None:
    people = [f"wx:{number:02d}" for number in reversed(range(30))]
    async with open_database(url) as database:
        taken = await asyncio.gather(*(take(database, who, f"{who}:1") for who in people))
        await asyncio.gather(
            *(finish(database, who, f"{who}:1", held, f"to {who}") for who, held in zip(people, taken, strict=True))
        )

        again = await asyncio.gather(*(take(database, who, f"{who}:1") for who in people))

    assert [held.answer for held in again if held] == [{"texts": [f"to {who}"]} for who in people]
    assert [held.state for held in again if held] == [{"said": f"to {who}"} for who in people]


@BOTH
async def test_a_message_that_the_database_refuses_harms_nobody_else(url: str) -> None:
    async with open_database(url) as database:
        held = await asyncio.gather(*(take(database, who, f"{who}:1") for who in ("wx:a", "wx:b", "wx:c")))
        cannot_be_stored = "\ud800"

        results = await asyncio.gather(
            finish(database, "wx:a", "wx:a:1", held[0], "one"),
            finish(database, "wx:b", "wx:b:1", held[1], cannot_be_stored),
            finish(database, "wx:c", "wx:c:1", held[2], "three"),
            return_exceptions=True,
        )

        assert [isinstance(result, Exception) for result in results] == [False, True, False]
        assert await conversations.answer_of(database, "wx:a:1") == {"texts": ["one"]}
        assert await conversations.answer_of(database, "wx:b:1") is None
        assert await conversations.answer_of(database, "wx:c:1") == {"texts": ["three"]}
        assert await take(database, "wx:b", "wx:b:2") is None, "its lease still runs"


@BOTH
async def test_somebody_forgotten_meanwhile_stays_forgotten(url: str) -> None:
    async with open_database(url) as database:
        gone, here = await asyncio.gather(take(database, "wx:gone", "g1"), take(database, "wx:here", "h1"))
        await conversations.forget(database, "wx:gone")

        await asyncio.gather(
            finish(database, "wx:gone", "g1", gone, "nobody"), finish(database, "wx:here", "h1", here, "somebody")
        )

        assert await conversations.answer_of(database, "g1") is None
        assert await conversations.answer_of(database, "h1") == {"texts": ["somebody"]}


@BOTH
async def test_who_stops_waiting_leaves_the_others_their_answers(url: str) -> None:
    async with open_database(url) as database:
        one, two = [asyncio.create_task(take(database, who, f"{who}:1")) for who in ("wx:one", "wx:two")]
        await asyncio.sleep(0)
        one.cancel()

        assert await two == Taken({}, (), None)
        with pytest.raises(asyncio.CancelledError):
            await one


@BOTH
async def test_what_is_under_way_is_committed_before_the_database_closes(url: str) -> None:
    async with open_database(url) as database:
        held = await asyncio.gather(*(take(database, who, f"{who}:1") for who in ("wx:a", "wx:b")))
        ending = [
            asyncio.create_task(finish(database, who, f"{who}:1", taken, "stored"))
            for who, taken in zip(("wx:a", "wx:b"), held, strict=True)
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*ending)

    async with open_database(url) as database:
        for who in ("wx:a", "wx:b"):
            assert await conversations.answer_of(database, f"{who}:1") == {"texts": ["stored"]}


@BOTH
async def test_inside_a_transaction_an_act_belongs_to_it(url: str) -> None:
    async with open_database(url) as database:
        with database.active(), pytest.raises(LookupError):
            await rolled_back(database)

        assert await take(database, "wx:mother", "m2") == Taken({}, (), None)


async def rolled_back(database: Database) -> None:
    async with transaction(database):
        assert await take(database, "wx:mother", "m1") == Taken({}, (), None)
        raise LookupError


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_nobody_waits_behind_the_locked_row_of_somebody_else(url: str) -> None:
    async with open_database(url) as database, open_database(url) as elsewhere:
        await take(database, "wx:locked", "l0")
        with elsewhere.active():
            async with transaction(elsewhere):
                await conversations.forget(elsewhere, "wx:locked")
                locked = asyncio.create_task(take(database, "wx:locked", "l1"))
                free = [asyncio.create_task(take(database, f"wx:{n}", f"{n}")) for n in range(3)]

                assert await asyncio.gather(*free) == [Taken({}, (), None)] * 3
                assert await take(database, "wx:later", "1") == Taken({}, (), None)
                assert not locked.done()

        assert await locked == Taken({}, (), None)
