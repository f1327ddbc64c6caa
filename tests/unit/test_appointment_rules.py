"""Rules of booking at their boundaries; the same in every time zone in which the service may run."""

from __future__ import annotations

import os
import time as machine
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.seed import read_calendar
from config import data
from knowledge.hall import LOCAL, Calendar
from models.rules.appointments import (
    Arrival,
    Channel,
    Policy,
    Stretch,
    Usage,
    arrival_at,
    block_ends,
    days_open_to_booking,
    is_late_cancel,
    is_too_soon,
    pause_before_return,
    places_of,
    quarters_of,
    quota_of,
    slots_left,
    starts_of,
    windows_from,
)
from models.rules.numbers import appointment_number, check_digit, is_sound, number_in, spoken
from tests.booking import TUESDAY, at, openings

POLICY = Policy()
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
SHIPPED = Calendar.of(read_calendar(data.CATALOGUE / "calendar.csv").rows)


@pytest.fixture(autouse=True, params=["Asia/Shanghai", "UTC", "America/Los_Angeles"], scope="module")
def zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the machine stand elsewhere: no rule may ask it for the time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    machine.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    machine.tzset()


# --- places, quarters, times


@pytest.mark.parametrize(("windows", "places"), [(-1, 0), (0, 0), (1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (20, 10)])
def test_half_of_the_windows_can_be_booked(windows: int, places: int) -> None:
    assert places_of(windows) == places


@pytest.mark.parametrize(
    ("clock", "minutes", "quarters"),
    [
        ("00:00", 15, [0]),
        ("00:10", 10, [0, 1]),
        ("00:14", 1, [0]),
        ("00:14", 2, [0, 1]),
        ("09:00", 30, [36, 37]),
        ("09:05", 10, [36]),
        ("23:50", 10, [95]),
        ("23:45", 15, [95]),
    ],
)
def test_a_stretch_counts_in_every_quarter_it_touches(clock: str, minutes: int, quarters: list[int]) -> None:
    start = at(TUESDAY, clock)

    assert list(quarters_of(start, minutes)) == quarters
    assert list(quarters_of(start.astimezone(UTC), minutes)) == quarters


@given(st.integers(0, 1439), st.integers(1, 240))
def test_quarters_cover_the_stretch_and_no_more(first: int, minutes: int) -> None:
    quarters = quarters_of(datetime.combine(TUESDAY, time(), tzinfo=LOCAL) + first * MINUTE, minutes)

    assert quarters.start * 15 <= first < (quarters.start + 1) * 15
    assert (quarters.stop - 1) * 15 < first + minutes <= quarters.stop * 15


@given(st.integers(1, 120))
def test_every_time_fits_into_its_half_day(minutes: int) -> None:
    hours = openings()

    for start, windows in starts_of(hours, minutes):
        assert windows_from(hours, start, minutes) == windows == 2
    assert windows_from(hours, at(TUESDAY, "11:15"), 30) == 0
    assert windows_from(hours, at(TUESDAY, "12:30"), minutes) == 0


# --- shares


@pytest.mark.parametrize(
    ("now", "online", "agent"),
    [
        (at(TUESDAY - DAY, "16:00") - SECOND, 195, 195),
        (at(TUESDAY - DAY, "16:00"), 390, 390),
        (at(TUESDAY, "00:10"), 390, 390),
        (at(TUESDAY - 7 * DAY, "23:50"), 195, 195),
    ],
)
def test_shares_open_at_four_the_day_before(now: datetime, online: int, agent: int) -> None:
    hours = openings()  # 780 minutes of windows: half of it is kept for those who just come

    assert quota_of(hours, TUESDAY, Channel.ONLINE, now, POLICY).channel == online
    assert quota_of(hours, TUESDAY, Channel.AGENT, now.astimezone(UTC), POLICY).channel == agent
    assert quota_of(hours, TUESDAY, Channel.ONLINE, now, POLICY).together == 390


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 12)), max_size=4),
    st.floats(0.5, 0.99),
    st.floats(0, 1),
    st.integers(-3, 3),
)
def test_shares_never_pass_the_half(spans: list[tuple[int, int]], walk_in: float, part: float, days: int) -> None:
    policy = Policy(walk_in_share=walk_in, agent_share=(1 - walk_in) * part)
    hours = [Stretch(at(TUESDAY, "08:30"), minutes, windows) for minutes, windows in spans]
    total = sum(minutes * windows for minutes, windows in spans)

    online, agent = (quota_of(hours, TUESDAY, c, at(TUESDAY + days * DAY, "12:00"), policy) for c in Channel)

    assert online.together == agent.together <= total / 2
    assert 0 <= online.channel <= online.together
    assert 0 <= agent.channel <= agent.together
    if days < -1:
        assert online.channel + agent.channel <= online.together


@pytest.mark.parametrize(("walk_in", "agents"), [(0.49, 0.2), (1.0, 0.0), (0.5, 0.51), (0.8, 0.25), (0.5, -0.1)])
def test_shares_that_leave_too_little_are_refused(walk_in: float, agents: float) -> None:
    with pytest.raises(ValueError, match="share"):
        Policy(walk_in_share=walk_in, agent_share=agents)


@pytest.mark.parametrize(("taken", "left"), [(0, 1), (165, 1), (166, 0), (195, 0)])
def test_a_time_is_full_when_its_share_is_used_up(taken: int, left: int) -> None:
    now = at(TUESDAY - DAY, "09:00")

    slots = slots_left(
        openings(), Usage({}, online=taken), day=TUESDAY, minutes=30, channel=Channel.ONLINE, now=now, policy=POLICY
    )

    assert len(slots) == 13
    assert {slot.left for slot in slots} == {left}


def test_a_closed_quarter_has_nothing_left() -> None:
    now = at(TUESDAY - DAY, "09:00")

    slots = slots_left(
        openings(windows=4), Usage({37: 1001, 40: 1, 41: 2}), day=TUESDAY, minutes=30, channel=Channel.ONLINE,
        now=now, policy=POLICY,
    )  # fmt: skip

    assert [slot.left for slot in slots[:5]] == [2, 0, 2, 0, 2]


# --- soon and late


def test_a_place_must_begin_later_than_an_hour_from_now() -> None:
    start = at(TUESDAY, "10:00")

    assert is_too_soon(start, at(TUESDAY, "09:00"), POLICY)
    assert not is_too_soon(start, at(TUESDAY, "09:00") - SECOND, POLICY)
    assert is_too_soon(start.astimezone(UTC), start, POLICY)


def test_cancelling_is_late_within_two_hours() -> None:
    start = at(TUESDAY, "10:00")

    assert not is_late_cancel(start, at(TUESDAY, "08:00"), POLICY)
    assert is_late_cancel(start, at(TUESDAY, "08:00") + SECOND, POLICY)


@given(st.floats(0, 1), st.integers(0, 20 * 1440))
def test_a_cancelled_place_rests_five_to_thirty_minutes_but_not_on_its_day(chance: float, ahead: int) -> None:
    start = at(TUESDAY, "00:10")
    now = start - ahead * MINUTE

    pause = pause_before_return(start, now, chance, POLICY)

    if now.astimezone(LOCAL).date() == TUESDAY:
        assert pause == timedelta()
    else:
        assert 5 * MINUTE <= pause <= 30 * MINUTE
    assert pause_before_return(start, at(TUESDAY - DAY, "23:50"), 1.0, POLICY) == 30 * MINUTE


@pytest.mark.parametrize(
    ("clock", "arrival"),
    [
        ("09:44:59", Arrival.EARLY),
        ("09:45:00", Arrival.ON_TIME),
        ("10:15:00", Arrival.ON_TIME),
        ("10:15:01", Arrival.LATE),
        ("11:29:59", Arrival.LATE),
        ("11:30:00", Arrival.OVER),
    ],
)
def test_an_arrival_is_judged_by_the_booked_time(clock: str, arrival: Arrival) -> None:
    start, ends = at(TUESDAY, "10:00"), at(TUESDAY, "11:30")

    assert arrival_at(start, ends, at(TUESDAY, clock).astimezone(UTC), POLICY) is arrival


def test_the_last_time_of_a_half_day_may_be_used_a_little_late() -> None:
    start, ends = at(TUESDAY, "11:15"), at(TUESDAY, "11:30")

    assert arrival_at(start, ends, ends, POLICY) is Arrival.ON_TIME
    assert arrival_at(start, ends, ends + SECOND, POLICY) is Arrival.OVER


# --- no-shows

missed_days = st.lists(st.integers(0, 120).map(lambda ahead: TUESDAY + ahead * DAY), max_size=8)


def test_three_no_shows_in_thirty_days_block_for_thirty_days() -> None:
    within = [TUESDAY, TUESDAY + DAY, TUESDAY + 29 * DAY]
    without = [TUESDAY, TUESDAY + DAY, TUESDAY + 30 * DAY]

    assert block_ends(within, within[-1], POLICY) == TUESDAY + 59 * DAY
    assert block_ends(within, TUESDAY + 59 * DAY, POLICY) == TUESDAY + 59 * DAY
    assert block_ends(within, TUESDAY + 60 * DAY, POLICY) is None
    assert block_ends(without, without[-1], POLICY) is None
    assert block_ends(within[:2], TUESDAY, POLICY) is None


def test_the_last_day_is_that_of_the_latest_block() -> None:
    days = [TUESDAY + ahead * DAY for ahead in (0, 1, 2, 19)]

    assert block_ends(days, TUESDAY + 20 * DAY, POLICY) == TUESDAY + 49 * DAY


@given(missed_days, st.integers(0, 200))
def test_a_block_ends_by_itself_on_the_day_it_names(missed: list[date], ahead: int) -> None:
    today = TUESDAY + ahead * DAY
    past = [day for day in missed if day <= today]

    ends = block_ends(past, today, POLICY)

    if ends is None:
        return
    assert today <= ends <= max(past) + 30 * DAY
    assert block_ends(past, ends, POLICY) == ends
    assert block_ends(past, ends + DAY, POLICY) is None


@given(missed_days, st.data())
def test_a_pardon_never_makes_it_worse(missed: list[date], draw: st.DataObject) -> None:
    today = max(missed, default=TUESDAY)
    kept = draw.draw(st.lists(st.sampled_from(missed), unique=True) if missed else st.just([]))

    before, after = block_ends(missed, today, POLICY), block_ends(kept, today, POLICY)

    assert after is None or (before is not None and after <= before)
    assert block_ends(sorted(missed)[:2], today, POLICY) is None


# --- days


def test_seven_working_days_over_the_spring_festival() -> None:
    days = days_open_to_booking(date(2026, 2, 13), SHIPPED, POLICY)

    worked = [day for day in days[1:] if SHIPPED.is_workday(day)]
    assert days[0] == date(2026, 2, 13)
    assert worked[0] == date(2026, 2, 14)  # 调休: the Saturday before is worked
    assert worked[1] == date(2026, 2, 24)
    assert worked[-2:] == [date(2026, 2, 28), date(2026, 3, 2)]
    assert len(worked) == 7


def test_no_day_can_be_booked_past_the_notices_loaded() -> None:
    known = SHIPPED.known_until()
    assert known is not None

    days = days_open_to_booking(known - 2 * DAY, SHIPPED, POLICY)

    assert days == (known - 2 * DAY, known - DAY, known)
    assert days_open_to_booking(known + DAY, SHIPPED, POLICY) == ()
    assert days_open_to_booking(TUESDAY, Calendar(), POLICY) == ()


@given(st.integers(0, 364))
def test_days_follow_each_other_and_end_on_a_working_day(ahead: int) -> None:
    today = date(2026, 1, 1) + ahead * DAY

    days = days_open_to_booking(today, SHIPPED, POLICY)

    assert list(days) == [today + number * DAY for number in range(len(days))]
    if days[-1] != SHIPPED.known_until():
        assert SHIPPED.is_workday(days[-1])
        assert sum(SHIPPED.is_workday(day) for day in days[1:]) == 7


# --- numbers

serials = st.integers(0, 999_999)
dates = st.dates(date(2024, 1, 1), date(2040, 12, 31))


@given(dates, serials)
def test_a_number_is_found_as_it_is_read_out_or_written(day: date, serial: int) -> None:
    number = appointment_number(day, serial)

    assert len(number) == 12
    assert is_sound(number)
    assert number_in(f"我的预约号是{spoken(number)},谢谢") == number
    assert number_in("-".join(number)) == number
    assert number_in(number.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})) == number
    assert number_in(f"1{number}") is None


@given(dates, serials)
def test_every_single_wrong_digit_is_found(day: date, serial: int) -> None:
    number = appointment_number(day, serial)

    for place in range(len(number)):
        for digit in set("0123456789") - {number[place]}:
            assert not is_sound(number[:place] + digit + number[place + 1 :])


@given(dates, serials)
def test_swapped_neighbours_are_found_but_for_digits_next_to_each_other(day: date, serial: int) -> None:
    number = appointment_number(day, serial)

    for place in range(len(number) - 1):
        one, other = number[place], number[place + 1]
        swapped = number[:place] + other + one + number[place + 2 :]
        if abs(int(one) - int(other)) not in (0, 1, 9):
            assert not is_sound(swapped)


def test_of_a_hundred_swaps_one_is_missed() -> None:
    heads = [f"{head}" for head in range(10, 1000)]
    swaps = [(head + a + b, head + b + a) for head in heads for a in "0123456789" for b in "0123456789" if a < b]

    missed = [1 for one, other in swaps if check_digit(one) == check_digit(other)]

    assert 0.01 < len(missed) / len(swaps) < 0.03


@pytest.mark.parametrize("text", ["", "8", "一二三", "8 0303 042137", "¹²", "80303042137x"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_in(text) is None
    assert not is_sound("")
