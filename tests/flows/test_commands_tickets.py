"""Tickets from the command line: what a clerk at a window types in a morning, and reads."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.commands import main

HALL, COUNTER = "H-DH", "综合受理窗口"


@pytest.fixture
def run(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command about tickets in a hall that works around the clock today."""
    shutil.copy(furnished, tmp_path / "house.sqlite3")
    monkeypatch.chdir(tmp_path)
    open_all_day(tmp_path / "house.sqlite3")

    def run(*command: str) -> Result:
        by = () if command[0] == "line" else ("--by", "clerk")
        given = {"QIANTAI_DATABASE_URL": "sqlite://house.sqlite3"}
        return CliRunner().invoke(main, ["tickets", *command, *by], env=given)

    return run


def open_all_day(path: Path, until: str = "23:59:59") -> None:
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    hours = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "sessions": [["00:00", until]]}
    with closing(sqlite3.connect(path)) as database:
        (data,) = database.execute("SELECT data FROM organisations WHERE org_id = ?", [HALL]).fetchone()
        changed = json.dumps(json.loads(data) | {"hours": hours})
        database.execute("UPDATE organisations SET data = ? WHERE org_id = ?", [changed, HALL])
        database.execute("DELETE FROM calendar_days WHERE day = ?", [today])
        row = [f"{today}:national", today, "makeup_workday", "test", "national", ""]
        database.execute("INSERT INTO calendar_days VALUES (?, ?, ?, ?, ?, ?)", row)
        database.commit()


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_numbers_are_drawn_called_and_done(run) -> None:
    slips = [said(run("draw", HALL, COUNTER, "--minutes", "1")) for _ in range(3)]
    first = said(run("draw", HALL, COUNTER, "--minutes", "1", "--first", "elder", "--note", "拄拐"))

    assert slips[1].startswith("您的号是A002。前面还有1人,大约等")
    assert first.startswith("您的号是A004。前面没有人了")
    assert said(run("call", HALL, COUNTER, "3")) == "A零零四号请到3号窗口。"
    listed = said(run("line", HALL)).splitlines()
    assert [line.split()[0] for line in listed] == [f"{COUNTER}:", "A004", "A001", "A002", "A003"]
    assert listed[1].split()[1] == "叫到3号窗口"
    assert listed[1].endswith("优先 拄拐")
    assert "A004 3号窗口在办" in said(run("start", HALL, "a004"))
    assert "A004 办完" in said(run("done", HALL, "A004"))
    assert said(run("call", HALL, COUNTER, "3")) == "A零零一号请到3号窗口。"


def test_what_cannot_be_is_told_in_a_sentence(run) -> None:
    run("draw", HALL, COUNTER, "--minutes", "1")
    run("call", HALL, COUNTER, "1")

    for command, sentence in {
        ("missed", HALL, "A001"): "叫满三遍才能算过号",
        ("resume", HALL, "A001"): "这个号现在不能这样操作",
        ("done", HALL, "A007"): "今天没有这个号",
        ("draw", HALL, "火星窗口"): "没有这类窗口",
        ("line", "H-XX"): "没有这类窗口",
    }.items():
        refused = run(*command)
        assert (refused.exit_code, sentence in refused.stderr) == (1, True), refused.output


def test_a_ticket_is_parked_moved_and_given_up(run) -> None:
    for _ in range(2):
        run("draw", HALL, COUNTER, "--minutes", "1")

    assert "A001 挂起" in said(run("park", HALL, "A001"))
    assert "A001 等着" in said(run("resume", HALL, "A001"))
    moved = said(run("transfer", HALL, "A001", "社保医保窗口", "--reason", "先交医保"))
    assert moved.endswith(f"从{COUNTER}转来: 先交医保")
    assert "A002 走了" in said(run("leave", HALL, "A002"))
    assert said(run("call", HALL, COUNTER, "1")) == "没有人在排队"
    assert said(run("call", HALL, "社保医保窗口", "5")) == "A零零一号请到5号窗口。"


def test_a_closed_hall_gives_out_no_number(run, tmp_path: Path) -> None:
    open_all_day(tmp_path / "house.sqlite3", until="00:00:00")

    refused = run("draw", HALL, COUNTER)

    assert (refused.exit_code, "号已经发完了" in refused.stderr) == (1, True)
