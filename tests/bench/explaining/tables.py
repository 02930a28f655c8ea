"""Any table's detector, explained as whoever brings a model file has it explained, beside other explainers.

Of each of ADBench's tables an isolation forest of scikit-learn is learned, exported by skl2onnx and explained by the
path of `resonance-xai --model FILE`; without those, of a table that comes with scikit-learn.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, Final

import numpy as np
import shap
from numpy.typing import NDArray
from skl2onnx import to_onnx
from sklearn.datasets import load_wine
from sklearn.ensemble import IsolationForest

from resonance_attribution.agreement import rank_correlation
from resonance_attribution.attribution import ENUMERATED
from resonance_attribution.deadline import Deadline
from resonance_xai.asked.in_time import in_time
from resonance_xai.asked.linear import line_around
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.tabular import tabular
from tests.bench.benchmark import Tell
from tests.bench.detection.benchmark import DATA, DEFAULT, TABLES
from tests.bench.explaining.peers import ROWS
from tests.bench.explaining.quality import NOISE, RANDOM_ORDERS, moved_by
from tests.bench.figure import Value

Floats = NDArray[np.float64]
Explainer = Callable[[Subject, Floats], Floats]
"""From a subject and a row to what each column adds, (width,)."""

OF_EACH: Final = 4
"""Rows of each table: those that the detector finds the least ordinary."""
LEARNED: Final = 2_000
TREES: Final = 50
PATIENCE_S: Final = 1.0
OPSETS: Final = {"": 17, "ai.onnx.ml": 3}
HEAD: Final = ("tables", "deletion", "insertion", "moved by noise", "rank correlation with ours", "largest difference")


def on_tables(trial: bool, tell: Tell) -> tuple[dict[str, Value], list[Mapping[str, Any]]]:
    """Figures, and a table of the explainers: means over all rows of all tables."""
    found: dict[str, list[tuple[float, ...]]] = {}
    names = []
    for name, rows in _tables(trial):
        names.append(name)
        tell(f"Explains a detector of {name}.")
        subject = _detector(name, rows)
        order = np.argsort(subject.score(subject.ordinary), kind="stable")[: 1 if trial else OF_EACH]
        for number, row in enumerate(subject.ordinary[order]):
            for explainer, measures in _judged(subject, row, number).items():
                found.setdefault(explainer, []).append(measures)
    means = {name: [mean(column) for column in zip(*some, strict=True)] for name, some in found.items()}
    exact = [difference for *_, difference in found.get("ExactExplainer", [])]
    values = {
        "tables_deletion": Value(means["ours"][0], means["random orders"][0]),
        "tables_insertion": Value(means["ours"][1], means["random orders"][1]),
        "tables_instability": Value(means["ours"][2], means["lime"][2]),
        "tables_exact_difference": Value(max(exact, default=0.0)),
    }
    rows_told = [(name, *(f"{x:.3g}" if np.isfinite(x) else "–" for x in some)) for name, some in means.items()]
    head = (f"{len(names)} tables, {len(found['ours'])} rows", *HEAD[1:])
    return values, [{"head": head, "rows": rows_told}]


def _tables(trial: bool) -> Iterator[tuple[str, Floats]]:
    paths = sorted((Path(os.environ.get(DATA, DEFAULT)) / TABLES).glob("*.npz"))
    if not paths:
        yield "wine", np.asarray(load_wine().data, dtype=np.float64)
    for path in paths[-1:] if trial else paths:
        with np.load(path) as archive:
            rows = np.asarray(archive["X"], dtype=np.float64)
        some = np.random.default_rng(0).permutation(len(rows))[:LEARNED]
        yield path.stem, rows[some]


def _detector(name: str, rows: Floats) -> Subject:
    """An isolation forest of these rows, from its file; the lower its number, the less ordinary a row."""
    forest = IsolationForest(n_estimators=TREES, random_state=0).fit(rows.astype(np.float32))
    onnx = bytes(to_onnx(forest, rows[:1].astype(np.float32), target_opset=OPSETS).SerializeToString())
    return tabular(name, onnx, rows).subject(rows[0], None)


def _judged(subject: Subject, row: Floats, seed: int) -> dict[str, tuple[float, ...]]:
    """Deletion, insertion, how far it moves, rank correlation and difference from ours, of each explainer."""
    random = np.random.default_rng(seed)
    near = row + NOISE * subject.ordinary.std(axis=0) * random.normal(size=len(row))
    reference, own = subject.reference, _ours(subject, row)
    explainers: dict[str, Explainer] = {"ours": _ours, "KernelExplainer": _kernel, "lime": _lime}
    if int((row != reference).sum()) <= ENUMERATED:
        explainers["ExactExplainer"] = _exact
    found = {}
    for name, explain in explainers.items():
        values = own if name == "ours" else explain(subject, row)
        # From the reference down to the row: what lowers the number most comes first.
        order = np.argsort(values, kind="stable")
        found[name] = (
            *_faithful(subject, row, order),
            moved_by(values, explain(subject, near)) if name in ("ours", "lime") else float("nan"),
            rank_correlation(own, values),
            float(np.abs(values - own).max()),
        )
    by_chance = [_faithful(subject, row, random.permutation(len(row))) for _ in range(RANDOM_ORDERS)]
    chance = tuple(mean(some) for some in zip(*by_chance, strict=True))
    found["random orders"] = (*chance, float("nan"), float("nan"), float("nan"))
    return found


def _faithful(subject: Subject, row: Floats, order: Sequence[int] | NDArray[np.intp]) -> tuple[float, float]:
    """Mean share of the way from the reference's number to the row's, as columns go back to the reference's values in
    this order, and as they come."""
    leaving, coming = np.tile(row, (len(row) + 1, 1)), np.tile(subject.reference, (len(row) + 1, 1))
    for step, place in enumerate(order, start=1):
        leaving[step:, place], coming[step:, place] = subject.reference[place], row[place]
    base, said = subject.score(np.stack([subject.reference, row]))
    deleted, inserted = ((subject.score(rows) - base) / (said - base) for rows in (leaving, coming))
    return float(np.trapezoid(deleted) / len(row)), float(np.trapezoid(inserted) / len(row))


def _ours(subject: Subject, row: Floats) -> Floats:
    return in_time(subject, row, subject.reference, Deadline(PATIENCE_S)).attribution.values


def _lime(subject: Subject, row: Floats) -> Floats:
    line = line_around(subject, row, subject.reference, Deadline(), repeats=1)
    return np.zeros(len(row)) if line is None else line.effects


def _kernel(subject: Subject, row: Floats) -> Floats:
    explainer = shap.KernelExplainer(subject.score, subject.reference[np.newaxis])
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(explainer.shap_values(row, nsamples=ROWS, silent=True))


def _exact(subject: Subject, row: Floats) -> Floats:
    masker = shap.maskers.Independent(subject.reference[np.newaxis], max_samples=1)
    explainer = shap.ExactExplainer(subject.score, masker)
    return np.asarray(explainer(row[np.newaxis], max_evals=1 << (len(row) + 1), silent=True).values[0])
