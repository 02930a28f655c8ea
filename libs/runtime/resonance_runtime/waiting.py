"""Waiting for something, but not for ever."""

from __future__ import annotations

import asyncio


async def until(event: asyncio.Event, seconds: float) -> bool:
    """Waits for an event, so many seconds at most; whether it is set.

    Who waits can be cancelled: `asyncio.wait_for` of Python 3.11 loses a cancellation that comes with the event.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
