"""How near attributions are to full enumeration, and what they cost in rows."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import attributed
from resonance_attribution.loaded import Loaded
from resonance_attribution.shapley import shapley
from resonance_modeling.scorer import EnsembleScorer, Scores
from resonance_xai.anomalies import values_of
from resonance_xai.explain import explain
from resonance_xai.references import usual_of
from tests.bench.explaining import peers
from tests.bench.explaining.scene import Found
from tests.bench.figure import Value

Floats = NDArray[np.float64]

OF_PEERS: Final = 60
"""Anomalies that peers explain as well."""

HEAD: Final = ("explainer", "rows an anomaly, at most", "largest error of an attribution")


@dataclass(slots=True)
class Counted:
    """A scorer that counts its rows."""

    scorer: EnsembleScorer
    rows: int = 0

    def scores(self, vectors: Floats, expected: Floats | None = None) -> Scores:
        """As the scorer has it."""
        self.rows += len(vectors)
        return self.scorer.scores(vectors, expected)

    def score(self, vectors: Floats) -> Floats:
        """The scores alone."""
        return self.scores(vectors).score


def ours(model: Loaded, vector: Floats) -> Floats:
    """Attributions against the population, as they are served."""
    return attributed(model, vector, model.reference).whole.values


def exactness(found: Sequence[Found]) -> tuple[dict[str, Value], dict[str, Any]]:
    """Of every anomaly ours, against both references; of some of them the peers, against the population, as a table."""
    error, efficiency, failed = 0.0, 0.0, 0
    for one in found:
        vector = values_of(one.anomaly)
        usual = usual_of(one.anomaly, vector)
        for reference in [one.model.reference] if usual is None else [one.model.reference, usual]:
            here, oracle = attributed(one.model, vector, reference).whole, shapley(one.model, vector, reference)
            error = max(error, float(np.abs(here.values - oracle.values).max()))
            efficiency = max(efficiency, abs(here.base + float(here.values.sum()) - one.anomaly.score))
        failed += bool(explain(one.anomaly, one.model).checks_failed)
    theirs = _of_peers(found[:: max(1, len(found) // OF_PEERS)])
    rows = max(map(_rows, found))
    values = {
        "error": Value(error),
        "efficiency": Value(efficiency),
        "failed_checks": Value(float(failed)),
        "exact_difference": Value(theirs["difference"]),
        "rows": Value(float(rows), theirs["rows"]),
    }
    lines = [
        ("ours", f"{rows}, two references", f"{error:.1e}"),
        ("ExactExplainer", f"{theirs['rows']:.0f}", f"{theirs['difference']:.1e}"),
        ("KernelExplainer", f"{peers.ROWS}", f"{theirs['error']:.1e}"),
    ]
    return values, {"head": HEAD, "rows": lines}


def _of_peers(found: Sequence[Found]) -> dict[str, float]:
    most = dict.fromkeys(("error", "difference", "rows"), 0.0)
    for one in found:
        vector, exact = values_of(one.anomaly), ours(one.model, values_of(one.anomaly))
        sampled = peers.kernel(one.model, vector)
        counted = _counting(one.model)
        difference = np.abs(peers.exact(counted, vector) - exact).max()
        told = {
            "error": float(np.abs(sampled - exact).max()),
            "difference": float(difference),
            "rows": float(counted._scorer.rows),
        }
        most = {name: max(value, told[name]) for name, value in most.items()}
    return most


def _rows(one: Found) -> int:
    counted = _counting(one.model)
    explain(one.anomaly, counted)
    return int(counted._scorer.rows)


def _counting(model: Loaded) -> Loaded:
    found = copy(model)
    found._scorer = Counted(model._scorer)
    return found
