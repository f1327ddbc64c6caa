"""Sudden closures (临时关门): no electricity, no staff. Everybody booked is told once, and offered another time."""

from __future__ import annotations

from datetime import datetime, timedelta

from knowledge.hall import LOCAL
from models import booking_days, journal
from models.appointments import Booked, line, select
from models.booking_days import DayAtWindow
from models.database import Database, transaction
from models.reminders import notice_of
from models.rules.appointments import QUARTER, State, quarters_of
from models.rules.errors import Invalid
from models.rules.notices import NoticeKind
from models.writing import write


async def affected(database: Database, where: DayAtWindow, begins: datetime, ends: datetime) -> list[Booked]:
    """Give the appointments that a closure from ``begins`` to ``ends`` would hit, for the preview."""
    booked = await select(
        database,
        "day_key = $1 AND state IN ($2, $3) AND counted = $4 AND starts_at < $5",
        [where.key, State.HELD.value, State.BOOKED.value, True, database.moment(ends)],
    )
    return [one for one in booked if one.starts_at + timedelta(minutes=one.minutes) > begins]


async def close(
    database: Database, where: DayAtWindow, begins: datetime, ends: datetime, *, reason: str, by: str, now: datetime
) -> list[Booked]:
    """Close one kind of window for a stretch of a day: nobody books it any more, everybody booked is told once.

    Give those who were booked. Closing what is closed hits nobody a second time.
    """
    _check(where, begins, ends)
    async with transaction(database):
        await booking_days.shut(database, where, _quarters(begins, ends))
        hit = await affected(database, where, begins, ends)
        for one in hit:
            await _end(database, one, reason=reason, by=by, now=now)
        await journal.record(
            by,
            "hall.close",
            f"booking_day:{where.key}",
            now=now,
            detail={"from": begins.isoformat(), "until": ends.isoformat(), "hit": len(hit)},
        )
    return hit


async def open_again(
    database: Database, where: DayAtWindow, begins: datetime, ends: datetime, *, by: str, now: datetime
) -> None:
    """Take a closure back: the times can be booked again; whoever was told keeps the choice of another time."""
    _check(where, begins, ends)
    async with transaction(database):
        await booking_days.shut(database, where, _quarters(begins, ends), opened_again=True)
        detail = {"from": begins.isoformat(), "until": ends.isoformat()}
        await journal.record(by, "hall.open_again", f"booking_day:{where.key}", now=now, detail=detail)


async def _end(database: Database, one: Booked, *, reason: str, by: str, now: datetime) -> None:
    """End one appointment; it can be moved to another time afterwards."""
    await database.run(
        "UPDATE appointments SET state = $2, counted = $3, place_until = NULL, live_key = NULL, limit_key = NULL,"
        " hold_key = NULL, updated_at = $4 WHERE id = $1",
        [database.uuid(one.id), State.CLOSED.value, False, database.moment(now)],
    )
    await booking_days.give_back(database, one.day_key, [(one.starts_at, one.minutes, one.channel)])
    rows = [line(by, "appointment.close", one, now)]
    if one.person_id is not None and one.state is State.BOOKED:
        same_day = one.day == now.astimezone(LOCAL).date()
        rows.append(
            notice_of(
                NoticeKind.HALL_CLOSED,
                one.id,
                one.person_id,
                one.starts_at,
                due=now,
                now=now,
                same_day=same_day,
                reason=reason,
            )
        )
    await write(database, rows)


def _quarters(begins: datetime, ends: datetime) -> range:
    return quarters_of(begins, max(QUARTER, int((ends - begins).total_seconds()) // 60))


def _check(where: DayAtWindow, begins: datetime, ends: datetime) -> None:
    days = {begins.astimezone(LOCAL).date(), (ends - timedelta(seconds=1)).astimezone(LOCAL).date()}
    if begins >= ends or days != {where.day}:
        raise Invalid("关门的起止时间不对: 要在同一天,开始早于结束。")
