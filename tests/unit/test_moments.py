"""When somebody wants to come: a table of what residents write, at fixed moments, and what must not be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.hall import LOCAL, Hours
from knowledge.moments import Reading, When, when

HOURS = Hours(frozenset(range(1, 6)), ((time(8, 30), time(11, 30)), (time(14, 0), time(17, 30))))
TABLE = Path(__file__).parents[1] / "data" / "moments.csv"
WEDNESDAY = datetime(2026, 11, 25, 9, 0, tzinfo=LOCAL)


def market(day: date) -> bool:
    """Every third and eighth (逢三逢八)."""
    return day.day % 10 in (3, 8)


def rows() -> Iterator[Any]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            now = datetime.fromisoformat(row["now"]).replace(tzinfo=LOCAL)
            yield pytest.param(now, row["text"], row["means"], row["rest"], id=f"{row['now']} {row['text']}")


def told(found: When) -> str:
    """Write what was understood as the table does; ``unknown`` are words without a day that can be had."""
    if not found:
        return "none"
    means = " / ".join(map(_told, found.readings)) or "unknown"
    return f"{means} soonest" if found.soonest else means


def _told(reading: Reading) -> str:
    parts = []
    if reading.days:
        last = reading.days.last or ""
        parts.append(str(reading.days.first) if reading.days.single else f"{reading.days.first}..{last}")
    if reading.clock:
        start, end = (t.isoformat("minutes") if t else "" for t in (reading.clock.start, reading.clock.end))
        parts.append(("~" if reading.clock.about else "") + (start if reading.clock.exact else f"{start}-{end}"))
    elif reading.part:
        parts.append(reading.part.value)
    return " ".join((*parts, "past") if reading.past else parts)


@pytest.mark.parametrize(("now", "text", "means", "rest"), list(rows()))
def test_what_residents_write_is_understood(now: datetime, text: str, means: str, rest: str) -> None:
    found = when(text, now, is_market_day=market, hours=HOURS)

    assert told(found) == means
    assert found.rest == rest
    assert found.ambiguous is (" / " in means)


@pytest.mark.parametrize(
    ("sessions", "text", "clock"),
    [
        (((time(14), time(17)),), "两点", time(14)),
        (((time(14), time(17)),), "八点", time(8)),  # closed then, and in the evening, too
        (((time(8), time(11)), (time(19), time(21))), "八点", time(8)),
        (((time(14), time(17)), (time(19), time(21))), "八点", time(20)),  # an evening session decides
        (((time(5), time(12)),), "六点", time(6)),
        ((), "六点", time(18)),
    ],
)
def test_an_hour_is_the_one_at_which_the_hall_is_open(
    sessions: tuple[tuple[time, time], ...], text: str, clock: time
) -> None:
    [reading] = when(text, WEDNESDAY, hours=Hours(frozenset(range(1, 6)), sessions)).readings

    assert reading.clock is not None
    assert reading.clock.start == reading.clock.end == clock


def test_a_market_day_that_nobody_told_is_read_and_has_no_day() -> None:
    found = when("赶街那天去交医保", WEDNESDAY)

    assert found
    assert found.readings == ()
    assert found.rest == "去交医保"


def test_days_are_counted_from_the_local_date() -> None:
    late = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # half past six on Thursday in Yunnan

    assert told(when("明天", late)) == "2026-11-27"


def test_the_words_that_were_read_are_told_by_their_places() -> None:
    text = "我 后天 下午 去办社保"

    [(start, end)] = when(text, WEDNESDAY).spans

    assert text[start:end] == "后天 下午"


CHARACTERS = "今明后天早晚上下午中周月年日号点半初十一二三廿时分个前到的 ，:-/.0123456789"
WORDS = [
    "礼拜",
    "腊月",
    "正月",
    "闰",
    "赶街",
    "改到",
    "国庆",
    "以后",
    "没空",
    "小时后",
    "12",
    "2026",
    "99",
    "0",
    "闰月",
    "三十",
    "随便",
    "除夕",
    "年前",
    "天后",
    "过",
    "之间",
    "出生",
    "下个",
    "这个",
]
PIECES = st.lists(st.sampled_from([*CHARACTERS, *WORDS]), max_size=14)
TEXTS = st.one_of(st.text(max_size=60), PIECES.map("".join))
MINUTES = st.integers(0, 60 * 366 * 24 * 60)
MOMENTS = MINUTES.map(lambda passed: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=passed))


@given(text=TEXTS, now=MOMENTS)
def test_any_text_is_survived_and_only_its_own_words_are_read(text: str, now: datetime) -> None:
    found = when(text, now, is_market_day=market, hours=HOURS)

    ends = [0, *(place for span in found.spans for place in span)]
    assert ends == sorted(ends)
    assert ends[-1] <= len(text)
    assert all(start < end for start, end in found.spans)
    assert all(piece in text for piece in found.rest.split(" "))
    assert bool(found) or not found.readings
    for reading in found.readings:
        if reading.days is not None and reading.days.last is not None:
            assert reading.days.first <= reading.days.last
            assert reading.past or reading.days.last >= now.astimezone(LOCAL).date()


@given(text=TEXTS, now=st.sampled_from([datetime(1, 1, 2, tzinfo=LOCAL), datetime(9999, 12, 30, tzinfo=LOCAL)]))
def test_the_ends_of_the_calendar_are_survived(text: str, now: datetime) -> None:
    when(text, now, is_market_day=market, hours=HOURS)
