"""From a published item to the answer card of one township (办事指南): what to bring, where, how long, at what cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from bot import phrases
from bot.talk import Card, Place
from knowledge.catalogue import SCHOOL, VILLAGE, PublishedItem
from knowledge.hall import LOCAL, Hours
from knowledge.openings import Opening, RuleKind, next_opening, rules_on, sessions_on
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
    return f"{week} {_spans_text(hours.sessions)}"


def today_text(opening: Opening, now: datetime) -> str:
    """Say whether a hall is open at ``now``, and if not, when it opens next."""
    local = now.astimezone(LOCAL)
    today = local.date()
    if not opening.calendar.knows(today):
        return phrases.calendar_unknown()
    sessions = sessions_on(opening, today)
    until = next((end for start, end in sessions if start <= local.time() < end), None)
    if until is not None:
        return phrases.open_today(f"{until:%H:%M}", _told(opening, today, _OPENING_KINDS))
    opens = next_opening(opening, now)
    if opens is not None and opens.date() == today:
        return phrases.opens_later_today(f"{opens:%H:%M}", _told(opening, today, _OPENING_KINDS + _CLOSING_KINDS))
    reason = "已经下班" if sessions else _why_closed(opening, today) or "不上班"
    if opens is None:
        return phrases.closed_on("今天", reason) + phrases.calendar_unknown()
    return phrases.closed_today(reason, f"{phrases.day_text(opens.date())}{opens:%H:%M}")


def day_hours_text(opening: Opening, day: date) -> str:
    """Say whether a hall is open on the day that was asked about."""
    named = phrases.day_text(day)
    if not opening.calendar.knows(day):
        return named + "," + phrases.calendar_unknown()
    if sessions := sessions_on(opening, day):
        return phrases.open_on(named, _spans_text(sessions), _told(opening, day, _OPENING_KINDS + _CLOSING_KINDS))
    return phrases.closed_on(named, _why_closed(opening, day) or "休息")


_OPENING_KINDS = (RuleKind.OPENING, RuleKind.EXTENDED, RuleKind.LUNCH_DUTY)
_CLOSING_KINDS = (RuleKind.EMERGENCY, RuleKind.CLOSURE)


def _spans_text(spans: Iterable[tuple[time, time]]) -> str:
    return "、".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in spans)


def _told(opening: Opening, day: date, kinds: tuple[RuleKind, ...]) -> str:
    """Give what the office says to its orders for a day, each once; an order for some windows names them."""
    told = (f"{rule.window_type}{rule.reason}" for rule in rules_on(opening, day) if rule.kind in kinds and rule.reason)
    return ";".join(dict.fromkeys(told))


def _why_closed(opening: Opening, day: date) -> str:
    """Say why a hall is closed on a day: what the office ordered, else the holiday; empty on a plain day off."""
    ordered = (r.reason for r in rules_on(opening, day) if r.kind in _CLOSING_KINDS and not r.window_type and r.reason)
    holiday = opening.calendar.holiday_name(day)
    return next(ordered, f"{holiday}放假" if holiday else "")


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
