"""What stands on the topics of anomalies and explanations, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from resonance_contracts.pb.resonance.v1.explanation_pb2 import Explanation
from resonance_contracts.topics import ANOMALIES_DETECTED, EXPLANATIONS_PRODUCED, Topic
from tests.support.topic_scan import scan


@dataclass(frozen=True, slots=True)
class Told:
    """One record of an explanation.

    Attributes:
        at_s: When the broker stored it, seconds since the epoch.
        content: A hash of its bytes.
        brief: Whether something was left out of it.
        failed: Whether a check failed.
    """

    at_s: float
    content: bytes
    brief: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Topics:
    """Everything on both topics.

    Attributes:
        found: When each anomaly was stored, by id.
        told: Its explanations in their order, by id.
    """

    found: Mapping[str, float]
    told: Mapping[str, list[Told]]


async def stamp_by_broker(
    bootstrap: str, topics: Sequence[Topic] = (ANOMALIES_DETECTED, EXPLANATIONS_PRODUCED)
) -> None:
    """Lets the broker's clock say when a record was stored, not its sender's when it was made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        by_broker = {"message.timestamp.type": "LogAppendTime"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, t.name, by_broker) for t in topics])
    finally:
        await admin.close()


async def read(bootstrap: str) -> Topics:
    """All that is there now."""
    seen = await scan(bootstrap, [ANOMALIES_DETECTED, EXPLANATIONS_PRODUCED])
    found, told = dict[str, float](), dict[str, list[Told]]()
    for one in seen[ANOMALIES_DETECTED.name]:
        found.setdefault(one.id, one.stamp_ms / 1e3)
    for one in seen[EXPLANATIONS_PRODUCED.name]:
        said: Explanation = one.message
        content, brief, failed = sha256(one.value).digest(), bool(said.skipped), bool(said.checks_failed)
        told.setdefault(one.id, []).append(Told(one.stamp_ms / 1e3, content, brief, failed))
    return Topics(found, told)
