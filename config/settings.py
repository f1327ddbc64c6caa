"""Every knob of the service (设置), read once from the environment or ``.env``; prefix ``QIANTAI_``."""

from __future__ import annotations

import base64
import binascii
import difflib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "QIANTAI_"
_OF_THE_TESTS = "QIANTAI_TEST_"
_UNKNOWN = "names that are no setting"


class Settings(BaseSettings):
    """Frozen after reading; an impossible value stops the start with a sentence that says what to change."""

    # utf-8-sig: an editor of Windows puts a mark in front, which would swallow the first line's name.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
    )

    demo: bool | None = None
    """True = insist on demo mode, false = insist on real WeChat accounts, empty = demo when no account is set."""
    var_dir: Path = Path("var")
    """Folder for what the service writes itself: SQLite file, demo key. Relative to the working directory."""
    database_url: str = ""
    """``sqlite://PATH`` or ``postgres://USER:PASSWORD@HOST:PORT/NAME``. Empty = SQLite under ``var_dir``."""
    database_pool: Annotated[int, Field(ge=1, le=100)] = 8
    """Most PostgreSQL connections of one process."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """TCP port to listen on; 0 = any free one."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that share the port; more than one needs PostgreSQL."""
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    """How many reverse proxies stand in front and append to X-Forwarded-For; 0 = believe the socket's address."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    log_format: str = "auto"
    """``json``, ``text``, or ``auto`` = text on a terminal, JSON elsewhere."""
    data_key: SecretStr = SecretStr("")
    """32 random bytes in base64; encrypts personal data and tokens at rest. Demo mode makes its own in ``var_dir``."""

    wechat_api_base: str = "https://api.weixin.qq.com"
    """Address of WeChat's API without a trailing slash."""
    oa_appid: str = ""
    """Official Account: app id; empty = not used."""
    oa_secret: SecretStr = SecretStr("")
    """Official Account: app secret."""
    oa_token: SecretStr = SecretStr("")
    """Official Account: token of the message push."""
    oa_aes_key: SecretStr = SecretStr("")
    """Official Account: EncodingAESKey, 43 characters; empty = plain mode (not advised)."""
    oa_aes_key_previous: SecretStr = SecretStr("")
    """Official Account: the key before a rotation, accepted beside the current one."""
    oa_human_desk: bool = False
    """Official Account: clerks answer in WeChat's own customer-service client; a wish for a person is handed to it."""
    mp_appid: str = ""
    """Mini-program: app id; empty = not used."""
    mp_secret: SecretStr = SecretStr("")
    """Mini-program: app secret."""
    mp_token: SecretStr = SecretStr("")
    """Mini-program: token of the message push."""
    mp_aes_key: SecretStr = SecretStr("")
    """Mini-program: EncodingAESKey, 43 characters; empty = plain mode (not advised)."""
    mp_aes_key_previous: SecretStr = SecretStr("")
    """Mini-program: the key before a rotation."""

    answer_deadline: Annotated[float, Field(gt=0, lt=4.5)] = 3.5
    """Seconds after which a message is acknowledged and answered later; WeChat hangs up after 5."""
    rate_person: Annotated[int, Field(ge=1)] = 60
    """Most REST requests a minute of one person."""
    rate_address: Annotated[int, Field(ge=1)] = 300
    """Most REST requests a minute of one address."""

    @field_validator("oa_aes_key", "oa_aes_key_previous", "mp_aes_key", "mp_aes_key_previous")
    @classmethod
    def _aes_key_has_43_characters(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if not key:
            return value
        try:
            usable = len(key) == 43 and len(base64.b64decode(key + "=", validate=True)) == 32
        except binascii.Error:
            usable = False
        if not usable:
            raise ValueError("EncodingAESKey 要43个字符,请到微信公众平台“基本配置”里复制")
        return value

    @field_validator("data_key")
    @classmethod
    def _data_key_has_32_bytes(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if not key:
            return value
        try:
            usable = len(base64.b64decode(key, validate=True)) == 32
        except binascii.Error:
            usable = False
        if not usable:
            raise ValueError("要32个随机字节的base64,可用 openssl rand -base64 32 生成")
        return value

    @field_validator("log_level")
    @classmethod
    def _log_level_is_known(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("请填 DEBUG、INFO、WARNING 或 ERROR")
        return value.upper()

    @field_validator("log_format")
    @classmethod
    def _log_format_is_known(cls, value: str) -> str:
        if value.lower() not in ("json", "text", "auto"):
            raise ValueError("请填 json、text 或 auto")
        return value.lower()

    @model_validator(mode="before")
    @classmethod
    def _every_name_is_known(cls, data: dict[str, Any]) -> dict[str, Any]:
        if unknown := data.get(_UNKNOWN):
            raise ValueError("\n".join(_not_known(name) for name in unknown))
        return data

    @model_validator(mode="after")
    def _real_accounts_are_complete(self) -> Settings:
        for prefix in ("oa", "mp"):
            given = {name: self._secret(f"{prefix}_{name}") for name in ("appid", "secret", "token")}
            missing = [name for name, value in given.items() if not value]
            if missing and len(missing) < len(given):
                names = "、".join(f"QIANTAI_{prefix.upper()}_{name.upper()}" for name in missing)
                raise ValueError(f"微信账号只填了一半,还缺 {names}")
        if self.demo is True and not self.is_demo:
            raise ValueError("演示模式不能用真实的微信账号:请删去 QIANTAI_OA_… 和 QIANTAI_MP_…,或去掉 QIANTAI_DEMO")
        if self.demo is False and self.is_demo:
            raise ValueError("没有填微信账号:请设置 QIANTAI_OA_… 或 QIANTAI_MP_…,或去掉 QIANTAI_DEMO 用演示模式")
        if not self.is_demo and not self.data_key.get_secret_value():
            raise ValueError("填了微信账号就必须设置 QIANTAI_DATA_KEY(可用 openssl rand -base64 32 生成)")
        if self.workers > 1 and not self.database.startswith("postgres"):
            raise ValueError("多个进程(QIANTAI_WORKERS)要用 PostgreSQL,请设置 QIANTAI_DATABASE_URL")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Add to pydantic's sources one that reports names nobody reads: a slip there would go unnoticed."""
        unknown = _UnknownNames(settings_cls, env_settings, dotenv_settings)
        return init_settings, env_settings, dotenv_settings, unknown

    def _secret(self, name: str) -> str:
        value = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    @property
    def is_demo(self) -> bool:
        """Say whether no WeChat account is set, so that the stand-in for WeChat answers."""
        return not (self.oa_appid or self.mp_appid)

    @property
    def database(self) -> str:
        """Give the database address in force."""
        return self.database_url or f"sqlite://{self.var_dir / 'qiantai.sqlite3'}"


class _UnknownNames(PydanticBaseSettingsSource):
    """Finds the names in the environment and in ``.env`` that carry our prefix and are no setting."""

    def __init__(self, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._names = {name.upper() for s in sources if isinstance(s, EnvSettingsSource) for name in s.env_vars}

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        ours = {name for name in self._names if name.startswith(PREFIX) and not name.startswith(_OF_THE_TESTS)}
        return {_UNKNOWN: sorted(ours - set(_names()))}


def _names() -> list[str]:
    return [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]


def _not_known(name: str) -> str:
    nearest = difflib.get_close_matches(name.removeprefix(PREFIX), [n.removeprefix(PREFIX) for n in _names()], n=1)
    return f"{name} 不认识,是不是 {PREFIX}{nearest[0]}?" if nearest else f"{name} 不认识,请删去或改正"


def sentences(error: ValidationError) -> list[str]:
    """Say in Chinese what is wrong with each setting and what to fill in; values are not repeated, some are secret."""
    told: list[str] = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else ""
        own = problem["msg"].removeprefix("Value error, ")
        sentence = own if problem["type"] == "value_error" else _wanted(name)
        told.extend(f"{PREFIX}{name.upper()}: {sentence}" if name else line for line in sentence.split("\n"))
    return told


def _wanted(name: str) -> str:
    field = Settings.model_fields[name]
    if field.annotation in (int, float):
        number = "整数" if field.annotation is int else "数"
        bounds = (("ge", "不小于"), ("gt", "大于"), ("le", "不大于"), ("lt", "小于"))
        told = [f"{word} {getattr(m, key)}" for key, word in bounds for m in field.metadata if hasattr(m, key)]
        return f"请填{'、'.join(told)} 的{number}"
    if field.annotation in (bool, bool | None):
        return "请填 true 或 false"
    return "看不懂,请照 README 的设置表填写"
