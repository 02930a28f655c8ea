"""What a known user costs, in a process of its own: `python -m tests.bench.features.memory < batches`.

Reads batches, each after its length in four bytes, feeds them to one engine, and prints JSON: resident memory before
and after, seconds and bytes of a dump of everything, seconds of restoring it, and whether the restored engine goes on
as the first one does.
"""

from __future__ import annotations

import ctypes
import gc
import json
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

from resonance_feature_extractor.engine import PartitionEngine
from tests.bench.features.frames import frames
from tests.bench.features.traffic import Traffic, batches
from tests.bench.usage import resident_bytes


def measure(values: Iterator[bytes]) -> dict[str, Any]:
    """What the users in these batches cost; the last batch is kept for the comparison at the end."""
    _warm()
    before = _settled()
    engine, last = PartitionEngine(), b""
    for value in values:
        if last:
            engine.apply(last)
        last = value
    after = _settled()
    began = time.perf_counter()
    header, changed = engine.dump()
    dumped = time.perf_counter()
    contents = {shard: [bytes(piece.data)] for shard, piece in changed.items()}
    began_restoring = time.perf_counter()
    restored = PartitionEngine.restore(header, contents)
    done = time.perf_counter()
    return {
        "resident_before": before,
        "resident_after": after,
        "resident_peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "dump_s": round(dumped - began, 3),
        "dump_bytes": len(header) + sum(len(part) for parts in contents.values() for part in parts),
        "restore_s": round(done - began_restoring, 3),
        "users": engine.users(),
        "same": restored.users() == engine.users() and restored.apply(last) == engine.apply(last),
    }


def _warm() -> None:
    """Compiles what is compiled, so that it is there before the first look."""
    engine = PartitionEngine()
    for batch in batches(Traffic(100, 5_000), 1, 100):
        engine.apply(batch.value)
    header, changed = engine.dump()
    PartitionEngine.restore(header, {shard: [bytes(piece.data)] for shard, piece in changed.items()})


def _settled() -> int:
    """Resident memory after everything that is not in use was given back, bytes."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes()


if __name__ == "__main__":
    print(json.dumps(measure(frames(sys.stdin.buffer))))
