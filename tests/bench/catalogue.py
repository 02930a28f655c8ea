"""Every benchmark there is."""

from __future__ import annotations

from typing import Final

from tests.bench.benchmark import Benchmark
from tests.bench.features.benchmark import FEATURES

BENCHMARKS: Final[dict[str, Benchmark]] = {benchmark.name: benchmark for benchmark in (FEATURES,)}
