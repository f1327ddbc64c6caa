"""The console (公众平台后台), the phones of the users, and the record: what a test does without an HTTP call."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .clock import Clock
from .faults import Faults
from .ledger import Delivered, Request
from .routes import Platform
from .server import Door
from .world import Account, Kind, World


class Console:
    """Set up accounts, play the users, read the record. Nothing is shared between two consoles."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.faults = Faults()
        self._world = World(clock)
        self._platform = Platform(self._world)
        self._door = Door(self._platform, self.faults)
        self.quotas = self._platform.quotas
        self.safety = self._platform.safety

    # The console: accounts, templates, words.

    def add_account(
        self,
        appid: str,
        *,
        secret: str,
        kind: Kind,
        token: str = "",
        aes_key: str = "",
        verified: bool = True,
        ip_allowed: bool = True,
        username: str | None = None,
        open_platform: str | None = None,
        pages: Sequence[str] | None = None,
        callback_url: str | None = None,
        push_mode: Literal["secure", "plain", "compatible"] = "secure",
        push_fmt: Literal["xml", "json"] = "xml",
    ) -> None:
        """Register an account; events of its own (sent, media verdict) go to `callback_url` when there is one."""
        if kind == "oa" and push_fmt == "json":
            raise ValueError("an Official Account is pushed XML alone")
        account = Account(appid, secret, kind, token, aes_key, verified, ip_allowed, username or f"gh_{appid[-12:]}")
        account.open_platform = open_platform
        account.pages = None if pages is None else tuple(pages)
        account.callback_url, account.push_mode, account.push_fmt = callback_url, push_mode, push_fmt
        self._world.accounts[appid] = account

    def configure(self, appid: str, **changes: Any) -> None:
        """Change an account in the console, such as verified, ip_allowed, released or callback_url."""
        account = self._world.account(appid)
        for name, value in changes.items():
            if name not in vars(account):
                raise ValueError(f"no setting {name}")
            setattr(account, name, value)

    def rotate_key(self, appid: str, aes_key: str) -> None:
        """Change the EncodingAESKey; the old one stays at hand for pushes already under way."""
        account = self._world.account(appid)
        account.previous_key, account.aes_key = account.aes_key, aes_key

    def revoke_tokens(self, appid: str) -> None:
        """Kill all live tokens, as a refresh by somebody else would: calls get 40001."""
        self._platform.tokens.revoke(appid)

    def add_template(
        self, appid: str, template_id: str, *, fields: Mapping[str, Any], long_term: bool = False, title: str = ""
    ) -> None:
        """Choose a template: key -> type ("thing"), or for an enum the list of its values."""
        self._platform.notices.add_template(
            appid, template_id, fields_by_key=dict(fields), long_term=long_term, title=title
        )

    def judge(self, content: str, suggest: str, label: int = 20001) -> None:
        """Fix the safety verdict (risky, review, unreachable) of a word, or of a media URL."""
        if not content.startswith("http"):
            words = self.safety.risky_words if suggest == "risky" else self.safety.review_words
            words[content] = label
        elif suggest == "unreachable":
            self.safety.unreachable_urls.add(content)
        else:
            self.safety.media_verdicts[content] = (suggest, label)

    def forbid_word(self, word: str) -> None:
        """Put a word on the list that refuses notices with 45168."""
        self._world.sensitive_words.add(word)

    # The phones: what users do.

    def openid(self, appid: str, user: str) -> str:
        """Tell the person's openid at the account, and let the account know them."""
        return self._world.person(appid, user).openid

    def issue_login_code(self, appid: str, user: str) -> str:
        return self._platform.login.issue_login_code(appid, user)

    def issue_phone_code(self, appid: str, number: str) -> str:
        return self._platform.login.issue_phone_code(appid, number)

    def issue_oauth_code(self, appid: str, user: str, *, snapshot: bool = False) -> str:
        return self._platform.login.issue_oauth_code(appid, user, snapshot=snapshot)

    def block(self, appid: str, user: str) -> None:
        """Hold a person for high-risk: login gets 40226."""
        self._world.person(appid, user).blocked = True

    def user_acts(self, appid: str, openid: str, act: str) -> None:
        """Act as the user: message, menu, follow, scan, payment, enter or unfollow. Pushes nothing by itself."""
        self._platform.custom.user_acts(appid, openid, act)

    def grant(self, appid: str, openid: str, template_id: str, n: int = 1) -> None:
        self._platform.notices.grant(appid, openid, template_id, n=n)

    def refuse(self, appid: str, openid: str, template_id: str) -> None:
        self._platform.notices.refuse(appid, openid, template_id)

    # The record: what came in, what went out.

    @property
    def ledger(self) -> list[Request]:
        return self._door.ledger

    def requests(self, path: str, appid: str | None = None) -> list[Request]:
        """List the requests to one path, in order."""
        return [one for one in self.ledger if one.path == path and appid in (None, one.appid)]

    def sent(self, openid: str, appid: str | None = None) -> list[Delivered]:
        """List the messages that reached the person, in order."""
        return [one for one in self._world.delivered if one.openid == openid and appid in (None, one.appid)]

    def balance(self, appid: str, openid: str, template_id: str) -> int:
        return self._platform.notices.balance(appid, openid, template_id)

    def scene_of(self, ticket: str) -> int | str:
        """Tell the scene that scanning this QR code reports."""
        return self._platform.links.scenes[ticket]
