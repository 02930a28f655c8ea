"""All detectors and what they say together, as one ONNX file.

    scaled, (n, width) ──┬─▶ isolation forest ──┐
                         ├─▶ tails of columns ──┤
                         ├─▶ robust covariance ─┼─▶ tails ──▶ members (n, 5) ──▶ weighted mean ─┐
                         ├─▶ one-class SVM ─────┤                    │                          ├─▶ surprise (n, 1)
                         └─▶ autoencoder ───────┘                    ├─▶ members (n, 6)         │
    expected, (n, width) ──▶ how far scaled is from it ──▶ tail ─────┴── where it is known ─────┘

The lower line is there where a model of sequences was learned (see `resonance_training.fusion`); what is expected
comes from a file of its own (see `export.sequence`).

Everything but the trees is matrix products, which ONNX Runtime does a hundred rows at a time: linear maps are folded
together, and piecewise linear functions are layers of clipped ramps (see `piecewise`).
"""

from __future__ import annotations

import numpy as np

from resonance_auto_retrainer.export.forest import add_forest
from resonance_auto_retrainer.export.graph import Graph
from resonance_auto_retrainer.export.piecewise import add_layer, add_sum, of_both, of_tail
from resonance_modeling.onnx_ensemble import MEMBERS, SCALED, SURPRISE, TABULAR_MEMBERS, TABULAR_SURPRISE
from resonance_modeling.onnx_sequence import EXPECTED
from resonance_training.autoencoder import Autoencoder
from resonance_training.covariance import RobustCovariance
from resonance_training.foresight import Foresight
from resonance_training.fusion import FusedDetector
from resonance_training.margins import ColumnTails
from resonance_training.sequence import FARTHEST
from resonance_training.standard import Standard
from resonance_training.support import SupportVectors
from resonance_training.tabular import TabularDetector


def export_ensemble(detector: FusedDetector) -> bytes:
    """The ONNX file of a detector: see above."""
    graph, tabular, foresight = Graph("ensemble"), detector.tabular, detector.foresight
    members = MEMBERS if foresight is None else TABULAR_MEMBERS
    surprise = SURPRISE if foresight is None else TABULAR_SURPRISE
    _add_tabular(graph, tabular, members, surprise)
    inputs = {SCALED: tabular.width}
    if foresight is not None:
        inputs[EXPECTED] = tabular.width
        _add_foresight(graph, foresight, tabular.parameters.lstm_share, members, surprise)
    return graph.model(inputs, {SURPRISE: 1, MEMBERS: len(detector.weights)})


def _add_tabular(graph: Graph, tabular: TabularDetector, members: str, surprise: str) -> None:
    scores = [
        add_forest(graph, SCALED, tabular.isolation.forest),
        _add_margins(graph, tabular.margins),
        _add_covariance(graph, tabular.covariance),
        _add_support(graph, tabular.support),
        _add_autoencoder(graph, tabular.autoencoder),
    ]
    graph.node("Concat", scores, "scores", axis=1)
    add_layer(graph, "scores", [of_tail(tail, i) for i, tail in enumerate(tabular.tails)], members)
    weights = np.array(list(tabular.parameters.weights.values()))
    graph.node("MatMul", [members, graph.constant("weights", (weights / weights.sum())[:, np.newaxis])], surprise)


def _add_foresight(graph: Graph, foresight: Foresight, share: float, tabular_members: str, tabular: str) -> None:
    """The detector that looks back, and the whole: NaN among the members where nothing was expected."""
    graph.node("Gather", [EXPECTED, graph.constant("first_column", [0])], "first_expected", axis=1)
    missing = graph.node("IsNaN", ["first_expected"], "nothing_expected")
    graph.node("Sub", [SCALED, EXPECTED], "foresight_away")
    per_spread = graph.constant("per_residual_spread", 1.0 / foresight.weights.residual_spread.astype(np.float64))
    graph.node("Mul", ["foresight_away", per_spread], "foresight_spreads")
    ends = [graph.constant("nearest", -FARTHEST), graph.constant("farthest", FARTHEST)]
    graph.node("Clip", ["foresight_spreads", *ends], "foresight_errors")
    graph.node("Mul", ["foresight_errors", "foresight_errors"], "foresight_squares")
    width = len(foresight.weights.residual_spread)
    mean = graph.constant("foresight_mean", np.full((width, 1), 1.0 / width))
    graph.node("MatMul", ["foresight_squares", mean], "foresight_score")
    add_layer(graph, "foresight_score", [of_tail(foresight.tail, 0)], "foresight_surprise")
    graph.node("Where", [missing, graph.constant("nothing", np.nan), "foresight_surprise"], "foresight_member")
    graph.node("Concat", [tabular_members, "foresight_member"], MEMBERS, axis=1)
    graph.node("Mul", [tabular, graph.constant("tabular_share", 1.0 - share)], "tabular_part")
    graph.node("Mul", ["foresight_surprise", graph.constant("foresight_share", share)], "foresight_part")
    graph.node("Add", ["tabular_part", "foresight_part"], "of_both")
    graph.node("Where", [missing, tabular, "of_both"], SURPRISE)


def _add_margins(graph: Graph, margins: ColumnTails) -> str:
    """The sum over the columns of the graver of both tails, (n, 1)."""
    pairs = enumerate(zip(margins.above, margins.below, strict=True))
    return add_sum(graph, SCALED, [of_both(above, below, i) for i, (above, below) in pairs], "margins")


def _add_covariance(graph: Graph, covariance: RobustCovariance) -> str:
    """|(x - center) @ whitening|^2, (n, 1)."""
    # Columns that go together nearly always have a steep whitening: what rounding moves the center by is put back.
    center = covariance.center.astype(np.float32)
    back = graph.constant("whitened_rounding", (center - covariance.center) @ covariance.whitening)
    graph.node("Sub", [SCALED, graph.constant("covariance_center", center)], "covariance_away")
    graph.node("Gemm", ["covariance_away", graph.constant("whitening", covariance.whitening), back], "whitened")
    graph.node("Mul", ["whitened", "whitened"], "whitened_squares")
    return _sum(graph, "whitened_squares", covariance.whitening.shape[1], "covariance")


def _add_support(graph: Graph, support: SupportVectors) -> str:
    """rho - sum of alpha exp(-gamma |x - v|^2), (n, 1); the distance as |x|^2 - 2 x v + |v|^2, in one product."""
    at = _add_standard(graph, support.standard, "support")
    gamma, vectors = support.gamma, support.vectors
    graph.node("Mul", [at, at], "support_squares")
    graph.node("Concat", [at, "support_squares"], "support_rows", axis=1)
    products = np.concatenate([2.0 * gamma * vectors.T, np.full(vectors.T.shape, -gamma)])
    lengths = -gamma * (vectors**2).sum(axis=1)
    graph.node(
        "Gemm",
        ["support_rows", graph.constant("support_products", products), graph.constant("support_lengths", lengths)],
        "support_exponents",
    )
    graph.node("Exp", ["support_exponents"], "support_kernel")
    alphas = graph.constant("support_alphas", -support.alphas[:, np.newaxis])
    return graph.node("Gemm", ["support_kernel", alphas, graph.constant("rho", [support.rho])], "support_score")


def _add_autoencoder(graph: Graph, autoencoder: Autoencoder) -> str:
    """Mean squared error of reconstruction, (n, 1)."""
    at = _add_standard(graph, autoencoder.standard, "autoencoder")
    inward = [
        graph.constant("inward", autoencoder.inward),
        graph.constant("inward_bias", autoencoder.inward_bias),
    ]
    graph.node("Gemm", [at, *inward], "autoencoder_sums")
    graph.node("Tanh", ["autoencoder_sums"], "autoencoder_hidden")
    outward = [
        graph.constant("outward", autoencoder.outward),
        graph.constant("outward_bias", autoencoder.outward_bias),
    ]
    graph.node("Gemm", ["autoencoder_hidden", *outward], "autoencoder_back")
    graph.node("Sub", [at, "autoencoder_back"], "autoencoder_errors")
    graph.node("Mul", ["autoencoder_errors", "autoencoder_errors"], "autoencoder_squares")
    width = len(autoencoder.outward_bias)
    mean = graph.constant("autoencoder_mean", np.full((width, 1), 1.0 / width))
    return graph.node("MatMul", ["autoencoder_squares", mean], "autoencoder_score")


def _add_standard(graph: Graph, standard: Standard, name: str) -> str:
    graph.node("Sub", [SCALED, graph.constant(f"{name}_center", standard.center)], f"{name}_away")
    return graph.node("Mul", [f"{name}_away", graph.constant(f"{name}_unit", 1.0 / standard.scale)], f"{name}_at")


def _sum(graph: Graph, columns: str, width: int, name: str) -> str:
    """Sum of the columns of (n, width), (n, 1)."""
    return graph.node("MatMul", [columns, graph.constant(f"{name}_ones", np.ones((width, 1)))], f"{name}_score")
