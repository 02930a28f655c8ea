"""Pieces of work that belong together: when one ends, all end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def until_one_ends(*work: Coroutine[Any, Any, None]) -> None:
    """Runs all at once; raises what the first one raised, when the others are ended."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(*tasks)


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks; returns when they ended, whatever they raise."""
    while any(not task.done() for task in tasks):
        # Asked for again: a cancellation that meets a time-out of a client is lost in it.
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.05)
    for task in tasks:
        if not task.cancelled():
            task.exception()
