"""The catalogue's commands: a file with one bad row leaves the house as it was; a good one goes in."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.commands import main
from config import data
from models.rules.items import may_withdraw


@pytest.fixture
def run(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on a furnished house; the folder holds no .env."""
    shutil.copy(furnished, tmp_path / "house.sqlite3")
    monkeypatch.chdir(tmp_path)

    def run(*command: str) -> Result:
        return CliRunner().invoke(main, command, env={"QIANTAI_DATABASE_URL": "sqlite://house.sqlite3"})

    return run


def a_table(folder: Path, old: str, new: str) -> str:
    text = (data.CATALOGUE / "items.csv").read_text(encoding="utf-8-sig")
    assert old in text
    path = folder / "items.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(path)


def test_one_bad_row_and_nothing_is_loaded(run, tmp_path: Path) -> None:
    before = run("catalogue", "export", "--format", "csv").output
    table = a_table(tmp_path, "HJ-001,", "HJ1,")

    result = run("catalogue", "import", table, "--publish", "--by", "clerk")

    assert result.exit_code == 1
    assert "code 列: “HJ1”不像事项编码" in result.output
    assert "什么都没有导入" in result.output
    assert run("catalogue", "export", "--format", "csv").output == before


def test_a_good_table_is_compared_then_published(run, tmp_path: Path) -> None:
    table = a_table(tmp_path, "出生登记(新生儿落户)", "出生登记(新生儿户口)")

    dry = run("catalogue", "import", table)
    published = run("catalogue", "import", table, "--publish", "--by", "clerk")
    again = run("catalogue", "diff", table)

    assert "~ HJ-001 出生登记(新生儿户口): name" in dry.output
    assert "加 --publish 发布" in dry.output
    assert (published.exit_code, "已发布" in published.output) == (0, True)
    assert "没有差别" in again.output


def test_what_is_exported_is_no_difference(run, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(run("catalogue", "export", "--format", "csv").output, encoding="utf-8")

    assert "没有差别" in run("catalogue", "diff", "items.csv").output


def a_shorter_table(folder: Path, *, without: int) -> str:
    header, *lines = (data.CATALOGUE / "items.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
    path = folder / "items.csv"
    path.write_text(header + "".join(lines[without:]), encoding="utf-8")
    return str(path)


def test_a_table_that_lacks_more_than_a_tenth_is_refused_until_the_number_is_allowed(run, tmp_path: Path) -> None:
    table = a_shorter_table(tmp_path, without=21)
    command = ("catalogue", "import", table, "--publish", "--by", "clerk")

    refused = run(*command)
    too_few = run(*command, "--allow-removals", "20")
    left = len(json.loads(run("catalogue", "export").stdout))
    allowed = run(*command, "--allow-removals", "21")

    assert (refused.exit_code, too_few.exit_code, left) == (1, 1, 209)
    assert "会撤下 21 项" in refused.stderr
    assert "--allow-removals 21" in refused.stderr
    assert allowed.exit_code == 0
    assert len(json.loads(run("catalogue", "export").stdout)) == 188


def test_a_tenth_may_go_without_a_word(run, tmp_path: Path) -> None:
    table = a_shorter_table(tmp_path, without=20)

    assert run("catalogue", "import", table, "--publish", "--by", "clerk").exit_code == 0


@pytest.mark.parametrize(
    ("count", "in_force", "allowed", "may"),
    [(0, 0, 0, True), (1, 9, 0, False), (1, 10, 0, True), (2, 10, 1, False), (2, 10, 2, True), (9, 9, 100, True)],
)
def test_how_many_items_may_go_at_once(count: int, in_force: int, allowed: int, may: bool) -> None:
    assert may_withdraw(count, in_force=in_force, allowed=allowed) is may


def test_an_import_prints_at_most_thirty_lines_and_a_diff_all(run, tmp_path: Path) -> None:
    text = (data.CATALOGUE / "items.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "items.csv").write_text(text.replace("不收费", "免费"), encoding="utf-8")

    short, whole = run("catalogue", "import", "items.csv"), run("catalogue", "diff", "items.csv")

    lines = whole.stdout.splitlines()
    assert len(lines) > 31
    assert short.stdout.splitlines()[:31] == [*lines[:30], f"…另有 {len(lines) - 30} 处"]


def test_the_first_import_prints_one_line_of_sum(run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as database:
        database.execute("DELETE FROM item_versions")
        database.commit()

    done = run("catalogue", "import", str(data.CATALOGUE / "items.csv"), "--publish", "--by", "clerk")

    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "目录还是空的,这次新增 209 项"
    assert len(done.stdout.splitlines()) == 2


def test_what_is_switched_off_shows_in_diff_and_export(run, tmp_path: Path) -> None:
    run("catalogue", "switch", "HJ-001", "off", "--by", "clerk")
    table = a_table(tmp_path, "出生登记(新生儿落户)", "出生登记(新生儿户口)")

    changed = run("catalogue", "diff", table)
    same = run("catalogue", "diff", str(data.CATALOGUE / "items.csv"))
    exported = json.loads(run("catalogue", "export", "--format", "json").stdout)

    assert "! HJ-001 出生登记(新生儿户口): 已停用,发布后仍然停用" in changed.stdout
    assert "没有差别\n! HJ-001 出生登记(新生儿落户): 已停用\n" in same.stdout
    assert [entry["code"] for entry in exported if entry["switched_off"] is True] == ["HJ-001"]
    assert all(entry["switched_off"] is False for entry in exported if entry["code"] != "HJ-001")


@pytest.mark.parametrize("command", [("confirm", "ZZ-999"), ("switch", "ZZ-999", "off"), ("switch", "ZZ-999", "on")])
def test_an_unknown_code_is_told(run, command: tuple[str, ...]) -> None:
    result = run("catalogue", *command, "--by", "clerk")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "没有编码为ZZ-999的事项" in result.stderr
