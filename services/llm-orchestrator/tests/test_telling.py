"""Incidents told of through a broker, with Redis and a receiver on the loopback."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2, incident_pb2, operations_pb2, people_pb2
from resonance_contracts.topics import ALERTS_ENRICHED, ALERTS_ESCALATED, ALERTS_RAISED, FEEDBACK_GIVEN, USERS_ERASED
from resonance_llm_orchestrator.drafts import of_escalated
from resonance_llm_orchestrator.enriched import enriched_offline
from resonance_llm_orchestrator.notifying.matchers import parsed
from resonance_llm_orchestrator.notifying.silences import silence_of
from resonance_llm_orchestrator.telling.index import IncidentIndex, Search
from resonance_llm_orchestrator.telling.records import of_silence
from resonance_runtime.records import Outgoing
from tests.support.broker import embedded_broker
from tests.support.telling import MakeAlert, Scene, scene_on
from tests.support.waiting import PATIENCE_S, Eventually

pytestmark = pytest.mark.embedded


STORM = 1_000
"""Incidents of a storm; that of ten thousand is in `tests/integration/test_storm.py`, on a real Kafka."""


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


@pytest.fixture
async def scene(bootstrap: str, redis_url: str, tmp_path: Path, alert: MakeAlert) -> AsyncIterator[Scene]:
    async with scene_on(bootstrap, redis_url, tmp_path, alert) as found:
        yield found


async def test_an_incident_is_told_kept_and_found_with_its_verdict_and_after_redis_lost_it(
    scene: Scene, redis_url: str, eventually: Eventually
) -> None:
    await scene.tell("first", kind="first_kind")
    await eventually(lambda: bool(scene.came))
    payload = scene.came[0][1]
    assert payload["alerts"][0]["annotations"]["summary"] == "Flood of first"
    assert payload["notification_reason"] == "first notification"
    given = operations_pb2.FeedbackGiven(
        alert_id="first", user_key=scene.alert().user_key, true_alarm=True, given_us=5, alert=scene.alert()
    )
    await scene.runtime.publisher.send(Outgoing(FEEDBACK_GIVEN, given, "f", 5, user_key=given.user_key))
    await eventually(lambda: bool(scene.incidents["first"].verdicts and scene.incidents["first"].told))
    wanted = Search({"kind": "first_kind", "state": "open"}, 0, 2**62, 10)
    index = IncidentIndex(redis_url)

    async def found(count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                incidents, cursor = await index.search(wanted)
                if len(incidents) == count and incidents[0].told and incidents[0].verdicts:
                    assert cursor is None
                    return
                await asyncio.sleep(0.02)

    await found(1)
    await index._redis.flushall()
    await found(1)
    await index.close()


async def test_nothing_looks_after_the_index_once_its_connections_are_closed(scene: Scene) -> None:
    assert any(task.get_name() == "incident index" for task in asyncio.all_tasks())
    await scene.leave()
    assert not any(task.get_name() == "incident index" for task in asyncio.all_tasks())


async def test_a_storm_is_a_handful_of_notifications_and_a_critical_page_waits_for_nothing(
    scene: Scene, eventually: Eventually
) -> None:
    kinds = ("storm_a", "storm_b", "storm_c")
    await scene.tell("before", kind="before_the_storm")
    await eventually(lambda: bool(scene.came))
    for start in range(0, STORM, 500):
        for part, kind in enumerate(kinds):
            ids = [f"storm-{n}" for n in range(start, start + 500) if n % 3 == part]
            await scene.tell(*ids, kind=kind)
    began = time.monotonic()
    page = scene.alert(alert_id="page", kind="storm_page", severity=detection_pb2.SEVERITY_CRITICAL)
    await scene.runtime.publisher.send(Outgoing(ALERTS_RAISED, page, "page", page.opened_us, user_key=page.user_key))
    await scene.tell("page", kind="storm_page", severity=detection_pb2.SEVERITY_CRITICAL)
    await eventually(lambda: any(p["groupLabels"]["kind"] == "storm_page" for _, p, _ in scene.came))
    told_after_s = next(at for at, p, _ in scene.came if p["groupLabels"]["kind"] == "storm_page") - began
    assert told_after_s < 1.0
    wanted = Counter(kinds[n % 3] for n in range(STORM))

    def counted() -> dict[str, int]:
        newest = {s.group_labels["kind"]: s for s in scene.told.values() if s.group_labels["kind"] in kinds}
        return {kind: sent.firing_count for kind, sent in newest.items()}

    await eventually(lambda: counted() == wanted)
    await eventually(lambda: all(scene.incidents[f"storm-{n}"].told for n in range(STORM)))
    storm = [p for _, p, _ in scene.came if p["groupLabels"]["kind"] in kinds]
    print(f"{len(storm)} notifications of {STORM:,} incidents; a page {told_after_s:.2f} s after the storm was sent")
    last = {p["groupLabels"]["kind"]: p for p in storm}
    assert {kind: len(p["alerts"]) + p["truncatedAlerts"] for kind, p in last.items()} == wanted
    assert len(storm) <= 60
    assert len({key for _, _, key in scene.came}) == len(scene.came)


async def test_a_critical_page_arrives_within_a_second(scene: Scene, eventually: Eventually) -> None:
    await scene.tell("warm", kind="warm")
    await eventually(lambda: bool(scene.came))
    began = time.monotonic()
    await scene.tell("now", kind="page_now", severity=detection_pb2.SEVERITY_CRITICAL)
    await eventually(lambda: any(p["groupLabels"]["kind"] == "page_now" for _, p, _ in scene.came))
    assert scene.came[-1][0] - began < 1.0


async def test_an_incident_that_becomes_critical_is_paged_within_a_second_and_once(
    scene: Scene, escalated: MakeAlert, eventually: Eventually
) -> None:
    await scene.tell("grows", kind="growing", severity=detection_pb2.SEVERITY_HIGH)
    await eventually(lambda: bool(of_kind(scene, "growing")))
    risen = escalated(alert_id="grows", kind="growing")
    began = time.monotonic()
    await scene.runtime.publisher.send(Outgoing(ALERTS_ESCALATED, risen, "grows/2", 1, user_key=risen.user_key))
    await eventually(lambda: len(of_kind(scene, "growing")) == 2)
    assert scene.came[-1][0] - began < 1.0
    assert scene.came[-1][1]["alerts"][0]["labels"]["severity"] == "critical"
    words = enriched_offline(of_escalated(risen))
    after = Outgoing(ALERTS_ENRICHED, words, "grows/3/2/escalated", 1, user_key=risen.user_key)
    await scene.runtime.publisher.send(after)
    await scene.tell("after-growing", kind="after_growing")
    await eventually(lambda: bool(of_kind(scene, "after_growing")))
    assert len(of_kind(scene, "growing")) == 2
    assert scene.incidents["grows"].severity == detection_pb2.SEVERITY_CRITICAL


async def test_a_page_does_not_wait_for_what_hangs_on_its_way_to_the_same_receiver(
    scene: Scene, eventually: Eventually
) -> None:
    # It gives up after ten seconds; a page that had waited for that would find the dead letter.
    routes = Path(scene.environ["RESONANCE_NOTIFY_ROUTES"])
    routes.write_text(routes.read_text().replace("timeout_s: 2", "timeout_s: 10"))
    await scene.end()
    scene.environ["RESONANCE_NOTIFY_GIVE_UP_S"] = "10"
    await scene.begin("patient")
    scene.held = asyncio.Event()
    await scene.tell("slow", kind="slow_kind")
    await eventually(lambda: len(of_kind(scene, "slow_kind")) == 1)
    await scene.tell("grave", kind="slow_kind", severity=detection_pb2.SEVERITY_CRITICAL)
    await eventually(lambda: len(of_kind(scene, "slow_kind")) == 2)
    assert {one["labels"]["alert_id"] for one in of_kind(scene, "slow_kind")[1]["alerts"]} == {"slow", "grave"}

    def told(id_: str) -> bool:
        return id_ in scene.incidents and bool(scene.incidents[id_].told)

    await eventually(lambda: told("grave") and told("slow"))
    states = {sent.sequence: sent for sent in scene.told.values() if sent.group_labels["kind"] == "slow_kind"}
    assert states[1].state == incident_pb2.NOTIFICATION_STATE_PENDING and not scene.dead, "it was overtaken, not lost"
    scene.held.set()


async def test_what_does_not_arrive_is_in_the_dead_letters_with_the_reason_and_told_by_whoever_goes_on(
    scene: Scene, eventually: Eventually
) -> None:
    scene.status = 500
    await scene.tell("lost", kind="lost_kind")
    await eventually(lambda: any("500" in reason for reason in scene.dead))
    await scene.end()
    scene.status = 200
    await scene.begin("two")

    def outcome() -> list[int]:
        return [s.state for s in scene.told.values() if s.group_labels["kind"] == "lost_kind"]

    await eventually(lambda: incident_pb2.NOTIFICATION_STATE_SENT in outcome())
    before = len(scene.came)
    await scene.end()
    await scene.begin("three")
    await scene.tell("later", kind="later_kind")
    await eventually(lambda: any(p["groupLabels"]["kind"] == "later_kind" for _, p, _ in scene.came[before:]))
    assert not any(p["groupLabels"]["kind"] == "lost_kind" for _, p, _ in scene.came[before:])


async def test_of_a_person_who_was_erased_nothing_is_left_and_nobody_is_told(
    scene: Scene, redis_url: str, eventually: Eventually
) -> None:
    user = "u_erased5678901234567890123"
    await scene.tell("of-erased", kind="erased_kind", user_key=user, last_received_us=5)
    await eventually(lambda: "of-erased" in scene.incidents and bool(scene.came))
    silence = silence_of([parsed(f'user="{user}"')], 1, 2**52, "u_o", "x", 5)
    await scene.runtime.publisher.send(of_silence(silence))
    await eventually(lambda: scene.telling.silences.find(silence.id) is not None)
    erased = people_pb2.UserErased(user_key=user, erased_us=10, erasure_id="e")
    await scene.runtime.publisher.send(Outgoing(USERS_ERASED, erased, "e", 10, user_key=user))
    await eventually(lambda: {"of-erased", silence.id} <= scene.gone)
    assert scene.telling.silences.find(silence.id) is None
    index = IncidentIndex(redis_url)
    async with asyncio.timeout(PATIENCE_S):
        while await index.ids_of("user", user) or await index.find(["of-erased"]):
            await asyncio.sleep(0.02)
    await index.close()


async def test_of_two_processes_one_tells_and_the_other_goes_on_when_it_ends(
    scene: Scene, eventually: Eventually
) -> None:
    await scene.tell("of-one", kind="two_kind")
    await eventually(lambda: len(of_kind(scene, "two_kind")) == 1)
    first = Scene({}, scene.alert, parts=scene.parts)
    first.runtime = scene.runtime
    await scene.begin("two")
    await scene.tell("of-both", kind="both_kind")
    await eventually(lambda: len(of_kind(scene, "both_kind")) == 1)
    await first.end()
    await scene.tell("of-two", kind="two_kind")
    await eventually(lambda: len(of_kind(scene, "two_kind")) == 2)
    assert [p["notification_reason"] for p in of_kind(scene, "two_kind")] == ["first notification", "new alerts added"]
    assert len(of_kind(scene, "both_kind")) == 1


def of_kind(scene: Scene, kind: str) -> list[dict[str, Any]]:
    """What the receiver was told of a kind."""
    return [payload for _, payload, _ in scene.came if payload["groupLabels"]["kind"] == kind]
