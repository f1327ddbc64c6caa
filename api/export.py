"""The catalogue as the table it came from (导出): what is exported can be imported again."""

from __future__ import annotations

import json
from collections.abc import Iterable

from config.data import TOWNSHIP_COLUMNS
from knowledge.catalogue import Material, ServiceItem
from knowledge.sheets import write_csv

_PLAIN = (
    "code", "name", "type", "category", "department", "level", "grant_mode",
)  # fmt: skip
_REST = (
    "audience", "conditions", "materials", "steps", "legal_days", "promised_days", "day_unit", "case_type",
    "special_procedure", "fee", "legal_basis", "window_type", "bookable", "slot_minutes", "visits", "proxyable",
    "proxy_note", "result", "bundle", "aliases", "questions", "source", "source_note", "check_needed",
)  # fmt: skip
COLUMNS = (*_PLAIN, *TOWNSHIP_COLUMNS, *_REST)


def items_csv(items: Iterable[ServiceItem]) -> str:
    """Give the items as CSV text in the columns of the import."""
    return write_csv(COLUMNS, ([_cell(item, column) for column in COLUMNS] for item in items))


def _cell(item: ServiceItem, column: str) -> str:
    if column in TOWNSHIP_COLUMNS:
        return ";".join(item.places.get(TOWNSHIP_COLUMNS[column], ()))
    if column == "materials":
        return json.dumps([_material(material) for material in item.materials], ensure_ascii=False)
    if column == "steps":
        return " → ".join(item.steps)
    if column == "bookable":
        return "Y" if item.bookable else "N"
    value = getattr(item, "special_procedures" if column == "special_procedure" else column)
    if isinstance(value, tuple):
        return ";".join(value)
    return "" if value is None else str(value)


def _material(material: Material) -> dict[str, object]:
    return {
        "name": material.name,
        "required": material.required,
        "form": material.form,
        "copies": material.copies,
        "defer": material.deferrable,
        "origin": material.origin,
    }
