"""Running the house: a database that is away, a doctor who reminds, call-backs ticked off, an empty catalogue."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.commands import main
from api.server import data_key
from config.settings import Settings
from models.database import open_database
from tests.house import ACCOUNTS
from tests.postgres import server
from tests.races.serving import ROOT, free_port


@pytest.fixture
def run(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command on a furnished house; the folder holds no .env."""
    shutil.copy(furnished, tmp_path / "house.sqlite3")
    monkeypatch.chdir(tmp_path)

    def run(*command: str, url: str = "sqlite://house.sqlite3") -> Result:
        return CliRunner().invoke(main, command, env={"QIANTAI_DATABASE_URL": url})

    return run


AWAY = {
    "another engine": ("mysql://clerk:secret@host/name", "开头,现在是 mysql"),
    "no address at all": ("house", "开头,现在是 空的"),
    "a port in words": ("postgres://clerk:secret@127.0.0.1:99x/name", "地址写得不对"),
    "nobody listens": ("postgres://clerk:secret@127.0.0.1:1/name", "没有数据库在这个端口"),
    "no such host": ("postgres://clerk:secret@host.invalid/name", "找不到这个主机"),
    "a file that is none": ("sqlite://junk.sqlite3", "DatabaseError"),
}
COMMANDS = ("doctor", "migrate", "serve", "catalogue export", "catalogue switch HJ-001 off --by x", "callbacks list")


@pytest.mark.parametrize(("url", "why"), AWAY.values(), ids=AWAY)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_away_ends_every_command_with_one_sentence(run, command: str, url: str, why: str) -> None:
    Path("junk.sqlite3").write_text(
        "no database, but long enough to be taken for the header of one, a hundred bytes" * 2
    )

    result = run(*command.split(), url=url)

    (told,) = result.stderr.splitlines()
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, "数据库连不上" in told, why in told) == (1, True, True), told
    assert told.endswith("请检查 QIANTAI_DATABASE_URL")
    assert "secret" not in result.output


@pytest.mark.postgres
def test_a_database_that_the_server_does_not_have_is_told(run) -> None:
    url = f"{(server() or '').rpartition('/')[0]}/qt_there_is_none"

    for command in ("doctor", "migrate", "serve"):
        result = run(command, url=url)
        assert (result.exit_code, "没有这个库" in result.stderr) == (1, True)


def test_a_password_with_odd_signs_is_hidden_whole(run) -> None:
    result = run("doctor", url="postgres://clerk:hun@ter:2@127.0.0.1:1/name")

    assert "postgres://clerk:***@127.0.0.1:1/name" in result.stdout
    assert "ter" not in result.stdout.partition("clerk")[2].partition("\n")[0]


def today() -> datetime:
    return datetime.now(UTC) + timedelta(hours=8)


def asked_for_a_person(folder: Path) -> tuple[str, str]:
    """Put two people on the list, one of them overdue, and give their days."""
    days = [(today() + timedelta(days=offset)).date().isoformat() for offset in (-1, 0)]
    told = ['["低保咋个办", "我的电话 13800138000"]', "[]"]
    with closing(sqlite3.connect(folder / "house.sqlite3")) as database:
        database.executemany(
            "INSERT INTO callbacks (request_key, identity, township_id, asked_at, due_on, transcript, state)"
            " VALUES (?, ?, ?, '2026-01-05 01:00', ?, ?, 'open')",
            [
                ("k1", "wx1:late", "T532324101", days[0], told[0]),
                ("k2", "wx1:soon", None, days[1], told[1]),
            ],
        )
        database.commit()
    return days[0], days[1]


def test_callbacks_are_listed_and_ticked_off(run, tmp_path: Path) -> None:
    late, soon = asked_for_a_person(tmp_path)

    listed = run("callbacks", "list")
    done, again = run("callbacks", "done", "1", "--by", "clerk"), run("callbacks", "done", "1", "--by", "clerk")

    assert listed.exit_code == 0
    assert [" ".join(line.split()) for line in listed.stdout.splitlines()] == [
        f"1 逾期 {late} 前回话 龙川镇 wx1:late",
        "低保咋个办",
        "我的电话 ***",
        f"2 {soon} 前回话 乡镇不明 wx1:soon",
    ]
    assert (done.exit_code, "回电 1 已划掉" in done.stdout) == (0, True)
    assert (again.exit_code, "没有编号为 1 的待回电" in again.stderr) == (1, True)
    assert "wx1:late" not in run("callbacks", "list").stdout
    run("callbacks", "done", "2", "--by", "clerk")
    assert run("callbacks", "list").stdout == "没有等着回话的人\n"


def a_year(year: int, *prefecture: str) -> str:
    lines = [
        f"{year}-01-01,holiday,元旦,national",
        *(f"{year}-07-1{n},holiday,{p},chuxiong" for n, p in enumerate(prefecture)),
    ]
    return "\n".join(["date,kind,name,scope", *lines])


def test_the_doctor_reminds_of_overdue_callbacks_and_of_the_prefectures_days(run, tmp_path: Path) -> None:
    year = today().year
    table = tmp_path / "calendar.csv"
    whole = ("自治州成立纪念日", "火把节", "彝族年")
    for one, days in ((year, ("火把节",)), (year + 1, whole)):
        table.write_text(a_year(one, *days), "utf-8")
        run("catalogue", "import", "calendar.csv", "--publish")

    asked_for_a_person(tmp_path)
    reminded = run("doctor")
    run("callbacks", "done", "1", "--by", "clerk")
    table.write_text(a_year(year, *whole), "utf-8")
    run("catalogue", "import", "calendar.csv", "--publish")
    well = run("doctor")

    days, calls = reminded.stderr.splitlines()
    assert days.startswith(f"提醒: {year}年楚雄州的州庆、彝族年还没有装入日历")
    assert "qiantai catalogue import calendar.csv --publish" in days
    assert "1 个回电已过约定日期" in calls
    assert (reminded.exit_code, "有 2 处提醒" in reminded.stdout) == (0, True)
    assert (well.exit_code, well.stderr) == (0, "")


def test_a_calendar_that_ends_soon_is_a_problem(run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as database:
        database.execute("DELETE FROM calendar_days WHERE day >= '2026-01-01'")
        database.commit()

    result = run("doctor")

    assert result.exit_code == 1
    assert "有问题: 日历只到 2025-12-31" in result.stderr


def test_a_real_service_without_a_catalogue_says_so_loudly_and_goes_on(tmp_path: Path) -> None:
    url, port = f"sqlite://{tmp_path / 'empty.sqlite3'}", free_port()
    asyncio.run(_migrated(url))
    mine = {f"QIANTAI_{name.upper()}": str(value) for name, value in ACCOUNTS.items()}
    mine |= {"QIANTAI_DATABASE_URL": url, "QIANTAI_PORT": str(port), "QIANTAI_VAR_DIR": str(tmp_path)}
    others = {name: value for name, value in os.environ.items() if not name.startswith("QIANTAI_")}
    command = [sys.executable, "-m", "api", "serve"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=others | mine | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
        )
    try:
        statuses = [_status(f"http://127.0.0.1:{port}{path}") for path in ("/healthz", "/readyz")]
    finally:
        process.terminate()
        process.wait(timeout=20)

    told = (tmp_path / "log").read_text("utf-8")
    errors = [line for line in told.splitlines() if '"error"' in line]
    assert statuses == [200, 503], told
    assert len(errors) == 1, told
    assert "还没有发布事项" in errors[0]
    assert process.returncode == 0


async def _migrated(url: str) -> None:
    async with open_database(url) as database:
        await database.migrate()


def _status(address: str) -> int:
    """Give the status as soon as somebody answers."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            time.sleep(0.1)
    return 0


def test_the_demos_key_is_whole_and_the_owners_alone_whoever_is_first(tmp_path: Path) -> None:
    settings = Settings.model_validate({"var_dir": tmp_path / "var"})

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: data_key(settings), range(32)))

    path = tmp_path / "var" / "data.key"
    assert [len(key) for key in keys] == [32]
    assert keys == {base64.b64decode(path.read_bytes())}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
