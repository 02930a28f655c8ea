"""The benchmark `end-to-end`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.topics import create_with_patience
from tests.bench import cores
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.end_to_end import hops
from tests.bench.end_to_end.culprits import name
from tests.bench.end_to_end.services import port_of, services
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.gateway.rate import Load, Sending
from tests.bench.gateway.tokens import PSEUDONYM_KEY
from tests.bench.real_parts import RealParts, kafka_version, real_parts
from tests.bench.rounds import middle
from tests.bench.usage import Meter

ROUNDS: Final = 3
RATE: Final = 10_000.0
USERS: Final = 1_000
CULPRITS: Final = 400
# Before them some who are not counted: the first records of a topic's partition take Kafka 40 ms.
FIRST_CULPRITS: Final = 40
EACH_S: Final = 0.13
# Messages over bare hops, while the same load flows.
HOPS: Final = 150
# The load begins this long before the first alert: vectors of all users are known, code is warm.
WARM_S: Final = 8.0
TAIL_S: Final = 10.0
TOPICS_S: Final = 60
# Two for two cores: a record costs its readers more than the events in it.
PARTITIONS: Final = 2

PEER: Final = "three hops of aiokafka with nothing done on the way, under the same load"

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "p50_ms", "ms", "from the frame that completes the vector to its alert, half", Better.LOWER, Bar(10, Of.OURS)
    ),
    Figure("p99_ms", "ms", "the same, 99 of 100", Better.LOWER, Bar(50, Of.OURS)),
    Figure("oldest_p50_ms", "ms", "from the oldest frame in the vector, which came 90 ms earlier, half", Better.LOWER),
    Figure("oldest_p99_ms", "ms", "the same, 99 of 100", Better.LOWER),
    Figure("events_per_second", "events/s", "flowing meanwhile", bar=Bar(RATE * 0.99, Of.OURS)),
)


def run(surroundings: Surroundings) -> Measured:
    """Measures; raises Unmeasured where there is no Kafka."""
    if surroundings.services is None:
        raise Unmeasured("No programs kafka and minio: set SERVICES to a folder with them.")
    runs = []
    for number in range(1, 2 if surroundings.trial else ROUNDS + 1):
        surroundings.tell(f"Round {number}.")
        runs.append(_round(surroundings.services, 20 if surroundings.trial else CULPRITS))
    values = {figure.name: Value(middle([found[figure.name] for found in runs])) for figure in FIGURES}
    for share in ("p50_ms", "p99_ms"):
        values[share] = Value(values[share].ours, middle([found[f"hops_{share}"] for found in runs]))
    return Measured(values, PEER, {"kafka": kafka_version(surroundings.services)}, {"runs": runs})


def _round(programs: Path, culprits: int) -> dict[str, Any]:
    every = cores.all_of_them()
    with real_parts(programs, every) as parts:
        asyncio.run(create_with_patience(RuntimeSettings(kafka_bootstrap=parts.kafka, partitions=PARTITIONS), TOPICS_S))
        with services(parts.environment) as children:
            port = port_of(children["gateway"])
            meters = {service: Meter(child.pid) for service, child in children.items() if child.pid is not None}
            seconds = WARM_S + (FIRST_CULPRITS + culprits + HOPS + 2) * EACH_S + TAIL_S
            with Sending(Load(USERS, 1, seconds, RATE), port, every) as sending:
                time.sleep(WARM_S)
                for meter in meters.values():
                    meter.look()
                began = time.monotonic()
                sent, read = _alerts(parts, port, culprits)
                elapsed = time.monotonic() - began
                used = {service: round(meter.total() / elapsed, 3) for service, meter in meters.items()}
                bare = asyncio.run(_hops(parts.kafka))
                flowed = sending.sent()
    return _figures(sent, read, flowed) | _bare(bare) | {"cores_used": used}


def _alerts(parts: RealParts, port: int, culprits: int) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    """When each culprit sent its first and last message, and when its alert was read, by user key."""
    reader = _child("alerts", parts.kafka)
    causing = None
    try:
        if reader.stdout is None or reader.stdout.readline().strip() != "ready":
            raise Unmeasured("The program that reads alerts did not start.")
        every = FIRST_CULPRITS + culprits
        causing = _child("culprits", "--port", str(port), "--users", str(every), "--each-s", str(EACH_S))
        assert causing.stdout is not None, "it is a pipe"
        line = causing.stdout.readline()
        if not line:
            raise Unmeasured("The program that causes alerts ended early.")
        sent = json.loads(line)
        read = _read(reader, every)
    finally:
        for child in (causing, reader):
            if child is not None:
                _end(child)
    pseudonyms = Pseudonyms(PSEUDONYM_KEY)
    counted = range(FIRST_CULPRITS, every)
    return {pseudonyms.user(name(i)): tuple(sent[name(i)]) for i in counted}, read


def _read(reader: subprocess.Popen[str], wanted: int) -> dict[str, float]:
    assert reader.stdout is not None, "it is a pipe"
    os.set_blocking(reader.stdout.fileno(), False)
    read: dict[str, float] = {}
    deadline = time.monotonic() + TAIL_S
    while len(read) < wanted:
        line = reader.stdout.readline()
        if line:
            user, read_s = json.loads(line)
            read.setdefault(user, read_s)
        elif time.monotonic() > deadline:
            raise Unmeasured(f"Of {wanted} alerts {wanted - len(read)} did not come.")
        else:
            time.sleep(0.05)
    return read


async def _hops(bootstrap: str) -> list[float]:
    """Times over three bare hops, milliseconds."""
    await _create(bootstrap, hops.TOPICS)
    relays = [_child("hops", "relay", bootstrap, *pair) for pair in pairwise(hops.TOPICS)]
    try:
        for relay in relays:
            if relay.stdout is None or relay.stdout.readline().strip() != "ready":
                raise Unmeasured("A relay of bare hops did not start.")
        measuring = _child("hops", "measure", bootstrap, str(HOPS), str(EACH_S))
        times, _ = await asyncio.to_thread(measuring.communicate)
    finally:
        for relay in relays:
            _end(relay)
    if not times:
        raise Unmeasured("The program that measures bare hops ended early.")
    found: list[float] = json.loads(times)
    return found


async def _create(bootstrap: str, topics: Sequence[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1) for topic in topics])
    finally:
        await admin.close()


def _bare(times: Sequence[float]) -> dict[str, float]:
    # As of our own, the first are not counted.
    counted = sorted(times[FIRST_CULPRITS:])
    return {"hops_p50_ms": _of(counted, 0.5), "hops_p99_ms": _of(counted, 0.99)}


def _figures(
    sent: Mapping[str, tuple[float, float]], read: Mapping[str, float], flowed: Mapping[str, Any]
) -> dict[str, Any]:
    newest = sorted((read[user] - last_s) * 1000 for user, (_, last_s) in sent.items())
    oldest = sorted((read[user] - first_s) * 1000 for user, (first_s, _) in sent.items())
    return {
        "p50_ms": _of(newest, 0.5),
        "p99_ms": _of(newest, 0.99),
        "oldest_p50_ms": _of(oldest, 0.5),
        "oldest_p99_ms": _of(oldest, 0.99),
        "most_ms": newest[-1],
        "alerts": len(newest),
        "events_per_second": flowed["sent"] / (flowed["ended_s"] - flowed["began_s"]),
    }


def _of(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


def _child(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.end_to_end.{program}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _end(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None, "it is a pipe"
    child.stdin.close()
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


END_TO_END: Final = Benchmark(
    "end-to-end",
    "From a WebSocket message to the alert it causes, through gateway, feature-extractor and predictor on a real "
    "Kafka, while 1,000 other users send 10,000 messages a second; everything, the clients too, shares all cores. 400 "
    "users each send ten large messages within 90 ms; the tenth completes a vector that breaks the one rule there is. "
    "The time runs from just before the tenth is written to its socket until a consumer of the topic "
    "`resonance.alerts.raised.v1` has the alert. There is no model in force: rules and baselines alone. 40 users "
    "before them are not counted. Right after, while the same messages flow, three bare hops through two relays are "
    "measured in the same way: what Kafka and a Python client cost on this machine at this moment.",
    FIGURES,
    ("resonance-gateway", "resonance-feature-extractor", "resonance-predictor", "aiokafka", "faust-streaming"),
    run,
)
