"""The client of a consumer group: how it joins, hears of rebalances, and leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from resonance_runtime.assignment import AllToOne
from resonance_runtime.kafka import connection
from resonance_runtime.settings import RuntimeSettings

log = logging.getLogger(__name__)

# Liveness is our own (see `health.Progress`); a long batch must not look like a dead member to the group.
MAX_POLL_INTERVAL_MS: Final = 3_600_000
HEARTBEAT_MS: Final = 1000
LEAVE_S: Final = 3.0

Rebalance = Callable[[Iterable[TopicPartition]], Awaitable[None]]


def member_of(
    group: str, settings: RuntimeSettings, session_ms: int, lasting_name: str | None, *, alone: bool
) -> AIOKafkaConsumer:
    """A member, not started.

    Args:
        group: The group.
        settings: Where the brokers are.
        session_ms: Time without a heartbeat after which the group goes on without it, milliseconds.
        lasting_name: Its name over restarts; None where it is a new member each time.
        alone: Whether one member has all partitions.
    """
    return AIOKafkaConsumer(
        **connection(settings),
        group_id=group,
        group_instance_id=lasting_name,
        client_id=f"{group}-{settings.instance}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        rebalance_timeout_ms=settings.kafka_rebalance_ms,
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=HEARTBEAT_MS,
        **({"partition_assignment_strategy": (AllToOne,)} if alone else {}),
    )


async def leave(group: str, consumer: AIOKafkaConsumer) -> None:
    """Leaves for good, with little patience: the client waits for the end of a rebalance, and for its broker.

    Who is asked to stop may not come back: its partitions are not to wait for it, also where it has a lasting name.
    """
    coordinator = getattr(consumer, "_coordinator", None)
    if coordinator is not None:
        # The client lets no member leave that has a name; Kafka does.
        coordinator._group_instance_id = None  # noqa: SLF001
    try:
        async with asyncio.timeout(LEAVE_S):
            await consumer.stop()
    except TimeoutError:
        log.warning("left without a word: the group goes on after a session", extra={"group": group})
        for part in ("_fetcher", "_client"):
            if (open_ := getattr(consumer, part, None)) is not None:
                await open_.close()


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Passes rebalances on. The client only logs what a listener raises, and goes on; so the service is ended here."""

    def __init__(self, assigned: Rebalance, revoked: Rebalance, crash: Callable[[Exception], None]) -> None:
        self._assigned = assigned
        self._revoked = revoked
        self._crash = crash

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        try:
            await self._revoked(revoked)
        except Exception as fault:
            self._crash(fault)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        try:
            await self._assigned(assigned)
        except Exception as fault:
            self._crash(fault)
