"""The benchmark `incidents`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import median
from typing import Any, Final

from resonance_client.simulation.kinds import Incident
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.figure import Better, Figure, Value
from tests.bench.incidents.played import Found, Played, play

SEEDS: Final = range(1, 41)

FIGURES: Final[Sequence[Figure]] = (
    Figure("recall", "%", "planted incidents for which an alert of a kind that fits was raised"),
    Figure("precision", "%", "alerts that are about something planted, of those that fit it or are about nothing"),
    Figure("seconds", "s", "event time from the beginning of an incident to its alert, median", Better.LOWER),
)
HEAD: Final = ("planted", "incidents", "recall, %", "precision, %", "seconds to the alert: median", "nine of ten")


def run(surroundings: Surroundings) -> Measured:
    """Plays every scenario and counts."""
    games: list[Played] = []
    for seed in SEEDS[:1] if surroundings.trial else SEEDS:
        games.append(play(seed))
        missed = [one.kind.value for one in games[-1].found if one.after_s is None]
        false = len(games[-1].false_kinds)
        surroundings.tell(f"Seed {seed}: missed {', '.join(missed) or 'nothing'}; {false} false alerts.")
    found = [one for game in games for one in game.found]
    false = [kind for game in games for kind in game.false_kinds]
    return Measured(
        {
            "recall": Value(_recall(found)),
            "precision": Value(_precision(found, len(false))),
            "seconds": Value(median(_seconds(found))),
        },
        details={
            "tables": [{"head": HEAD, "rows": [_row(kind, found, false) for kind in Incident]}],
            "false_alerts": sorted(false),
            "user_days": round(sum(game.user_days for game in games), 1),
            "missed": [f"seed {g.seed}: {one.kind.value}" for g in games for one in g.found if one.after_s is None],
        },
    )


def _row(kind: Incident, found: Sequence[Found], false: Sequence[str]) -> tuple[Any, ...]:
    own = [one for one in found if one.kind is kind]
    accepted = frozenset[str]().union(*(one.accepted for one in own))
    seconds = sorted(_seconds(own))
    nine = f"{seconds[min(len(seconds) - 1, int(0.9 * len(seconds)))]:.0f}" if seconds else "–"
    return (
        kind.value,
        len(own),
        f"{_recall(own):.0f}",
        f"{_precision(own, sum(one in accepted for one in false)):.0f}",
        f"{median(seconds):.0f}" if seconds else "–",
        nine,
    )


def _seconds(found: Collection[Found]) -> list[float]:
    return [one.after_s for one in found if one.after_s is not None]


def _recall(found: Collection[Found]) -> float:
    return 100 * len(_seconds(found)) / len(found)


def _precision(found: Collection[Found], false: int) -> float:
    right = sum(one.alerts for one in found)
    return 100 * right / (right + false) if right else 0.0


INCIDENTS: Final = Benchmark(
    "incidents",
    "What is found of incidents that the simulator plants, one of each kind among 87 people in every one of 40 "
    "scenarios: two and a half hours of ordinary traffic, a model of it, then an hour and a half with the incidents. "
    "Event time, from frames to alerts in one process, without a broker. An alert counts where its kind fits what was "
    "planted, from its beginning to an hour after its end; another kind on the same person in that time counts neither "
    "way. Of a row, precision is the share of the alerts of kinds that fit it that are about somebody who did it.",
    FIGURES,
    ("resonance-predictor", "resonance-feature-extractor", "resonance-client", "numpy", "onnxruntime"),
    run,
)
