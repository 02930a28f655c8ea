"""The benchmark `explained`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from resonance_modeling.keys import make_pair
from tests.bench import cores
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.explained.course import Course, Ran, run
from tests.bench.explained.judging import Phase
from tests.bench.explaining.scene import Scene, scene
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.real_parts import RealParts, kafka_version, real_parts

SEED: Final = 7
RATE: Final = 200.0
SECONDS: Final = 60.0
KILL_AT_S: Final = 30.0
COURSES: Final = {
    "one replica": Course(RATE, SECONDS, KILL_AT_S),
    "two replicas": Course(RATE, SECONDS, KILL_AT_S, replicas=2),
}
TRIAL: Final = {"one replica": Course(50.0, 10.0, 4.0)}
COUNTED: Final = "one replica"

FIGURES: Final[Sequence[Figure]] = (
    Figure("late", "", "anomalies whose explanation came later than 2 s, or not", Better.LOWER, Bar(0, Of.OURS)),
    Figure("most_ms", "ms", "from the record of an anomaly to that of its explanation, the slowest", Better.LOWER,
           Bar(2000, Of.OURS)),
    Figure("p50_ms", "ms", "the same, half of those before the kill", Better.LOWER),
    Figure("p99_ms", "ms", "the same, 99 of 100 of those before the kill", Better.LOWER),
    Figure("through_p99_ms", "ms", "the same, 99 of 100 of those through the kill", Better.LOWER),
    Figure("missing", "", "anomalies without an explanation", Better.LOWER, Bar(0, Of.OURS)),
    Figure("different", "", "anomalies with explanations that differ", Better.LOWER, Bar(0, Of.OURS)),
    Figure("repeats", "", "explanations that were stored again, to the byte", Better.LOWER),
    Figure("failed_checks", "", "explanations of which a check failed", Better.LOWER, Bar(0, Of.OURS)),
    Figure("brief", "", "explanations of which something was left out", Better.LOWER),
    Figure("silent_ms", "ms", "from the last explanation before the kill to the first one after it", Better.LOWER),
    Figure("anomalies", "", "that were sent"),
)  # fmt: skip

NOTES: Final = (
    f"{RATE:g} anomalies a second for {SECONDS:g} s, found and scored by a model of the simulator's ordinary traffic; "
    "each has an id and one of 1,000 users of its own, so none is remembered from before. Times are the broker's, from "
    "the moment it stored the one record to the moment it stored the other.",
    "xai is killed with SIGKILL and started again after 0.1 s, as a container engine does; the time that the engine "
    "itself takes is not in it. It is ready when it has read the past for questions, too, which begins once what "
    "waited for explanations has them.",
)


def measured(surroundings: Surroundings) -> Measured:
    """Lets anomalies flow on a real Kafka; raises Unmeasured where there is none."""
    if surroundings.services is None:
        raise Unmeasured("No programs kafka and minio: set SERVICES to a folder with them.")
    surroundings.tell(f"Scenario {SEED}: learns, and finds what is planted.")
    played = scene(SEED)
    ran = {}
    for name, course in (TRIAL if surroundings.trial else COURSES).items():
        surroundings.tell(f"{name}: {course.rate:g} anomalies a second for {course.seconds:g} s.")
        with real_parts(surroundings.services, cores.all_of_them()) as parts:
            ran[name] = _run(course, parts, played)
    details = {
        "notes": NOTES,
        "tables": [_table(ran), _of_replicas(ran)],
        "runs": {n: asdict(r) for n, r in ran.items()},
    }
    return Measured(_values(ran[COUNTED]), "", {"kafka": kafka_version(surroundings.services)}, details)


def _run(course: Course, parts: RealParts, played: Scene) -> Ran:
    with tempfile.TemporaryDirectory(prefix="resonance-bench-") as name:
        folder = Path(name)
        key, public = folder / "model.pem", folder / "public"
        make_pair(key, public)
        environment = {
            **parts.environment,
            # As deployed.
            "RESONANCE_KAFKA_REBALANCE_MS": "6000",
            "RESONANCE_MODEL_KEY": str(key),
            "RESONANCE_MODEL_PUBLIC_KEYS": str(public),
        }
        return run(course, environment, played.artifact, [one.anomaly for one in played.found], folder)


def _values(ran: Ran) -> dict[str, Value]:
    judged, (before, through) = ran.judged, list(ran.judged.phases.values())[:2]
    figures = {
        "late": judged.whole.late + len(judged.missing),
        "most_ms": judged.whole.most * 1e3,
        "p50_ms": before.p50 * 1e3,
        "p99_ms": before.p99 * 1e3,
        "through_p99_ms": through.p99 * 1e3,
        "missing": len(judged.missing),
        "different": len(judged.different),
        "repeats": judged.repeats,
        "failed_checks": judged.failed,
        "brief": judged.whole.brief,
        "silent_ms": judged.gap_s * 1e3,
        "anomalies": judged.whole.anomalies + len(judged.missing),
    }
    return {name: Value(float(figure)) for name, figure in figures.items()}


def _table(ran: dict[str, Ran]) -> dict[str, Any]:
    head = ("xai, anomalies", "anomalies", "p50, ms", "p95, ms", "p99, ms", "slowest, ms", "later than 2 s", "brief")
    rows = [
        (f"{name}, {phase}", *_cells(of_phase))
        for name, one in ran.items()
        for phase, of_phase in one.judged.phases.items()
    ]
    return {"head": head, "rows": rows}


def _cells(phase: Phase) -> tuple[str, ...]:
    times = (f"{1e3 * seconds:.0f}" for seconds in (phase.p50, phase.p95, phase.p99, phase.most))
    return (str(phase.anomalies), *times, str(phase.late), str(phase.brief))


def _of_replicas(ran: dict[str, Ran]) -> dict[str, Any]:
    head = (
        "xai", "silent around the kill, ms", "ready after the kill, ms", "repeated", "missing", "cores of xai",
        "cores of all",
    )  # fmt: skip
    rows = [
        (
            name,
            f"{1e3 * one.judged.gap_s:.0f}",
            f"{1e3 * one.ready_s:.0f}",
            str(one.judged.repeats),
            str(len(one.judged.missing)),
            f"{one.xai_cores:.2f}",
            f"{one.all_cores:.2f}",
        )
        for name, one in ran.items()
    ]
    return {"head": head, "rows": rows}


EXPLAINED: Final = Benchmark(
    "explained",
    "Whether every anomaly has its explanation, one, within 2 s, while 200 come in a second, through the death of xai. "
    "Everything shares two cores: a real Kafka and a real MinIO, who sends, and xai as it is deployed, with a signed "
    "model from the store. The figures are those of one replica.",
    FIGURES,
    ("resonance-xai", "resonance-attribution", "resonance-narration", "resonance-runtime", "aiokafka", "onnxruntime",
     "numpy"),
    measured,
)  # fmt: skip
