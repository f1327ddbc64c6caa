"""Taking a place on PostgreSQL: the verb beside the same statements on bare connections, and beside one statement."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable

from tests.bench import booking_door, rush, years
from tests.bench.takers import Counter, Errand, Pace, crowd, one_statement, open_counter, spread, statements

PLACES = 800
"""Places taken in one case of one turn."""
Turns = dict[str, list[Pace]]


def run(turns: int) -> None:
    """Print the verb's pace against the yardsticks, then rushes, years of appointments, and the door over HTTP."""
    asyncio.run(_run(turns))
    rush.run()
    years.run()
    booking_door.run(turns)


async def _run(turns: int) -> None:
    seen: Turns = {}
    async with open_counter() as counter:
        await _warm(counter)
        for _ in range(turns * 2):
            await _turn(counter, seen)
    _print(seen)


async def _warm(counter: Counter) -> None:
    await counter.by_verb(spread(200))
    await counter.by_hand(await statements(spread(200)))


async def _turn(counter: Counter, seen: Turns) -> None:
    sends: tuple[tuple[str, Callable[[], list[Errand]]], ...] = (
        ("spread", lambda: spread(PLACES)),
        ("hot day", lambda: crowd(PLACES)),
        ("hot slot", lambda: crowd(PLACES, clocks=("10:00",))),
    )
    for name, people in sends:
        seen.setdefault(f"{name}, verb", []).append(await counter.by_verb(people()))
        seen.setdefault(f"{name}, same", []).append(await counter.by_hand(await statements(people())))
        seen.setdefault(f"{name}, one", []).append(await counter.by_hand(one_statement(people())))
    sold_out = crowd(PLACES, clocks=("10:00",), windows=2)
    await counter.by_verb(sold_out[:1])
    seen.setdefault("sold out", []).append(await counter.by_verb(sold_out[1:]))


def ratio(seen: Turns, name: str, yardstick: str, of: Callable[[Pace], float]) -> float:
    """Give the median of the ratios within each turn."""
    return statistics.median(of(own) / of(other) for own, other in zip(seen[name], seen[yardstick], strict=True))


def _print(seen: Turns) -> None:
    def rate(pace: Pace) -> float:
        return pace.rate

    print(
        f"{'':10} {'bookings/s':>10} {'x same SQL':>11} {'x one statement':>16} {'us of ours':>11} {'x same SQL':>11}"
    )
    for name in ("spread", "hot day", "hot slot"):
        verb = f"{name}, verb"
        print(
            f"{name:10} {statistics.median(pace.rate for pace in seen[verb]):10.0f}"
            f" {ratio(seen, verb, f'{name}, same', rate):11.2f} {ratio(seen, verb, f'{name}, one', rate):16.2f}"
            f" {statistics.median(pace.cpu for pace in seen[verb]):11.0f}"
            f" {ratio(seen, verb, f'{name}, same', lambda pace: pace.cpu):11.2f}"
        )
    print("targets: 0.8 of the same SQL; 0.6 of one statement (ambitious 0.9)")
    hot, sold = (ratio(seen, name, "spread, verb", rate) for name in ("hot slot, verb", "sold out"))
    print(f"hot slot x spread {hot:.2f} (target 0.35, ambitious 0.45)")
    print(f"sold-out answers x bookings spread {sold:.2f} (target 1, ambitious 1.3)")
