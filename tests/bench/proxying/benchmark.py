"""The benchmark `proxy`."""

from __future__ import annotations

import asyncio
from typing import Final

from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.topics import create_with_patience
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.proxying.measure import measure
from tests.bench.real_parts import kafka_version, real_parts

CONNECTIONS: Final = 100
RATE: Final = 2_000
SECONDS: Final = 8
TURNS: Final = 3
TRIAL_S: Final = 1
TOPICS_S: Final = 60

FIGURES: Final = (
    Figure("p99_added_ms", "ms", "p99 through the gateway less p99 without it", Better.LOWER, Bar(2, Of.OURS)),
    Figure("p50_added_ms", "ms", "the same of the p50", Better.LOWER),
    Figure("p99_ms", "ms", "echo through the gateway, beside the backend alone", Better.LOWER),
    Figure("p50_ms", "ms", "the same, half of all", Better.LOWER),
)


def run(surroundings: Surroundings) -> Measured:
    """Measures; raises Unmeasured where there is no Kafka."""
    if surroundings.services is None:
        raise Unmeasured("No programs kafka and minio: set SERVICES to a folder with them.")
    turns, seconds = (1, TRIAL_S) if surroundings.trial else (TURNS, SECONDS)
    with real_parts(surroundings.services) as parts:
        asyncio.run(create_with_patience(RuntimeSettings(kafka_bootstrap=parts.kafka), TOPICS_S))
        surroundings.tell(f"{CONNECTIONS} connections, {RATE:,} messages/s, in turn direct and through the gateway.")
        found = measure(parts.environment, connections=CONNECTIONS, rate=RATE, seconds=seconds, turns=turns)
    values = {f"{figure}_added_ms": Value(found[f"{figure}_ms"]["added"]) for figure in ("p99", "p50")} | {
        f"{figure}_ms": Value(found[f"{figure}_ms"]["gateway"], found[f"{figure}_ms"]["direct"])
        for figure in ("p99", "p50")
    }
    return Measured(values, "the backend alone", {"kafka": kafka_version(surroundings.services)}, {"runs": found})


PROXY: Final = Benchmark(
    "proxy",
    "The time of an echo by a backend on `websockets`, alone and behind the gateway in proxy mode, in turn: 100 "
    "connections send 2,000 messages a second at a steady pace, every message is tracked into a real Kafka, and none "
    "may be dropped.",
    FIGURES,
    ("resonance-gateway", "aiohttp", "websockets", "uvloop"),
    run,
)
