"""Faust's Kafka transport with our own fetch wait.

Faust asks brokers to hold a fetch for up to 1.5 s. Kafka answers as soon as there is a record; a broker that
does not would add that to every hop. Faust has no setting for it.
"""

from __future__ import annotations

from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport


def transport_with_fetch_wait(fetch_wait_ms: int) -> type[Transport]:
    """A transport class whose consumers wait no longer than this for new records, milliseconds."""

    class QuickThread(AIOKafkaConsumerThread):
        def _create_worker_consumer(self, transport: Any) -> Any:
            consumer = super()._create_worker_consumer(transport)
            consumer._fetch_max_wait_ms = fetch_wait_ms  # noqa: SLF001  # see the module's docstring
            return consumer

    class QuickConsumer(Consumer):
        def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
            return QuickThread(self, loop=self.loop, beacon=self.beacon)

    class QuickTransport(Transport):
        Consumer = QuickConsumer

    return QuickTransport
