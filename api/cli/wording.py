"""Orders and markets told in a line each (开放安排、街期), for whoever compares a table with what is published."""

from __future__ import annotations

from knowledge.market import ANIMALS, WEEKDAYS, CycleKind, Market
from knowledge.opening_tables import MARKET_DAYS
from knowledge.openings import Rule, RuleKind

_KINDS = {
    RuleKind.EMERGENCY: "紧急关闭",
    RuleKind.CLOSURE: "停办",
    RuleKind.OPENING: "加开",
    RuleKind.EXTENDED: "延时服务",
    RuleKind.LUNCH_DUTY: "中午值班",
}


def rule_told(rule: Rule) -> str:
    """Word an order: "H-NH 延时服务 综合受理窗口 2026-01-01起 周六 09:00-11:30 需预约"."""
    days = [f"周{WEEKDAYS[day - 1]}" for day in sorted(rule.weekdays)] + [MARKET_DAYS] * rule.on_market_days
    parts = (
        rule.hall_id,
        _KINDS[rule.kind],
        rule.window_type or "全部窗口",
        f"{rule.first_day}到{rule.last_day}" if rule.last_day else f"{rule.first_day}起",
        "、".join(days),
        f"{rule.span[0]:%H:%M}-{rule.span[1]:%H:%M}" if rule.span else "",
        rule.reason,
    )
    return " ".join(part for part in parts if part)


def market_told(market: Market) -> str:
    """Word a market: "T532301202 大过口街 阳历逢3、8"."""
    cycle = market.cycle
    values = sorted(cycle.values)
    if cycle.kind is CycleKind.ZODIAC:
        days = "、".join(f"{ANIMALS[value]}日" for value in values)
    elif cycle.kind is CycleKind.WEEKLY:
        days = "、".join(f"周{WEEKDAYS[value - 1]}" for value in values)
    else:
        days = ("农历逢" if cycle.kind is CycleKind.LUNAR else "阳历逢") + "、".join(map(str, values))
    return f"{market.org_id} {market.name} {days}"
