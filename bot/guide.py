"""From a published item to the answer card of one township (办事指南): what to bring, where, how long, at what cost."""

from __future__ import annotations

from datetime import date, datetime

from bot import phrases
from bot.talk import Card, Place
from knowledge.catalogue import SCHOOL, VILLAGE, PublishedItem
from knowledge.hall import LOCAL, Calendar, Hours
from knowledge.organisations import Organisation, OrganisationKind, Organisations
from models.rules.items import Published, places_on

EAST_OF_NORTH = 0.905
"""Length of a degree of longitude in degrees of latitude, cos 25°: Chuxiong lies between 24.2° and 26.3° north."""


def card_for(
    published: Published, entry: PublishedItem, township: str | None, village: str | None, today: date
) -> Card:
    """Give the card of an item; without a township it has no places."""
    item = entry.item
    places = _places(published, item.code, township, village, today) if township else ()
    days = phrases.days_text(item.promised_days, item.legal_days, item.day_unit)
    materials = tuple(phrases.material_text(m.name, m.form, m.copies, m.required, m.deferrable) for m in item.materials)
    names = [material.name for material in item.materials]
    return Card(
        code=item.code,
        version=entry.version,
        name=item.name,
        audience=item.audience,
        conditions=item.conditions,
        materials=materials,
        places=places,
        days=days,
        fee=item.fee,
        proxy=phrases.proxy_text(item.proxyable, item.proxy_note),
        result=item.result,
        spoken=phrases.spoken(item.name, names, places[0].name if places else "", days, item.fee),
        checked_on=entry.checked_on.isoformat() if entry.checked_on else None,
        notice=_notice(entry, today),
    )


def _notice(entry: PublishedItem, today: date) -> str:
    if entry.checked_on is None:
        return phrases.DEMO_LINE
    return phrases.STALE_LINE if entry.is_stale(today) else ""


def _places(published: Published, code: str, township: str, village: str | None, today: date) -> tuple[Place, ...]:
    ids = places_on(published.powers, code, township, today)
    return tuple(_place(published.organisations, place, village) for place in ids)


def _place(organisations: Organisations, place: str, village: str | None) -> Place:
    if place == SCHOOL:
        return Place("孩子就读的学校", "学校上课时间", "找班主任或教务处")
    if place == VILLAGE:
        station = organisations.get(village)
        if station is None:
            return Place("您所在村(社区)的便民服务站", "代办员值守时间", "找代办员")
        return Place(station.name, hours_text(station.hours), station.hours_note or "找代办员")
    unit = organisations.get(place)
    if unit is None:
        return Place(place, "", "")
    return Place(unit.name, hours_text(unit.hours), unit.hours_note)


def hours_text(hours: Hours | None) -> str:
    """Give opening hours in words: "周一到周五 08:30-11:30、14:00-17:30"."""
    if hours is None or not hours.sessions:
        return ""
    days = sorted(hours.weekdays)
    first, last = phrases.WEEKDAYS[days[0] - 1], phrases.WEEKDAYS[days[-1] - 1]
    week = f"周{first}" if first == last else f"周{first}到周{last}"
    spans = "、".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in hours.sessions)
    return f"{week} {spans}"


def today_text(hours: Hours, calendar: Calendar, now: datetime) -> str:
    """Say whether a hall is open at ``now``, and if not, when it opens next."""
    local = now.astimezone(LOCAL)
    today = local.date()
    if not calendar.knows(today):
        return phrases.calendar_unknown()
    if hours.is_open_at(now, calendar):
        until = next(end for start, end in hours.sessions if start <= local.time() < end)
        return phrases.open_today(f"{until:%H:%M}")
    opening = hours.next_opening(now, calendar).astimezone(LOCAL)
    at = f"{opening:%H:%M}"
    if opening.date() == today:
        return phrases.opens_later_today(at)
    holiday = calendar.holiday_name(today)
    reason = f"{holiday}放假" if holiday else ("已经下班" if hours.is_open_on(today, calendar) else "不上班")
    if not calendar.knows(opening.date()):
        return phrases.closed_on("今天", reason) + phrases.calendar_unknown()
    return phrases.closed_today(reason, phrases.day_text(opening.date()) + at)


def day_hours_text(hours: Hours, calendar: Calendar, day: date) -> str:
    """Say whether a hall is open on the day that was asked about."""
    named = phrases.day_text(day)
    if not calendar.knows(day):
        return named + "," + phrases.calendar_unknown()
    if hours.is_open_on(day, calendar):
        return phrases.open_on(named, "、".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in hours.sessions))
    holiday = calendar.holiday_name(day)
    return phrases.closed_on(named, f"{holiday}放假" if holiday else "休息")


def nearest_hall(organisations: Organisations, latitude: float, longitude: float, *, label: str) -> Organisation | None:
    """Find the hall for a position: by the township that the address names, else the nearest surveyed one, else None.

    Distances inside a prefecture are compared on a plane, with a degree of longitude shortened by the latitude.
    """
    named = organisations.named_in(label)
    if named is not None:
        return organisations.hall_of(named.org_id)
    near: list[tuple[float, str]] = []
    for unit in organisations:
        if unit.kind is OrganisationKind.HALL and unit.latitude is not None and unit.longitude is not None:
            north, east = unit.latitude - latitude, (unit.longitude - longitude) * EAST_OF_NORTH
            near.append((north * north + east * east, unit.org_id))
    return organisations.get(min(near)[1]) if near else None
