"""What a member of a group does when it is given partitions, and when they are taken from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiokafka import TopicPartition

Heard = Callable[["Collection[TopicPartition]"], Awaitable[None]]


def listener(assigned: Heard, revoked: Heard) -> Any:
    """A listener of aiokafka, which is loaded for it."""
    from aiokafka import ConsumerRebalanceListener

    class Listener(ConsumerRebalanceListener):  # type: ignore[misc]
        async def on_partitions_assigned(self, partitions: Collection[TopicPartition]) -> None:
            await assigned(partitions)

        async def on_partitions_revoked(self, partitions: Collection[TopicPartition]) -> None:
            await revoked(partitions)

    return Listener()
