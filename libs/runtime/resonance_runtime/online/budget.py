"""How much of the process something takes."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Metered(Generic[T]):
    """An awaitable that measures the processor time of the coroutine in it.

    Attributes:
        own_s: Seconds, as of the last time it waited or ended.
    """

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.own_s = 0.0
        self._work = work

    def __await__(self) -> Generator[Any, Any, T]:
        fault: BaseException | None = None
        while True:
            started = time.thread_time()
            try:
                waits_for = self._work.send(None) if fault is None else self._work.throw(fault)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self.own_s += time.thread_time() - started
            fault = None
            try:
                yield waits_for
            except BaseException as raised:  # cancellation too is for the coroutine
                fault = raised
