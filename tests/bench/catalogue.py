"""Every benchmark there is."""

from __future__ import annotations

from typing import Final

from tests.bench.answering.benchmark import PREDICT_REST
from tests.bench.benchmark import Benchmark
from tests.bench.detection.benchmark import DETECTION
from tests.bench.drift.benchmark import DRIFT
from tests.bench.end_to_end.benchmark import END_TO_END
from tests.bench.explained.benchmark import EXPLAINED
from tests.bench.explaining.benchmark import EXPLAIN
from tests.bench.features.benchmark import FEATURES
from tests.bench.feedback.benchmark import FEEDBACK
from tests.bench.gateway.benchmark import GATEWAY
from tests.bench.incidents.benchmark import INCIDENTS
from tests.bench.logs.benchmark import LOGS_BENCHMARK
from tests.bench.proxying.benchmark import PROXY
from tests.bench.retraining.benchmark import RETRAIN
from tests.bench.scoring.benchmark import SCORE
from tests.bench.stationary.benchmark import FALSE_INCIDENTS
from tests.bench.trials.benchmark import TRIALS
from tests.bench.writing.benchmark import ORCHESTRATOR

BENCHMARKS: Final[dict[str, Benchmark]] = {
    benchmark.name: benchmark
    for benchmark in (
        FEATURES,
        GATEWAY,
        PROXY,
        END_TO_END,
        DETECTION,
        INCIDENTS,
        FALSE_INCIDENTS,
        FEEDBACK,
        DRIFT,
        TRIALS,
        RETRAIN,
        SCORE,
        PREDICT_REST,
        EXPLAIN,
        EXPLAINED,
        LOGS_BENCHMARK,
        ORCHESTRATOR,
    )
}
