"""The organisations (组织机构): prefecture, counties, townships, villages, halls and service points, as a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from knowledge.hall import Hours


class OrganisationKind(StrEnum):
    """What an organisation is."""

    PREFECTURE = "prefecture"
    COUNTY_CITY = "county_city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"
    COMMUNITY = "community"
    HALL = "hall"
    BUREAU = "bureau"
    SERVICE_POINT = "service_point"


@dataclass(frozen=True, slots=True)
class WindowBank:
    """So many windows of one type (窗口类型)."""

    type: str
    count: int


@dataclass(frozen=True, slots=True)
class Organisation:
    """One unit of the tree; halls, service points and village stations carry windows and hours."""

    org_id: str
    name: str
    short_name: str
    aliases: tuple[str, ...]
    kind: OrganisationKind
    parent_id: str | None
    division_code: str
    pilot: bool
    township_type: str
    service_hall_id: str | None
    windows: tuple[WindowBank, ...]
    hours: Hours | None
    hours_note: str
    address_note: str
    latitude: float | None
    longitude: float | None
    """Degrees, as WeChat reports positions (GCJ-02); None = not surveyed."""
    source: str
    source_note: str
    illustrative_fields: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        """Give plain data for storing; :func:`organisation_from_data` is the way back."""
        return {**asdict(self), "hours": self.hours.to_data() if self.hours else None}


def organisation_from_data(data: Mapping[str, Any]) -> Organisation:
    """Rebuild what :meth:`Organisation.to_data` gave."""
    return Organisation(
        **{
            **data,
            "aliases": tuple(data["aliases"]),
            "kind": OrganisationKind(data["kind"]),
            "windows": tuple(WindowBank(**bank) for bank in data["windows"]),
            "hours": Hours.from_data(data["hours"]) if data["hours"] else None,
            "illustrative_fields": tuple(data["illustrative_fields"]),
        }
    )


_LOCAL = (OrganisationKind.TOWNSHIP, OrganisationKind.VILLAGE, OrganisationKind.COMMUNITY)
_AS_PLACE = re.compile(r"的|人|呢|这边|那边|这里|那里|镇|乡|村|社区|街|政务|服务中心|大厅|[\s,。,.!!??]|$")
_TO_PLACE = ("在", "住", "到", "是", "去", "搬到")


@dataclass(frozen=True)
class Organisations:
    """The whole tree, by id."""

    units: Mapping[str, Organisation] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Organisation]:
        return iter(self.units.values())

    def get(self, org_id: str | None) -> Organisation | None:
        """Give the unit with ``org_id``, or None."""
        return self.units.get(org_id) if org_id else None

    def townships(self) -> tuple[Organisation, ...]:
        """Give the pilot townships, in the order in which they were published."""
        return self._townships

    @cached_property
    def _townships(self) -> tuple[Organisation, ...]:
        return tuple(unit for unit in self if unit.kind is OrganisationKind.TOWNSHIP and unit.pilot)

    def villages_of(self, township_id: str) -> tuple[Organisation, ...]:
        """Give the villages and communities of a township."""
        local = (OrganisationKind.VILLAGE, OrganisationKind.COMMUNITY)
        return tuple(unit for unit in self if unit.parent_id == township_id and unit.kind in local)

    def township_of(self, org_id: str | None) -> Organisation | None:
        """Climb from any unit to its township; None above that level."""
        unit = self.get(org_id)
        while unit is not None and unit.kind is not OrganisationKind.TOWNSHIP:
            unit = self.get(unit.parent_id)
        return unit

    def home_in(self, unit: Organisation | None) -> tuple[Organisation, str | None] | None:
        """Give the pilot township in which a unit lies, and the unit's id if it is a village or community there.

        None for no unit, for one above the townships, and for one in a township that is not served.
        """
        township = self.township_of(unit.org_id) if unit is not None else None
        if unit is None or township is None or not township.pilot:
            return None
        return township, unit.org_id if unit is not township else None

    def hall_of(self, org_id: str) -> Organisation | None:
        """Give the hall that serves a unit: its own, or the nearest one above (龙川镇 → the county hall)."""
        unit = self.get(org_id)
        while unit is not None:
            if unit.kind is OrganisationKind.HALL:
                return unit
            if unit.service_hall_id:
                return self.get(unit.service_hall_id)
            unit = self.get(unit.parent_id)
        return None

    def named_in(self, text: str) -> Organisation | None:
        """Find the township or village that ``text`` names, the longest name first; None when none is named.

        A bare alias counts only as a place ("我是雨露的", "东华这边"): 雨露计划 is a subsidy, not 雨露乡.
        """
        best: tuple[int, Organisation] | None = None
        for start, character in enumerate(text):
            for name, unit, bare in self._by_first.get(character, ()):
                longer = best is None or len(name) > best[0]
                if longer and text.startswith(name, start):
                    if bare and not (_AS_PLACE.match(text, start + len(name)) or text[:start].endswith(_TO_PLACE)):
                        continue
                    best = (len(name), unit)
        return best[1] if best else None

    @cached_property
    def _by_first(self) -> dict[str, list[tuple[str, Organisation, bool]]]:
        """Map a first character to (name, unit, is a bare alias) of the places that begin with it."""
        named: dict[str, list[tuple[str, Organisation, bool]]] = {}
        for unit in self:
            if unit.kind in _LOCAL:
                for name in dict.fromkeys((unit.name, unit.short_name, *unit.aliases)):
                    bare = name not in (unit.name, unit.short_name)
                    named.setdefault(name[0], []).append((name, unit, bare))
        return named
