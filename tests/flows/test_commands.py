"""The ``qiantai`` command as a stranger runs it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from api.commands import main
from config import data

QIANTAI = Path(sys.executable).with_name("qiantai")
SMALL = [
    ("code", "name", "aliases", "questions"),
    ("MZ-001", "最低生活保障审核确认", "低保;吃低保", "家里困难给能评低保"),
    ("HJ-001", "出生登记", "娃娃上户口", ""),
    ("HJ-007", "居民身份证申领", "身份证", "身份证掉了咋个补"),
]


def qiantai(
    *command: str, said: str | bytes = "", folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess:
    """Run the installed command in a process of its own, with nothing set but what the test sets."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("QIANTAI_")}
    return subprocess.run(
        [str(QIANTAI), *command],
        input=said.encode() if isinstance(said, str) else said,
        capture_output=True,
        cwd=folder,
        env=clean | environment,
        timeout=60,
    )


def lines(*questions: dict[str, Any]) -> str:
    return "".join(json.dumps(question, ensure_ascii=False) + "\n" for question in questions)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the small catalogue as CSV and as Excel, with ``id`` instead of ``code`` in the latter."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.csv").write_text("\n".join(map(",".join, SMALL)), encoding="utf-8-sig")
    book = Workbook()
    for line in [("id", *SMALL[0][1:]), *SMALL[1:]]:
        book.active.append(line)
    book.save(folder / "small.xlsx")
    return folder


def test_match_answers_each_line_in_order_with_ten_candidates() -> None:
    asked = ["娃娃上户口咋个办", "想约个号", "有人掉水库里了", "咕噜咕噜巴拉", "低保 ", "地保"]

    done = qiantai("match", "--catalogue", str(data.CATALOGUE / "items.csv"), said=lines(*({"q": q} for q in asked)))

    assert (done.returncode, done.stderr) == (0, b"")
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [answer["q"] for answer in answers] == asked
    for answer in answers:
        contract = ["q", "outcome", "intent", "candidates"]
        assert [key for key in answer if key in contract] == contract
        assert answer["outcome"] in ("sure", "ambiguous", "unknown", "intent")
        scores = [candidate["score"] for candidate in answer["candidates"]]
        assert all(list(candidate) == ["code", "name", "score"] for candidate in answer["candidates"])
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 100 for score in scores)
        assert answer["q"] == "咕噜咕噜巴拉" or len(scores) == 10
    born, book, danger, nonsense, *allowance = answers
    assert (born["outcome"], born["intent"], born["candidates"][0]["code"]) == ("sure", None, "HJ-001")
    assert (book["outcome"], book["intent"]) == ("intent", "BOOK")
    assert (danger["outcome"], danger["guard"]) == ("unknown", "DANGER")
    assert nonsense["outcome"] == "unknown"
    assert [answer["candidates"][0]["code"] for answer in allowance] == ["MZ-001", "MZ-001"]


def invoke(*command: str, said: str | bytes = "") -> Result:
    """Run a command in this process, for what does not depend on a process of its own."""
    return CliRunner().invoke(main, command, input=said)


def test_match_reads_csv_and_excel_code_or_id_and_lines_from_anywhere(small: Path) -> None:
    said = "\ufeff" + lines({"q": "身份证", "more": 1}) + "\n" + '{"q": "\\ud800低保"}'
    (small / "q.jsonl").write_text(said, encoding="utf-8")

    piped = qiantai("match", "--catalogue", str(small / "small.csv"), "--questions", "-", said=said)
    filed = invoke("match", "--catalogue", str(small / "small.xlsx"), "--questions", str(small / "q.jsonl"))

    assert (piped.returncode, piped.stderr, filed.exit_code) == (0, b"", 0)
    assert piped.stdout.decode() == filed.stdout
    card, allowance = (json.loads(line) for line in filed.stdout.splitlines())
    assert (card["q"], card["candidates"][0]["code"]) == ("身份证", "HJ-007")
    assert (allowance["q"], allowance["candidates"][0]["code"]) == ("\ud800低保", "MZ-001")


@pytest.mark.parametrize(
    ("table", "said", "why"),
    [
        (b"code,name\nA,B\n", b'{"q": "x"}\n["q"]\n', "第2行没有 q"),
        (b"number,name\nA,B\n", b"", "没有 code(或 id)和 name"),
        (b"code,title\nA,B\n", b"", "没有 code(或 id)和 name"),
        (b"code,name\nA,\n", b"", "第2行"),
        (b"code,name\n", b"", "没有事项"),
        (b"", b"", "读不了"),
        (b"PK\x03\x04", b"", "读不了"),
    ],
)
def test_match_tells_bad_input_on_stderr_and_ends_with_2(tmp_path: Path, table: bytes, said: bytes, why: str) -> None:
    (tmp_path / "t.csv").write_bytes(table)

    result = invoke("match", "--catalogue", str(tmp_path / "t.csv"), said=said)

    assert result.exit_code == 2
    assert why in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("match",),
        ("match", "--catalogue", "nowhere.csv"),
        ("match", "--nonsense"),
        ("evaluate", "--catalogue", "nowhere.csv"),
        ("nonsense",),
        ("catalogue", "check"),
        ("misses", "link", "one", "HJ-001", "--by", "me"),
        ("serve", "--port", "eighty"),
    ],
    ids=" ".join,
)
def test_bad_usage_is_told_on_stderr_and_ends_with_2(command: tuple[str, ...]) -> None:
    result = invoke(*command)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error" in result.stderr


QUESTIONS = lines(
    {"q": "低保", "gold": ["MZ-001"]},
    {"q": "娃娃上户口", "gold": ["HJ-001"]},
    {"q": "身份证", "gold": ["HJ-001"], "accept": ["HJ-007"]},
    {"q": "低保", "gold": ["HJ-001"]},
    {"q": "我想约个号", "gold": ["BOOK"]},
    {"q": "明天给会下雨", "gold": ["OUT"]},
    {"q": "那要带什么", "gold": ["HJ-001"], "kind": "followup", "context": [{"q": "娃娃上户口", "gold": ["HJ-001"]}]},
)


def test_evaluate_prints_its_table_and_ends_with_1_under_a_floor(small: Path) -> None:
    (small / "gold.jsonl").write_text(QUESTIONS, encoding="utf-8")
    command = ("evaluate", "--catalogue", str(small / "small.csv"), "--questions", str(small / "gold.jsonl"))

    good = invoke(*command, "--floor", "hit1=0.75", "--floor", "wrong_sure=0.25", "--show-misses")
    bad = qiantai(*command, "--floor", "hit1=0.76", "--floor", "hit3=0.5")

    *told, missed = good.stdout.splitlines()
    table = dict(line.split() for line in told)
    assert {"items", "out", "hit1", "hit3", "mrr10", "sure", "wrong_sure", "out_answered", "us_median"} <= set(table)
    rates = [float(table[name]) for name in ("hit1", "hit3", "mrr10", "sure", "wrong_sure")]
    assert rates == [0.75, 0.75, 0.75, 1.0, 0.25]
    assert (table["intents"], table["followups"], table["out_answered"]) == ("1.0", "1.0", "0.0")
    assert missed.startswith("低保 | HJ-001 | sure MZ-001:")
    assert (good.exit_code, good.stderr) == (0, "")
    assert bad.returncode == 1
    assert bad.stderr.decode().splitlines() == ["hit1 = 0.75, wanted ≥ 0.76"]
    assert [line.split()[0] for line in bad.stdout.decode().splitlines()] == [line.split()[0] for line in told]


@pytest.mark.parametrize(
    ("line", "more", "why"),
    [
        (b"not json", (), "第1行不是 JSON"),
        (b'{"q": "\xff"}', (), "不是 UTF-8"),
        (b'{"q": 5}', (), "第1行没有 q"),
        (b'{"gold": []}', (), "第1行没有 q"),
        (b'\n{"q": "x", "gold": "MZ-001"}', (), "第2行的 gold"),
        (b'{"q": "x", "context": [5]}', (), "第1行的 gold"),
        (b'{"q": "x"}', ("--floor", "hit1=much"), "hit1=0.80"),
        (b'{"q": "x"}', ("--floor", "hits=1"), "可以写"),
        (b'{"q": "x"}', ("--floor", "0.8"), "可以写"),
    ],
)
def test_evaluate_tells_bad_input_and_ends_with_2(small: Path, line: bytes, more: tuple[str, ...], why: str) -> None:
    (small / "odd.jsonl").write_bytes(line)

    result = invoke("evaluate", "--catalogue", str(small / "small.csv"), "--questions", str(small / "odd.jsonl"), *more)

    assert result.exit_code == 2
    assert why in result.stderr


def test_a_bare_server_is_brought_up_by_three_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = invoke("doctor")
    up, again = qiantai("migrate", folder=tmp_path), invoke("migrate")
    imported = [
        invoke("catalogue", "import", str(data.CATALOGUE / f"{kind}.csv"), "--publish")
        for kind in ("organisations", "calendar", "items")
    ]
    last = qiantai("doctor", folder=tmp_path)

    assert (first.exit_code, "qiantai migrate" in first.stderr) == (1, True)
    assert (up.returncode, "升级了" in up.stdout.decode()) == (0, True)
    assert (again.exit_code, "不用升级" in again.stdout) == (0, True)
    assert [(done.exit_code, done.stderr) for done in imported] == [(0, "")] * 3
    assert "模式: 演示" in last.stdout.decode()
    assert "没有发布事项" not in last.stderr.decode()
    assert (tmp_path / "var").is_dir()


def test_the_doctor_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QIANTAI_DATABASE_URL", "postgres://clerk:hunter2@127.0.0.1:1/none")
    monkeypatch.setenv("QIANTAI_DATA_KEY", "a2tr" * 10 + "a2s=")

    result = invoke("doctor")

    assert result.exit_code == 1
    assert "hunter2" not in result.output
    assert "a2tr" not in result.output
    assert "clerk:***@127.0.0.1" in result.stdout
    assert result.stderr.startswith("有问题: 数据库")


def test_an_impossible_setting_ends_with_2(tmp_path: Path) -> None:
    done = qiantai("doctor", folder=tmp_path, QIANTAI_PORT="eighty")

    assert (done.returncode, done.stdout) == (2, b"")
    assert "QIANTAI_PORT" in done.stderr.decode()


def test_catalogue_check_names_every_bad_row_and_ends_with_1(tmp_path: Path) -> None:
    table = (data.CATALOGUE / "items.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "items.csv").write_text(table.replace("HJ-001,", "HJ1,").replace("H-DH", "H-NOWHERE", 1), "utf-8")
    (tmp_path / "broken.csv").write_text('code,name\n"A', "utf-8")

    good = invoke("catalogue", "check", str(data.CATALOGUE / "items.csv"))
    bad = invoke("catalogue", "check", str(tmp_path / "items.csv"))
    broken = invoke("catalogue", "check", str(tmp_path / "broken.csv"), "--kind", "items")
    unclear = invoke("catalogue", "check", str(tmp_path / "broken.csv"))

    assert (good.exit_code, good.stderr) == (0, "")
    assert "209 行,没有问题" in good.stdout
    assert (bad.exit_code, bad.stdout) == (1, "")
    assert "“HJ1”不像事项编码" in bad.stderr
    assert "没有编号为“H-NOWHERE”的机构" in bad.stderr
    assert "共 2 处问题" in bad.stderr
    assert (broken.exit_code, "引号" in broken.stderr) == (1, True)
    assert (unclear.exit_code, "--kind" in unclear.stderr) == (2, True)


@pytest.fixture
def run(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command on a furnished house; the folder holds no .env."""
    shutil.copy(furnished, tmp_path / "house.sqlite3")
    monkeypatch.chdir(tmp_path)
    return lambda *command: CliRunner().invoke(main, command, env={"QIANTAI_DATABASE_URL": "sqlite://house.sqlite3"})


def test_an_unanswered_question_is_listed_and_linked(run: Callable[..., Result], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as database:
        database.execute(
            "INSERT INTO misses (question, sample, times, first_at, last_at, suggestions, state)"
            " VALUES ('咕噜证', '咕噜证咋办', 3, '2026-01-05 01:00', '2026-01-05 01:00', '[]', 'open')"
        )
        database.commit()

    listed = run("misses", "list")
    assert listed.exit_code == 0
    number = listed.stdout.split()[0]
    assert "3次 咕噜证咋办" in listed.stdout

    unknown = run("misses", "link", number, "ZZ-999", "--by", "clerk")
    linked = run("misses", "link", number, "LL-002", "--by", "clerk")
    missing = run("misses", "dismiss", "999", "--by", "clerk")

    assert (unknown.exit_code, missing.exit_code, linked.exit_code) == (1, 1, 0)
    assert unknown.stderr
    assert missing.stderr
    assert "已对到 LL-002" in linked.stdout
    assert run("misses", "list").stdout == ""


COMMANDS = [
    f"{name} {below}".strip()
    for name, command in main.commands.items()
    for below in ("", *getattr(command, "commands", ()))
]
PROMISED = {"serve", "migrate", "match", "evaluate", "doctor"} | {
    f"catalogue {name}" for name in ("check", "import", "export", "diff")
}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_each_command_tells_what_it_does(command: str) -> None:
    result = invoke(*command.split(), "--help")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage:")
    assert any("一" <= character <= "鿿" for character in result.stdout)


def test_what_the_contract_promises_is_there() -> None:
    assert set(COMMANDS) >= PROMISED
