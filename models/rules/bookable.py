"""Which window a resident books for an item (约哪个窗口): published data in, a counter and its opening times out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from knowledge.catalogue import PublishedItem
from knowledge.hall import LOCAL
from knowledge.openings import sessions_of
from knowledge.organisations import Organisation, OrganisationKind
from models.rules.appointments import Slot, Stretch
from models.rules.errors import NotBookable
from models.rules.items import Published, places_on

BOOKED_AT = (OrganisationKind.HALL, OrganisationKind.SERVICE_POINT)
"""Where there are windows to book: halls, and the points of the police, justice, market and health offices."""


@dataclass(frozen=True, slots=True)
class Counter:
    """The kind of window at one hall where the residents of a township are served for an item."""

    hall: Organisation
    window_type: str
    item_code: str
    item_version: int
    item_name: str
    minutes: int


def counter_of(published: Published, entry: PublishedItem, township_id: str, today: date) -> Counter:
    """Give where to book an item for a township; raise :class:`NotBookable` if one just goes there.

    Of several places the first that has the item's kind of window: villages and schools take no bookings.
    """
    item = entry.item
    if item.bookable and item.slot_minutes:
        for place in places_on(published.powers, item.code, township_id, today):
            hall = published.organisations.get(place)
            if hall is not None and hall.kind in BOOKED_AT and windows_of(hall, item.window_type):
                return Counter(hall, item.window_type, item.code, entry.version, item.name, item.slot_minutes)
    raise NotBookable


def windows_of(hall: Organisation, window_type: str) -> int:
    """Give how many windows of a kind a hall has."""
    return sum(bank.count for bank in hall.windows if bank.type == window_type)


def openings_on(published: Published, hall_id: str, window_type: str, day: date) -> tuple[Stretch, ...]:
    """Give the stretches at which a kind of window works on a day; none past the loaded notices."""
    opening = published.opening_of(hall_id)
    windows = opening.windows.get(window_type, 0) if opening is not None else 0
    if opening is None or not windows:
        return ()
    return tuple(
        Stretch(
            datetime.combine(day, start, tzinfo=LOCAL),
            int((datetime.combine(day, end) - datetime.combine(day, start)).total_seconds()) // 60,
            windows,
        )
        for start, end in sessions_of(opening, window_type, day)
    )


def nearest_free(slots: Iterable[Slot], wanted: datetime, count: int = 3) -> tuple[Slot, ...]:
    """Give the free times nearest to a wanted one, the nearest first; earlier ones of the same distance come first."""
    free = [slot for slot in slots if slot.left]
    return tuple(sorted(free, key=lambda slot: (abs(slot.start - wanted), slot.start))[:count])


def half_day_end(published: Published, hall_id: str, window_type: str, starts_at: datetime, minutes: int) -> datetime:
    """Give when the half-day of an appointment ends; the end of the appointment itself if the hours have changed."""
    openings = openings_on(published, hall_id, window_type, starts_at.astimezone(LOCAL).date())
    ends = [o.start + timedelta(minutes=o.minutes) for o in openings if o.start <= starts_at]
    return next((end for end in ends if starts_at < end), starts_at + timedelta(minutes=minutes))
