"""Figures for Prometheus (指标): counts without anybody's name or number."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from bot.talk import Reply


class Metrics:
    """The counters of one process, in a registry of their own so that two applications never share one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "qiantai_http_requests", "HTTP requests by route and status", ("route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "qiantai_http_seconds",
            "Seconds from request to response",
            ("route",),
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 5),
            registry=self.registry,
        )
        self.answers = Counter(
            "qiantai_chat_answers", "Chat answers by outcome and guard", ("outcome", "guard"), registry=self.registry
        )
        # Finding the counter of some labels costs more than counting, and there are few: found once.
        self._requests_of = cache(lambda route, status: self.requests.labels(route, str(status)))
        self._seconds_of = cache(self.seconds.labels)
        self._answers_of = cache(self.answers.labels)

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count one request and its time."""
        self._requests_of(route, status).inc()
        self._seconds_of(route).observe(seconds)

    def count_answer(self, reply: Reply) -> None:
        """Count one answer of the desk, whichever door it leaves by."""
        self._answers_of(reply.outcome or "talk", reply.guard).inc()

    def text(self) -> bytes:
        """Give all figures in Prometheus's text form."""
        return generate_latest(self.registry)
