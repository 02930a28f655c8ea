"""The benchmark `explain`, small, and what its measures measure."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_attribution.loaded import Loaded
from resonance_client.simulation.kinds import Incident
from resonance_contracts.features import INDEX, WIDTH
from resonance_modeling.scales import to_scale
from tests.bench.benchmark import Surroundings
from tests.bench.explaining import benchmark, quality
from tests.bench.explaining.scene import culprits
from tests.support.ordinary_model import ordinary_model, ordinary_vectors


@pytest.fixture(scope="module")
def model() -> Loaded:
    return Loaded(ordinary_model())


@pytest.mark.long
def test_a_trial_goes_through_all_of_it() -> None:
    measured = benchmark.run(Surroundings(None, None, lambda _: None, trial=True))
    assert set(measured.values) == {figure.name for figure in benchmark.FIGURES}
    assert measured.values["error"].ours < 1e-6
    assert measured.values["exact_difference"].ours < 1e-6
    assert measured.values["efficiency"].ours < 1e-6
    assert measured.values["identity"].ours < 1e-6
    assert measured.values["failed_checks"].ours == 0
    assert measured.values["rows"].ours == 4
    assert measured.values["moved_top1"].ours >= 95 > 60 > (measured.values["moved_top1"].peer or 100)
    assert measured.values["sequence_top1"].ours >= 95
    assert measured.values["sequence_error"].ours < 0.05
    assert {row[0] for row in measured.details["tables"][0]["rows"]} == {kind.value for kind in Incident}


def test_one_feature_is_moved_and_the_others_are_ordinary(model: Loaded) -> None:
    ordinary = ordinary_vectors(2000, 1)
    vectors, moved = quality.planted(model, ordinary, 50)
    scaled = to_scale(ordinary)
    away = np.abs(to_scale(vectors) - np.median(scaled, axis=0)) / np.maximum(scaled.std(axis=0), 1 / quality.MOVED)
    changing = moved != INDEX["burstiness_score"]
    assert (away[np.arange(50), moved][changing] > 0.9).all()
    assert len(set(moved.tolist())) > WIDTH / 2
    assert quality.on_top(model, vectors, moved, lambda _, one: np.eye(WIDTH)[moved[0]] * one) < 50


def test_the_order_that_matters_deletes_faster_and_inserts_faster(model: Loaded) -> None:
    vector = model.reference.copy()
    vector[[2, 5]] = vector[[2, 5]] * 40 + 10
    first, last = np.r_[[2, 5], np.setdiff1d(np.arange(WIDTH), [2, 5])], np.r_[np.arange(6, WIDTH), np.arange(6)]
    assert quality.deletion(model, vector, first) < 0.2 < quality.deletion(model, vector, last)
    assert quality.insertion(model, vector, first) > 0.8 > quality.insertion(model, vector, last)


def test_the_order_of_attributions_begins_with_the_largest() -> None:
    assert quality.order_of(np.array([0.1, -0.5, 0.4])).tolist() == [2, 0, 1]


def test_culprits_are_features_of_what_an_alert_may_speak_of() -> None:
    assert culprits(Incident.ERROR_STORM) == {"error_rate"}
    assert culprits(Incident.TOKEN_SHARING) >= {"ip_entropy", "jwt_token_reuse", "login_intervals"}
    assert "error_rate" not in culprits(Incident.FLOOD)
