"""How far behind the groups are, from a broker's own answers."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from resonance_contracts.topics import FEATURES_COMPUTED, Service
from resonance_gateway.news.lag import FRESH_S, STANDS_S, GroupLag, LagWatch, lags_of, service_of
from resonance_runtime.settings import RuntimeSettings
from tests.support.broker import broker_process, embedded_broker

A, B = TopicPartition("a", 0), TopicPartition("a", 1)


def at(address):
    return RuntimeSettings(kafka_bootstrap=address)


class Time:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@asynccontextmanager
async def watching(address, **settings):
    """A watch that was started, and its time."""
    time = Time()
    watch = LagWatch(at(address), time, **settings)
    await watch.start()
    try:
        yield watch, time
    finally:
        await watch.stop()


@pytest.mark.parametrize(
    ("group", "service"),
    [
        ("predictor", Service.PREDICTOR),
        ("xai.questions", Service.XAI),
        ("feature-extractor", Service.FEATURE_EXTRACTOR),
        ("predictors", None),
        ("", None),
    ],
)
def test_a_group_is_named_after_its_service(group, service):
    assert service_of(group) == service


def test_lag_is_what_was_not_committed():
    other = TopicPartition("b", 0)

    found = lags_of("predictor.questions", {A: 3, B: 10, other: 0}, {A: 5, B: 10, other: 7})

    assert found == [
        GroupLag(Service.PREDICTOR, "predictor.questions", "a", 2, 2),
        GroupLag(Service.PREDICTOR, "predictor.questions", "b", 1, 7),
    ]


def test_what_was_never_committed_or_is_nobodys_is_left_out():
    assert lags_of("predictor", {A: -1}, {A: 5}) == []
    assert lags_of("somebody", {A: 1}, {A: 5}) == []


def test_a_topic_that_was_made_anew_has_no_negative_lag():
    assert lags_of("predictor", {A: 9}, {A: 5})[0].records == 0


async def test_before_the_start_nothing_is_asked():
    lags = await LagWatch(at("127.0.0.1:1")).current()

    assert (lags.groups, lags.unknown) == ((), "The broker was not asked yet.")


async def test_a_broker_that_is_away_is_said_and_not_asked_again_at_once():
    async with watching("127.0.0.1:1") as (watch, time):
        first = await watch.current()
        assert "did not say it" in first.unknown
        assert await watch.current() is first
        time.now += FRESH_S
        assert await watch.current() is not first


async def test_a_broker_says_how_far_behind_a_group_is():
    with embedded_broker() as address:
        await _committed(address, "predictor", FEATURES_COMPUTED.name, written=5, done=2)
        async with watching(address) as (watch, time):
            lags = await watch.current()
            await _committed(address, "predictor", FEATURES_COMPUTED.name, written=0, done=4)
            cached = await watch.current()
            time.now += STANDS_S
            later = await watch.current()

    assert lags.unknown is None
    assert [(lag.group, lag.topic, lag.records) for lag in lags.groups] == [("predictor", FEATURES_COMPUTED.name, 3)]
    assert cached is lags
    assert later.groups[0].records == 1


async def test_the_broker_is_asked_whether_or_not_somebody_wants_to_know():
    with embedded_broker() as address:
        await _committed(address, "predictor", FEATURES_COMPUTED.name, written=5, done=2)
        async with watching(address, every_s=0.05) as (watch, _):
            await watch.current()
            await _committed(address, "predictor", FEATURES_COMPUTED.name, written=0, done=4)
            # Time stands still, so nothing is asked because of these.
            async with asyncio.timeout(20):
                while (await watch.current()).groups[0].records != 1:
                    await asyncio.sleep(0.05)


async def test_nobody_waits_for_a_busy_broker_while_what_is_known_stands():
    with broker_process() as (address, broker):
        await _committed(address, "predictor", FEATURES_COMPUTED.name, written=5, done=2)
        async with watching(address) as (watch, time):
            known = await watch.current()
            await _committed(address, "predictor", FEATURES_COMPUTED.name, written=0, done=4)
            os.kill(broker.pid, signal.SIGSTOP)
            time.now += FRESH_S
            held = await watch.current()
            time.now += STANDS_S
            waited_for = await watch.current()
            os.kill(broker.pid, signal.SIGCONT)
            answered = await watch.current()

    assert held is known
    assert (waited_for.groups, waited_for.unknown) == (known.groups, "The broker has not said it yet.")
    assert (answered.groups[0].records, answered.unknown) == (1, None)


async def _committed(address, group, topic, written, done):
    if written:
        admin = AIOKafkaAdminClient(bootstrap_servers=address)
        await admin.start()
        await admin.create_topics([NewTopic(topic, 1, 1)])
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=False)
        await producer.start()
        for i in range(written):
            await producer.send_and_wait(topic, str(i).encode(), partition=0)
        await producer.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=address, group_id=group, enable_auto_commit=False)
    await consumer.start()
    tp = TopicPartition(topic, 0)
    consumer.assign([tp])
    await consumer.commit({tp: done})
    await consumer.stop()
