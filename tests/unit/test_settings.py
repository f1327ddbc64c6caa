"""Settings: an impossible value stops the start with a sentence that says what to change."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from api.commands import main
from config.settings import Settings, sentences
from tests.house import ACCOUNTS

KEY = "k" * 42 + "A"


def settings(**given: Any) -> Settings:
    return Settings.model_validate(given)


def test_without_anything_it_is_a_demo_on_sqlite() -> None:
    plain = settings()

    assert plain.is_demo
    assert plain.database == "sqlite://var/qiantai.sqlite3"
    assert (plain.host, plain.port, plain.workers) == ("127.0.0.1", 8080, 1)


def test_with_an_account_it_is_no_demo() -> None:
    real = settings(**ACCOUNTS)

    assert not real.is_demo
    for secret in ("oa_aes_key", "mp_aes_key", "data_key"):
        assert ACCOUNTS[secret] not in repr(real)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "half an account": ({"oa_appid": "wx1", "data_key": ACCOUNTS["data_key"]}, "QIANTAI_OA_SECRET、QIANTAI_OA_TOKEN"),
    "half the other account": ({"mp_secret": "s"}, "QIANTAI_MP_APPID、QIANTAI_MP_TOKEN"),
    "no data key": (ACCOUNTS | {"data_key": ""}, "QIANTAI_DATA_KEY"),
    "a data key too short": ({"data_key": "YWJj"}, "32个随机字节"),
    "a data key of other signs": ({"data_key": "*" * 44}, "32个随机字节"),
    "an AES key too short": (ACCOUNTS | {"oa_aes_key": KEY[:-1]}, "43个字符"),
    "an AES key of other signs": (ACCOUNTS | {"mp_aes_key": "!" * 43}, "43个字符"),
    "an old AES key that is none": (ACCOUNTS | {"oa_aes_key_previous": "x"}, "43个字符"),
    "demo with an account": (ACCOUNTS | {"demo": True}, "演示模式不能用真实的微信账号"),
    "no demo and no account": ({"demo": False}, "没有填微信账号"),
    "workers on SQLite": ({"workers": 2}, "要用 PostgreSQL"),
    "a strange level": ({"log_level": "LOUD"}, "DEBUG、INFO、WARNING"),
    "an answer later than WeChat waits": ({"answer_deadline": 4.5}, "请填大于 0、小于 4.5 的数"),
    "no time to answer": ({"answer_deadline": 0}, "请填大于 0、小于 4.5 的数"),
    "a port that is none": ({"port": 70_000}, "QIANTAI_PORT: 请填不小于 0、不大于 65535 的整数"),
    "a port in words": ({"port": "eighty"}, "QIANTAI_PORT: 请填不小于 0、不大于 65535 的整数"),
    "a yes that is none": ({"oa_human_desk": "perhaps"}, "QIANTAI_OA_HUMAN_DESK: 请填 true 或 false"),
    "a demo that is none": ({"demo": "perhaps"}, "QIANTAI_DEMO: 请填 true 或 false"),
    "a strange format": ({"log_format": "xml"}, "请填 json、text 或 auto"),
    "no requests at all": ({"rate_person": 0}, "请填不小于 1 的整数"),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
def test_an_impossible_value_says_what_to_change(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**given)

    (sentence,) = sentences(refused.value)
    assert said in sentence


@pytest.mark.parametrize(
    "given",
    [
        {"workers": 2, "database_url": "postgres://u@h/d"},
        ACCOUNTS | {"oa_aes_key_previous": KEY},
        ACCOUNTS | {"oa_aes_key": ""},
        {"demo": True},
        {"log_level": "debug"},
    ],
)
def test_possible_values_are_taken(given: dict[str, Any]) -> None:
    assert settings(**given)


def test_a_wrong_setting_ends_the_command_with_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of the developer there
    wrong = {"QIANTAI_OA_SECRET": secrets.token_hex(4), "QIANTAI_PORT": "high"}

    result = CliRunner().invoke(main, ["serve"], env=wrong)

    assert result.exit_code == 2
    assert "QIANTAI_PORT" in result.output
    assert wrong["QIANTAI_OA_SECRET"] not in result.output


def test_the_settings_are_read_from_the_environment_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("QIANTAI_PORT=9001\nQIANTAI_HOST=0.0.0.0\nOTHER=1\n")
    monkeypatch.setenv("QIANTAI_PORT", "9002")

    read = Settings()

    assert (read.port, read.host) == (9002, "0.0.0.0")


def test_empty_values_are_unset_and_a_mark_in_front_of_the_file_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("QIANTAI_PORT=9001\nQIANTAI_DEMO=\n", encoding="utf-8-sig")

    read = Settings()

    assert (read.port, read.demo) == (9001, None)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_name_that_nobody_reads_is_refused_with_the_nearest_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    slip = {"QIANTAI_PROT": "9001", "QIANTAI_XYZZY": "1"}
    if where == "file":
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in slip.items()))

    result = CliRunner().invoke(main, ["doctor"], env=slip if where == "environment" else {})

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "QIANTAI_PROT 不认识,是不是 QIANTAI_PORT?",
        "QIANTAI_XYZZY 不认识,请删去或改正",
    ]


def test_names_of_the_tests_and_of_others_are_let_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QIANTAI_TEST_POSTGRES", "postgres://x")
    monkeypatch.setenv("QIANTAIX_PORT", "1")
    (tmp_path / ".env").write_text("PORT=1\n")

    assert Settings().port == 8080


def test_a_file_in_another_encoding_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("# 端口\nQIANTAI_PORT=9001\n", encoding="gb18030")

    result = CliRunner().invoke(main, ["doctor"])

    assert (result.exit_code, ".env 不是 UTF-8" in result.stderr) == (2, True)
