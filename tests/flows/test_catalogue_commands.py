"""The catalogue's commands: a file with one bad row leaves the house as it was; a good one goes in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.commands import main
from config import data


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
