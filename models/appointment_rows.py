"""An appointment (预约) as it stands: for whom, what, in which state; how it is read, and how an act on it is noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from knowledge.hall import LOCAL
from models import booking_days
from models.booking_days import DayAtWindow
from models.database import Database
from models.rules.appointments import NOTHING_TAKEN, Channel, State, Usage
from models.rules.errors import AppointmentMissing
from models.writing import Insert

MEMORY = timedelta(days=61)
"""How far back a resident's appointments are looked at: no-shows of 30 days may block for 30 more."""


@dataclass(frozen=True, slots=True)
class Booker:
    """For whom and by whom a place is taken."""

    subject: str
    """Whom the limits hold for: "r:" + resident, or "p:" + person who gave no name yet."""
    person_id: UUID | None
    """Who is told; None for a neighbour without WeChat."""
    resident_id: UUID | None = None
    agent_id: UUID | None = None
    has_priority: bool = False
    """Never blocked for no-shows."""
    also: tuple[str, ...] = ()
    """Earlier subjects of the same person, whose appointments count too."""

    @property
    def actor(self) -> str:
        """Name who acts, for the journal."""
        return f"agent:{self.agent_id}" if self.agent_id else f"person:{self.person_id}"

    @property
    def channel(self) -> Channel:
        """Tell by whose share they book."""
        return Channel.AGENT if self.agent_id else Channel.ONLINE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be booked."""

    item_code: str
    item_version: int
    hall_id: str
    window_type: str
    starts_at: datetime
    minutes: int

    @property
    def where(self) -> DayAtWindow:
        """Give the booking day."""
        return DayAtWindow(self.hall_id, self.window_type, self.starts_at.astimezone(LOCAL).date())


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment as it stands."""

    id: UUID
    number: str
    state: State
    subject: str
    person_id: UUID | None
    agent_id: UUID | None
    block_key: str | None
    item_code: str
    hall_id: str
    window_type: str
    starts_at: datetime
    minutes: int
    channel: Channel
    day_key: str
    place_until: datetime | None
    counted: bool
    request_key: str
    live_key: str | None
    limit_key: str | None
    hold_key: str | None
    late_cancel: bool
    pardoned: bool

    @property
    def day(self) -> date:
        """Give the local day."""
        return self.starts_at.astimezone(LOCAL).date()

    @property
    def is_held(self) -> bool:
        """Say whether the place was only kept, whatever the clock says."""
        return self.state is State.HELD

    def state_at(self, now: datetime) -> State:
        """Give the state, with a hold that ran out as lapsed."""
        return State.LAPSED if self.is_held and not self.is_live(now) else self.state

    def is_live(self, now: datetime) -> bool:
        """Say whether the person may still come; a hold lives until its time is over."""
        if self.state is State.HELD:
            return self.counted and self.place_until is not None and now < self.place_until
        return self.state is State.BOOKED


_COLUMNS = (
    "a.id, a.number, a.state, a.subject, a.person_id, a.agent_id, a.block_key, a.item_code, a.hall_id, a.window_type,"
    " a.starts_at, a.minutes, a.channel, a.day_key, a.place_until, a.counted, a.request_key, a.live_key, a.limit_key,"
    " a.hold_key, a.late_cancel, a.pardoned_by"
)


def _booked(database: Database, row: dict[str, Any]) -> Booked:
    def uuid(value: Any) -> UUID | None:
        return UUID(str(value)) if value is not None else None

    return Booked(
        id=UUID(str(row["id"])),
        number=row["number"],
        state=State(row["state"]),
        subject=row["subject"],
        person_id=uuid(row["person_id"]),
        agent_id=uuid(row["agent_id"]),
        block_key=row["block_key"],
        item_code=row["item_code"],
        hall_id=row["hall_id"],
        window_type=row["window_type"],
        starts_at=database.instant(row["starts_at"]),
        minutes=row["minutes"],
        channel=Channel(row["channel"]),
        day_key=row["day_key"],
        place_until=database.instant(row["place_until"]) if row["place_until"] is not None else None,
        counted=bool(row["counted"]),
        request_key=row["request_key"],
        live_key=row["live_key"],
        limit_key=row["limit_key"],
        hold_key=row["hold_key"],
        late_cancel=bool(row["late_cancel"]),
        pardoned=bool(row["pardoned_by"]),
    )


async def select(
    database: Database, condition: str, values: Sequence[Any], *, for_update: bool = False
) -> list[Booked]:
    """Give the appointments that fit a condition on the table, in the order of their times.

    ``for_update`` keeps others from changing them until the transaction ends.
    """
    locked = " FOR UPDATE" if for_update and database.engine == "postgres" else ""
    rows = await database.rows(
        f"SELECT {_COLUMNS} FROM appointments a WHERE {condition} ORDER BY starts_at, number{locked}", values
    )
    return [_booked(database, row) for row in rows]


async def find(database: Database, appointment_id: UUID) -> Booked:
    """Give one appointment; raise :class:`AppointmentMissing`."""
    found = await select(database, "id = $1", [database.uuid(appointment_id)])
    if not found:
        raise AppointmentMissing
    return found[0]


async def of_person(database: Database, person_id: UUID, *, since: date) -> list[Booked]:
    """Give what a person booked, for themselves or as an agent, from a day on; live and past."""
    key = database.uuid(person_id)
    return await select(database, "(person_id = $1 OR agent_id = $1) AND day >= $2", [key, database.day(since)])


async def history(database: Database, subjects: Iterable[str], keys: Iterable[str], since: date) -> list[Booked]:
    """Give the appointments that count for limits: those of the subjects since a day, and those of the request keys."""
    subjects, keys = tuple(subjects), tuple(keys)
    listed = [f"${number}" for number in range(2, len(subjects) + len(keys) + 2)]
    condition = f"(subject IN ({', '.join(listed[: len(subjects)])}) AND day >= $1)"
    if keys:
        condition += f" OR request_key IN ({', '.join(listed[len(subjects) :])})"
    return await select(database, condition, [database.day(since), *subjects, *keys])


async def look(
    database: Database, booker: Booker, wanted: Wanted, *, key: str, since: date, now: datetime
) -> tuple[list[Booked], Usage]:
    """Give what counts for the booker's limits, and what is taken of the day, in one statement as of one moment."""
    subjects = (booker.subject, *booker.also)
    listed = ", ".join(f"${number}" for number in range(6, len(subjects) + 6))
    is_past = f"(a.subject IN ({listed}) AND a.day >= $2) OR a.request_key = $3"
    is_over = "a.day_key = $1 AND a.counted = $4 AND a.place_until <= $5"
    rows = await database.rows(
        f"SELECT d.taken, d.online, d.agent, {_COLUMNS}, ({is_past}) AS is_past, ({is_over}) AS is_over"
        " FROM (SELECT 1) AS one LEFT JOIN booking_days d ON d.day_key = $1"
        f" LEFT JOIN appointments a ON {is_past} OR ({is_over}) ORDER BY starts_at, number",
        [wanted.where.key, database.day(since), key, True, database.moment(now), *subjects],
    )
    past = [_booked(database, row) for row in rows if row["is_past"]]
    if rows[0]["taken"] is None:
        return past, NOTHING_TAKEN
    return past, booking_days.usage_in(database, rows[0], [row for row in rows if row["is_over"]])


def line(actor: str, act: str, one: Booked, now: datetime, **more: Any) -> Insert:
    """Give the journal line of an act; it holds what is needed to replay the appointment, and nobody's name."""
    detail = {
        "day_key": one.day_key,
        "starts_at": one.starts_at.isoformat(),
        "minutes": one.minutes,
        "channel": one.channel.value,
        "item": one.item_code,
        **more,
    }
    row = {"at": now, "actor": actor, "act": act, "subject": f"appointment:{one.id}", "detail": detail}
    return Insert("journal", row)
