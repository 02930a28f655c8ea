"""Whether the right features are on top, whether those matter, and whether they stay there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import attributed
from resonance_client.simulation.kinds import Incident
from resonance_contracts.features import FEATURE_NAMES
from resonance_xai.anomalies import values_of
from resonance_xai.references import usual_of
from tests.bench.explaining import peers
from tests.bench.explaining.exactness import ours
from tests.bench.explaining.quality import (
    deletion,
    insertion,
    moved_by,
    noisy,
    on_top,
    order_of,
    planted,
    random_orders,
)
from tests.bench.explaining.scene import Found, Scene, culprits
from tests.bench.figure import Value

Floats = NDArray[np.float64]

HEAD: Final = (
    "planted", "anomalies", "a culprit on top, %", "against the user's own normal, %", "culprits ahead together, %",
    "most often on top",
)  # fmt: skip


def judged(scenes: Sequence[Scene], found: Sequence[Found], n: int) -> tuple[dict[str, Value], list[Mapping[str, Any]]]:
    """Figures, and a table of the kinds of incident.

    Args:
        scenes: Where the anomalies are from.
        found: Anomalies whose explanations are put to the test.
        n: Vectors of which one feature is moved.
    """
    first = scenes[0]
    lime = peers.Lime(first.ordinary)
    vectors, moved = planted(first.model, first.ordinary, n)
    tops = on_top(first.model, vectors, moved, ours), on_top(first.model, vectors, moved, lime)
    rows, hits, ahead, total = _incidents(scenes)
    values = {
        "culprit_top1": Value(*map(float, tops)),
        "incident_top1": Value(100.0 * hits / total),
        "incident_set": Value(100.0 * ahead / total),
        **_faithful(found),
        "instability": _unstable(found, first.ordinary),
    }
    return values, [{"head": HEAD, "rows": rows}]


def _faithful(found: Sequence[Found]) -> dict[str, Value]:
    orders = random_orders(1)
    shares: dict[str, list[tuple[float, float]]] = {"deletion": [], "insertion": []}
    for one in found:
        vector = values_of(one.anomaly)
        order = order_of(ours(one.model, vector))
        for name, along in (("deletion", deletion), ("insertion", insertion)):
            by_chance = mean(along(one.model, vector, other) for other in orders)
            shares[name].append((along(one.model, vector, order), by_chance))
    return {name: _means(pairs) for name, pairs in shares.items()}


def _unstable(found: Sequence[Found], ordinary: Floats) -> Value:
    lime, again = peers.Lime(ordinary), peers.Lime(ordinary, seed=1)
    steps = []
    for number, one in enumerate(found):
        vector = values_of(one.anomaly)
        near = noisy(vector, ordinary, number)
        steps.append(
            (
                moved_by(ours(one.model, vector), ours(one.model, near)),
                moved_by(lime(one.model, vector), again(one.model, near)),
            )
        )
    return _means(steps)


def _means(pairs: Sequence[tuple[float, float]]) -> Value:
    return Value(mean(here for here, _ in pairs), mean(there for _, there in pairs))


def _incidents(scenes: Sequence[Scene]) -> tuple[list[tuple[Any, ...]], int, int, int]:
    """A row of each kind of incident; how many have a culprit on top against the population, of how many the culprits
    together add more than all else, and how many there are."""
    rows, hits, sets, total = [], 0, 0, 0
    for kind in Incident:
        own = [one for played in scenes for one in played.found if one.incident is kind]
        tops, against_user, ahead = [], [], 0
        own_culprits = np.array([name in culprits(kind) for name in FEATURE_NAMES])
        for one in own:
            vector = values_of(one.anomaly)
            values = ours(one.model, vector)
            tops.append(_top(values))
            ahead += bool(values[own_culprits].sum() > values[~own_culprits].sum())
            usual = usual_of(one.anomaly, vector)
            if usual is not None:
                against_user.append(_top(attributed(one.model, vector, usual).whole.values))
        fits = sum(name in culprits(kind) for name in tops)
        hits, sets, total = hits + fits, sets + ahead, total + len(own)
        if own:
            often = max(sorted(set(tops)), key=tops.count)
            together = f"{100 * ahead / len(own):.0f}"
            rows.append((kind.value, len(own), _percent(tops, kind), _percent(against_user, kind), together, often))
    return rows, hits, sets, total


def _top(values: Floats) -> str:
    return FEATURE_NAMES[int(np.argmax(values))]


def _percent(tops: Sequence[str], kind: Incident) -> str:
    return f"{100 * sum(name in culprits(kind) for name in tops) / len(tops):.0f}" if tops else "–"
