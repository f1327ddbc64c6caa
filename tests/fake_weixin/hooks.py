"""The test's own door when the fake runs as a process: `POST /_hook/<act>`, and `GET /_ledger`, `/_sent`, `/_clock`.

The body of a hook is a JSON object of keyword arguments, its answer `{"result": ...}`.
Nothing here belongs to the platform, and nothing here is written into the ledger.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from .fake import FakeWeixin

ACTS = (
    "add_account",
    "add_template",
    "balance",
    "block",
    "configure",
    "forbid_word",
    "grant",
    "issue_login_code",
    "issue_oauth_code",
    "issue_phone_code",
    "judge",
    "openid",
    "push",
    "refuse",
    "revoke_tokens",
    "rotate_key",
    "scene_of",
    "settle",
    "user_acts",
    "verify_url",
)


class Hooks:
    """Drive the fake over HTTP by the names of its Python methods."""

    def __init__(self, fake: "FakeWeixin") -> None:
        self._fake = fake

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_hook/{act}", self.act),
            web.get("/_ledger", self.ledger),
            web.get("/_sent", self.sent),
            web.get("/_clock", self.clock),
        ]

    async def act(self, request: web.Request) -> web.Response:
        """Call the method with the body's keyword arguments; 404 for an unknown act, 400 for wrong arguments."""
        act = self._find(request.match_info["act"])
        arguments = await request.json() if request.can_read_body else {}
        try:
            outcome = act(**arguments)
            result = await outcome if inspect.isawaitable(outcome) else outcome
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}") from error
        return web.json_response({"result": as_json(result)})

    async def ledger(self, request: web.Request) -> web.Response:
        """List requests, narrowed by `path`, `appid` and `since` (an index)."""
        query = request.query
        since = int(query.get("since", "0"))
        wanted = {name: query[name] for name in ("path", "appid") if name in query}
        entries = [one.as_json() for one in self._fake.ledger[since:]]
        return web.json_response([one for one in entries if all(one[name] == wanted[name] for name in wanted)])

    async def sent(self, request: web.Request) -> web.Response:
        return web.json_response(as_json(self._fake.sent(request.query["openid"], request.query.get("appid"))))

    async def clock(self, request: web.Request) -> web.Response:
        return web.json_response({"now": self._fake.clock.now()})

    def _find(self, name: str) -> Callable[..., Any]:
        fake = self._fake
        special: dict[str, Callable[..., Any]] = {
            "clock_advance": fake.clock.advance,
            "clock_set": fake.clock.set,
            "fault": fake.faults.add,
            "faults_clear": fake.faults.clear,
            "quota": fake.quotas.set,
        }
        if name in special:
            return special[name]
        if name in ACTS:
            act: Callable[..., Any] = getattr(fake, name)
            return act
        raise web.HTTPNotFound(text=f"no act {name}")


def as_json(result: Any) -> Any:
    if isinstance(result, list):
        return [as_json(one) for one in result]
    return result.as_json() if hasattr(result, "as_json") else result
