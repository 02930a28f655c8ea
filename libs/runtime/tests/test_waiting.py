"""Waiting ends by the event, by the time, or by whoever cancels it."""

from __future__ import annotations

import asyncio

import pytest

from resonance_runtime.waiting import until


async def test_it_ends_by_the_event_or_by_the_time() -> None:
    event = asyncio.Event()
    assert not await until(event, 0.001)
    event.set()
    assert await until(event, 0.0)


async def test_a_cancellation_that_comes_with_the_event_is_not_lost() -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(until(event, 60))
    await asyncio.sleep(0)
    event.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
