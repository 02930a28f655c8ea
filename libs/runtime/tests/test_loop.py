"""What a loop is given, and what its group means for readiness."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from resonance_contracts.topics import ACTIVITY_SUBMITTED, Service
from resonance_runtime.health import Progress
from resonance_runtime.loop import RecordLoop
from resonance_runtime.records import RawRecord, Record
from resonance_runtime.runtime import Runtime
from resonance_runtime.settings import RuntimeSettings


class Raws:
    """Handles records as they come."""

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        """Takes them."""


async def take(records: Sequence[Record[Any]]) -> None:
    """Takes records."""


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime[Any]]:
    runtime: Runtime[Any] = Runtime(Service.GATEWAY, RuntimeSettings())
    yield runtime
    await runtime.publisher.stop()


@pytest.mark.parametrize("needed", [True, False])
async def test_a_group_that_is_not_needed_does_not_hold_readiness_up(runtime: Runtime[Any], needed: bool) -> None:
    loop = RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], handling=Raws(), needed=needed)
    assert bool(runtime.health.unready()) is needed
    await loop.stop()


@pytest.mark.parametrize("needed", [True, False])
async def test_nor_does_its_joining(monkeypatch: pytest.MonkeyPatch, runtime: Runtime[Any], needed: bool) -> None:
    joining = asyncio.Event()

    async def join(_: AIOKafkaConsumer) -> None:
        joining.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(AIOKafkaConsumer, "start", join)
    loop = RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], handling=Raws(), needed=needed)
    await loop.start()
    await joining.wait()
    assert ("connection of group g" in runtime.health.unready()) is needed
    await loop.stop()
    await runtime.cancel_tasks()


@pytest.mark.parametrize("given", [{}, {"handle": take, "handling": Raws()}])
async def test_a_loop_takes_one_way_of_handling(runtime: Runtime[Any], given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either handle, or handling, or state and objects"):
        RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], **given)
