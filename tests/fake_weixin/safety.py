"""Content safety (内容安全): text judged at once by word lists, media judged later by a pushed event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import Refused
from .world import Call, User, World

ACTIVE_SECONDS = 2 * 3_600
CONTENT_CHARS = 2_500
VERDICT_SECONDS = 60
PASS = {"suggest": "pass", "label": 100}


@dataclass
class Safety:
    """Judge content. Word lists and media verdicts are the test's to fill."""

    world: World
    risky_words: dict[str, int] = field(default_factory=dict)
    review_words: dict[str, int] = field(default_factory=dict)
    media_verdicts: dict[str, tuple[str, int]] = field(default_factory=dict)
    unreachable_urls: set[str] = field(default_factory=set)

    def check_text(self, call: Call) -> dict[str, Any]:
        """Judge text; refuse 47001, 45002 over 2,500 characters, 40003, 61010 when not logged in within two hours.

        The frozen first version has no openid and refuses risky text with 87014.
        """
        content = call.body.get("content")
        if not isinstance(content, str) or not content:
            raise Refused(44004)
        if len(content) > CONTENT_CHARS:
            raise Refused(45002)
        suggest, label = self._judge_text(content)
        if call.body.get("version") != 2:
            if suggest == "risky":
                raise Refused(87014)
            return {"errcode": 0, "errmsg": "ok"}
        self._active_user(call)
        verdict = {"suggest": suggest, "label": label}
        detail = [{"strategy": "content_model", "errcode": 0, **verdict, "prob": 90}]
        return {"errcode": 0, "errmsg": "ok", "result": verdict, "detail": detail, "trace_id": self._trace()}

    def check_media(self, call: Call) -> dict[str, Any]:
        """Accept media for judgement and give a trace_id; wxa_media_check is pushed later, -1008 if unreachable."""
        url = call.body.get("media_url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise Refused(47001)
        if call.body.get("media_type") not in (1, 2) or call.body.get("version") != 2:
            raise Refused(40097)
        user = self._active_user(call)
        trace_id = self._trace()
        self.world.announce(user, self._verdict_event(call.account.appid, url, trace_id), delay=VERDICT_SECONDS)
        return {"errcode": 0, "errmsg": "ok", "trace_id": trace_id}

    def _active_user(self, call: Call) -> User:
        if call.body.get("scene") not in (1, 2, 3, 4):
            raise Refused(40097)
        user = self.world.addressee(call, "openid")
        if user.login_at is None or self.world.clock.now() - user.login_at > ACTIVE_SECONDS:
            raise Refused(61010)
        return user

    def _judge_text(self, content: str) -> tuple[str, int]:
        for suggest, words in (("risky", self.risky_words), ("review", self.review_words)):
            label = first_hit(words, content)
            if label is not None:
                return suggest, label
        return "pass", 100

    def _verdict_event(self, appid: str, url: str, trace_id: str) -> dict[str, Any]:
        head = {"Event": "wxa_media_check", "appid": appid, "trace_id": trace_id, "version": 2}
        if url in self.unreachable_urls:
            return head | {"errcode": -1008, "errmsg": "download fail", "detail": [], "result": PASS}
        suggest, label = self.media_verdicts.get(url, ("pass", 100))
        verdict = {"suggest": suggest, "label": label}
        detail = [{"strategy": "content_model", "errcode": 0, **verdict, "prob": 90}]
        return head | {"errcode": 0, "errmsg": "ok", "detail": detail, "result": verdict}

    def _trace(self) -> str:
        return f"{self.world.fresh_id():x}"


def first_hit(words: Mapping[str, int], content: str) -> int | None:
    return next((label for word, label in words.items() if word in content), None)
