"""Subscriptions to alerts on a broker: at least once, in groups that go on where they ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from secrets import token_hex

import pytest
from aiokafka import AIOKafkaProducer

from resonance_client import Alert, KafkaAlerts, KafkaConnection
from resonance_client.errors import GatewayUnreachable, UsageError
from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED, ALERTS_RESOLVED, Topic
from resonance_local.stack import Stack
from tests.support.topic_scan import GARBAGE

pytestmark = [pytest.mark.embedded]

PATIENCE_S = 120


class Told:
    """Writes alerts of one test, whose ids begin alike, so that it reads what is its own."""

    def __init__(self, producer: AIOKafkaProducer, connection: KafkaConnection) -> None:
        self.connection = connection
        self.run = token_hex(4)
        self._producer = producer

    async def tell(self, *numbers: int, severity: int = detection_pb2.SEVERITY_HIGH, over: bool = False) -> None:
        for number in numbers:
            state = detection_pb2.ALERT_STATE_RESOLVED if over else detection_pb2.ALERT_STATE_OPEN
            alert = detection_pb2.Alert(
                alert_id=f"{self.run}-{number}", user_key="u_1", kind="message_flood", severity=severity,
                revision=1 + over, state=state, opened_us=number,
            )  # fmt: skip
            topic = ALERTS_RESOLVED if over else ALERTS_RAISED
            await self.write(alert.SerializeToString(), topic, number % 4)

    async def write(self, value: bytes, topic: Topic = ALERTS_RAISED, partition: int = 0) -> None:
        """Writes what services and other tests pass over."""
        headers = [("ce_id", f"{GARBAGE}{self.run}".encode())]
        await self._producer.send_and_wait(topic.name, value, partition=partition, headers=headers)

    async def took(self, alerts: KafkaAlerts, count: int, fail_at: int | None = None) -> list[str]:
        """The first events of this test, as many as are wanted; the last is not handled where it is to fail."""
        taken: list[str] = []
        async with asyncio.timeout(PATIENCE_S), alerts:
            async for event in alerts:
                assert isinstance(event, Alert)
                if not event.alert_id.startswith(self.run):
                    continue
                if len(taken) == fail_at:
                    raise ZeroDivisionError
                taken.append(f"{event.alert_id.removeprefix(self.run)}{'!' if event.state == 'resolved' else ''}")
                if len(taken) == count:
                    break
        return taken


@pytest.fixture
async def told(parts: Stack) -> AsyncIterator[Told]:
    bootstrap = parts.environment["RESONANCE_KAFKA_BOOTSTRAP"]
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    yield Told(producer, KafkaConnection(bootstrap))
    await producer.stop()


async def test_a_group_goes_on_behind_what_it_handled_and_repeats_what_failed(told: Told) -> None:
    group = f"g-{told.run}"
    await told.tell(1, 2, 3, 4, 5, 6)
    assert len(await told.took(KafkaAlerts(told.connection, group, begin="earliest"), 2)) == 2
    with pytest.raises(ZeroDivisionError):
        await told.took(KafkaAlerts(told.connection, group), 4, fail_at=1)
    rest = await told.took(KafkaAlerts(told.connection, group), 3)
    await told.tell(7)
    assert await told.took(KafkaAlerts(told.connection, group), 1) == ["-7"]
    assert len(rest) == len(set(rest)) == 3


async def test_a_new_group_begins_now_and_loses_nothing_of_what_comes_then_though_its_first_member_fails(
    told: Told,
) -> None:
    group = f"g-{told.run}"
    await told.tell(1)
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(PATIENCE_S), KafkaAlerts(told.connection, group) as alerts:
            waiting = asyncio.ensure_future(anext(alerts))
            while alerts.assigned == 0:
                await asyncio.sleep(0.05)
            await told.tell(2)
            assert (await waiting).key[1] == f"{told.run}-2"
            raise ZeroDivisionError
    assert alerts.assigned == 0
    await told.tell(3)
    assert sorted(await told.took(KafkaAlerts(told.connection, group), 2)) == ["-2", "-3"]


async def test_two_members_of_a_group_share_what_comes(told: Told) -> None:
    group = f"g-{told.run}"
    await told.tell(*range(1, 41))
    taken: list[str] = []

    async def work() -> None:
        async with KafkaAlerts(told.connection, group, begin="earliest") as alerts:
            async for event in alerts:
                if event.key[1].startswith(told.run):
                    taken.append(event.key[1])

    members = [asyncio.create_task(work()) for _ in range(2)]
    try:
        async with asyncio.timeout(PATIENCE_S):
            while len(set(taken)) < 40:
                await asyncio.sleep(0.05)
    finally:
        for member in members:
            member.cancel()
        await asyncio.gather(*members, return_exceptions=True)


async def test_without_a_group_it_reads_to_the_end_and_commits_nothing(told: Told) -> None:
    began = time.time()
    await told.tell(1, 2)
    await told.tell(3, severity=detection_pb2.SEVERITY_LOW)
    await told.tell(1, over=True)
    for _ in range(2):
        alerts = KafkaAlerts(told.connection, None, begin=began - 1, until_end=True)
        assert sorted(await told.took(alerts, 9)) == ["-1", "-1!", "-2", "-3"]
    severe = KafkaAlerts(told.connection, None, begin="earliest", until_end=True, min_severity="high")
    assert sorted(await told.took(severe, 9)) == ["-1", "-1!", "-2"]


async def test_repeats_are_given_once_and_what_cannot_be_read_is_passed_over(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    await told.write(b"\xff\xff\xff no alert")
    await told.tell(4, 4, 8)
    assert await told.took(KafkaAlerts(told.connection, None, begin="earliest", until_end=True), 9) == ["-4", "-8"]
    assert "a record was passed over, since it is none of its topic" in caplog.text


async def test_brokers_that_are_not_there_and_types_that_are_none_are_sentences() -> None:
    with pytest.raises(GatewayUnreachable, match="No answer from the brokers at 127"):
        async with KafkaAlerts("127.0.0.1:1", None):
            pass
    with pytest.raises(UsageError, match="weather is no type of event"):
        KafkaAlerts("127.0.0.1:1", None, types=["weather"])
    with pytest.raises(UsageError, match="named as host:port"):
        KafkaAlerts("localhost", None)
