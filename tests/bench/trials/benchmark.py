"""The benchmark `trials`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np

from resonance_auto_retrainer.trials.stage import Stage
from resonance_auto_retrainer.trials.terms import STAGES, TrialTerms
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.trials.simulation import Crowd, Ended, stage_of, trial

TERMS: Final = TrialTerms()
RATIOS: Final = (2.0, 3.0, 10.0)
STAGES_SHOWN: Final = (Stage.SHADOW, Stage.AB, Stage.BAKE)
SMALL: Final = Crowd(people=300)
LARGE: Final = Crowd(people=1000)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is simulated.

    Attributes:
        equals: Whole trials of versions that are equal, of each crowd.
        worse: Whole trials of each ratio, of each crowd.
        alone: A/B alone, of each ratio.
    """

    equals: int = 2000
    worse: int = 300
    alone: int = 1000


TRIAL: Final = Extent(equals=30, worse=10, alone=10)

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "equals_taken_back",
        "share",
        "versions that find as much as the champion and are taken back all the same, all stages together",
        Better.LOWER,
        Bar(TERMS.alpha, Of.OURS),
    ),
    Figure(
        "too_many_promoted_early",
        "share",
        f"versions that alert {TERMS.ratio:g} times as many users and are promoted early, as if it were ruled out",
        Better.LOWER,
        Bar(TERMS.alpha / STAGES, Of.OURS),
    ),
    *(
        Figure(f"taken_back_{ratio:g}", "share", f"versions that find {ratio:g} times as much and are taken back")
        for ratio in RATIOS
    ),
    *(
        Figure(
            f"users_until_{ratio:g}",
            "users",
            f"of whom something is found until a version that finds {ratio:g} times as much is taken back, median",
            Better.LOWER,
        )
        for ratio in RATIOS
    ),
)


def run(surroundings: Surroundings) -> Measured:
    """Simulates trials of equal versions, and of worse ones."""
    extent = TRIAL if surroundings.trial else Extent()
    random = np.random.default_rng(20_261)
    equals = {crowd: _trials(crowd, 1.0, extent.equals, random) for crowd in (SMALL, LARGE)}
    surroundings.tell(f"Equal versions: {_taken_back(equals[SMALL] + equals[LARGE]):.4f} taken back.")
    worse: dict[tuple[Crowd, float], list[list[Ended]]] = {}
    for crowd in (SMALL, LARGE):
        for ratio in RATIOS:
            worse[crowd, ratio] = _trials(crowd, ratio, extent.worse, random)
            surroundings.tell(f"{ratio:g} times, {crowd.people} people: {_taken_back(worse[crowd, ratio]):.3f}.")
    alone = {
        ratio: [stage_of(Stage.AB, LARGE, ratio, TERMS, random) for _ in range(extent.alone)]
        for ratio in (1.0, TERMS.ratio, *RATIOS)
    }
    every = equals[SMALL] + equals[LARGE]
    naive = sum(any(ended.naive for ended in trial) for trial in every) / len(every)
    values = {
        "equals_taken_back": Value(_taken_back(every), naive),
        "too_many_promoted_early": Value(_early(alone[TERMS.ratio])),
    }
    for ratio in RATIOS:
        values[f"taken_back_{ratio:g}"] = Value(_taken_back(worse[LARGE, ratio]))
        values[f"users_until_{ratio:g}"] = Value(_until(worse[LARGE, ratio]))
    notes = [
        f"Stated: of equal versions at most {TERMS.alpha:g} are taken back, {TERMS.alpha / STAGES:.3g} in each stage, "
        f"whenever one looks. Taken back is what is sure and at least {TERMS.ratio:g} times as much. "
        f"{2 * extent.equals:,} trials of equal versions, {extent.worse} of each worse one and crowd; figures of worse "
        f"versions are those of {LARGE.people:,} people.",
        "The peer is a one-sided binomial test at the same levels that is looked at after every person, as a test for "
        "a fixed number of people must not be.",
    ]
    tables = [_table(equals, worse), _table_of_arms(alone)]
    return Measured(values, "binomial test, looked at after every person", {}, {"notes": notes, "tables": tables})


def _trials(crowd: Crowd, ratio: float, count: int, random: np.random.Generator) -> list[list[Ended]]:
    return [trial(crowd, ratio, TERMS, random) for _ in range(count)]


def _taken_back(trials: Sequence[Sequence[Ended]]) -> float:
    return sum(trial[-1].taken_back for trial in trials) / len(trials)


def _early(stages: Sequence[Ended]) -> float:
    return sum(ended.early for ended in stages) / len(stages)


def _until(trials: Sequence[Sequence[Ended]]) -> float:
    """Median number of users until a version was taken back, of those that were; 0 where none was."""
    found = [sum(ended.events for ended in trial) for trial in trials if trial[-1].taken_back]
    return float(median(found)) if found else 0.0


def _table(
    equals: dict[Crowd, list[list[Ended]]], worse: dict[tuple[Crowd, float], list[list[Ended]]]
) -> dict[str, Any]:
    rows = []
    for crowd in (SMALL, LARGE):
        for ratio, trials in [(1.0, equals[crowd]), *((ratio, worse[crowd, ratio]) for ratio in RATIOS)]:
            ends = [(STAGES_SHOWN[len(trial) - 1], trial[-1].taken_back) for trial in trials]
            shares = [f"{sum(end == (stage, True) for end in ends) / len(trials):.4f}" for stage in STAGES_SHOWN]
            rows.append((crowd.people, f"{ratio:g}", *shares, f"{_taken_back(trials):.4f}", f"{_until(trials):.0f}"))
    head = ("people", "times as much", "in shadow", "in A/B", "in bake time", "taken back", "users until then")
    return {"head": head, "rows": rows}


def _table_of_arms(alone: dict[float, list[Ended]]) -> dict[str, Any]:
    rows = [
        (
            f"{ratio:g}",
            f"{_taken_back([[ended] for ended in stages]):.4f}",
            f"{_early(stages):.4f}",
            f"{_until([[ended] for ended in stages]):.0f}",
        )
        for ratio, stages in alone.items()
    ]
    return {
        "head": ("A/B alone, times as much", "taken back", "promoted early", "users alerted until then"),
        "rows": rows,
    }


TRIALS: Final = Benchmark(
    "trials",
    "How often versions on trial are judged wrongly, and how soon rightly. Made-up people, of whom two versions find "
    "something at times of their own, more often of some people than of others, go through shadow, A/B and bake time, "
    "judged after every person by the code that judges in operation, with the settings as they come. In shadow and "
    "bake time the older version finds something of about 15 % of the people, in A/B about 5 % are alerted.",
    FIGURES,
    ("resonance-auto-retrainer", "resonance-training", "numpy", "scipy"),
    run,
)
