"""The tables of orders and of markets (开放安排、街期) turned into rules, with one report of every bad row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time

from knowledge.cells import BadCell, Cells, Report, collect
from knowledge.market import CycleKind, LunarDay, Market, MarketCycle, values_named
from knowledge.openings import KEPT, STANDING, Rule, RuleKind
from knowledge.organisations import Organisations
from knowledge.sheets import Problem, Row
from knowledge.spans import Span

MARKET_DAYS = "街天"
"""What stands in the column ``days`` for the market days of the place."""
LONGEST = 40
"""Characters of a reason or a name: it stands in brackets behind the hours."""
_NEED_DAYS = (RuleKind.EXTENDED, RuleKind.LUNCH_DUTY)
_CYCLE_WORDS = {
    CycleKind.ZODIAC: "鼠;马",
    CycleKind.SOLAR: "3;8",
    CycleKind.LUNAR: "3;8",
    CycleKind.WEEKLY: "日",
}


def openings_from_rows(rows: Iterable[Row], *, organisations: Organisations | None = None) -> Report[Rule]:
    """Read the table of orders; where ``organisations`` is given, hall and window type must exist in it."""
    needed = ("hall_id", "kind", "window_type", "first_day", "last_day", "days", "from", "to", "reason")
    report = collect(rows, "", lambda cells: _rule(cells, organisations), needed)
    _refuse_doubles(report, [(rule.key, rule.hall_id) for rule in report.rows], "hall_id")
    return report


def _rule(cells: Cells, organisations: Organisations | None) -> Rule | None:
    hall_id, kind = cells.needed("hall_id"), cells.choice("kind", KEPT)
    first, last = cells.day("first_day"), cells.day("last_day")
    cells.needed("first_day")
    if first and last and last < first:
        cells.complain("last_day", "最后一天早于第一天", "请改正")
    weekdays = cells.attempt(lambda: _weekdays(cells))
    span = cells.attempt(lambda: (_span(cells),))
    if kind in _NEED_DAYS and not cells.text("days"):
        cells.complain("days", "没有写逢哪几天", f"请填 6、1-5 这样的星期,或{MARKET_DAYS}")
    if organisations is not None and hall_id:
        _must_exist(cells, hall_id, organisations)
    _must_be_short(cells, "reason")
    if cells.problems or kind is None or first is None or weekdays is None or span is None:
        return None
    return Rule(
        hall_id=hall_id,
        kind=kind,
        first_day=first,
        last_day=last if last or kind in STANDING else first,
        weekdays=weekdays,
        on_market_days=MARKET_DAYS in cells.parts("days"),
        span=span[0],
        window_type=cells.text("window_type"),
        reason=cells.text("reason"),
    )


def _must_exist(cells: Cells, hall_id: str, organisations: Organisations) -> None:
    hall, window_type = organisations.get(hall_id), cells.text("window_type")
    if hall is None:
        cells.complain("hall_id", f"没有编号为“{hall_id}”的机构", "请先在机构表里加上,或改正编号")
    elif hall.hours is None:
        cells.complain("hall_id", f"{hall.name}没有办公时间", "请先在机构表里填上 open_days、hours_am、hours_pm")
    elif window_type and window_type not in {bank.type for bank in hall.windows}:
        cells.complain("window_type", f"{hall.name}没有“{window_type}”", "请照机构表里的窗口类型填,或留空")


def _must_be_short(cells: Cells, column: str) -> None:
    if len(cells.text(column)) > LONGEST:
        cells.complain(column, f"超过{LONGEST}个字", "请写短些,这是说给群众听的")


def _weekdays(cells: Cells) -> frozenset[int]:
    days: set[int] = set()
    for part in cells.parts("days"):
        match = re.fullmatch(r"([1-7])(?:-([1-7]))?", part)
        if match is not None and int(match[1]) <= int(match[2] or match[1]):
            days.update(range(int(match[1]), int(match[2] or match[1]) + 1))
        elif part != MARKET_DAYS:
            raise BadCell("days", f"“{part[:20]}”看不懂", f"请填 6、1-5 这样的星期,或{MARKET_DAYS},用分号隔开")
    return frozenset(days)


def _span(cells: Cells) -> Span | None:
    texts = cells.text("from"), cells.text("to")
    if not any(texts):
        return None
    try:
        start, end = (time.fromisoformat(text.zfill(len("09:00"))) for text in texts)
    except ValueError as error:
        raise _no_span(texts) from error
    if start.tzinfo or end.tzinfo:
        raise _no_span(texts)
    if start >= end:
        raise BadCell("to", "结束不晚于开始", "请改正")
    return start, end


def _no_span(texts: tuple[str, str]) -> BadCell:
    return BadCell("from", f"“{texts[0][:20]}”到“{texts[1][:20]}”看不懂", "两列都填 09:00 这样的时间,或都留空")


def markets_from_rows(
    rows: Iterable[Row], *, organisations: Organisations | None = None, lunar_day: LunarDay | None = None
) -> Report[Market]:
    """Read the table of markets; lunar cycles need ``lunar_day``, and every unit must exist in ``organisations``."""
    needed = ("org_id", "name", "kind", "values")
    report = collect(rows, "", lambda cells: _market(cells, organisations, lunar_day), needed)
    _refuse_doubles(report, [(market.key, market.name) for market in report.rows], "name")
    return report


def _market(cells: Cells, organisations: Organisations | None, lunar_day: LunarDay | None) -> Market | None:
    org_id, name, kind = cells.needed("org_id"), cells.needed("name"), cells.choice("kind", CycleKind)
    if organisations is not None and org_id and organisations.get(org_id) is None:
        cells.complain("org_id", f"没有编号为“{org_id}”的机构", "请先在机构表里加上,或改正编号")
    _must_be_short(cells, "name")
    cells.needed("values")
    cycle = cells.attempt(lambda: _cycle(kind, cells.parts("values"), lunar_day)) if kind else None
    if cells.problems or cycle is None:
        return None
    return Market(org_id, name, cycle, cells.text("source"))


def _cycle(kind: CycleKind, words: tuple[str, ...], lunar_day: LunarDay | None) -> MarketCycle | None:
    if not words:
        return None
    if kind is CycleKind.LUNAR and lunar_day is None:
        raise BadCell("kind", "农历街期还不能算", "请改用属相日(zodiac)或阳历(solar),或先不填")
    try:
        return MarketCycle(kind, values_named(kind, words), lunar_day)
    except ValueError as error:
        raise BadCell("values", f"“{';'.join(words)[:20]}”看不懂", f"请填 {_CYCLE_WORDS[kind]} 这样的值") from error


def _refuse_doubles(report: Report[Rule] | Report[Market], keys: Iterable[tuple[str, str]], column: str) -> None:
    seen: set[str] = set()
    for key, shown in keys:
        if key in seen:
            report.problems.append(Problem(0, column, f"“{shown}”有两行说的是同一件事", "请删去一行或改正"))
        seen.add(key)
