"""Tables of the office turned into items, organisations and calendar days, with one report of every bad row (导入)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from itertools import pairwise
from typing import Any

from knowledge.catalogue import (
    MANDATORY,
    SCHOOL,
    VILLAGE,
    CaseType,
    DayUnit,
    Material,
    Proxyable,
    ServiceItem,
    missing_fields,
)
from knowledge.cells import BadCell, Cells, Report, collect
from knowledge.hall import CalendarDay, DayKind, Hours, Scope
from knowledge.organisations import Organisation, OrganisationKind, Organisations, WindowBank
from knowledge.sheets import Problem, Row


def items_from_rows(
    rows: Iterable[Row], *, townships: Mapping[str, str], organisations: Organisations | None = None
) -> Report[ServiceItem]:
    """Read the item table; ``townships`` maps a column ("at_longchuan") to the township whose residents it serves.

    Every township column must be present; where ``organisations`` is given, every place must exist in it.
    """
    must = tuple(name for name in MANDATORY if name != "places")
    needed = (*must, "materials", "case_type", "proxyable", *townships)
    report = collect(rows, "code", lambda cells: _item(cells, townships, organisations), needed)
    _refuse_shared_aliases(report)
    return report


def _item(cells: Cells, townships: Mapping[str, str], organisations: Organisations | None) -> ServiceItem | None:
    code = cells.needed("code")
    if code and not re.fullmatch(r"[A-Z]{2,4}-\d{3,4}", code):
        cells.complain("code", f"“{code}”不像事项编码", "请填两到四个大写字母、短横、三到四位数字,如 HJ-001")
    places = {township: _places(cells, column, organisations) for column, township in townships.items()}
    materials = cells.attempt(lambda: _materials(cells))
    unit = DayUnit(cells.text("day_unit") or "工作日") if cells.text("day_unit") in ("", *DayUnit) else None
    if unit is None:
        cells.choice("day_unit", DayUnit)
    case_type, proxyable = cells.choice("case_type", CaseType), cells.choice("proxyable", Proxyable)
    legal, promised = cells.number("legal_days"), cells.number("promised_days")
    if legal is not None and promised is not None and promised > legal:
        cells.complain("promised_days", f"承诺{promised}天比法定{legal}天长", "承诺时限不得超过法定时限")
    bookable, minutes = cells.text("bookable", "N").upper() == "Y", cells.number("slot_minutes", low=5, high=240)
    if bookable and not cells.text("slot_minutes"):
        cells.complain("slot_minutes", "可预约的事项要有每号时长", "请填分钟数,如 30")
    visits = cells.number("visits", high=9)
    if cells.problems or materials is None or unit is None or case_type is None or proxyable is None:
        return None
    item = ServiceItem(
        code=code,
        name=cells.text("name"),
        type=cells.text("type"),
        category=cells.text("category"),
        department=cells.text("department"),
        level=cells.text("level"),
        grant_mode=cells.text("grant_mode"),
        places=places,
        audience=cells.text("audience"),
        conditions=cells.parts("conditions"),
        materials=materials,
        steps=tuple(step.strip() for step in cells.text("steps").split("→") if step.strip()),
        legal_days=legal,
        promised_days=promised or 0,
        day_unit=unit,
        case_type=case_type,
        special_procedures=cells.parts("special_procedure"),
        fee=cells.text("fee"),
        legal_basis=cells.text("legal_basis"),
        window_type=cells.text("window_type"),
        bookable=bookable,
        slot_minutes=minutes,
        visits=visits if visits is not None else 1,
        proxyable=proxyable,
        proxy_note=cells.text("proxy_note"),
        result=cells.text("result"),
        bundle=cells.text("bundle"),
        aliases=cells.parts("aliases"),
        questions=cells.parts("questions"),
        source=cells.text("source"),
        source_note=cells.text("source_note"),
        check_needed=cells.parts("check_needed"),
    )
    for name in missing_fields(item):
        cells.complain(name, "必填,不能为空", "请补填后再发布")
    return item


def _places(cells: Cells, column: str, organisations: Organisations | None) -> tuple[str, ...]:
    places = cells.parts(column)
    if not places:
        cells.complain(column, "没有写去哪里办", "请填机构编号,村里能办的加 VILLAGE")
    for place in places:
        if organisations is not None and place not in (VILLAGE, SCHOOL) and organisations.get(place) is None:
            cells.complain(column, f"没有编号为“{place}”的机构", "请先在机构表里加上,或改正编号")
    return places


def _materials(cells: Cells) -> tuple[Material, ...]:
    raw = cells.json("materials")
    if not isinstance(raw, list):
        raise BadCell("materials", "应是一个列表", "请用 [ ] 括起来")
    return tuple(_material(entry, number) for number, entry in enumerate(raw, start=1))


def _material(entry: Any, number: int) -> Material:
    if not isinstance(entry, dict) or not str(entry.get("name", "")).strip():
        raise BadCell("materials", f"第{number}份材料没有名称", "每份材料至少要有 name")
    copies = entry.get("copies", 1)
    if not isinstance(copies, int) or isinstance(copies, bool) or not 0 <= copies <= 20:
        raise BadCell("materials", f"第{number}份材料的份数不对", "copies 请填 0 到 20 的数字")
    return Material(
        name=str(entry["name"]).strip(),
        required=bool(entry.get("required", True)),
        form=str(entry.get("form", "")),
        copies=copies,
        deferrable=bool(entry.get("defer", False)),
        origin=str(entry.get("origin", "")),
    )


def _refuse_shared_aliases(report: Report[ServiceItem]) -> None:
    owner: dict[str, str] = {}
    for item in report.rows:
        for alias in item.aliases:
            if owner.setdefault(alias, item.code) != item.code:
                why = f"俗称“{alias}”已属于 {owner[alias]},又出现在 {item.code}"
                report.problems.append(Problem(0, "aliases", why, "请只留在最合适的一个事项下"))


def organisations_from_rows(rows: Iterable[Row]) -> Report[Organisation]:
    """Read the organisation table; parents and halls must exist, and the tree must have no circle."""
    report = collect(rows, "org_id", _organisation, ("org_id", "name", "kind", "parent_id"))
    known = {unit.org_id: unit for unit in report.rows}
    for unit in report.rows:
        for column, target in (("parent_id", unit.parent_id), ("service_hall_id", unit.service_hall_id)):
            if target and target not in known:
                problem = Problem(0, column, f"{unit.org_id} 指向不存在的“{target}”", "请补上那个机构或改正")
                report.problems.append(problem)
        if _runs_in_circle(unit, known):
            report.problems.append(Problem(0, "parent_id", f"{unit.org_id} 的上级绕回自己", "请改正上级"))
    return report


def _runs_in_circle(unit: Organisation, known: Mapping[str, Organisation]) -> bool:
    seen: set[str] = set()
    current: Organisation | None = unit
    while current is not None:
        if current.org_id in seen:
            return True
        seen.add(current.org_id)
        current = known.get(current.parent_id or "")
    return False


def _organisation(cells: Cells) -> Organisation | None:
    kind = cells.choice("kind", OrganisationKind)
    windows = cells.attempt(lambda: _windows(cells))
    hours = cells.attempt(lambda: _hours(cells))
    position = cells.attempt(lambda: _position(cells)) or (None, None)
    org_id, name = cells.needed("org_id"), cells.needed("name")
    if cells.problems or kind is None or windows is None:
        return None
    return Organisation(
        org_id=org_id,
        name=name,
        short_name=cells.text("short_name") or name,
        aliases=cells.parts("aliases"),
        kind=kind,
        parent_id=cells.text("parent_id") or None,
        division_code=cells.text("division_code"),
        pilot=cells.text("pilot").upper() == "Y",
        township_type=cells.text("township_type"),
        service_hall_id=cells.text("service_hall_id") or None,
        windows=windows,
        hours=hours,
        hours_note=cells.text("hours_note"),
        address_note=cells.text("address_note"),
        latitude=position[0],
        longitude=position[1],
        source=cells.text("source"),
        source_note=cells.text("source_note"),
        illustrative_fields=cells.parts("illustrative_fields"),
    )


def _position(cells: Cells) -> tuple[float | None, float | None]:
    if not cells.text("latitude") and not cells.text("longitude"):
        return None, None
    try:
        latitude, longitude = float(cells.text("latitude")), float(cells.text("longitude"))
    except ValueError as error:
        raise BadCell("latitude", "经纬度看不懂", "请两列都填数字,或都留空") from error
    if not (20 < latitude < 30 and 97 < longitude < 107):
        raise BadCell("latitude", "经纬度不在云南", "请核对是否填反了")
    return latitude, longitude


def _windows(cells: Cells) -> tuple[WindowBank, ...]:
    raw = cells.json("windows")
    try:
        banks = tuple(WindowBank(str(entry["type"]), int(entry["count"])) for entry in raw)
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise BadCell("windows", "窗口列表不对", '请照样例: [{"type": "综合受理窗口", "count": 2}]') from error
    if any(bank.count < 1 for bank in banks):
        raise BadCell("windows", "窗口数要大于零", "没有的窗口请整个删去")
    return banks


def _hours(cells: Cells) -> Hours | None:
    days = cells.text("open_days")
    if not days:
        return None
    match = re.fullmatch(r"([1-7])(?:-([1-7]))?", days)
    if match is None or int(match[1]) > int(match[2] or match[1]):
        raise BadCell("open_days", f"“{days}”看不懂", "请填 1-5 这样的星期范围")
    sessions = tuple(_session(cells, column) for column in ("hours_am", "hours_pm") if cells.text(column))
    if any(first[1] > second[0] for first, second in pairwise(sessions)):
        raise BadCell("hours_pm", "上午和下午的时间重叠", "请改正")
    return Hours(frozenset(range(int(match[1]), int(match[2] or match[1]) + 1)), sessions)


def _session(cells: Cells, column: str) -> tuple[time, time]:
    try:
        start, end = (time.fromisoformat(part.strip()) for part in cells.text(column).split("-"))
    except ValueError as error:
        raise BadCell(column, f"“{cells.text(column)}”看不懂", "请填 08:30-11:30 这样的时间") from error
    if start >= end:
        raise BadCell(column, "开门时间晚于关门时间", "请改正")
    return start, end


def calendar_from_rows(rows: Iterable[Row]) -> Report[CalendarDay]:
    """Read the calendar table: days that differ from the plain week."""
    report = collect(rows, "", _calendar_day, ("date", "kind", "name", "scope"))
    seen: set[tuple[date, Scope]] = set()
    for day in report.rows:
        if (day.day, day.scope) in seen:
            report.problems.append(Problem(0, "date", f"{day.day} 在同一范围出现两次", "请删去一行"))
        seen.add((day.day, day.scope))
    return report


def _calendar_day(cells: Cells) -> CalendarDay | None:
    kind, scope, _ = cells.choice("kind", DayKind), cells.choice("scope", Scope), cells.needed("date")
    day = cells.day("date")
    if day is None:
        return None
    if kind is DayKind.MAKEUP_WORKDAY and day.isoweekday() <= 5:
        cells.complain("date", f"{day} 不是周末,不用调休", "请核对放假通知")
    if cells.problems or kind is None or scope is None:
        return None
    return CalendarDay(day, kind, cells.text("name"), scope, cells.text("source"))
