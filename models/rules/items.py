"""Rules of publishing (发布): which versions stay, which come, which go; and whose power an item is on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from knowledge.catalogue import Catalogue, ServiceItem
from knowledge.hall import Calendar
from knowledge.organisations import Organisations


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
