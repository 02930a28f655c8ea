"""The benchmark `feedback`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.feedback.habits import Habit
from tests.bench.feedback.played import BOTH, DETECTION, NOBODY, TRAINING, Listening, Played, Scene
from tests.bench.figure import Better, Figure, Value

SEEDS: Final = range(1, 11)
WHO: Final[Mapping[str, Listening]] = {
    "nobody": NOBODY,
    "detection alone": DETECTION,
    "training alone": TRAINING,
    "both": BOTH,
}

FIGURES: Final[Sequence[Figure]] = (
    Figure("repeats", "%", "repeats of false alerts that are left, of those without verdicts", Better.LOWER),
    Figure("lost", "", "planted incidents that are found without verdicts and not with them", Better.LOWER),
    Figure("recall", "%", "planted incidents for which an alert of a kind that fits was raised, with verdicts"),
)
HEAD: Final = (
    "who listens",
    "repeats",
    "with the first model",
    "with the second",
    "of other people",
    "found",
    "planted",
    "lost",
)


def run(surroundings: Surroundings) -> Measured:
    """Plays every scene four times and counts."""
    games: dict[str, list[Played]] = {who: [] for who in WHO}
    for seed in SEEDS[:1] if surroundings.trial else SEEDS:
        scene = Scene(seed)
        for who, listening in WHO.items():
            games[who].append(scene.play(listening))
        said = ", ".join(f"{who} {_repeats(played[-1:])}" for who, played in games.items())
        surroundings.tell(f"Seed {seed}: repeats with {said}; lost {_lost(games['nobody'][-1:], games['both'][-1:])}.")
    before, after = games["nobody"], games["both"]
    return Measured(
        {
            "repeats": Value(100 * _repeats(after) / max(_repeats(before), 1)),
            "lost": Value(float(_lost(before, after))),
            "recall": Value(100 * _found(after) / sum(len(game.planted) for game in after)),
        },
        details={
            "tables": [
                {"head": HEAD, "rows": [_row(who, before, played) for who, played in games.items()]},
                {"head": ("habit", *WHO), "rows": [_of_habit(habit, games) for habit in Habit]},
            ],
            "kinds": {who: _kinds(played) for who, played in games.items()},
        },
    )


def _row(who: str, before: Sequence[Played], played: Sequence[Played]) -> tuple[Any, ...]:
    planted = sum(len(game.planted) for game in played)
    others = sum(game.other_false for game in played)
    phases = [_repeats(played, second=False), _repeats(played, second=True)]
    return who, _repeats(played), *phases, others, _found(played), planted, _lost(before, played)


def _of_habit(habit: Habit, games: Mapping[str, Sequence[Played]]) -> tuple[Any, ...]:
    return habit.value, *(
        sum(n for game in played for (_, of, _), n in game.repeats.items() if of is habit) for played in games.values()
    )


def _kinds(played: Sequence[Played]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for game in played:
        for (_, habit, kind), n in game.repeats.items():
            found[f"{habit}: {kind}"] += n
    return dict(sorted(found.items()))


def _repeats(played: Sequence[Played], *, second: bool | None = None) -> int:
    return sum(n for game in played for (of, *_), n in game.repeats.items() if second is None or of is second)


def _found(played: Sequence[Played]) -> int:
    return sum(found for game in played for _, found in game.planted)


def _lost(before: Sequence[Played], after: Sequence[Played]) -> int:
    games = zip(before, after, strict=True)
    pairs = (pair for one, other in games for pair in zip(one.planted, other.planted, strict=True))
    return sum(found and not again for (_, found), (_, again) in pairs)


FEEDBACK: Final = Benchmark(
    "feedback",
    "What operators' verdicts change. In each of ten scenarios six of 87 people have a habit that looks like an "
    "incident, every half hour for four hours: an export, a rush, a flaky network, many networks, uploads, reconnects. "
    "An operator answers every alert ten minutes later. Seven incidents are planted on others; after it, each of the "
    "six does the same two to four times as strongly, and something else. A second model is trained half way. Repeats "
    "are alerts about a habit after one about the same person was called false. Four times: nobody listens to the "
    "operator, detection alone does, training alone, both.",
    FIGURES,
    ("resonance-predictor", "resonance-auto-retrainer", "resonance-feature-extractor", "numpy", "onnxruntime"),
    run,
)
