"""WeChat over the network (微信): the gateway with its tries, pauses and alerts.

Every refusal is logged with WeChat's ``rid``. Tokens, secrets and login codes are never logged; of an openid the last
four characters.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from weakref import WeakValueDictionary

import structlog
from wechatpy.exceptions import WeChatClientException  # type: ignore[import-untyped]

from bot.gateway import (
    DELIVERED,
    Login,
    Outcome,
    Reaction,
    login_refusal,
    reaction_to,
    refused,
    split_text,
)
from bot.retries import MOST_RETRIES, Pauses, after_silence, backoff, pause_before_next, unsure_of
from bot.tokens import Sleep, TokenKeeper
from bot.transport import Busy, NoAnswer, Timeouts, Wire
from bot.wechat_client import AccountClient, Fetch
from models.database import Database
from models.rules.errors import WeChatUnreachable
from models.sealing import Sealer
from models.tokens import Token

log = structlog.get_logger(__name__)

_LONG = re.compile(r"[\w-]{27,}")
"""Tokens, openids and login codes in WeChat's words; a rid is 26 characters."""


class Secret(Protocol):
    """A pydantic ``SecretStr``."""

    def get_secret_value(self) -> str: ...


class Accounts(Protocol):
    """The part of the settings that this module reads."""

    @property
    def wechat_api_base(self) -> str: ...
    @property
    def oa_appid(self) -> str: ...
    @property
    def oa_secret(self) -> Secret: ...
    @property
    def mp_appid(self) -> str: ...
    @property
    def mp_secret(self) -> Secret: ...


class WeChatGateway:
    """The :class:`bot.gateway.Gateway` of the real platform."""

    def __init__(
        self,
        settings: Accounts,
        database: Database,
        sealer: Sealer,
        *,
        clock: Callable[[], datetime],
        sleep: Sleep = asyncio.sleep,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._mp_appid = settings.mp_appid
        self._wire = Wire(settings.wechat_api_base, timeouts or Timeouts())
        self._pauses = Pauses(clock)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

        def keeper(appid: str, fetch: Fetch) -> TokenKeeper:
            return TokenKeeper(appid, fetch, database=database, sealer=sealer, clock=clock, sleep=sleep)

        accounts = {settings.oa_appid: settings.oa_secret, settings.mp_appid: settings.mp_secret}
        self._clients = {
            appid: AccountClient(appid, secret.get_secret_value(), wire=self._wire, keeper=keeper)
            for appid, secret in accounts.items()
            if appid
        }

    def client(self, appid: str) -> AccountClient | None:
        """Give the account's client, for API methods beyond the seam; None for an account that is not set."""
        return self._clients.get(appid)

    async def close(self) -> None:
        """Break off what is under way and close the connections."""
        for client in self._clients.values():
            await client.tokens.close()
        await self._wire.close()

    async def token(self, appid: str) -> str:
        """Give an access token of the account; raise WeChatUnreachable."""
        client = self._clients.get(appid)
        if client is None:
            raise WeChatUnreachable
        outcome = await self._once(appid, "token", client.tokens.current)
        value = client.tokens.value
        if not outcome.ok or value is None:
            raise WeChatUnreachable
        return value

    async def send_text(self, appid: str, openid: str, text: str) -> Outcome:
        """Send a text in up to three parts, in order; stop at the first part that is not delivered."""
        client = self._clients.get(appid)
        if client is None:
            return refused(40013, "account is not set")
        lock = self._turns.setdefault((appid, openid), asyncio.Lock())
        outcome = DELIVERED
        async with lock:
            for part in split_text(text):
                outcome = await self._send_part(client, openid, part)
                if not outcome.ok:
                    break
        return outcome

    async def _send_part(self, client: AccountClient, openid: str, part: str) -> Outcome:
        outcome = await self._send(client, openid, part)
        if reaction_to(outcome.errcode) is not Reaction.SPLIT:
            return outcome
        for half in split_text(part, len(part.encode()) // 2 + 4):
            outcome = await self._send(client, openid, half)
            if not outcome.ok:
                break
        return outcome

    async def _send(self, client: AccountClient, openid: str, text: str) -> Outcome:
        """Make all tries of one message; after a try without an answer at most one more."""

        def call() -> Awaitable[object]:
            sent: Awaitable[object] = client.message.send_text(openid, text)
            return sent

        unsure = False
        for attempt in range(MOST_RETRIES + 1):
            outcome = await self._once(client.appid, "send", call, openid)
            if unsure:
                return after_silence(outcome)
            pause = pause_before_next(outcome, attempt)
            if pause is None:
                break
            unsure = outcome.reaction is Reaction.UNSURE
            await self._sleep(pause)
        return outcome

    async def _once(self, appid: str, api: str, call: Callable[[], Awaitable[object]], openid: str = "") -> Outcome:
        """Make one try, unless the account or the API rests; note and log how it ended."""
        resting = self._pauses.errcode(appid, api)
        if resting is not None:
            return refused(resting, "resting since an earlier refusal")
        try:
            answer = await call()
            outcome = DELIVERED if isinstance(answer, dict | Token) else unsure_of("not a JSON object")
        except WeChatClientException as error:
            outcome = refused(error.errcode, error.errmsg)
            self._pauses.note(appid, api, error.errcode)
        except Busy as error:
            outcome = Outcome(False, Reaction.RETRY, None, str(error))
        except NoAnswer as error:
            outcome = unsure_of(str(error))
        if outcome is not DELIVERED:
            self._tell(appid, api, outcome, openid)
        return outcome

    def _tell(self, appid: str, api: str, outcome: Outcome, openid: str) -> None:
        code = outcome.code
        alert = outcome.reaction is Reaction.ALERT or (code is not None and code.alert)
        say = log.error if alert else log.warning
        say(
            "wechat refused",
            appid=appid,
            api=api,
            openid=openid[-4:],
            errcode=outcome.errcode,
            reaction=outcome.reaction.value,
            meaning=code.meaning if code else "",
            errmsg=_LONG.sub("***", outcome.errmsg),
        )

    async def log_in(self, code: str) -> Login:
        """Exchange a wx.login code at the mini-program; the tries together take twice one call's time at most."""
        client = self._clients.get(self._mp_appid)
        if client is None:
            log.error("nobody can log in: the mini-program is not set")
            raise WeChatUnreachable
        try:
            async with asyncio.timeout(2 * self._wire.timeouts.login):
                return await self._log_in(client, code)
        except TimeoutError:
            raise WeChatUnreachable from None

    async def _log_in(self, client: AccountClient, code: str) -> Login:
        """Try like a query: if a lost try has used the code up, the next is refused and the app fetches a new one."""
        answer: dict[str, object] = {}

        async def call() -> object:
            result = await client.wxa.code_to_session(code)
            answer.update(result if isinstance(result, dict) else {})
            return result

        for attempt in range(MOST_RETRIES + 1):
            outcome = await self._once(client.appid, "login", call)
            if outcome.ok and answer.get("openid"):
                unionid = answer.get("unionid")
                return Login(client.appid, str(answer["openid"]), str(unionid) if unionid else None)
            if outcome.reaction not in (Reaction.RETRY, Reaction.UNSURE) or attempt == MOST_RETRIES:
                break
            await self._sleep(backoff(attempt))
        raise login_refusal(outcome.errcode, retry_after=60 - self._clock().second)
