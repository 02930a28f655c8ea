"""Places at a provider: no more than there are, none lost, and some left by those who can wait."""

from __future__ import annotations

import asyncio

import pytest

from resonance_llm_orchestrator.routing.places import Places


async def test_a_place_is_waited_for_and_none_is_lost() -> None:
    places = Places(2)
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        await places.take()
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        places.give_back()

    await asyncio.gather(*(one() for _ in range(50)))
    assert (most, places.is_free(leaving=1), places.is_free(leaving=2)) == (2, True, False)


async def test_who_can_wait_takes_no_place_that_is_to_be_left_and_gets_one_once_more_are_free() -> None:
    places = Places(2)
    await places.take()
    patient = asyncio.create_task(places.take(leaving=1))
    await asyncio.sleep(0)
    assert not patient.done() and places.is_free()
    await places.take()
    places.give_back()
    await asyncio.sleep(0)
    assert not patient.done(), "the last free place is not for it"
    places.give_back()
    await patient
    assert places.is_free() and not places.is_free(leaving=1)


async def test_who_stops_waiting_leaves_no_trace() -> None:
    places = Places(1)
    await places.take()
    waiting = asyncio.create_task(places.take())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    places.give_back()
    assert places.is_free()
    await places.take()


async def test_who_is_woken_and_cancelled_at_once_takes_none() -> None:
    places = Places(1)
    await places.take()
    waiting = asyncio.create_task(places.take())
    await asyncio.sleep(0)
    places.give_back()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert places.is_free()
