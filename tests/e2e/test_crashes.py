"""Each service is killed in turn while traffic flows."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from resonance_contracts.topics import ALERTS_RAISED, ANOMALIES_DETECTED, EXPLANATIONS_PRODUCED, TOPICS, Service
from resonance_local.stack import Stack
from tests.support.addresses import external
from tests.support.demonstration import demonstrate, finish
from tests.support.topic_scan import different_repeats, scan

pytestmark = [pytest.mark.kafka]

FIRST_KILL_S = 8.0
BETWEEN_KILLS_S = 7.0


def kill_in_turn(stack: Stack, over: threading.Event, killed: list[Service]) -> None:
    """SIGKILLs one service after the other and starts each again."""
    if over.wait(FIRST_KILL_S):
        return
    for service in Service:
        stack.children[service].kill()
        killed.append(service)
        stack.start_service(service)
        if over.wait(BETWEEN_KILLS_S):
            return


async def test_a_crash_of_each_service_loses_and_doubles_nothing() -> None:
    stack = Stack(lambda sentence: None, external=external())
    over, killed = threading.Event(), list[Service]()
    killer = threading.Thread(target=kill_in_turn, args=(stack, over, killed))
    try:
        stack.start()
        demo = demonstrate(stack, "--patience", "120")
        killer.start()
        status, summary, output = finish(demo)
        over.set()
        killer.join()
        stack.wait_ready()
        found = await scan(stack.environment["RESONANCE_KAFKA_BOOTSTRAP"], TOPICS)
    finally:
        over.set()
        stack.stop()
    assert killed == list(Service), "the traffic went on for long enough to kill every service"
    assert status == 0, output
    assert summary["detected"] == summary["explained"] == summary["incidents"]
    assert different_repeats(r for rs in found.values() for r in rs) == []
    raised = {r.id: r.message for r in found[ALERTS_RAISED.name]}
    openings = Counter((a.user_key, a.stream, a.kind, a.opened_us) for a in raised.values())
    assert max(openings.values()) == 1, "an incident has one alert_id"
    anomalies = {r.id for r in found[ANOMALIES_DETECTED.name]}
    explained = {r.id for r in found[EXPLANATIONS_PRODUCED.name]}
    assert explained == anomalies, "every anomaly is explained, and nothing else"
