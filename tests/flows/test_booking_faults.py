"""Every verb of booking, failing at every statement in turn: nothing is half-written, and trying again does it all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from models import attendance, blocks, booking_days, closures, waiting
from models.booking_days import DayAtWindow
from models.database import open_database
from tests.booking import COUNTER, HALL, TUESDAY, Office, at, neighbour, openings, somebody, wanted
from tests.booking_audit import TABLES, contradictions
from tests.faults import Fuse, PowerCut, a_fused_database, kill
from tests.postgres import scratch_database

WHERE = DayAtWindow(HALL, COUNTER, TUESDAY)
MORNING = (at(TUESDAY, "08:30"), at(TUESDAY, "11:30"))
Act = Callable[[], Awaitable[Any]]
Story = Callable[[Office], Awaitable[Act]]
"""Prepares an office, and gives the act that is then disturbed."""


async def book(office: Office) -> Act:
    mother = somebody()
    return lambda: office.book(mother, key="k")


async def book_over_ones_own_hold(office: Office) -> Act:
    mother = somebody()
    await office.hold(mother, wanted("10:00"))
    return lambda: office.book(mother, key="k")


async def book_what_another_let_lapse(office: Office) -> Act:
    await office.hold()
    office.later(minutes=10)
    return await book(office)


async def hold(office: Office) -> Act:
    mother = somebody()
    return lambda: office.hold(mother, key="k")


async def confirm(office: Office) -> Act:
    held = await office.hold()
    return lambda: office.confirm(held)


async def cancel(office: Office) -> Act:
    booked = await office.book()
    return lambda: office.cancel(booked)


async def cancel_what_has_lapsed(office: Office) -> Act:
    held = await office.hold()
    office.later(minutes=10)
    return lambda: office.cancel(held)


async def move(office: Office) -> Act:
    booked = await office.book()
    return lambda: office.move(booked, "10:00")


async def move_to_another_day(office: Office) -> Act:
    booked = await office.book()
    return lambda: office.move(booked, "10:00", TUESDAY + timedelta(days=1))


async def move_to_what_another_let_lapse(office: Office) -> Act:
    booked = await office.book()
    await office.hold(what=wanted("10:00"))
    office.later(minutes=10)
    return lambda: office.move(booked, "10:00")


async def a_block(office: Office) -> Act:
    agent = uuid4()
    members = [(neighbour(agent), wanted(item="YB-001")) for _ in range(3)]
    return lambda: blocks.book(
        office.database, members, at(TUESDAY, "08:30"), openings(), key="b", now=office.now, policy=office.policy
    )


async def close(office: Office) -> Act:
    for clock in ("08:30", "09:00"):
        await office.book(what=wanted(clock))
    await office.hold(what=wanted("10:00"))
    return lambda: closures.close(
        office.database, WHERE, *MORNING, reason="停电", by="manager", now=office.now
    )  # fmt: skip


async def open_again(office: Office) -> Act:
    await (await close(office))()
    return lambda: closures.open_again(office.database, WHERE, *MORNING, by="manager", now=office.now)


async def join(office: Office) -> Act:
    mother = somebody()
    return lambda: waiting.join(office.database, mother, wanted(), "", key="w", now=office.now)


async def leave(office: Office) -> Act:
    entry = await (await join(office))()
    return lambda: waiting.leave(office.database, entry, actor="person", now=office.now)


async def offer(office: Office) -> Act:
    await (await join(office))()
    return lambda: waiting.offer_places(
        office.database, now=office.now, policy=office.policy, openings_of=lambda where: openings(where.day)
    )


async def settle_an_offer(office: Office) -> Act:
    offers = await offer(office)
    (offered,) = await offers()
    await office.confirm(offered)
    return offers


async def arrive(office: Office) -> Act:
    booked = await office.book()
    return lambda: attendance.arrive(office.database, booked, actor="clerk", now=office.now)


async def serve(office: Office) -> Act:
    arrived = await (await arrive(office))()
    return lambda: attendance.served(office.database, arrived.id, actor="clerk", now=office.now)


async def two_no_shows(office: Office) -> Act:
    for clock in ("08:30", "09:00"):
        await office.book(what=wanted(clock))
    office.now = at(TUESDAY, "11:30")
    return lambda: attendance.note_no_shows(office.database, now=office.now, half_day_ends=lambda one: MORNING[1])


async def pardon(office: Office) -> Act:
    first, _ = await (await two_no_shows(office))()
    return lambda: attendance.pardon(office.database, first, clerk="clerk", now=office.now)


async def reclaim(office: Office) -> Act:
    for clock in ("08:30", "09:00"):
        await office.hold(what=wanted(clock))
    await office.cancel(await office.book(what=wanted("10:00")))
    office.later(minutes=10)
    return lambda: booking_days.reclaim(office.database, WHERE.key, now=office.now)


SEVERAL = {
    book_over_ones_own_hold: 2,
    book_what_another_let_lapse: 2,
    move_to_what_another_let_lapse: 2,
    two_no_shows: 2,
}
"""Stories of several acts: what was over is ended first, by itself; each no-show is noted by itself."""
STORIES = [
    book, book_over_ones_own_hold, book_what_another_let_lapse, hold, confirm, cancel, cancel_what_has_lapsed, move,
    move_to_another_day, move_to_what_another_let_lapse, a_block, close, open_again, join, leave, offer,
    settle_an_offer, arrive, serve, two_no_shows, pardon, reclaim,
]  # fmt: skip
every_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give one empty database for all stories; each begins by emptying it."""
    stack = AsyncExitStack()

    async def made() -> str:
        path = tmp_path_factory.mktemp("faults") / "office.sqlite3"
        is_postgres = request.param == "postgres"
        address = await stack.enter_async_context(scratch_database()) if is_postgres else f"sqlite://{path}"
        async with open_database(address) as database:
            await database.migrate()
        return address

    with ThreadPoolExecutor(1) as beside, asyncio.Runner() as runner:  # a loop of its own
        yield beside.submit(runner.run, made()).result()
        beside.submit(runner.run, stack.aclose()).result()


@pytest.fixture
async def fused(url: str) -> AsyncIterator[tuple[Office, Fuse]]:
    async with a_fused_database(url) as (database, fuse):
        with database.active():
            yield Office(database), fuse


async def begin(office: Office, story: Story) -> Act:
    """Begin a story in an empty office."""
    for table in TABLES:
        await office.database.run(f"DELETE FROM {table}")
    office.now = Office(office.database).now
    return await story(office)


async def written(office: Office) -> Counter[str]:
    """Give what is written, without what is drawn anew each time."""
    rows = office.rows
    found = [
        *await rows("SELECT state, counted, starts_at, place_until, late_cancel, pardoned_by FROM appointments"),
        *await rows("SELECT day_key, taken, online, agent FROM booking_days"),
        *await rows("SELECT state, half FROM waiting_list"),
        *await rows("SELECT kind, due_at, state FROM notices"),
        *await rows("SELECT act, at FROM journal"),
    ]
    return Counter(repr(row) for row in found)


async def failure_of(act: Act) -> Exception | None:
    try:
        await act()
    except Exception as failure:
        return failure
    return None


async def disturbed(
    office: Office, fuse: Fuse, story: Story, how: Callable[[Any], Awaitable[None]] | None
) -> list[Counter[str]]:
    """Fail at every statement in turn; give the states in which the books were left, each once, in their order."""
    act = await begin(office, story)
    states = [await written(office)]
    with fuse.blowing(None):
        await act()
    number, whole = fuse.passed, await written(office)
    for at_statement in range(1, number + 1):
        act = await begin(office, story)
        with fuse.blowing(at_statement, how):
            failure = await failure_of(act)
        assert how is not None or isinstance(failure, PowerCut | None)
        assert await contradictions(office.database, now=office.now, cap=1) == []
        left = await written(office)
        assert failure or left == whole  # whoever is told nothing of a failure has what they asked for
        states += [left] if left not in states else []
        await act()
        assert await written(office) == whole
    return states + ([whole] if whole not in states else [])


@every_story
async def test_nothing_is_half_written(fused: tuple[Office, Fuse], story: Story) -> None:
    states = await disturbed(*fused, story, None)

    assert len(states) == 1 + SEVERAL.get(story, 1)


@pytest.mark.parametrize("url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("story", [move_to_another_day, close, offer, book_over_ones_own_hold])
async def test_a_connection_that_postgres_ends_leaves_nothing_half_written(
    fused: tuple[Office, Fuse], story: Story
) -> None:
    states = await disturbed(*fused, story, kill)

    assert len(states) == 1 + SEVERAL.get(story, 1)
