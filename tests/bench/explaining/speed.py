"""How long explanations take, beside those of other libraries."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.scales import to_scale
from resonance_xai.anomalies import values_of
from tests.bench.benchmark import Tell
from tests.bench.explaining import peers
from tests.bench.explaining.exactness import ours
from tests.bench.explaining.forest import Forest
from tests.bench.explaining.scene import Found, Scene
from tests.bench.explaining.streaming import streamed
from tests.bench.explaining.windows import before
from tests.bench.figure import Value
from tests.bench.rounds import in_turn, middle

Floats = NDArray[np.float64]
T = TypeVar("T")

SHARE: Final = 0.95


def speeds(
    first: Scene, found: Sequence[Found], of_peers: Sequence[Found], rounds: int, tell: Tell
) -> tuple[dict[str, Value], dict[str, list[float]]]:
    """Figures and all runs, ours and the peers' in turn.

    Args:
        first: What the forest and lime learn from.
        found: What ours explains.
        of_peers: What the slower ones explain.
        rounds: How often.
        tell: Called with a sentence about each step.
    """
    forest, lime = Forest.learn(to_scale(first.ordinary)), peers.Lime(first.ordinary)
    reference, *scaled = _as_the_forest_sees([first.model.reference, *(values_of(one.anomaly) for one in found)])
    looked_back = [one for one in found if one.anomaly.recent]
    trees = peers.trees(forest.sklearn, reference)
    runs = in_turn(
        rounds,
        {
            "fused_p95_ms": lambda: _p95_ms(lambda one: ours(one.model, values_of(one.anomaly)), found),
            "ExactExplainer": lambda: _p95_ms(lambda one: peers.exact(one.model, values_of(one.anomaly)), of_peers),
            "forest_p95_ms": lambda: _p95_ms(lambda one: forest.attribution(one, reference), scaled),
            "TreeExplainer": lambda: _p95_ms(lambda one: trees.shap_values(one[np.newaxis]), scaled),
            "sequence_p95_ms": lambda: _p95_ms(lambda one: before(one, asked=False), looked_back),
            "sequence_asked_p95_ms": lambda: _p95_ms(lambda one: before(one, asked=True), looked_back[::10]),
            "stream_per_second": lambda: streamed(found, flood=False),
            "brief_per_second": lambda: streamed(found, flood=True),
            "KernelExplainer": lambda: _rate(lambda one: peers.kernel(one.model, values_of(one.anomaly)), of_peers),
            "lime": lambda: _rate(lambda one: lime(one.model, values_of(one.anomaly)), of_peers),
        },
        tell,
    )
    medians = {name: middle(some) for name, some in runs.items()}
    return (
        {
            "fused_p95_ms": Value(medians["fused_p95_ms"], medians["ExactExplainer"]),
            "forest_p95_ms": Value(medians["forest_p95_ms"], medians["TreeExplainer"]),
            "sequence_p95_ms": Value(medians["sequence_p95_ms"]),
            "sequence_asked_p95_ms": Value(medians["sequence_asked_p95_ms"]),
            "stream_per_second": Value(medians["stream_per_second"], medians["KernelExplainer"]),
            "brief_per_second": Value(medians["brief_per_second"], medians["lime"]),
            "identity": Value(max(forest.identity(one, reference) for one in scaled)),
        },
        runs,
    )


def _as_the_forest_sees(vectors: Sequence[Floats]) -> list[Floats]:
    """On the scales of comparison, in numbers that float32 holds."""
    return list(to_scale(np.stack(vectors)).astype(np.float32).astype(np.float64))


def _p95_ms(explained: Callable[[T], object], things: Sequence[T]) -> float:
    explained(things[0])
    seconds = []
    for one in things:
        began = time.perf_counter()
        explained(one)
        seconds.append(time.perf_counter() - began)
    return float(np.quantile(seconds, SHARE)) * 1e3


def _rate(explained: Callable[[T], object], things: Sequence[T]) -> float:
    explained(things[0])
    began = time.perf_counter()
    for one in things:
        explained(one)
    return len(things) / (time.perf_counter() - began)
