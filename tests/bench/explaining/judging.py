"""Whether the right features are on top, whether those matter, and whether they stay there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import attributed
from resonance_client.simulation.kinds import Incident
from resonance_contracts.features import FEATURE_NAMES, WIDTH
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
    "planted", "anomalies", "one of the kind on top, %", "those of the kind ahead together, %",
    "one that moved on top, %", "those that moved ahead together, %", "features that moved",
    "of the kind, against the user's own normal, %", "most often on top",
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
    rows, every = _incidents(scenes)
    values = {
        "culprit_top1": Value(*map(float, tops)),
        "incident_top1": Value(every.share(every.kind)),
        "incident_set": Value(every.share(every.kind_ahead)),
        "moved_top1": Value(every.share(every.moved), every.share(every.features) / WIDTH),
        "moved_set": Value(every.share(every.moved_ahead)),
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


@dataclass(slots=True)
class _Of:
    """What is counted of the anomalies of a kind of incident, or of all.

    Attributes:
        total: How many there are.
        kind: Those on top of which is a feature that an alert of the incident may speak of.
        kind_ahead: Those to which such features together add more than all else.
        moved, moved_ahead: The same of features that the incident moved.
        features: How many features it moved, of all of them together.
    """

    total: int = 0
    kind: int = 0
    kind_ahead: int = 0
    moved: int = 0
    moved_ahead: int = 0
    features: int = 0

    def add(self, values: Floats, spoken_of: frozenset[str], moved: frozenset[str]) -> None:
        """Counts an anomaly with these attributions."""
        top = _top(values)
        self.total += 1
        self.kind += top in spoken_of
        self.kind_ahead += _ahead(values, spoken_of)
        self.moved += top in moved
        self.moved_ahead += _ahead(values, moved)
        self.features += len(moved)

    def share(self, n: int) -> float:
        """So many of all, in percent."""
        return 100.0 * n / self.total


def _incidents(scenes: Sequence[Scene]) -> tuple[list[tuple[Any, ...]], _Of]:
    """A row of each kind of incident, and the counts of all of them; against the population but for one column."""
    rows, every = [], _Of()
    for kind in Incident:
        spoken_of, tops, against_user, of_kind = culprits(kind), [], [], _Of()
        for one in (one for played in scenes for one in played.found if one.incident is kind):
            vector = values_of(one.anomaly)
            values = ours(one.model, vector)
            tops.append(_top(values))
            for counts in (of_kind, every):
                counts.add(values, spoken_of, one.moved)
            usual = usual_of(one.anomaly, vector)
            if usual is not None:
                against_user.append(_top(attributed(one.model, vector, usual).whole.values))
        if tops:
            shares = (of_kind.share(n) for n in (of_kind.kind, of_kind.kind_ahead, of_kind.moved, of_kind.moved_ahead))
            in_percent = [f"{share:.0f}" for share in shares]
            features = f"{of_kind.features / of_kind.total:.1f}"
            often = max(sorted(set(tops)), key=tops.count)
            rows.append((kind.value, of_kind.total, *in_percent, features, _percent(against_user, kind), often))
    return rows, every


def _ahead(values: Floats, names: frozenset[str]) -> bool:
    own = np.array([name in names for name in FEATURE_NAMES])
    return bool(values[own].sum() > values[~own].sum())


def _top(values: Floats) -> str:
    return FEATURE_NAMES[int(np.argmax(values))]


def _percent(tops: Sequence[str], kind: Incident) -> str:
    return f"{100 * sum(name in culprits(kind) for name in tops) / len(tops):.0f}" if tops else "–"
