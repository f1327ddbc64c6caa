"""Sudden closures (临时关门): no electricity, no staff. Everybody booked is told once, and offered another time."""

from __future__ import annotations

from datetime import datetime, timedelta

from knowledge.hall import LOCAL
from models import booking_days, journal
from models.appointment_rows import Booked, line, select
from models.booking_days import DayAtWindow
from models.database import Database, transaction
from models.ending import end
from models.reminders import notice_of
from models.rules.appointments import State, quarters_of
from models.rules.errors import Invalid
from models.rules.notices import NoticeKind
from models.writing import write


async def affected(database: Database, where: DayAtWindow, begins: datetime, ends: datetime) -> list[Booked]:
    """Give the appointments that a closure from ``begins`` to ``ends`` would hit, for the preview."""
    return await _inside(database, where, begins, ends)


async def _inside(
    database: Database, where: DayAtWindow, begins: datetime, ends: datetime, *, for_update: bool = False
) -> list[Booked]:
    booked = await select(
        database,
        "day_key = $1 AND state IN ($2, $3) AND counted = $4 AND starts_at < $5",
        [where.key, State.HELD.value, State.BOOKED.value, True, database.moment(ends)],
        for_update=for_update,
    )
    return [one for one in booked if one.starts_at + timedelta(minutes=one.minutes) > begins]


async def close(
    database: Database, where: DayAtWindow, begins: datetime, ends: datetime, *, reason: str, by: str, now: datetime
) -> list[Booked]:
    """Close one kind of window for a stretch of a day: nobody books it any more, everybody booked is told once.

    Give those who were booked; what was only held is let go. Closing what is closed hits nobody a second time.
    """
    _check(where, begins, ends)
    async with transaction(database):
        await booking_days.shut(database, where, _quarters(begins, ends))
        await booking_days.reclaim(database, where.key, now=now)
        # Read with a lock: somebody may confirm, cancel or arrive at this moment.
        inside = await _inside(database, where, begins, ends, for_update=True)
        hit = [one for one in inside if one.state is State.BOOKED]
        for one in inside:
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
    """End one appointment; if it was booked it can be moved to another time afterwards."""
    if one.state is State.HELD:
        await end(database, one, State.LAPSED, now=now)
        await write(database, [line(by, "appointment.lapse", one, now)])
        return
    await end(database, one, State.CLOSED, now=now)
    rows = [line(by, "appointment.close", one, now)]
    if one.person_id is not None:
        same_day = one.day == now.astimezone(LOCAL).date()
        rows.append(
            notice_of(
                NoticeKind.HALL_CLOSED,
                one.id,
                one.person_id,
                one.starts_at,
                due=now,
                now=now,
                event=now,
                same_day=same_day,
                reason=reason,
            )
        )
    await write(database, rows)


def _quarters(begins: datetime, ends: datetime) -> range:
    """Give every quarter that the closure touches."""
    whole = begins.replace(second=0, microsecond=0)
    return quarters_of(whole, -((whole - ends) // timedelta(minutes=1)))


def _check(where: DayAtWindow, begins: datetime, ends: datetime) -> None:
    days = {begins.astimezone(LOCAL).date(), (ends - timedelta(seconds=1)).astimezone(LOCAL).date()}
    if begins >= ends or days != {where.day}:
        raise Invalid("关门的起止时间不对: 要在同一天,开始早于结束。")
