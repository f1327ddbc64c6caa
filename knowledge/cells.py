"""One row of a table read cell by cell (单元格), and the report of everything that is wrong in a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from knowledge.sheets import Problem, Row

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(slots=True)
class Report(Generic[T]):
    """What a file held: either every row is good, or nothing may be loaded and ``problems`` says why."""

    rows: list[T] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Say whether the file may be loaded as a whole."""
        return not self.problems


class BadCell(ValueError):
    """One cell that cannot be read: which, why, and what to do."""

    def __init__(self, column: str, why: str, advice: str) -> None:
        super().__init__(why)
        self.column, self.why, self.advice = column, why, advice


class Cells:
    """One row, read cell by cell; collects every complaint instead of stopping at the first."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.problems: list[Problem] = []

    def text(self, column: str, default: str = "") -> str:
        """Give the cell as it stands; empty where the column is absent."""
        return self.row.cells.get(column, default)

    def needed(self, column: str) -> str:
        """Give the cell, which may not be empty."""
        value = self.text(column)
        if not value:
            self.complain(column, "不能为空", "请补填")
        return value

    def parts(self, column: str) -> tuple[str, ...]:
        """Give what the cell lists, parted by semicolons."""
        return tuple(part.strip() for part in re.split("[;;]", self.text(column)) if part.strip())

    def number(self, column: str, *, low: int = 0, high: int = 3650) -> int | None:
        """Give the whole number in the cell; None if it is empty, or none."""
        value = self.text(column)
        if not value:
            return None
        if not value.isdecimal() or len(value) > 9 or not low <= int(value) <= high:
            self.complain(column, f"“{value[:20]}”不是{low}到{high}之间的整数", "请只填数字")
            return None
        return int(value)

    def choice(self, column: str, kinds: Iterable[E]) -> E | None:
        """Give the one of ``kinds`` that the cell names; it may not be empty."""
        value, known = self.needed(column), {kind.value: kind for kind in kinds}
        if value and value not in known:
            self.complain(column, f"“{value}”不在可填范围", "请填: " + "、".join(known))
        return known.get(value)

    def day(self, column: str) -> date | None:
        """Give the date in the cell; None if it is empty, or none."""
        value = self.text(column)
        try:
            return date_from(value) if value else None
        except ValueError:
            self.complain(column, f"“{value}”不是日期", "请填 2026-10-01 这样的日期")
            return None

    def json(self, column: str) -> Any:
        """Give the JSON value in the cell, an empty list where there is none."""
        value = self.text(column)
        try:
            return json.loads(value) if value else []
        except (ValueError, RecursionError) as error:
            self.complain(column, f"JSON 格式不对({error})", "请照样例填写,或留空")
            return []

    def complain(self, column: str, why: str, advice: str) -> None:
        """Note what is wrong with a cell, and what to do."""
        self.problems.append(Problem(self.row.number, column, why, advice))

    def attempt(self, build: Callable[[], T]) -> T | None:
        """Give what ``build`` makes of the row; None, and a complaint, if a cell cannot be read."""
        try:
            return build()
        except BadCell as error:
            self.complain(error.column, error.why, error.advice)
            return None


def collect(rows: Iterable[Row], key: str, build: Callable[[Cells], T | None], needed: Sequence[str]) -> Report[T]:
    """Read a whole table: ``build`` makes a value of each row, ``key`` is the column in which no two rows are alike.

    Columns that are ``needed`` and absent are told once, instead of once a row.
    """
    report: Report[T] = Report()
    rows = list(rows)
    if not rows:
        report.problems.append(Problem(0, "", "没有数据行", "请检查是否选错了文件,或数据不在第一张工作表"))
        return report
    columns = set(rows[0].cells)
    report.problems.extend(_absent(column) for column in needed if column not in columns)
    if report.problems:
        return report
    seen: dict[str, int] = {}
    for row in rows:
        cells = Cells(row)
        value = build(cells)
        identity = row.cells.get(key, "")
        if identity and identity in seen:
            cells.complain(key, f"“{identity}”与第{seen[identity]}行重复", "请删去一行或改正")
        seen.setdefault(identity, row.number)
        report.problems.extend(cells.problems)
        if value is not None and not cells.problems:
            report.rows.append(value)
    report.problems = _once_for_an_absent_column(report.problems, columns)
    return report


def _absent(column: str) -> Problem:
    return Problem(1, column, "缺这一列", "请照样例补上列名")


def _once_for_an_absent_column(problems: Iterable[Problem], columns: set[str]) -> list[Problem]:
    told = (problem if problem.column in columns else _absent(problem.column) for problem in problems)
    return list(dict.fromkeys(told))


def date_from(text: str) -> date:
    """Read 2027-02-06, 2027-2-6 and 2027/2/6; raise ValueError for anything else."""
    parts = re.fullmatch(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})", text)
    return date(int(parts[1]), int(parts[3]), int(parts[4])) if parts else date.fromisoformat(text)
