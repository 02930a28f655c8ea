"""Repeats a call while something outside is down, and says so in the service's health."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health, Progress
from resonance_runtime.retry import delays

T = TypeVar("T")

log = logging.getLogger(__name__)


async def persistently(
    call: Callable[[], Awaitable[T]], health: Health, what: str, progress: Progress | None = None
) -> T:
    """Result of the call, however long it takes until it is not `Unavailable` any more.

    Args:
        what: What is degraded meanwhile.
        progress: Of the consumer that waits. It tries, so it is alive: a restart would not bring back what is down.
    """
    for delay in delays():
        try:
            result = await call()
        except Unavailable as fault:
            health.degraded(what, str(fault))
            log.warning("waiting for what is down", extra={"what": what, "reason": str(fault)})
            if progress is not None:
                progress.moved()
            await asyncio.sleep(delay)
        else:
            health.clear(what)
            return result
    raise AssertionError("delays() has no end")
