"""Which of the vectors before is told: unasked where that is what found the vector, and to whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from math import fsum
from typing import Any

import numpy as np
import pytest

from resonance_attribution.loaded import Loaded
from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.explanation_pb2 import ATTRIBUTION_UNIT_SURPRISE, Explanation
from resonance_modeling.artifact import Artifact
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer
from resonance_modeling.sequences import STEPS
from resonance_xai.anomalies import expected_of
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.explain import explain
from resonance_xai.window import is_worth_it
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

Make = Callable[..., pb.Anomaly]


@pytest.fixture(scope="module")
def trained() -> Artifact:
    return ordinary_model()


@pytest.fixture(scope="module")
def model(trained: Artifact) -> Loaded:
    return Loaded(trained)


def served(artifact: Artifact, make: Make, steps: int = 6, **changes: Any) -> pb.Anomaly:
    """An anomaly as the predictor serves it after some ordinary vectors; without a finding of the detector that looks
    back, unless it opened an incident."""
    scorer, anomaly = EnsembleScorer(artifact), make(artifact)
    recent = np.full((1, STEPS, WIDTH), np.nan, dtype=np.float32)
    recent[0, STEPS - steps :] = to_scale(ordinary_vectors(steps, 40))
    expected = scorer.expected(recent)
    assert expected is not None
    anomaly.values[:] = (ordinary_vectors(1, 20)[0] * 2.0).tolist()
    said = scorer.judge(to_scale(np.array([anomaly.values])), expected)
    anomaly.score = said.score[0]
    anomaly.expected.extend(expected[0].tolist())
    anomaly.recent.extend(recent[0, STEPS - steps :].ravel().tolist())
    for name, surprise in zip(scorer.members, said.members[0].tolist(), strict=True):
        anomaly.members.add(name=name, surprise=surprise)
    anomaly.MergeFrom(pb.Anomaly(**changes))
    return anomaly


def told_of(flagged: pb.Anomaly, model: Loaded, **how: bool) -> Explanation:
    """Its explanation by the model as it had expected it."""
    return explain(flagged, model.expecting(expected_of(flagged)), **how)


def opened() -> dict[str, Any]:
    return {"opened": [pb.Alert(alert_id="alert-1")]}


def test_steps_and_features_add_up_to_what_the_detector_was_served_with(
    trained: Artifact, model: Loaded, anomaly: Make
) -> None:
    told = told_of(served(trained, anomaly), model, asked=True)
    found = told.sequence
    assert (found.of, found.unit, found.method) == ("lstm", ATTRIBUTION_UNIT_SURPRISE, "shapley-enumeration")
    assert (len(found.steps), len(found.features)) == (6, WIDTH)
    assert found.score == pytest.approx(told.anomaly.members[-1].surprise, abs=1e-4)
    for parts in (found.steps, found.features):
        assert fsum([found.base_value, found.vector, *parts]) == pytest.approx(found.score, abs=1e-9)
    assert not told.checks_failed
    assert "Surprise of lstm by the vectors before" in told.texts[0].technical
    assert "1 vector before" in told.texts[0].technical


def test_repeats_are_the_same_bytes(trained: Artifact, model: Loaded, anomaly: Make) -> None:
    flagged = served(trained, anomaly, STEPS, **opened())
    one, again = (told_of(flagged, here).SerializeToString(deterministic=True) for here in (model, Loaded(trained)))
    assert one == again
    assert told_of(flagged, model).sequence.method == "shapley-sampling"


def test_unasked_it_is_told_where_an_incident_opened_and_in_brief_that_it_was_skipped(
    trained: Artifact, model: Loaded, anomaly: Make
) -> None:
    plain, opening = served(trained, anomaly), served(trained, anomaly, **opened())
    assert not is_worth_it(plain, "lstm")
    assert not told_of(plain, model).HasField("sequence")
    assert told_of(plain, model, asked=True).HasField("sequence")
    assert told_of(opening, model).HasField("sequence")
    brief = told_of(opening, model, brief=True)
    assert not brief.HasField("sequence")
    assert "sequence" in brief.skipped
    assert "which of the vectors before had a part in it" in brief.texts[0].technical
    assert "sequence" not in told_of(plain, model, brief=True).skipped


@pytest.mark.parametrize(
    ("own", "other", "worth"), [(12.0, 9.9, True), (12.0, 10.1, False), (2.9, 0.5, False), (3.1, 0.5, True)]
)
def test_a_detector_found_it_where_it_is_grave_and_no_other_says_nearly_the_same(
    own: float, other: float, worth: bool
) -> None:
    members = [pb.MemberSurprise(name="isolation_forest", surprise=other), pb.MemberSurprise(name="lstm", surprise=own)]
    assert is_worth_it(pb.Anomaly(members=members), "lstm") is worth


def test_a_model_that_expects_something_else_is_found_out(trained: Artifact, model: Loaded, anomaly: Make) -> None:
    flagged = served(trained, anomaly, **opened())
    assert not told_of(flagged, model).checks_failed
    flagged.recent[-1] += 1.0
    told = told_of(flagged, model)
    assert list(told.checks_failed) == ["sequence"]
    assert "the model expects something else" in told.texts[0].technical


def test_without_the_vectors_before_there_is_nothing_to_attribute(
    trained: Artifact, model: Loaded, anomaly: Make
) -> None:
    flagged = served(trained, anomaly, **opened())
    del flagged.recent[:]
    told = told_of(flagged, model, asked=True)
    assert not told.HasField("sequence")
    assert not told.skipped


@pytest.mark.parametrize("recent", [[1.0], [1.0] * WIDTH * (STEPS + 1), [float("nan")] * WIDTH])
def test_half_a_window_is_refused(trained: Artifact, model: Loaded, anomaly: Make, recent: list[float]) -> None:
    flagged = served(trained, anomaly)
    flagged.recent[:] = recent
    with pytest.raises(MalformedAnomaly, match=f"up to {STEPS} vectors before, {len(FEATURE_NAMES)} finite ones each"):
        told_of(flagged, model)
