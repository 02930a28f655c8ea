"""The benchmark `feedback`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.cores import all_of_them
from tests.bench.feedback.habits import Habit
from tests.bench.feedback.played import BOTH, DETECTION, NOBODY, TRAINING, Listening, Played, Scene
from tests.bench.figure import Better, Figure, Value

SEEDS: Final = range(21, 31)
"""Nothing was chosen by what they give: 1 and 2 were looked at while bounds were set, 3 to 12 judged them."""

PEOPLE: Final = 40
WHO: Final[Mapping[str, Listening]] = {
    "nobody": NOBODY,
    "detection alone": DETECTION,
    "training alone": TRAINING,
    "both": BOTH,
}

FIGURES: Final[Sequence[Figure]] = (
    Figure("repeats", "%", "repeats of false alerts that are left, of those without verdicts", Better.LOWER),
    Figure("lost", "", "planted incidents that are found without verdicts and not with them", Better.LOWER),
    Figure("gained", "", "planted incidents that are found with verdicts and not without", Better.HIGHER),
    Figure(
        "recall_without", "%", "planted incidents for which an alert of a kind that fits was raised, without verdicts"
    ),
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
    "gained",
)


def play(seed: int) -> dict[str, Played]:
    """Plays one scene four times."""
    scene = Scene(seed, PEOPLE)
    return {who: scene.play(listening) for who, listening in WHO.items()}


def run(surroundings: Surroundings) -> Measured:
    """Plays every scene four times and counts; one process on each core."""
    seeds = SEEDS[:1] if surroundings.trial else SEEDS
    games: dict[str, list[Played]] = {who: [] for who in WHO}
    context = get_context("spawn")
    with ProcessPoolExecutor(min(len(all_of_them()), len(seeds)), context) as pool:
        for seed, played in zip(seeds, pool.map(play, seeds), strict=True):
            for who, game in played.items():
                games[who].append(game)
            said = ", ".join(f"{who} {_repeats([game])}" for who, game in played.items())
            without, both = [played["nobody"]], [played["both"]]
            lost, gained = _lost(without, both), _lost(both, without)
            surroundings.tell(f"Seed {seed}: repeats with {said}; lost {lost}, gained {gained}.")
    before, after = games["nobody"], games["both"]
    return Measured(
        {
            "repeats": Value(100 * _repeats(after) / max(_repeats(before), 1)),
            "lost": Value(float(_lost(before, after))),
            "gained": Value(float(_lost(after, before))),
            "recall_without": Value(100 * _found(before) / sum(len(game.planted) for game in before)),
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
    return who, _repeats(played), *phases, others, _found(played), planted, _lost(before, played), _lost(played, before)


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
    "What operators' verdicts change. In each of ten scenarios six of 47 people have a habit that looks like an "
    "incident, every half hour for four hours: an export, a rush, a flaky network, many networks, uploads, reconnects. "
    "An operator answers every alert ten minutes later. Seven incidents are planted on others; after it, each of the "
    "six does the same two to four times as strongly, and something else. A second model is trained half way. Repeats "
    "are alerts about a habit after one about the same person was called false. Four times: nobody listens to the "
    "operator, detection alone does (with the second model of nobody), training alone, both.",
    FIGURES,
    ("resonance-predictor", "resonance-auto-retrainer", "resonance-feature-extractor", "numpy", "onnxruntime"),
    run,
)
