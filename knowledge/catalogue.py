"""The catalogue of service items (事项): what can be applied for, with what, where, how long."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

VILLAGE = "VILLAGE"
"""A place in ``ServiceItem.places``: the resident's own village or community station takes it too."""
SCHOOL = "SCHOOL"
"""A place in ``ServiceItem.places``: the child's own school."""

STALE_AFTER = timedelta(days=180)
"""An entry unchecked for longer is flagged to its owner and marked in answers (our own rule)."""


class CaseType(StrEnum):
    """办件类型."""

    INSTANT = "即办件"  # settled in the same visit
    PROMISED = "承诺件"  # settled within the promised limit


class DayUnit(StrEnum):
    """In what a limit counts."""

    WORKING = "工作日"
    CALENDAR = "自然日"


class Proxyable(StrEnum):
    """可否代办: how far a village agent may act for the resident."""

    YES = "可代办"
    PARTLY = "部分可代办"  # papers by proxy, the person needed once
    NO = "不可代办"


@dataclass(frozen=True, slots=True)
class Material:
    """申请材料: one paper to bring."""

    name: str
    required: bool
    form: str
    copies: int
    deferrable: bool
    """容缺: may follow later."""
    origin: str


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """事项: one thing that can be applied for, as published."""

    code: str
    name: str
    type: str
    category: str
    department: str
    level: str
    grant_mode: str
    places: Mapping[str, tuple[str, ...]]
    """Township id → organisation ids (or :data:`VILLAGE`, :data:`SCHOOL`) where its residents go."""
    audience: str
    conditions: tuple[str, ...]
    materials: tuple[Material, ...]
    steps: tuple[str, ...]
    legal_days: int | None
    """Statutory limit from acceptance in ``day_unit``; None where no statutory limit is known."""
    promised_days: int
    """Promised limit from acceptance in ``day_unit``; 0 = same visit."""
    day_unit: DayUnit
    case_type: CaseType
    special_procedures: tuple[str, ...]
    fee: str
    legal_basis: str
    window_type: str
    bookable: bool
    slot_minutes: int | None
    visits: int
    proxyable: Proxyable
    proxy_note: str
    result: str
    bundle: str
    aliases: tuple[str, ...]
    questions: tuple[str, ...]
    source: str
    source_note: str
    check_needed: tuple[str, ...]

    def digest(self) -> str:
        """Give a fingerprint of the whole content; equal content, equal digest, on any machine."""
        return hashlib.sha256(json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def to_data(self) -> dict[str, Any]:
        """Give plain data for storing; :func:`item_from_data` is the way back."""
        return asdict(self)


def item_from_data(data: Mapping[str, Any]) -> ServiceItem:
    """Rebuild what :meth:`ServiceItem.to_data` gave."""
    tuples = ("conditions", "steps", "special_procedures", "aliases", "questions", "check_needed")
    return ServiceItem(
        **{
            **data,
            **{name: tuple(data[name]) for name in tuples},
            "places": {township: tuple(places) for township, places in data["places"].items()},
            "materials": tuple(Material(**material) for material in data["materials"]),
            "day_unit": DayUnit(data["day_unit"]),
            "case_type": CaseType(data["case_type"]),
            "proxyable": Proxyable(data["proxyable"]),
        }
    )


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """A service item in the version that residents see."""

    item: ServiceItem
    version: int
    """Counts the contents of this one item, from 1; cases and answers keep it."""
    checked_on: date | None = None
    """When a clerk last confirmed the content; None = never, so it is shown as demo data."""
    switched_off_at: datetime | None = None
    """Set while a clerk has switched the item off; it is then neither found nor bookable."""

    def is_stale(self, today: date) -> bool:
        """Say whether nobody has checked the content for :data:`STALE_AFTER`."""
        return self.checked_on is None or today - self.checked_on > STALE_AFTER


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All items in force, in one publication."""

    entries: Mapping[str, PublishedItem] = field(default_factory=dict)
    publication: int = 0

    def __iter__(self) -> Iterator[PublishedItem]:
        return (entry for entry in self.entries.values() if entry.switched_off_at is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, code: str) -> PublishedItem | None:
        """Give the entry in force with ``code``; None when unknown or switched off."""
        entry = self.entries.get(code)
        return entry if entry is not None and entry.switched_off_at is None else None


# The twelve fields without which nobody can act on a guide. Publishing is refused while one is empty.
# Materials are not among them: legal advice, for one, needs none.
MANDATORY = (
    "code",
    "name",
    "type",
    "department",
    "places",
    "audience",
    "conditions",
    "steps",
    "fee",
    "legal_basis",
    "window_type",
    "result",
)


def missing_fields(item: ServiceItem) -> tuple[str, ...]:
    """Name the mandatory fields of ``item`` that are empty."""
    return tuple(name for name in MANDATORY if not getattr(item, name))


@dataclass(frozen=True, slots=True)
class CatalogueDiff:
    """What publishing would change, by item code."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    """Code → names of the fields that differ."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare(old: Iterable[ServiceItem], new: Iterable[ServiceItem]) -> CatalogueDiff:
    """Tell how ``new`` differs from ``old``, item by item and field by field."""
    before = {item.code: item for item in old}
    after = {item.code: item for item in new}
    changed = {
        code: fields
        for code in before.keys() & after.keys()
        if (fields := tuple(k for k, v in asdict(after[code]).items() if v != asdict(before[code])[k]))
    }
    return CatalogueDiff(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=dict(sorted(changed.items())),
    )
