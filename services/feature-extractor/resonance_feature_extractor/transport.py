"""Faust's Kafka transport with our own fetch wait, its consumer on the loop of the service.

Faust asks brokers to hold a fetch for up to 1.5 s. Kafka answers as soon as there is a record; a broker that
does not would add that to every hop. Faust has no setting for it.

Faust runs its consumer in a thread with a loop of its own and calls it through a queue, so that agents which
compute for long do not miss heartbeats. Ours computes for milliseconds. With two threads every fetch goes to and
fro between them, and each waits for the interpreter that the other holds: a sixth of the processor time of small
records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from mode.utils.futures import maybe_async


class LocalConsumer(AIOKafkaConsumerThread):
    """What faust calls the consumer's thread, as a task beside the rest."""

    def __init__(self, consumer: Any, fetch_wait_ms: int, **options: Any) -> None:
        super().__init__(consumer, thread_loop=asyncio.get_running_loop(), **options)
        self._fetch_wait_ms = fetch_wait_ms
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns once the consumer is connected; raises what it could not be for."""
        self._thread_started.set()
        running = self._thread_running = asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(self._serve())
        # It raises what is raised here, or has crashed the app with it.
        self._serving.add_done_callback(lambda served: served.cancelled() or served.exception())
        try:
            await running
        finally:
            self._thread_running = None

    async def stop(self) -> None:
        """Returns once the consumer has left."""
        await super().stop()
        if self._serving is not None:
            await asyncio.wait([self._serving])

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls it here and now."""
        return await maybe_async(fun(*args, **kwargs))

    async def _gather_remaining_tasks(self) -> None:
        """Cancels nothing: the loop's other tasks are not the consumer's."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self._fetch_wait_ms  # noqa: SLF001  # see the module's docstring
        return consumer


def transport_with_fetch_wait(fetch_wait_ms: int) -> type[Transport]:
    """A transport class whose consumers wait no longer than this for new records, milliseconds."""

    class WaitingConsumer(Consumer):
        def _new_consumer_thread(self) -> LocalConsumer:
            return LocalConsumer(self, fetch_wait_ms, loop=self.loop, beacon=self.beacon)

    class LocalTransport(Transport):
        Consumer = WaitingConsumer

    return LocalTransport
