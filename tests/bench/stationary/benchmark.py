"""The benchmark `false-incidents`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import sqrt
from typing import Any, Final

from resonance_predictor.rules import RuleBook
from resonance_predictor.severity import Severity
from resonance_predictor.terms import Terms
from resonance_predictor.thresholds import DEFAULT_BUDGET, HIGH, MEDIUM
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.stationary.days import Crowd, Raised, model_of

CROWDS: Final = [Crowd(first, 64, 10) for first in range(0, 256, 64)]
TRIAL: Final = [Crowd(0, 8, 1)]

BUDGETS: Final = (1.0, 4.0, 16.0)
"""Incidents of 1,000 users a day that are stated to be bearable."""

GRADES: Final[Mapping[Severity, float]] = {Severity.LOW: 1.0, Severity.MEDIUM: MEDIUM, Severity.HIGH: HIGH}
"""Share of the budget that each grade and those above it may have."""


def _bearable(stated: float) -> float:
    """At most this is measured in all crowds, in 39 of 40 times, where the stated number is true."""
    expected = stated * sum(crowd.people * crowd.days for crowd in CROWDS) / 1000
    return round(stated * (1 + 2 / sqrt(expected)), 2)


FIGURES: Final[Sequence[Figure]] = (
    *(
        Figure(
            f"budget_{budget:g}",
            "1/day",
            f"incidents of 1,000 users where {budget:g} are stated to be bearable",
            Better.LOWER,
            Bar(_bearable(budget), Of.OURS),
        )
        for budget in BUDGETS
    ),
    *(
        Figure(
            grade.name.lower(),
            "1/day",
            f"{grade.name.lower()} or above in the end, by the default budget: {share * DEFAULT_BUDGET:g} stated",
            Better.LOWER,
        )
        for grade, share in GRADES.items()
    ),
)


def run(surroundings: Surroundings) -> Measured:
    """Watches every crowd by every budget and counts."""
    crowds = TRIAL if surroundings.trial else CROWDS
    model = model_of(crowds)
    terms = [Terms(RuleBook.default(), false_incidents=budget) for budget in BUDGETS]
    raised: dict[float, list[Raised]] = {budget: [] for budget in BUDGETS}
    for crowd in crowds:
        for budget, found in zip(BUDGETS, crowd.raised(terms, model), strict=True):
            raised[budget] += found
        counts = ", ".join(f"{len(found)} by {budget:g}" for budget, found in raised.items())
        surroundings.tell(f"{crowd.people} people, {crowd.days} days more: incidents so far {counts}.")
    user_days = sum(crowd.people * crowd.days for crowd in crowds)
    values = {f"budget_{budget:g}": 1000 * len(found) / user_days for budget, found in raised.items()}
    values |= {grade.name.lower(): 1000 * _at_least(grade, raised[DEFAULT_BUDGET]) / user_days for grade in GRADES}
    return Measured(
        {name: Value(value) for name, value in values.items()},
        details={
            "user_days": user_days,
            "tables": [
                {"head": HEAD, "rows": [row for budget in BUDGETS for row in _rows(budget, raised[budget], user_days)]},
                {
                    "head": ("by default", "at opening", "in the end", "incidents"),
                    "rows": _kinds(raised[DEFAULT_BUDGET]),
                },
            ],
        },
    )


HEAD: Final = ("budget", "severity in the end", "stated", "measured", "incidents", "expected")


def _rows(budget: float, raised: Collection[Raised], user_days: int) -> list[tuple[Any, ...]]:
    return [
        (
            f"{budget:g}",
            f"{grade.name.lower()} or above",
            f"{share * budget:g}",
            f"{1000 * _at_least(grade, raised) / user_days:.2f}",
            _at_least(grade, raised),
            f"{share * budget * user_days / 1000:.2g}",
        )
        for grade, share in GRADES.items()
    ]


def _kinds(raised: Collection[Raised]) -> list[tuple[Any, ...]]:
    counted = Counter((one.kind, one.opened, one.ended) for one in raised)
    return [
        (kind, Severity(opened).name.lower(), Severity(ended).name.lower(), count)
        for (kind, opened, ended), count in sorted(counted.items())
    ]


def _at_least(grade: Severity, raised: Collection[Raised]) -> int:
    return sum(one.ended >= grade for one in raised)


FALSE_INCIDENTS: Final = Benchmark(
    "false-incidents",
    "What is raised of 256 simulated people who do nothing but what they always do, in ten days and nights after a "
    "first one, of which a model learned, by three budgets of false incidents. Event time at its own pace, from frames "
    "to alerts in one process. Every incident is a false one. The people are others than those of whom it was measured "
    "beforehand how high evidence rises. The bars are what is stated and two standard deviations of what chance makes "
    "of it. Medium is stated as a tenth of the budget, high as a hundredth.",
    FIGURES,
    ("resonance-predictor", "resonance-feature-extractor", "resonance-client", "numpy", "onnxruntime"),
    run,
)
