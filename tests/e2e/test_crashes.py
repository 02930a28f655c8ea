"""Each service is killed in turn while traffic flows."""

from __future__ import annotations

import asyncio
from itertools import groupby, pairwise

import pytest

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    TOPICS,
    Service,
)
from resonance_local.stack import Stack
from tests.support.addresses import external
from tests.support.demonstration import demonstrate, finish
from tests.support.topic_scan import different_repeats, scan

pytestmark = [pytest.mark.kafka]

FIRST_KILL_S = 8.0
BETWEEN_KILLS_S = 7.0
# Four hours of event time take 48 s at least, so there is traffic when the last one is killed, 43 s on.
SPEED_UP = "300"


def incident(alert: Alert) -> tuple[str, str, str]:
    """What there is at most one open alert of."""
    return alert.user_key, alert.stream, alert.kind


async def kill_in_turn(stack: Stack, over: asyncio.Task[object]) -> list[Service]:
    """SIGKILLs one service after the other and starts each again, for as long as there is traffic.

    On the main thread: the kernel ends children with the thread that started them.
    """
    killed = []
    for service in Service:
        await asyncio.wait([over], timeout=BETWEEN_KILLS_S if killed else FIRST_KILL_S)
        if over.done():
            break
        stack.children[service].kill()
        stack.start_service(service)
        killed.append(service)
    return killed


async def test_a_crash_of_each_service_loses_and_doubles_nothing() -> None:
    stack = Stack(lambda sentence: None, external=external())
    try:
        stack.start()
        traffic = asyncio.create_task(
            asyncio.to_thread(finish, demonstrate(stack, "--verdict-timeout", "90", "--speed-up", SPEED_UP))
        )
        killed = await kill_in_turn(stack, traffic)
        status, summary, output = await traffic
        stack.wait_ready()
        found = await scan(stack.environment["RESONANCE_KAFKA_BOOTSTRAP"], TOPICS)
    finally:
        stack.stop()
    assert killed == list(Service), "the traffic went on for long enough to kill every service"
    assert status == 0, output
    assert summary["detected"] == summary["explained"] == summary["incidents"]
    assert different_repeats(r for rs in found.values() for r in rs) == []
    raised = {r.id: r.message for r in found[ALERTS_RAISED.name]}.values()
    resolved = {r.message.alert_id: r.message.resolved_us for r in found[ALERTS_RESOLVED.name]}
    for _, alerts in groupby(sorted(raised, key=incident), key=incident):
        for earlier, later in pairwise(sorted(alerts, key=lambda a: a.opened_us)):
            assert resolved.get(earlier.alert_id, later.opened_us + 1) <= later.opened_us, (
                "one alert_id while it is open"
            )
    anomalies = {r.id for r in found[ANOMALIES_DETECTED.name]}
    explained = {r.id for r in found[EXPLANATIONS_PRODUCED.name]}
    assert explained == anomalies, "every anomaly is explained, and nothing else"
