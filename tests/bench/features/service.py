"""One run of the whole service, a process of its own, on a topic that was filled before."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from tests.bench import cores
from tests.bench.benchmark import Unmeasured
from tests.bench.features.expected import Emissions
from tests.bench.features.output import Incomplete
from tests.bench.features.topic import Progress, Stored, fill, read
from tests.bench.features.traffic import Batch
from tests.bench.real_parts import real_parts
from tests.bench.run import Run
from tests.bench.usage import Meter

GROUP: Final = "feature-extractor"
RUN_S: Final = 600
STOP_S: Final = 15
LOOK_S: Final = 0.02
ASK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """What the service is given, and what must come of it.

    Attributes:
        records: Records of activity, all of them.
        wanted: Every vector that must come out.
        samples: Some values of some last vectors.
    """

    records: Sequence[Batch]
    wanted: Emissions
    samples: Mapping[str, Mapping[str, float]]


def run(programs: Path, load: Load, further: Mapping[str, str] | None = None) -> Run:
    """Fills a topic, lets the service empty it, and checks every vector.

    The time runs from the first record of vectors in the broker to the last, and what was handled before the first
    one is not counted: neither is the start of the process nor what it compiles.

    Args:
        programs: Folder of Kafka and MinIO.
        load: What it is given.
        further: Settings of the service beside those that it needs.

    Raises:
        Unmeasured: Something did not work, or the output is not complete.
    """
    with real_parts(programs) as parts, tempfile.TemporaryDirectory() as folder:
        asyncio.run(fill(parts.kafka, load.records))
        log = Path(folder) / "service.log"
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        environment = {**parts.environment, **threads, "TMPDIR": folder, **(further or {})}
        child = Child(GROUP, [sys.executable, "-m", "resonance_feature_extractor"], environment, log)
        with cores.on(cores.measured()):
            child.start()
        try:
            with cores.on(cores.others()):
                began, meter = time.time(), _meter(child)
                asyncio.run(_until_done(child, meter, parts.kafka, load.records))
        finally:
            child.stop(STOP_S)
        try:
            stored, output = asyncio.run(read(parts.kafka))
            output.compare(load.wanted, load.samples)
        except Incomplete as fault:
            raise Unmeasured(f"The output of the service is not complete: {fault}.") from fault
    return _measure(load.records, stored, meter, began)


def _meter(child: Child) -> Meter:
    assert child.pid is not None, "the child was started"
    return Meter(child.pid)


async def _until_done(child: Child, meter: Meter, bootstrap: str, records: Sequence[Batch]) -> None:
    progress = Progress(bootstrap, GROUP)
    await progress.start()
    try:
        asked, deadline = time.monotonic(), time.monotonic() + RUN_S
        while True:
            meter.look()
            if child.exit_status is not None:
                raise Unmeasured(f"The service ended with status {child.exit_status}:\n{child.last_words()}")
            now = time.monotonic()
            if now > deadline:
                raise Unmeasured(f"The service was not done after {RUN_S} s:\n{child.last_words()}")
            if now - asked > ASK_S:
                if await progress.done(records):
                    return
                asked = now
            await asyncio.sleep(LOOK_S)
    finally:
        await progress.stop()


def _measure(records: Sequence[Batch], stored: Sequence[Stored], meter: Meter, began_s: float) -> Run:
    first_s, last_s = min(s.stored_s for s in stored), max(s.stored_s for s in stored)
    before = {s.source for s in stored if s.stored_s <= first_s}
    messages = sum(record.messages for record in records if record.id not in before)
    seconds = last_s - first_s
    if seconds <= 0 or messages == 0:
        raise Unmeasured("Everything was stored at once: more events are needed to measure a rate.")
    return Run(
        per_second=messages / seconds,
        cpu_us_per_event=meter.between(first_s, last_s) / messages * 1e6,
        seconds=seconds,
        events=messages,
        further={
            "first_output_after_s": round(first_s - began_s, 2),
            "vectors": sum(s.vectors for s in stored),
            "output_bytes": sum(s.size for s in stored),
            "output_records": len(stored),
        },
    )
