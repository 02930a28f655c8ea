"""Actions in the whole service on a real broker: proposed, approved by policy, in force, kept, and done once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import action_pb2, detection_pb2, operations_pb2
from resonance_contracts.topics import (
    ACTIONS_AUDITED,
    ACTIONS_CHANGED,
    ALERTS_RAISED,
    BY_NAME,
    LIMITS_ADJUSTED,
    SERVICES_REPORTED,
    Service,
)
from resonance_llm_orchestrator.service import build
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_runtime import topics
from resonance_runtime.records import Outgoing
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load
from tests.support.broker import embedded_broker

pytestmark = pytest.mark.embedded

POLICY = """
[executors.limits]
kind = "gateway_limits"
[actions.limit_user]
executor = "limits"
automatic_per_hour = 5
automatic_share = 0.5
[[rules]]
name = "all"
propose = [{ action = "limit_user", automatic = true }, { action = "notify_devops_team" }]
"""


@pytest.fixture
def bootstrap() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


@asynccontextmanager
async def service(
    bootstrap: str, redis_url: str, policy: Path, *before: Outgoing
) -> AsyncIterator[Runtime[OrchestratorSettings]]:
    environ = {
        "RESONANCE_KAFKA_BOOTSTRAP": bootstrap,
        "RESONANCE_KAFKA_IDEMPOTENT": "false",  # the embedded broker does not know it
        "RESONANCE_KAFKA_REBALANCE_MS": "1000",
        "RESONANCE_PARTITIONS": "2",
        "RESONANCE_REDIS_URL": redis_url,
        "RESONANCE_ACTIONS_POLICY": str(policy),
    }
    settings = load(OrchestratorSettings, environ)
    await topics.create_with_patience(settings, 10)
    runtime: Runtime[OrchestratorSettings] = Runtime(Service.LLM_ORCHESTRATOR, settings)
    await runtime.publisher.start()
    await runtime.publisher.send_all(before)
    components = build(runtime)
    for component in components:
        await component.start()
    yield runtime
    for component in reversed(components):
        await component.stop()
    await runtime.cancel_tasks()
    await runtime.publisher.stop()


async def test_an_incident_is_acted_on_once_also_over_a_restart(
    bootstrap: str, redis_url: str, tmp_path: Path, alert: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    seen: dict[str, list[Message]] = {t.name: [] for t in (ACTIONS_AUDITED, ACTIONS_CHANGED, LIMITS_ADJUSTED)}
    now_us = time.time_ns() // 1000
    users = operations_pb2.ServiceReport(
        service="predictor", instance="p1", details={"users": "40"}, reported_us=now_us
    )
    report = Outgoing(SERVICES_REPORTED, users, "p1", now_us, key=b"predictor/p1")
    incident: detection_pb2.Alert = alert(last_received_us=now_us)
    raised = Outgoing(ALERTS_RAISED, incident, "alert-1", 1, user_key=incident.user_key)
    async with service(bootstrap, redis_url, policy, report) as runtime:
        consumer = AIOKafkaConsumer(*seen, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        reading = asyncio.create_task(_read(consumer, seen))
        await runtime.publisher.send(raised)
        await eventually(lambda: len(seen[ACTIONS_CHANGED.name]) >= 2)
        await _in_force(seen, eventually)
    async with service(bootstrap, redis_url, policy) as runtime:
        await runtime.publisher.send(raised)
        other = alert(alert_id="alert-2", last_received_us=now_us)
        await runtime.publisher.send(Outgoing(ALERTS_RAISED, other, "alert-2", 1, user_key=other.user_key))
        await eventually(lambda: {a.action.alert_id for a in _steps(seen)} == {"alert-1", "alert-2"})
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await consumer.stop()
    first = [a.action for a in _steps(seen) if a.action.alert_id == "alert-1" and a.action.kind == "limit_user"]
    assert [a.state for a in first] == [1, 2, 5, 6]
    assert [a.decided_by for a in first[1:]] == ["policy"] * 3


async def _in_force(seen: dict[str, list[Message]], eventually: Callable[..., Any]) -> None:
    await eventually(lambda: seen[LIMITS_ADJUSTED.name])
    (limit,) = seen[LIMITS_ADJUSTED.name]
    assert isinstance(limit, operations_pb2.LimitAdjusted)
    assert (limit.source, limit.rate) == (operations_pb2.LIMIT_SOURCE_ACTION, 1)
    await eventually(lambda: _newest(seen, "limit_user") == 6)
    assert _newest(seen, "notify_devops_team") == 1


def _steps(seen: dict[str, list[Message]]) -> list[action_pb2.ActionAudited]:
    return [one for one in seen[ACTIONS_AUDITED.name] if isinstance(one, action_pb2.ActionAudited)]


def _newest(seen: dict[str, list[Message]], kind: str) -> int:
    states = [a.state for a in seen[ACTIONS_CHANGED.name] if isinstance(a, action_pb2.Action) and a.kind == kind]
    return states[-1] if states else 0


async def _read(consumer: AIOKafkaConsumer, seen: dict[str, list[Message]]) -> None:
    async for record in consumer:
        if record.value is not None:
            seen[record.topic].append(BY_NAME[record.topic].message.FromString(record.value))
