"""What tracing costs on the hot path: `python -m tests.traces.cost`, with real Kafka and MinIO in the folder SERVICES.

The gateway and the feature-extractor, each on a core of its own, without a collector and with one, turn by turn.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.topics import create_with_patience
from tests.bench import rounds
from tests.bench.features import service
from tests.bench.features.expected import expected
from tests.bench.features.samples import samples
from tests.bench.features.topic import PARTITIONS
from tests.bench.features.traffic import Traffic, batches
from tests.bench.gateway.process import gateway
from tests.bench.gateway.rate import Load, tracked
from tests.bench.real_parts import real_parts
from tests.support.collector import Collector
from tests.support.markdown import table

ROUNDS: Final = 3
USERS: Final = 1_000
EVENTS: Final[Mapping[int, int]] = {1000: 1_000_000, 50: 600_000}
GATEWAY: Final = Load(connections=50, frames_a_write=64, seconds=6)
TOPICS_S: Final = 60

Measure = Callable[[Mapping[str, str]], tuple[float, float]]


def of_features(programs: Path, load: service.Load, further: Mapping[str, str]) -> tuple[float, float]:
    """Events a second, and processor time of one in microseconds."""
    ran = service.run(programs, load, further)
    return ran.per_second, ran.cpu_us_per_event


def of_gateway(programs: Path, further: Mapping[str, str]) -> tuple[float, float]:
    """Messages a second, and processor time of one in microseconds."""
    with real_parts(programs) as parts:
        asyncio.run(create_with_patience(RuntimeSettings(kafka_bootstrap=parts.kafka), TOPICS_S))
        with gateway({**parts.environment, **further}) as process:
            found = tracked(process, GATEWAY)
    return found["per_second"], found["cpu_us"]


def measures(programs: Path) -> dict[str, Measure]:
    """What is measured, by what it is called."""
    found: dict[str, Measure] = {"gateway, 64 frames a write": partial(of_gateway, programs)}
    for size, messages in EVENTS.items():
        traffic = Traffic(USERS, messages)
        load = service.Load(list(batches(traffic, PARTITIONS, size)), expected(traffic), samples(traffic, 5))
        found[f"feature-extractor, records of {size:,}"] = partial(of_features, programs, load)
    return found


def compare(programs: Path, variants: Mapping[str, Mapping[str, str]], tell: Callable[[str], None]) -> Sequence[str]:
    """A table of everything with every variant of the settings; the first one is what others are compared with."""
    lines: list[tuple[str, ...]] = [("what", "variant", "a second", "processor, µs each", "beside the first")]
    for name, measure in measures(programs).items():
        sides = {variant: partial(measure, further) for variant, further in variants.items()}
        runs = rounds.in_turn(ROUNDS, sides, tell)
        least = {variant: min(used for _, used in each) for variant, each in runs.items()}
        first = least[next(iter(variants))]
        for variant, each in runs.items():
            rate = rounds.middle([per_second for per_second, _ in each])
            beside = f"{100 * (least[variant] / first - 1):+.1f} %"
            lines.append((name, variant, f"{rate:,.0f}", f"{least[variant]:.2f}", beside))
    return list(table(lines))


def with_collector(url: str, sample: str) -> dict[str, str]:
    """Settings of a service that is traced."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "RESONANCE_TRACE_SAMPLE": sample}


def main() -> int:
    """Measures, and prints the table."""
    programs = Path(os.environ.get("SERVICES", "../shared/services"))
    if not (programs / "kafka").exists():
        print(f"No program kafka in {programs}: set SERVICES to a folder that has it.", file=sys.stderr)
        return 2
    with Collector() as collector:
        variants = {
            "no collector": {},
            "1 % drawn": with_collector(collector.url, "0.01"),
            "collector is down, 1 % drawn": with_collector("http://127.0.0.1:9", "0.01"),
        }
        print("\n".join(compare(programs, variants, lambda sentence: print(sentence, file=sys.stderr))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
