"""The benchmark `explain`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from tests.bench import cores
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.explaining.exactness import OF_PEERS, exactness
from tests.bench.explaining.judging import judged
from tests.bench.explaining.scene import Found, scene
from tests.bench.explaining.speed import speeds
from tests.bench.explaining.tables import on_tables
from tests.bench.explaining.windows import windows
from tests.bench.figure import Bar, Better, Figure, Of
from tests.bench.machine import versions

SEEDS: Final = (7, 1, 2)
ANOMALIES: Final = 1_000
TIMED: Final = 300
PLANTED: Final = 200
JUDGED: Final = 100
ROUNDS: Final = 5

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "fused_p95_ms", "ms", "of the score and of every detector of one anomaly, exact", Better.LOWER, Bar(25, Of.OURS)
    ),
    Figure("forest_p95_ms", "ms", "of the score of one forest, exact", Better.LOWER, Bar(2, Of.OURS)),
    Figure(
        "stream_per_second", "1/s", "anomalies explained by one core against population and user, with texts in both "
        "languages, as a message", bar=Bar(300, Of.OURS),
    ),
    Figure("brief_per_second", "1/s", "of those that are explained in brief, under a flood"),
    Figure("rows", "", "rows that the model scores for one anomaly, at most", Better.LOWER, Bar(500, Of.OURS)),
    Figure(
        "error", "", "largest difference of an attribution from full enumeration by rows, both references",
        Better.LOWER, Bar(0.01, Of.OURS),
    ),
    Figure("efficiency", "", "largest difference of base and attributions from the score that was served", Better.LOWER,
           Bar(1e-6, Of.OURS)),
    Figure("failed_checks", "", "explanations of 1,000 of which a check failed: score or detectors not as served",
           Better.LOWER, Bar(0, Of.OURS)),
    Figure("culprit_top1", "", "of 200 vectors of which one feature was moved, those where it is on top",
           bar=Bar(199, Of.OURS)),
    Figure("incident_top1", "%", "anomalies of planted incidents on top of which is a feature that an alert of the "
           "incident may speak of"),
    Figure("incident_set", "%", "those to whose score such features together add more than all else"),
    Figure("moved_top1", "%", "those on top of which is a feature that the incident moved: the same person has it "
           "nowhere as far out in the same hours with nothing planted"),
    Figure("moved_set", "%", "those to whose score the features that the incident moved add more than all else"),
    Figure("sequence_p95_ms", "ms", "of the vectors before one anomaly, by step and by feature, from some coalitions, "
           "as told unasked", Better.LOWER),
    Figure("sequence_asked_p95_ms", "ms", "the same from all coalitions, as told to whoever asks", Better.LOWER),
    Figure("sequence_share", "%", "anomalies of which it is told unasked", Better.LOWER),
    Figure("sequence_error", "", "largest difference of what a step or a feature adds from all coalitions, as a share "
           "of the surprise", Better.LOWER, Bar(0.05, Of.OURS)),
    Figure("sequence_top1", "%", "windows of 200 in which the last vector was made strange, where it is on top",
           bar=Bar(95, Of.OURS)),
    Figure("deletion", "", "mean share of the score that is left as features go back, largest attribution first",
           Better.LOWER),
    Figure("insertion", "", "mean share of the score that is reached as features come, largest attribution first"),
    Figure("instability", "", "how far attributions move where features move by a fiftieth of their spread",
           Better.LOWER),
    Figure("exact_difference", "", "largest difference from shap's ExactExplainer", Better.LOWER),
    Figure("identity", "", "largest difference of the forest's score from -2^(-(base + attributions of its path) / c)",
           Better.LOWER),
    Figure("tables_deletion", "", "deletion, of detectors of other tables, from their files", Better.LOWER),
    Figure("tables_insertion", "", "insertion of these"),
    Figure("tables_instability", "", "instability of these", Better.LOWER),
    Figure("tables_exact_difference", "", "largest difference of these from shap's ExactExplainer", Better.LOWER),
)  # fmt: skip


NOTES: Final = (
    "Peers: of fused_p95_ms and rows, shap's ExactExplainer, of the score alone; of forest_p95_ms, its TreeExplainer, "
    "which explains the path length and not the score; of stream_per_second, its KernelExplainer "
    "with 500 rows, one reference and no texts; of brief_per_second, culprit_top1 and instability, lime with 500 rows "
    "around the anomaly; of moved_top1, a feature drawn at random; of deletion and insertion, random orders, on the "
    "tables too; of tables_instability, lime.",
    "Our attributions score four rows an anomaly, vector and reference of each of two references: all other coalitions "
    "are evaluated without rows. Rows of the model that looks back, at most 402 an anomaly, are not among them.",
    "incident_top1 goes by what the incident is named after, moved_top1 by what it did: the flooder of scenario 7 logs "
    "in with a third token in the hour, which nobody has in what was learned from; the model finds that as strange as "
    "the flood, and the flood's four features share what it adds. Of scenarios 3, 4 and 11, which are in no figure, it "
    "is 84, 100 and 100 %: the slow burner of 3 has always used a token from two addresses, which is rarer than that.",
    "The last table: how much vectors before add on average, as a share of the surprise. The step that is made strange "
    "is the last one, because the model goes by that; of a model that remembers, a test finds it anywhere.",
)


def run(surroundings: Surroundings) -> Measured:
    """Explains anomalies of the simulator, ours and with other libraries, in turn and in one process."""
    trial, tell = surroundings.trial, surroundings.tell
    scenes = []
    for seed in SEEDS[:1] if trial else SEEDS:
        tell(f"Scenario {seed}: learns, and finds what is planted.")
        scenes.append(scene(seed))
    found = [one for played in scenes for one in played.found]
    tell("Compares with full enumeration.")
    exact, table = exactness(_some(found, 30 if trial else ANOMALIES))
    tell("Counts what is on top, and sees whether it matters.")
    quality, tables = judged(scenes, _some(found, 10 if trial else JUDGED), 20 if trial else PLANTED)
    of_windows, by_place = windows(scenes[0], _some(found, 30 if trial else ANOMALIES), 20 if trial else PLANTED)
    beyond, of_tables = on_tables(trial, tell)
    with cores.on(cores.measured()):
        timed, of_peers = _some(found, 20 if trial else TIMED), _some(found, 5 if trial else OF_PEERS)
        speed, rounds = speeds(scenes[0], timed, of_peers, 2 if trial else ROUNDS, tell)
    named = versions(DISTRIBUTIONS)
    return Measured(
        {**speed, **exact, **quality, **of_windows, **beyond},
        f"shap {named['shap']}, lime {named['lime']}, random orders",
        details={"notes": NOTES, "tables": [*tables, table, by_place, *of_tables], "rounds": rounds},
    )


def _some(found: Sequence[Found], n: int) -> list[Found]:
    """So many of them, spread evenly."""
    return [found[place] for place in np.unique(np.linspace(0, len(found) - 1, n).astype(int)).tolist()]


DISTRIBUTIONS: Final = (
    "resonance-xai", "resonance-modeling", "resonance-training", "shap", "lime", "numba", "scikit-learn", "onnxruntime",
    "numpy",
)  # fmt: skip

EXPLAIN: Final = Benchmark(
    "explain",
    "How fast anomalies are explained, how near the attributions are to full enumeration, and whether they are right. "
    "Anomalies of three scenarios of the simulator, each of seven planted incidents among 87 people, found and scored "
    "by a model of the scenario's own ordinary traffic; one core, in process, medians of five rounds. Attributions are "
    "of the score that was served, against the population's medians and the user's own; full enumeration scores a row "
    "for every coalition. The tables are those of ADBench, whose isolation forests of scikit-learn are explained from "
    "their files. What an incident moved is known by playing the same people without it.",
    FIGURES,
    DISTRIBUTIONS,
    run,
)
