"""The benchmark `false-incidents`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from resonance_predictor.rules import RuleBook
from resonance_predictor.severity import Severity
from resonance_predictor.terms import Terms
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.figure import Better, Figure, Value
from tests.bench.stationary.days import Crowd, model_of

CROWDS: Final = [Crowd(first, 64, 10) for first in range(0, 256, 64)]
TRIAL: Final = [Crowd(0, 8, 1)]

FIGURES: Final[Sequence[Figure]] = tuple(
    Figure(grade, "1/day", f"incidents of severity {grade} or above, of 1,000 users", Better.LOWER)
    for grade in ("low", "medium", "high")
)


def run(surroundings: Surroundings) -> Measured:
    """Watches every crowd and counts."""
    crowds = TRIAL if surroundings.trial else CROWDS
    model, raised = model_of(crowds), Counter[tuple[str, Severity]]()
    for crowd in crowds:
        alerts = crowd.raised(Terms(RuleBook.default()), model)
        raised.update((alert.kind, Severity(alert.severity)) for alert in alerts)
        surroundings.tell(f"{crowd.people} people, {crowd.days} days: {len(alerts)} incidents.")
    user_days = sum(crowd.people * crowd.days for crowd in crowds)
    at_least = {
        grade: sum(count for (_, severity), count in raised.items() if severity >= Severity[grade.upper()])
        for grade in ("low", "medium", "high")
    }
    return Measured(
        {grade: Value(1000 * count / user_days) for grade, count in at_least.items()},
        details={
            "user_days": user_days,
            "tables": [
                {
                    "head": ("kind", "severity at opening", "incidents", "of 1,000 users a day"),
                    "rows": [
                        (kind, severity.name.lower(), count, f"{1000 * count / user_days:.2f}")
                        for (kind, severity), count in sorted(raised.items())
                    ],
                }
            ],
        },
    )


FALSE_INCIDENTS: Final = Benchmark(
    "false-incidents",
    "What is raised of 256 simulated people who do nothing but what they always do, in ten days and nights after a "
    "first one, of which a model learned. Event time at its own pace, from frames to alerts in one process. Every "
    "incident is a false one. Severity is that at opening.",
    FIGURES,
    ("resonance-predictor", "resonance-feature-extractor", "resonance-client", "numpy", "onnxruntime"),
    run,
)
