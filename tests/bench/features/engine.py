"""The engine alone, in a process of its own: `python -m tests.bench.features.engine USERS SIZE MESSAGES ROUNDS`.

Prints JSON: events a second of every round, and how many vectors came of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_feature_extractor.engine import PartitionEngine
from tests.bench.features.expected import count, expected
from tests.bench.features.traffic import Batch, Traffic, batches

# Share of the messages that go ahead of the measured ones: users are known by then, arrays have their size.
AHEAD: Final = 0.2


def measure(users: int, size: int, messages: int, rounds: int) -> dict[str, Any]:
    """Rates of the engine over the same batches, each round with a new engine.

    Args:
        users: Users, all in one partition.
        size: Events a batch.
        messages: Messages in all.
        rounds: How many times it is measured.

    Raises:
        SystemExit: The vectors are not those that are due.
    """
    traffic = Traffic(users, messages)
    cut = list(batches(traffic, 1, size))
    vectors, due = _vectors(cut), count(expected(traffic))
    if vectors != due:
        raise SystemExit(f"The engine gave {vectors} vectors; {due} are due.")
    return {
        "users": users,
        "events_a_batch": size,
        "vectors_per_event": round(due / messages, 3),
        "per_second": [round(_rate(cut, messages)) for _ in range(rounds)],
    }


def _vectors(cut: Sequence[Batch]) -> int:
    """How many vectors come of these batches; also compiles what is compiled."""
    engine = PartitionEngine()
    return sum(len(VectorBatch.FromString(out).user_key) for batch in cut for out in engine.apply(batch.value))


def _rate(cut: Sequence[Batch], messages: int) -> float:
    engine = PartitionEngine()
    sent, first = 0, 0
    while sent < messages * AHEAD:
        engine.apply(cut[first].value)
        sent += cut[first].messages
        first += 1
    values = [batch.value for batch in cut[first:]]
    began = time.perf_counter()
    for value in values:
        engine.apply(value)
    return (messages - sent) / (time.perf_counter() - began)


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:5]))))
