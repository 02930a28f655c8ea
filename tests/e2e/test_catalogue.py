"""The running system's topics, headers and types are the catalogue's."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from resonance_contracts.shards import partition_of
from resonance_contracts.topics import (
    ACTIONS_AUDITED,
    ACTIONS_CHANGED,
    ACTIVITY_SUBMITTED,
    DRIFTS_DETECTED,
    EXPLANATIONS_REQUESTED,
    FEEDBACK_GIVEN,
    INCIDENTS_CHANGED,
    LIMITS_ADJUSTED,
    MODELS_REQUESTED,
    NOTIFICATIONS_SENT,
    PREDICTIONS_REQUESTED,
    REPLIES_SENT,
    SILENCES_CHANGED,
    TASKS_REQUESTED,
    TOPICS,
    USERS_ERASED,
    Key,
    Topic,
)
from tests.support.demonstration import Demonstrated
from tests.support.topic_scan import Seen, different_repeats, scan_ours

pytestmark = [pytest.mark.embedded]

TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# During the demonstration nobody asked anything, silenced anything, adjusted limits or was erased, and no backend wrote
# to the topic that is theirs. It may be over before a group of incidents is told of.
UNASKED = {
    ACTIONS_AUDITED.name,
    ACTIONS_CHANGED.name,
    ACTIVITY_SUBMITTED.name,
    DRIFTS_DETECTED.name,
    EXPLANATIONS_REQUESTED.name,
    FEEDBACK_GIVEN.name,
    LIMITS_ADJUSTED.name,
    MODELS_REQUESTED.name,
    NOTIFICATIONS_SENT.name,
    PREDICTIONS_REQUESTED.name,
    REPLIES_SENT.name,
    SILENCES_CHANGED.name,
    TASKS_REQUESTED.name,
    USERS_ERASED.name,
}


@pytest.fixture(scope="module")
def records(demonstrated: Demonstrated) -> dict[str, list[Seen]]:
    return asyncio.run(scan_ours(demonstrated.stack.environment["RESONANCE_KAFKA_BOOTSTRAP"], TOPICS))


async def test_topics_are_those_of_the_catalogue(demonstrated: Demonstrated) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=demonstrated.stack.environment["RESONANCE_KAFKA_BOOTSTRAP"])
    await admin.start()
    try:
        ours = {name for name in await admin.list_topics() if name.startswith("resonance.")}
    finally:
        await admin.close()
    assert ours == {name for topic in TOPICS for name in (topic.name, topic.dead_letters)}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
async def test_records_are_what_the_catalogue_says(topic: Topic, records: dict[str, list[Seen]]) -> None:
    seen = records[topic.name]
    assert seen or topic.name in UNASKED, "every topic of the catalogue is in use"
    for record in seen:
        headers = record.headers
        assert headers["ce_specversion"] == "1.0"
        assert headers["ce_id"]
        assert headers["ce_type"] == topic.type
        assert headers["ce_source"].split("/")[2] in topic.owners
        assert datetime.fromisoformat(headers["ce_time"]).tzinfo is not None
        assert TRACEPARENT.fullmatch(headers["traceparent"])
        assert record.message.ByteSize() == len(record.value)


@pytest.mark.parametrize("topic", [t for t in TOPICS if t.key is Key.USER and t.sharded], ids=lambda t: t.name)
async def test_users_are_in_the_partition_of_their_shard(topic: Topic, records: dict[str, list[Seen]]) -> None:
    partitions = 1 + max(r.partition for rs in records.values() for r in rs)
    for record in records[topic.name]:
        assert record.key is not None
        assert record.partition == partition_of(record.key.decode(), partitions)


async def test_incidents_are_in_the_partition_of_their_users_shard(records: dict[str, list[Seen]]) -> None:
    partitions = 1 + max(r.partition for rs in records.values() for r in rs)
    for record in records[INCIDENTS_CHANGED.name]:
        incident = record.message
        assert record.key == incident.alert_id.encode()
        assert record.partition == partition_of(incident.enriched.alert.user_key, partitions)


async def test_repeats_have_the_same_content(records: dict[str, list[Seen]]) -> None:
    assert different_repeats(r for rs in records.values() for r in rs) == []


async def test_nothing_needed_the_dead_letters(demonstrated: Demonstrated) -> None:
    letters = [replace(t, name=t.dead_letters) for t in TOPICS]
    found = await scan_ours(demonstrated.stack.environment["RESONANCE_KAFKA_BOOTSTRAP"], letters)
    assert [r.headers.get("dlq_reason") for rs in found.values() for r in rs] == []
