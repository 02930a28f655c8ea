"""Whether the vectors before are told apart rightly, and how much each of them adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.loaded import Loaded
from resonance_attribution.lookback import LookedBack
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import STEPS
from resonance_xai.anomalies import recent_of, values_of
from resonance_xai.window import is_worth_it
from tests.bench.explaining.quality import planted
from tests.bench.explaining.scene import Found, Scene
from tests.bench.figure import Value

Floats = NDArray[np.float64]

COMPARED: Final = 100
"""Anomalies of which all coalitions are looked at as well."""

HEAD: Final = ("vectors before", "mean size of what it adds")


def before(one: Found, *, asked: bool) -> LookedBack:
    """What the vectors before an anomaly add, as it is told unasked, or to whoever asks."""
    found = one.model.before(values_of(one.anomaly), recent_of(one.anomaly), asked=asked)
    assert found is not None
    return found


def windows(scene: Scene, found: Sequence[Found], n: int) -> tuple[dict[str, Value], dict[str, Any]]:
    """Figures, and a table of how much a vector adds by how many before it is.

    Args:
        scene: Where ordinary vectors are from.
        found: Anomalies.
        n: Windows in which one step is made strange.
    """
    some = [one for one in found if one.anomaly.recent]
    errors, sizes = [], []
    for one in some[:: max(1, len(some) // COMPARED)]:
        told, exact = before(one, asked=False), before(one, asked=True)
        pairs = ((told.steps, exact.steps), (told.features, exact.features))
        most = max(float(np.abs(here.values - there.values).max()) for here, there in pairs)
        errors.append(most / max(exact.score, 1.0))
        if len(exact.steps.values) == STEPS:
            sizes.append(np.abs(exact.steps.values[::-1]) / max(exact.score, 1.0))
    share = np.mean([is_worth_it(one.anomaly, one.model.members[-1]) for one in found])
    values = {
        "sequence_error": Value(max(errors)),
        "sequence_top1": Value(100.0 * _on_top(scene.model, scene.ordinary, n)),
        "sequence_share": Value(100.0 * float(share)),
    }
    means = np.mean(sizes, axis=0).tolist() if sizes else []
    return values, {"head": HEAD, "rows": [(place, f"{size:.4f}") for place, size in enumerate(means, start=1)]}


def _on_top(model: Loaded, ordinary: Floats, n: int) -> float:
    """Share of windows of ordinary vectors, the last with a feature that was moved, where that one is on top."""
    rng = np.random.default_rng(1)
    hits = 0
    for strange in planted(model, ordinary, n)[0]:
        recent = ordinary[rng.integers(len(ordinary), size=STEPS)]
        recent[-1] = strange
        found = model.before(model.reference, to_scale(recent).astype(np.float32), asked=False)
        assert found is not None
        hits += int(np.argmax(np.abs(found.steps.values))) == STEPS - 1
    return hits / n
