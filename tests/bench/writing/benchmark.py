"""The benchmark `orchestrator`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.bench import cores
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.machine import versions
from tests.bench.rounds import middle
from tests.bench.writing.measure import CONCURRENCY, PROVIDER_S, added, bare, offline, p99

REQUESTS: Final = 1_600
ALERTS: Final = 2_000
ROUNDS: Final = 5

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "added_p99_ms", "ms", "that the orchestrator adds to its provider, 99th percentile", Better.LOWER,
        Bar(2, Of.OURS),
    ),
    Figure("whole_p99_ms", "ms", "from the facts to the words, provider and SDK included", Better.LOWER),
    Figure(
        "alerts_per_second", "1/s", "explained alerts enriched offline, in both languages, as messages",
        bar=Bar(200, Of.OURS),
    ),
)  # fmt: skip


def run(surroundings: Surroundings) -> Measured:
    """Writes alerts with a provider of fixed time, asks the SDK alone, and writes without a provider, in turn."""
    trial, tell = surroundings.trial, surroundings.tell
    requests, alerts, rounds = (96, 200, 1) if trial else (REQUESTS, ALERTS, ROUNDS)
    ours, whole, alone, rates = [], [], [], []
    with cores.on(cores.measured()), cores.first():
        for number in range(1, rounds + 1):
            tell(f"Round {number} of {rounds}: {requests} alerts with a provider, {CONCURRENCY} at once.")
            found = added(requests)
            ours.append(p99(found.ours))
            whole.append(p99(found.whole))
            tell(f"Round {number} of {rounds}: the SDK alone.")
            alone.append(p99(bare(requests)))
            tell(f"Round {number} of {rounds}: {alerts} alerts without a provider.")
            rates.append(offline(alerts))
    return Measured(
        {
            "added_p99_ms": Value(middle(ours)),
            "whole_p99_ms": Value(middle(whole), middle(alone)),
            "alerts_per_second": Value(middle(rates)),
        },
        f"openai {versions(['openai'])['openai']}, the SDK alone",
        details={"added_p99_ms": ours, "whole_p99_ms": whole, "bare_p99_ms": alone, "alerts_per_second": rates},
    )


ORCHESTRATOR: Final = Benchmark(
    "orchestrator",
    "What the orchestrator adds to a provider of words, and how fast it writes without one. In process on one core: "
    f"{CONCURRENCY} alerts at once, each a question of its own, through routing, breaker, bulkhead, budget, cache, "
    "number check and guard to a provider that "
    f"answers after {PROVIDER_S * 1000:g} ms; its SDK sends the requests, a transport of ours takes them, and the time "
    "in the SDK is the provider's. Budget and cache are in memory. Offline: from the bytes of an explanation to those "
    "of the enriched alert. Medians of five rounds.",
    FIGURES,
    ("resonance-llm-orchestrator", "resonance-narration", "openai", "httpx2"),
    run,
)
