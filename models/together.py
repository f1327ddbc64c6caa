"""Calls that share a round trip (合并往返): whoever comes while one is under way goes along with the next.

A lone call goes at once, so nobody waits for company. Under load a round trip costs more than the work done in it, and
one for twenty costs little more than one for one. Each caller gets its own result, after everything has been committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from typing import Generic, TypeVar

Call = TypeVar("Call")
Result = TypeVar("Result")

MOST = 64
"""Calls that go together; the answer to the first waits for the last."""


class Together(Generic[Call, Result]):
    """Gathers the calls of one process for ``carry``, which does all of them or, when it raises, none."""

    def __init__(
        self,
        carry: Callable[[Sequence[Call]], Awaitable[Sequence[Result]]],
        *,
        name: Callable[[Call], Hashable],
        ways: int = 1,
    ) -> None:
        """``carry`` gives a result for each call, in order; calls of one ``name`` never go together.

        Up to ``ways`` round trips may be under way at the same time.
        """
        self._carry = carry
        self._name = name
        self._free = ways
        self._setting_out = False
        self._waiting: list[tuple[Call, asyncio.Future[Result]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, call: Call) -> Result:
        """Do one call; raise what it raises when it is done alone.

        A caller that is cancelled leaves the others alone; its call is dropped if it has not set out yet.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, answer))
        if self._free and not self._setting_out:
            # The task starts after what is ready now: calls that came in the same moment are with it.
            self._free, self._setting_out = self._free - 1, True
            self._start(self._go()).add_done_callback(self._arrived)
        return await answer

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _go(self) -> None:
        self._setting_out = False
        while batch := self._next():
            await self._all(batch)
        self._free += 1  # here and not in a callback: whoever calls from now on must find the way free

    def _arrived(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # the loop is taken down: nobody will carry those who wait
            self._free, self._setting_out = self._free + 1, False
            for _, answer in self._waiting:
                answer.cancel()
            self._waiting.clear()

    def _next(self) -> list[tuple[Call, asyncio.Future[Result]]]:
        batch: dict[Hashable, tuple[Call, asyncio.Future[Result]]] = {}
        later = []
        for call, answer in self._waiting:
            if answer.done():  # its caller was cancelled
                continue
            name = self._name(call)
            if name in batch or len(batch) == MOST:
                later.append((call, answer))
            else:
                batch[name] = (call, answer)
        self._waiting = later
        return list(batch.values())

    async def _all(self, batch: list[tuple[Call, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._carry([call for call, _ in batch])
        except Exception as error:
            if len(batch) > 1:
                # One of them may be at fault, or wait for long: let each have its own result, and hold up nobody.
                for alone in batch:
                    self._start(self._all([alone]))
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
        except BaseException:
            for _, answer in batch:
                answer.cancel()
            raise
        else:
            for (_, answer), result in zip(batch, results, strict=True):
                if not answer.done():
                    answer.set_result(result)
