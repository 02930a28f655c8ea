"""Records are sent as they are, or refused before any of them is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from prometheus_client import REGISTRY

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED, ANOMALIES_DETECTED, LIMITS_ADJUSTED, Service
from resonance_runtime.dependencies import DEPENDENCIES
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.publisher import MAX_RECORD_BYTES, Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load


class Producer:
    """The part of the Kafka client that is used; may fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes | None]] = []
        self.fault: Exception | None = None

    async def send(self, topic: str, value: bytes | None, **_: Any) -> asyncio.Future[object]:
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if self.fault is None:
            self.sent.append((topic, value))
            done.set_result(None)
        else:
            done.set_exception(self.fault)
        return done

    async def send_and_wait(self, topic: str, **given: Any) -> None:
        await (await self.send(topic, **given))


@pytest.fixture
async def producer() -> Producer:
    return Producer()


@pytest.fixture
async def publisher(producer: Producer) -> AsyncIterator[Publisher]:
    made = Publisher(Service.PREDICTOR, load(RuntimeSettings, {}))
    await made.stop()
    made._producer = producer
    yield made


def produced(topic: str) -> float:
    return REGISTRY.get_sample_value("resonance_records_produced_total", {"topic": topic}) or 0.0


async def test_messages_and_bytes_are_sent(publisher: Publisher, producer: Producer) -> None:
    alert = detection_pb2.Alert(alert_id="al_1")
    before = produced(ALERTS_RAISED.name)
    await publisher.send_all(
        [
            Outgoing(ALERTS_RAISED, alert, "1", 1),
            Outgoing(ALERTS_RAISED, b"as it is", "2", 1),
            Outgoing(ANOMALIES_DETECTED, b"", "3", 1),
        ]
    )
    assert producer.sent == [
        (ALERTS_RAISED.name, alert.SerializeToString()),
        (ALERTS_RAISED.name, b"as it is"),
        (ANOMALIES_DETECTED.name, b""),
    ]
    assert produced(ALERTS_RAISED.name) == before + 2


async def test_nothing_may_take_the_place_of_a_value(publisher: Publisher, producer: Producer) -> None:
    await publisher.send(Outgoing(LIMITS_ADJUSTED, None, "1", 1, key=b"user/u_a/model"))
    assert producer.sent == [(LIMITS_ADJUSTED.name, None)]


async def test_nothing_is_sent_where_one_is_too_large(publisher: Publisher, producer: Producer) -> None:
    largest = Outgoing(ALERTS_RAISED, bytes(MAX_RECORD_BYTES), "1", 1)
    await publisher.send(largest)
    producer.sent.clear()
    with pytest.raises(Reject, match=r"alerts.raised.*: al_2 has 1,000,001 bytes, more than 1,000,000"):
        await publisher.send_all([largest, Outgoing(ALERTS_RAISED, bytes(MAX_RECORD_BYTES + 1), "al_2", 1)])
    assert producer.sent == []


async def test_what_the_broker_finds_too_large_is_not_tried_again(publisher: Publisher, producer: Producer) -> None:
    producer.fault = MessageSizeTooLargeError("too large")
    with pytest.raises(Reject, match="larger than the broker takes"):
        await publisher.send(Outgoing(ALERTS_RAISED, b"", "1", 1))
    with pytest.raises(Reject, match="larger than the broker takes"):
        await publisher.send_raw(ALERTS_RAISED.dead_letters, None, b"", [])


async def test_a_broker_that_is_down_is_unavailable(publisher: Publisher, producer: Producer) -> None:
    producer.fault = KafkaConnectionError("down")
    with pytest.raises(Unavailable):
        await publisher.send(Outgoing(ALERTS_RAISED, b"", "1", 1))
    with pytest.raises(Unavailable):
        await publisher.send_raw(ALERTS_RAISED.dead_letters, None, b"", [])
    DEPENDENCIES.observe()
    assert REGISTRY.get_sample_value("resonance_dependency_up", {"dependency": "broker"}) == 0
    producer.fault = None
    await publisher.send(Outgoing(ALERTS_RAISED, b"", "1", 1))
    DEPENDENCIES.observe()
    assert REGISTRY.get_sample_value("resonance_dependency_up", {"dependency": "broker"}) == 1
