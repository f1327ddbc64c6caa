"""Access tokens (接口调用凭据): the classic one, new at every fetch, and the stable one, isolated from each other."""

import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .errors import Refused
from .quotas import Quotas
from .world import Account, World

LIFETIME = 7_200
OVERLAP = 300
FORCED_A_DAY = 20
FORCED_SPACING = 30


@dataclass
class Issue:
    """One token given out; `dead_at` is set when a newer one replaces it."""

    value: str
    appid: str
    expires_at: float
    dead_at: float | None = None


class Tokens:
    """Issue tokens and tell whose a token is."""

    def __init__(self, world: World, quotas: Quotas) -> None:
        self._world = world
        self._quotas = quotas
        self._clock: Clock = world.clock
        self._issued: dict[str, Issue] = {}
        self._classic: dict[str, Issue] = {}
        self._stable: dict[str, Issue] = {}
        self._forced: Counter[tuple[str, int]] = Counter()
        self._forced_at: defaultdict[str, float] = defaultdict(lambda: float("-inf"))

    def owner(self, value: str | None) -> Account:
        """Tell whose token it is; refuse 41001 missing, 40001 unknown or superseded, 42001 expired."""
        if not value:
            raise Refused(41001)
        issue = self._issued.get(value)
        now = self._clock.now()
        if issue is None or (issue.dead_at is not None and now >= issue.dead_at):
            raise Refused(40001)
        if now >= issue.expires_at:
            raise Refused(42001)
        return self._world.account(issue.appid)

    def holder(self, value: str | None) -> str | None:
        """Name the account a token was once issued to, alive or not: for the ledger only."""
        issue = self._issued.get(value or "")
        return issue.appid if issue else None

    def credentials(self, given: dict[str, Any]) -> Account:
        """Check appid and secret; refuse 41002, 40013, 41004, 40125."""
        if not given.get("appid"):
            raise Refused(41002)
        account = self._world.accounts.get(str(given["appid"]))
        if account is None:
            raise Refused(40013)
        if not given.get("secret"):
            raise Refused(41004)
        if given["secret"] != account.secret:
            raise Refused(40125)
        return account

    def classic(self, query: dict[str, str]) -> dict[str, Any]:
        """Give a new classic token; the previous one works five minutes more. 2,000 fetches a day, then 45009."""
        account = self._caller(query, "/cgi-bin/token")
        self._retire(self._classic.get(account.appid), OVERLAP)
        issue = self._issue(account.appid)
        self._classic[account.appid] = issue
        return {"access_token": issue.value, "expires_in": LIFETIME}

    def stable(self, body: dict[str, Any]) -> dict[str, Any]:
        """Give the current stable token until under five minutes remain, then a new one beside it.

        A forced refresh kills the current token at once; 20 a day, then 45009. Within 30 s of the last one it does not
        refresh.
        """
        account = self._caller(body, "/cgi-bin/stable_token")
        issue = self._forced_issue(account.appid) if body.get("force_refresh") else self._current(account.appid)
        return {"access_token": issue.value, "expires_in": int(issue.expires_at - self._clock.now())}

    def revoke(self, appid: str) -> None:
        """Kill every live token of the account at once, as a refresh by somebody else would."""
        for issue in self._issued.values():
            if issue.appid == appid:
                self._retire(issue, 0)
        self._stable.pop(appid, None)
        self._classic.pop(appid, None)

    def _caller(self, given: dict[str, Any], path: str) -> Account:
        if given.get("grant_type") != "client_credential":
            raise Refused(40002)
        account = self.credentials(given)
        if not account.ip_allowed:
            raise Refused(40164)
        self._quotas.count(account.appid, path)
        return account

    def _current(self, appid: str) -> Issue:
        issue = self._stable.get(appid)
        if issue is not None and issue.expires_at - self._clock.now() >= OVERLAP:
            return issue
        self._retire(issue, OVERLAP)
        return self._replace_stable(appid)

    def _forced_issue(self, appid: str) -> Issue:
        now = self._clock.now()
        if now - self._forced_at[appid] < FORCED_SPACING:
            return self._current(appid)
        key = (appid, self._clock.day())
        if self._forced[key] >= FORCED_A_DAY:
            raise Refused(45009)
        self._forced[key] += 1
        self._forced_at[appid] = now
        self._retire(self._stable.get(appid), 0)
        return self._replace_stable(appid)

    def _replace_stable(self, appid: str) -> Issue:
        self._stable[appid] = self._issue(appid)
        return self._stable[appid]

    def _issue(self, appid: str) -> Issue:
        issue = Issue(secrets.token_urlsafe(96), appid, self._clock.now() + LIFETIME)
        self._issued[issue.value] = issue
        return issue

    def _retire(self, issue: Issue | None, overlap: float) -> None:
        """Set the last moment of a replaced token; one already expired stays expired.

        A stable token is replaced when under five minutes remain and lives its full overlap all the same.
        """
        now = self._clock.now()
        if issue is None or now >= issue.expires_at:
            return
        issue.dead_at = now + overlap if issue.dead_at is None else min(issue.dead_at, now + overlap)
        if issue is self._stable.get(issue.appid):
            issue.expires_at = max(issue.expires_at, issue.dead_at)
