"""Series of measurements looked into: what changed, what is out of the ordinary, what moves first."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from resonance_tasks.recipient import ForSomebody
from resonance_tasks.task import Analysis, Task
from resonance_tasks.values import LARGEST, Name, Number, Values

MOST_SERIES: Final = 16
MOST_VALUES: Final = 2_000
LONGEST_STEP: Final = 31_622_400.0

OneSeries = TypeVar("OneSeries")
BySeries = Annotated[dict[Name, OneSeries], Field(min_length=1, max_length=MOST_SERIES)]

Known = Number | None
Plain = Annotated[list[Known], Field(min_length=1, max_length=MOST_VALUES)]
Pair = Annotated[list[Known], Field(min_length=2, max_length=2)]
Timed = Annotated[list[Pair], Field(min_length=1, max_length=MOST_VALUES)]


def _has_times(series: Any) -> str:
    """Which form series have: "pairs" where the first of the first is a list, else "values"."""
    if isinstance(series, dict) and series:
        first = next(iter(series.values()))
        if isinstance(first, list) and first and isinstance(first[0], list):
            return "pairs"
    return "values"


SeriesByName = Annotated[
    Annotated[BySeries[Plain], Tag("values")] | Annotated[BySeries[Timed], Tag("pairs")], Discriminator(_has_times)
]
"""All of them values, or all of them pairs of a time in seconds and a value."""


class UsualValue(BaseModel):
    """What is usual.

    Attributes:
        value: The middle.
        spread: Standard deviation; that of the series counts where it is not given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Number
    spread: Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)] | None = None


Baseline = Annotated[
    Annotated[Number, Tag("value")]
    | Annotated[UsualValue, Tag("usual")]
    | Annotated[Annotated[list[Number], Field(min_length=1, max_length=MOST_VALUES)], Tag("history")],
    Discriminator(lambda given: "history" if isinstance(given, list) else "value" if _is_number(given) else "usual"),
]


def _is_number(given: Any) -> bool:
    return isinstance(given, (int, float))


class PerformanceQuestion(ForSomebody):
    """Series, and what is usual of them.

    Attributes:
        metrics: Values of now by name.
        time_series_data: 1 to 16 series by name, each of 1 to 2,000 values in order of time, or pairs of a time in
            seconds and a value in any order; null is a gap. Values end at the same time.
        baseline: What is usual, by name: a value, a value with its spread, or earlier values.
        limits: The most that something can be, by name.
        step_seconds: Between two values, where series have no times.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "metrics": {"latency_ms": 92},
                    "time_series_data": {
                        "queue_depth": [
                            4, 5, 3, 4, 6, 5, 4, 5, 3, 4, 5, 4, 21, 23, 22, 20, 24, 22, 21, 23, 22, 24, 21, 22,
                        ],
                        "latency_ms": [
                            40, 41, 39, 40, 42, 38, 41, 40, 39, 41, 40, 42, 41, 40, 39, 90, 92, 88, 91, 93, 90, 92, 89,
                            92,
                        ],
                    },
                    "baseline": {"queue_depth": {"value": 4.5, "spread": 1}, "latency_ms": 40},
                    "step_seconds": 60,
                    "recipient_role": "devops",
                }
            ]
        }
    )  # fmt: skip

    metrics: Values = Field(default_factory=dict)
    time_series_data: SeriesByName
    baseline: Annotated[dict[Name, Baseline], Field(max_length=4 * MOST_SERIES)] = Field(default_factory=dict)
    limits: Values = Field(default_factory=dict)
    step_seconds: Annotated[float, Field(gt=0, le=LONGEST_STEP, allow_inf_nan=False)] | None = None


class _Found(BaseModel):
    """Something found in a series."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelChange(_Found):
    """A level that changed for good.

    Attributes:
        series: Name.
        sample: Position on the common grid, from 0, at which the new level begins.
        at: The same in seconds, as the series' times; null where they have none.
        before, after: Medians.
        spreads: Of the series, between the two, signed.
    """

    series: str
    sample: int
    at: float | None
    before: float
    after: float
    spreads: float | None


class OutOfOrdinary(_Found):
    """Neighbouring values out of the ordinary, on one side.

    Attributes:
        series: Name.
        first_sample, last_sample: Positions on the common grid, from 0.
        first_at, last_at: The same in seconds; null where there are no times.
        samples: How many.
        value, expected: The farthest, and what was expected there.
        spreads: Between the two, signed.
    """

    series: str
    first_sample: int
    last_sample: int
    first_at: float | None
    last_at: float | None
    samples: int
    value: float
    expected: float
    spreads: float


class Trend(_Found):
    """A series that a straight line describes better than levels do.

    Attributes:
        series: Name.
        per_sample: Slope.
        first, last: Where the line begins and ends.
    """

    series: str
    per_sample: float
    first: float
    last: float


class Standing(_Found):
    """Where a series or metric stands.

    Attributes:
        series: Name.
        value: Now.
        usual: From the baseline; null where it has none.
        spreads: Between the two, signed; null where the spread is not known.
        limit: The most it can be; null where it was not given.
        full: Share of the limit.
        samples_left: Until its trend reaches the limit; null where it does not get nearer.
        unusual: Whether it is at least 3 spreads and a tenth of its value from usual.
    """

    series: str
    value: float
    usual: float | None
    spreads: float | None
    limit: float | None
    full: float | None
    samples_left: float | None
    unusual: bool


class LagRelation(_Found):
    """Two series that move together.

    Attributes:
        source, target: Names; where there is a lag, the target follows.
        lag_samples: By which it follows; 0 where they move at once.
        lag_seconds: The same in seconds; null where the step is not known.
        correlation: Of what is new in each, at that lag, -1 to 1.
        p: Chance of one so strong between unrelated series, corrected for lags and pairs.
        foretells_p: Chance of as much help of the source in foretelling the target if there is none (Granger); null
            where it was not tested.
        both_ways: Whether the target helps to foretell the source too.
        may_be_cause: Whether the source is earlier and foretells; a hint, no proof.
    """

    source: str
    target: str
    lag_samples: int
    lag_seconds: float | None
    correlation: float
    p: float
    foretells_p: float | None
    both_ways: bool
    may_be_cause: bool


class PerformanceAnalysed(Analysis):
    """What series say.

    Attributes:
        changes: In order of time.
        anomalies: In order of time.
        trends: Of series without changes.
        levels: Where everything stands now.
        relations: The surest first.
        notes: What could not be looked into, a sentence each.
    """

    changes: list[LevelChange]
    anomalies: list[OutOfOrdinary]
    trends: list[Trend]
    levels: list[Standing]
    relations: list[LagRelation]
    notes: list[str]


ANALYZE_PERFORMANCE: Final = Task(
    "analyze_performance_patterns",
    PerformanceQuestion,
    PerformanceAnalysed,
    "Says of series of measurements what changed, what is out of the ordinary, and what moves before what.",
    "/ml/analyze/performance",
    max_body_bytes=786_432,
)
