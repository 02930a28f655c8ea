"""Ten thousand anomalies at once, on a real Kafka: the predictor makes incidents of them, the orchestrator a handful of
notifications, nothing is lost, and what is critical is told meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from resonance_contracts.features import CATALOGUE_VERSION, INDEX, WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.shards import partition_of
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ANOMALIES_DETECTED,
    FEATURES_COMPUTED,
    INCIDENTS_CHANGED,
    Service,
)
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load
from tests.support.addresses import external
from tests.support.topic_scan import Seen, scan_ours

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

ANOMALIES: Final = 10_000
TOGETHER: Final = 100
STORM_S: Final = 100.0
PAGE_S: Final = 5.0
"""From the predictor's record of it, behind all others, to the receiver, where two cores do all of it."""

RULES: Final = """
rules:
  - {{kind: {0}_page, severity: critical, when: [messages_per_minute >= 1000], covers: &all
      [volume, channels, timing, limits, errors, tokens, addresses, session]}}
  - {{kind: {0}_warm, severity: critical, when: [error_rate >= 0.9], covers: *all}}
  - {{kind: {0}_flood, severity: high, when: [messages_per_minute >= 100, messages_per_minute < 1000], covers: *all}}
  - {{kind: {0}_sharing, severity: medium, when: [jwt_token_reuse >= 4], covers: *all}}
tests: []
"""
ROUTES: Final = """
route:
  receiver: ops
  group_by: [kind]
  group_wait: 1s
  group_interval: 10s
  repeat_interval: 1h
  page_interval: 1s
receivers:
  - name: ops
    webhook: [{{url: "{url}", timeout_s: 10}}]
"""


@dataclass
class Receiver:
    """Who is told; `came` has when, and what."""

    url: str = ""
    came: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Takes a notification."""
        self.came.append((time.time(), json.loads(await request.read())))
        return web.Response()

    def of_kind(self, kind: str) -> list[tuple[float, dict[str, Any]]]:
        """What was told of a kind."""
        return [(at_s, payload) for at_s, payload in self.came if payload["groupLabels"]["kind"] == kind]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/", found.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield found
    await runner.cleanup()


@dataclass(frozen=True)
class Storm:
    """One storm.

    Attributes:
        name: Beginning of its kinds and users.
        users: How many are anomalous, each in as many vectors as make all anomalies.
    """

    name: str
    users: int

    @property
    def rounds(self) -> int:
        """Vectors of a user."""
        return ANOMALIES // self.users

    @property
    def kinds(self) -> tuple[str, str]:
        """Kinds of incident that every user has."""
        return f"{self.name}_flood", f"{self.name}_sharing"

    @property
    def page(self) -> str:
        """Kind of the critical one."""
        return f"{self.name}_page"


@pytest.fixture
def processes(parts: Stack, tmp_path: Path, receiver: Receiver, storm: Storm) -> Iterator[None]:
    """A predictor and an orchestrator."""
    rules, routes = tmp_path / "rules.yaml", tmp_path / "routes.yml"
    rules.write_text(RULES.format(storm.name))
    routes.write_text(ROUTES.format(url=receiver.url))
    children = []
    for name in ("predictor", "llm_orchestrator"):
        settings = {
            **parts.environment,
            "RESONANCE_HTTP_PORT": str(Ports().any()),
            "RESONANCE_INSTANCE": f"storm-{name}",
            "RESONANCE_RULES_FILE": str(rules),
            "RESONANCE_NOTIFY_ROUTES": str(routes),
        }
        child = Child(name, [sys.executable, "-m", f"resonance_{name}"], settings, tmp_path / f"{name}.log")
        child.start()
        children.append(child)
    yield
    for child in children:
        child.stop(20)
        print(child.last_words())


async def test_ten_thousand_anomalies_are_incidents_a_handful_of_notifications_and_none_is_lost(
    parts: Stack, processes: None, receiver: Receiver, storm: Storm
) -> None:
    bootstrap, partitions = (
        parts.environment["RESONANCE_KAFKA_BOOTSTRAP"],
        int(parts.environment["RESONANCE_PARTITIONS"]),
    )
    publisher = Publisher(Service.FEATURE_EXTRACTOR, load(RuntimeSettings, parts.environment))
    await publisher.start()
    await warm(publisher, partitions, receiver, storm)
    began_s = time.time()
    users = [f"u_{storm.name}_{number}" for number in range(storm.users)]
    for turn in range(storm.rounds):
        await send(publisher, partitions, users, turn, messages_per_minute=150.0, jwt_token_reuse=5.0)
    sent_s = time.time()
    await send(publisher, partitions, [f"u_{storm.name}_critical"], 0, messages_per_minute=2000.0)
    await publisher.stop()
    await until(lambda: receiver.of_kind(storm.page), 60, "the page")
    await until(lambda: all(told(receiver, kind) == storm.users for kind in storm.kinds), STORM_S, "all incidents")
    took_s = time.time() - began_s

    deadline = time.monotonic() + STORM_S
    while True:
        seen = await scan_ours(bootstrap, [ANOMALIES_DETECTED, ALERTS_RAISED, INCIDENTS_CHANGED])
        raised = {one.id: one.message for one in of_storm(seen[ALERTS_RAISED.name], storm)}
        newest = newest_of(one.message for one in of_storm(seen[INCIDENTS_CHANGED.name], storm))
        if newest.keys() == {alert.alert_id for alert in raised.values()} and all(one.told for one in newest.values()):
            break
        assert time.monotonic() < deadline, "of each incident it is kept who was told"
    of_kinds = {id_: alert for id_, alert in raised.items() if alert.kind in storm.kinds}
    anomalies = {one.id: one.message for one in of_storm(seen[ANOMALIES_DETECTED.name], storm)}
    assert len(anomalies) == ANOMALIES + 1
    assert Counter(alert.kind for alert in of_kinds.values()) == dict.fromkeys(storm.kinds, storm.users)
    assert len({(alert.user_key, alert.kind) for alert in of_kinds.values()}) == len(of_kinds)
    counted = Counter(id_ for anomaly in anomalies.values() for id_ in anomaly.alert_ids)
    assert {counted[alert.alert_id] for alert in of_kinds.values()} == {storm.rounds}

    notifications = [entry for kind in storm.kinds for entry in receiver.of_kind(kind)]
    page_s = receiver.of_kind(storm.page)[0][0] - raised_s(
        of_storm(seen[ALERTS_RAISED.name], storm), f"u_{storm.name}_critical"
    )
    print(
        f"{ANOMALIES:,} anomalies in {sent_s - began_s:.1f} s, {len(of_kinds):,} incidents, {len(notifications)} "
        f"notifications, all told of after {took_s:.1f} s; the page {page_s:.2f} s after it was raised"
    )
    assert len(notifications) <= 2 * (2 + took_s / 10), "a group is told of every ten seconds at most"
    assert len(receiver.of_kind(storm.page)) == 1 and page_s < PAGE_S


@pytest.fixture(params=[Storm("few", 500), Storm("many", 5_000)], ids=lambda storm: storm.name)
def storm(request: pytest.FixtureRequest) -> Storm:
    """A few users with many anomalies each, and many with two."""
    found: Storm = request.param
    return found


async def send(publisher: Publisher, partitions: int, users: list[str], turn: int, **features: float) -> None:
    """One vector of each user, as the feature-extractor stores them."""
    now_us = time.time_ns() // 1000
    values = [0.0] * WIDTH
    for name, value in features.items():
        values[INDEX[name]] = value
    homes: dict[int, list[str]] = defaultdict(list)
    for user in users:
        homes[partition_of(user, partitions)].append(user)
    records = []
    for partition, here in homes.items():
        for first in range(0, len(here), TOGETHER):
            some = here[first : first + TOGETHER]
            batch = VectorBatch(
                stream="live",
                watermark_us=now_us,
                catalogue_version=CATALOGUE_VERSION,
                width=WIDTH,
                vector_id=[f"{user}-{turn}" for user in some],
                user_key=some,
                ordinal=[turn + 1] * len(some),
                start_us=[now_us - 1_000_000] * len(some),
                end_us=[now_us] * len(some),
                values=values * len(some),
                first_received_us=[now_us] * len(some),
                last_received_us=[now_us] * len(some),
            )
            record_id = f"{some[0]}-{turn}"
            records.append(Outgoing(FEATURES_COMPUTED, batch, record_id, now_us, partition=partition))
    await publisher.send_all(records)


async def warm(publisher: Publisher, partitions: int, receiver: Receiver, storm: Storm) -> None:
    """Waits until both are there: the predictor goes by these rules a moment after it began, partition by partition."""
    deadline = time.monotonic() + 60
    for number in count():
        names = (f"u_warm_{storm.name}_{number}_{n}" for n in count())
        homes: dict[int, str] = {}
        while len(homes) < partitions:
            user = next(names)
            homes.setdefault(partition_of(user, partitions), user)
        await send(publisher, partitions, list(homes.values()), 0, error_rate=1.0)
        for _ in range(20):
            told_of = [alert for _, payload in receiver.of_kind(f"{storm.name}_warm") for alert in payload["alerts"]]
            if len({partition_of(alert["labels"]["user"], partitions) for alert in told_of}) == partitions:
                return
            await asyncio.sleep(0.05)
        assert time.monotonic() < deadline, "nobody is told of anything"


def newest_of(incidents: Iterable[Any]) -> dict[str, Any]:
    """The newest version of each incident, by its id."""
    newest: dict[str, Any] = {}
    for incident in incidents:
        if incident.version >= newest.get(incident.alert_id, incident).version:
            newest[incident.alert_id] = incident
    return newest


def told(receiver: Receiver, kind: str) -> int:
    """Of how many incidents the newest notification of a kind tells."""
    of_kind = receiver.of_kind(kind)
    return len(of_kind[-1][1]["alerts"]) + of_kind[-1][1]["truncatedAlerts"] if of_kind else 0


def of_storm(records: list[Seen], storm: Storm) -> list[Seen]:
    """Records of the users of a storm."""
    return [one for one in records if one.value and f"u_{storm.name}_".encode() in one.value]


def raised_s(records: list[Seen], user: str) -> float:
    """When the alert of a user was raised, seconds since the epoch."""
    return next(one.stamp_ms / 1000 for one in records if one.message.user_key == user)


async def until(condition: Any, seconds: float, what: str) -> None:
    """Waits until a condition holds; raises AssertionError where it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about within {seconds:g} s"
        await asyncio.sleep(0.05)
