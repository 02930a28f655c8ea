"""Explanations of scores in which what was expected of the vector has its part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_attribution.loaded import Loaded
from resonance_attribution.shapley import by_rows, shapley
from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_modeling.artifact import Artifact
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.explain import explain
from resonance_xai.remembered import Remembered
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

Floats = NDArray[np.float64]
PLAYERS = np.arange(WIDTH)


@pytest.fixture(scope="module")
def trained() -> Artifact:
    return ordinary_model()


@pytest.fixture(scope="module")
def model(trained: Artifact) -> Loaded:
    return Loaded(trained)


def expectation(seed: int) -> Floats:
    return to_scale(ordinary_vectors(1, seed))[0]


@pytest.mark.parametrize("seed", range(3))
def test_every_coalition_is_compared_with_what_was_expected(model: Loaded, seed: int) -> None:
    vector = ordinary_vectors(1, 10 + seed)[0] * 2.0
    here = model.expecting(expectation(seed))
    found, without = (one.coalitions(vector, model.reference, PLAYERS) for one in (here, model))
    assert found is not None
    assert without is not None
    np.testing.assert_allclose(found.scores, by_rows(here, vector, model.reference, PLAYERS), atol=1e-6)
    assert np.abs(found.scores - without.scores).max() > 0.01
    assert set(found.members) - set(without.members) == {"lstm"}


@pytest.mark.parametrize("seed", range(3))
def test_the_detector_that_looks_back_is_attributed_against_what_it_had_expected(model: Loaded, seed: int) -> None:
    vector, expected = ordinary_vectors(1, 30 + seed)[0], expectation(seed)
    here = model.expecting(expected)
    found = here.foreseen(vector)
    assert found is not None
    assert found.name == "lstm"
    np.testing.assert_allclose(to_scale(found.expected[np.newaxis])[0], expected, atol=1e-6)

    class Lstm:
        def score(self, vectors: Floats) -> Floats:
            return here.surprises(vectors)[:, -1]

    oracle = shapley(Lstm(), vector, found.expected)
    np.testing.assert_allclose(found.attribution.values, oracle.values, atol=2e-4)
    assert found.attribution.base == pytest.approx(oracle.base, abs=1e-6)
    assert model.foreseen(vector) is None, "nothing was expected"


def served(artifact: Artifact, expected: Floats | None, make: Callable[..., pb.Anomaly], **changes: Any) -> pb.Anomaly:
    """An anomaly with the score that the predictor serves."""
    scorer = EnsembleScorer(artifact)
    anomaly = make(artifact)
    # One that is not as surprising as can be, whatever was expected.
    anomaly.values[:] = ordinary_vectors(1, 20)[0].tolist()
    values = to_scale(np.array([anomaly.values]))
    anomaly.score = scorer.judge(values, None if expected is None else expected[np.newaxis]).score[0]
    anomaly.MergeFrom(pb.Anomaly(expected=[] if expected is None else expected.tolist(), **changes))
    return anomaly


def test_attributions_add_up_to_the_served_score(
    trained: Artifact, model: Loaded, anomaly: Callable[..., pb.Anomaly]
) -> None:
    scores = set()
    for expected in (None, expectation(1), expectation(2)):
        told = served(trained, expected, anomaly)
        here = model if expected is None else model.expecting(expected)
        found = explain(told, here)
        assert found.score == pytest.approx(told.score, abs=1e-6)
        total = found.base_value + sum(entry.attribution for entry in found.attributions)
        assert total == pytest.approx(found.score, abs=1e-9)
        scores.add(round(found.score, 6))
    assert len(scores) == 3


def test_another_expectation_gives_another_score_and_that_is_said(
    trained: Artifact, model: Loaded, anomaly: Callable[..., pb.Anomaly]
) -> None:
    told = explain(served(trained, expectation(1), anomaly), model.expecting(expectation(2)))
    assert list(told.checks_failed) == ["score"]
    assert told.residual > 1e-6


def test_what_is_remembered_is_told_apart_by_what_was_expected(model: Loaded) -> None:
    remembered, vector = Remembered(10), ordinary_vectors(1, 20)[0]
    first, second = (remembered(model.expecting(expectation(i)), vector, model.reference) for i in (1, 2))
    assert first.whole.score != second.whole.score
    assert remembered(model.expecting(expectation(1)), vector, model.reference) == first


@pytest.mark.parametrize("expected", [[1.0], [1.0] * (WIDTH - 1) + [float("nan")]])
def test_half_an_expectation_is_refused(
    trained: Artifact, model: Loaded, anomaly: Callable[..., pb.Anomaly], expected: list[float]
) -> None:
    told = anomaly(trained)
    told.expected.extend(expected)
    with pytest.raises(MalformedAnomaly, match="13 finite values that had been expected"):
        explain(told, model)
