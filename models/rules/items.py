"""Rules of publishing (发布): which versions and days stay, come and go; and whose power an item is on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from knowledge.catalogue import Catalogue, ServiceItem
from knowledge.hall import Calendar, CalendarDay, DayKind, Scope
from knowledge.openings import Opening, Openings
from knowledge.organisations import Organisations

PREFECTURE_HOLIDAYS = {"州庆": ("州庆", "成立纪念"), "火把节": ("火把节",), "彝族年": ("彝族年",)}
"""Holidays that only the prefecture has → what its yearly notice calls them."""


@dataclass(frozen=True, slots=True)
class Power:
    """权责: residents of a township are served for an item at ``places`` from a first to a last day."""

    code: str
    township_id: str
    places: tuple[str, ...]
    effective_from: date
    effective_to: date | None = None

    @property
    def key(self) -> str:
        """Name the power: one item, one township, one first day."""
        return f"{self.code}:{self.township_id}:{self.effective_from.isoformat()}"

    def is_in_force(self, today: date) -> bool:
        """Say whether the power holds on ``today``; the last day counts."""
        return self.effective_from <= today and (self.effective_to is None or today <= self.effective_to)


def places_on(powers: Iterable[Power], code: str, township_id: str, today: date) -> tuple[str, ...]:
    """Give where residents of the township go for the item today; empty if nobody serves them.

    Of several powers in force the one with the latest first day wins: a later list replaces an earlier one.
    """
    held = [p for p in powers if p.code == code and p.township_id == township_id and p.is_in_force(today)]
    return max(held, key=lambda power: power.effective_from).places if held else ()


@dataclass(frozen=True, slots=True)
class Published:
    """Everything the office has published, as one consistent view."""

    publication: int
    catalogue: Catalogue
    organisations: Organisations
    calendar: Calendar
    powers: tuple[Power, ...]
    wordings: tuple[tuple[str, str], ...]
    """Wordings that clerks linked: (wording, item code)."""
    openings: Openings = field(default_factory=Openings)

    def opening_of(self, hall_id: str) -> Opening | None:
        """Give everything that decides when a hall (or any unit with hours) is open; None if it has no hours.

        The markets of its township count as its own.
        """
        unit, township = self.organisations.get(hall_id), self.organisations.township_of(hall_id)
        if unit is None or unit.hours is None:
            return None
        near = {hall_id, township.org_id} if township else {hall_id}
        return Opening(
            hours=unit.hours,
            calendar=self.calendar,
            windows={bank.type: bank.count for bank in unit.windows},
            cycles=tuple(market.cycle for market in self.openings.markets if market.org_id in near),
            rules=tuple(rule for rule in self.openings.rules if rule.hall_id == hall_id),
        )


@dataclass(frozen=True, slots=True)
class PublishingPlan:
    """What publishing does to the stored versions."""

    fresh: tuple[ServiceItem, ...]
    """Contents to store as a new version, for new and changed items."""
    retired: tuple[str, ...]
    """Codes whose version in force ends: changed or withdrawn. Open cases keep the version they were filed under."""


def plan_publishing(in_force: Mapping[str, str], published: Iterable[ServiceItem]) -> PublishingPlan:
    """Compare the digests in force, by code, with the contents to publish; equal content keeps its version."""
    contents = {item.code: item for item in published}
    fresh = tuple(item for code, item in contents.items() if in_force.get(code) != item.digest())
    changed = {item.code for item in fresh} & in_force.keys()
    withdrawn = in_force.keys() - contents.keys()
    return PublishingPlan(fresh, tuple(sorted(changed | withdrawn)))


def may_withdraw(count: int, *, in_force: int, allowed: int) -> bool:
    """Say whether ``count`` items may go at once: a tenth of those in force, or as many as were expressly ``allowed``.

    A table that lost half its lines on the way looks like any other; only the number tells.
    """
    return count <= max(in_force // 10, allowed)


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """What publishing does to the stored calendar."""

    gone: tuple[CalendarDay, ...]
    """Days to delete: left out of their year, or changed."""
    fresh: tuple[CalendarDay, ...]
    """Days to store: new, or changed."""


def plan_calendar(in_force: Iterable[CalendarDay], published: Iterable[CalendarDay]) -> CalendarPlan:
    """Replace the years and scopes for which ``published`` is a notice, and leave all others as they are."""
    old = {(row.day, row.scope): row for row in in_force}
    new = {(row.day, row.scope): row for row in published}
    years = _years_told(new.values())
    gone = [
        row for key, row in old.items() if new.get(key) != row and (key in new or (row.day.year, row.scope) in years)
    ]
    return CalendarPlan(tuple(gone), tuple(row for key, row in new.items() if old.get(key) != row))


def _years_told(rows: Iterable[CalendarDay]) -> set[tuple[int, Scope]]:
    """Give the years, with their scope, that stand in a table as a whole.

    元旦 may begin in the last days of December: those come with next year's notice and are no notice of this year.
    """
    rows = list(rows)
    told = {(row.day.year, row.scope) for row in rows}
    before_the_eve = {(row.day.year, row.scope) for row in rows if (row.day.month, row.day.day) < (12, 25)}
    return {(year, scope) for year, scope in told if (year, scope) in before_the_eve or (year + 1, scope) not in told}


def missing_prefecture_holidays(days: Iterable[CalendarDay], *, since: int) -> dict[int, tuple[str, ...]]:
    """Give, for each year from ``since`` that has a national notice, the prefecture's holidays that are not loaded."""
    rows = [row for row in days if row.day.year >= since]
    names: dict[int, str] = {row.day.year: "" for row in rows if row.scope is Scope.NATIONAL}
    for row in rows:
        if row.scope is Scope.CHUXIONG and row.kind is DayKind.HOLIDAY and row.day.year in names:
            names[row.day.year] += f"{row.name};"
    missing = {
        year: tuple(short for short, words in PREFECTURE_HOLIDAYS.items() if not any(word in told for word in words))
        for year, told in sorted(names.items())
    }
    return {year: absent for year, absent in missing.items() if absent}
