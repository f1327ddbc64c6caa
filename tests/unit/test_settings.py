"""Settings: an impossible value stops the start with a sentence that says what to change."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from api.commands import main
from config.settings import Settings
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
    "an answer later than WeChat waits": ({"answer_deadline": 4.5}, "less than 4.5"),
    "no time to answer": ({"answer_deadline": 0}, "greater than 0"),
    "a port that is none": ({"port": 70_000}, "65535"),
    "no requests at all": ({"rate_person": 0}, "greater than or equal to 1"),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
def test_an_impossible_value_says_what_to_change(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**given)


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
