"""From anomalies to explanations: the method, the numbers, the texts."""

from __future__ import annotations

from collections.abc import Callable
from math import fsum, inf, nan
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_attribution.loaded import Loaded
from resonance_attribution.shapley import shapley
from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, INDEX, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_modeling.artifact import Artifact
from resonance_xai.deviation import SMALLEST_SPREAD
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.explain import explain

MakeAnomaly = Callable[..., detection_pb2.Anomaly]
Baseline = list[detection_pb2.FeatureBaseline]
GAP = "\u00a0"


@pytest.fixture(scope="module")
def model(artifact: Artifact) -> Loaded:
    return Loaded(artifact)


def text(told: explanation_pb2.Explanation, language: str) -> explanation_pb2.LocalizedText:
    (found,) = [t for t in told.texts if t.language == language]
    return found


def test_a_scored_anomaly_is_explained_against_the_population(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly
) -> None:
    flagged = anomaly(artifact)
    told = explain(flagged, model)
    assert (told.method, told.reference) == ("shapley-enumeration", "population")
    assert told.unit == explanation_pb2.ATTRIBUTION_UNIT_SCORE
    assert told.score == flagged.score
    assert told.base_value == model.score(model.reference[None])[0]
    assert told.score > told.base_value
    assert (told.vector_id, told.user_key, told.stream) == (flagged.vector_id, flagged.user_key, flagged.stream)
    assert list(told.alert_ids) == ["alert-1"]
    assert told.scorer == flagged.scorer
    assert told.anomaly == flagged
    assert not told.partial


@pytest.mark.parametrize("seed", range(5))
def test_attributions_add_up_to_the_served_score(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    features = {name: float(abs(rng.normal(scale=500))) for name in rng.permutation(FEATURE_NAMES)[:9]}
    told = explain(anomaly(artifact, features), model)
    attributed = [entry.attribution for entry in told.attributions]
    assert abs(fsum([told.base_value, *attributed, -told.score])) < 1e-9
    assert told.residual < 1e-9
    assert sorted((abs(a) for a in attributed), reverse=True) == [abs(a) for a in attributed]
    assert {entry.feature for entry in told.attributions} == set(FEATURE_NAMES)
    assert {e.feature for e in told.attributions if e.attribution} <= set(features)


def test_values_and_references_are_those_of_vector_and_population(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly
) -> None:
    flagged = anomaly(artifact)
    for entry in explain(flagged, model).attributions:
        assert entry.value == flagged.values[INDEX[entry.feature]]
        assert entry.reference == model.reference[INDEX[entry.feature]]


def test_repeats_give_identical_bytes(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly, baseline: Baseline
) -> None:
    for flagged in (anomaly(artifact), anomaly(baseline=baseline), anomaly()):
        first, second = (explain(flagged, model).SerializeToString(deterministic=True) for _ in range(2))
        assert first == second


def test_a_model_that_gives_another_score_than_was_served_is_noticed_and_said(
    artifact: Artifact, other_artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    flagged, other = anomaly(artifact), Loaded(other_artifact)
    told = explain(flagged, other)
    assert list(told.checks_failed) == ["score"]
    given = other.score(np.array([flagged.values]))[0]
    assert told.residual == pytest.approx(abs(given - flagged.score), abs=1e-9)
    assert "A check failed" in text(told, "en").technical
    assert "Проверка не пройдена" in text(told, "ru").technical


def test_a_detector_that_says_something_else_than_when_it_was_served_is_noticed_and_said(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly
) -> None:
    flagged = anomaly(artifact)
    said = dict(zip(model.members, model.surprises(np.array([flagged.values]))[0], strict=True))
    flagged.members.extend(detection_pb2.MemberSurprise(name=n, surprise=s) for n, s in said.items())
    assert not explain(flagged, model).checks_failed
    flagged.members[1].surprise *= 1.001
    assert list(explain(flagged, model).checks_failed) == ["detectors"]


def test_every_detector_is_attributed_and_adds_up_to_what_it_says(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly
) -> None:
    flagged = anomaly(artifact)
    told = explain(flagged, model)
    said = model.surprises(np.array([flagged.values, model.reference]))
    assert [one.of for one in told.comparisons] == ["forest", "length"]
    for place, one in enumerate(told.comparisons):
        assert (one.reference, one.unit) == ("population", explanation_pb2.ATTRIBUTION_UNIT_SURPRISE)
        assert (one.score, one.base_value) == pytest.approx(tuple(said[:, place]), abs=1e-6)
        assert fsum([one.base_value, *one.attributions, -one.score]) == pytest.approx(0.0, abs=1e-9)


def test_where_the_users_own_normal_is_known_the_score_is_compared_with_it_as_well(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly, baseline: Baseline
) -> None:
    flagged = anomaly(artifact, baseline=baseline)
    flagged.baseline[0].median = 9.0
    flagged.baseline[6].mean = 3.2
    flagged.baseline[10].mean = 3_000.0
    told = explain(flagged, model)
    (own,) = [one for one in told.comparisons if one.reference == "user"]
    usual = np.array([entry.mean for entry in flagged.baseline])
    # A median where one was kept; and no difference where it is less than half a channel.
    usual[0], usual[6] = 9.0, flagged.values[6]
    near = np.abs(np.array(flagged.values) - usual) < SMALLEST_SPREAD / 2
    usual[near] = np.array(flagged.values)[near]
    assert list(own.reference_values) == usual.tolist()
    assert own.attributions[6] == 0.0
    oracle = shapley(model, np.array(flagged.values), usual)
    np.testing.assert_allclose(own.attributions, oracle.values, atol=1e-6)
    assert (own.base_value, own.score) == pytest.approx((oracle.base, flagged.score), abs=1e-6)
    assert "usual for this account" in text(told, "en").natural
    assert not told.skipped


def test_in_brief_the_score_and_the_detectors_are_explained_and_what_was_skipped_is_said(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly, baseline: Baseline
) -> None:
    flagged = anomaly(artifact, baseline=baseline)
    full, brief = explain(flagged, model), explain(flagged, model, brief=True)
    assert list(brief.skipped) == ["user_reference"]
    assert brief.attributions == full.attributions
    assert [one.of for one in brief.comparisons] == ["forest", "length"]
    assert "A question about this vector is answered in full." in text(brief, "en").technical
    assert not explain(anomaly(artifact), model, brief=True).skipped, "there is nothing to compare with"


class Opaque(Loaded):
    """A model whose file is not understood; it counts the rows that it scores."""

    rows = 0

    def coalitions(self, *_: Any) -> None:
        """It knows no way but rows."""

    def score(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `Loaded`."""
        self.rows += len(vectors)
        return super().score(vectors)


@pytest.mark.parametrize("differ", range(1, WIDTH + 1))
@pytest.mark.parametrize("known", [False, True])
def test_of_a_model_that_is_not_understood_at_most_500_rows_are_scored_for_an_anomaly_and_efficiency_holds(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly, baseline: Baseline, differ: int, known: bool
) -> None:
    opaque, reference = Opaque(artifact), model.reference
    features = {name: reference[INDEX[name]] * 2 + 0.01 for name in FEATURE_NAMES[:differ]}
    flagged = anomaly(artifact, features, baseline=baseline if known else [])
    told = explain(flagged, opaque)
    assert 0 < opaque.rows <= 500
    assert fsum([told.base_value, *(e.attribution for e in told.attributions), -told.score]) == pytest.approx(
        0.0, abs=1e-9
    )
    exact = explain(flagged, model)
    of = {e.feature: e.attribution for e in exact.attributions}
    assert max(abs(e.attribution - of[e.feature]) for e in told.attributions) <= told.error_bound + 1e-6
    assert (told.method == "shapley-sampling") == (2**differ > (250 if known else 500))
    for one in told.comparisons:
        assert fsum([one.base_value, *one.attributions, -one.score]) == pytest.approx(0.0, abs=1e-9)


def test_a_score_off_by_what_float32_may_differ_is_accepted_and_bounded(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly
) -> None:
    served = anomaly(artifact)
    served.score += 5e-7
    told = explain(served, model)
    assert told.score == served.score
    assert 4e-7 < told.error_bound < 6e-7


def test_a_scored_anomaly_without_its_model_is_never_explained_otherwise(
    artifact: Artifact, anomaly: MakeAnomaly, baseline: Baseline
) -> None:
    with pytest.raises(ValueError, match="expected model"):
        explain(anomaly(artifact, baseline=baseline), None)


def test_before_the_first_model_the_users_own_normal_explains(anomaly: MakeAnomaly, baseline: Baseline) -> None:
    told = explain(anomaly(baseline=baseline, baseline_weight=240), None)
    assert (told.method, told.reference) == ("baseline-deviation", "user")
    assert told.unit == explanation_pb2.ATTRIBUTION_UNIT_DEVIATIONS
    first = told.attributions[0]
    means = {name: entry.mean for name, entry in zip(FEATURE_NAMES, baseline, strict=True)}
    assert all(entry.reference == means[entry.feature] for entry in told.attributions)
    assert told.base_value == 0.0
    assert told.score == fsum(entry.attribution for entry in told.attributions)
    messages = next(e for e in told.attributions if e.feature == "messages_per_minute")
    assert messages.attribution == pytest.approx((340 - 13.2) / 2.4)
    assert messages == first
    assert text(told, "en").natural.startswith(
        "The account sent 340 messages a minute instead of the usual 13. "
        "The rule message_flood flagged it: its threshold is 100 messages a minute. "
    )


def test_a_model_named_without_a_score_did_not_score(anomaly: MakeAnomaly, baseline: Baseline) -> None:
    flagged = anomaly(baseline=baseline)
    flagged.scorer.model_version = "3f" * 32
    assert explain(flagged, None).method == "baseline-deviation"


def test_a_stranger_caught_by_a_rule_gets_the_rule(anomaly: MakeAnomaly) -> None:
    told = explain(anomaly(), None)
    assert (told.method, told.reference, told.unit) == ("rule", "", explanation_pb2.ATTRIBUTION_UNIT_UNSPECIFIED)
    assert (told.base_value, told.score, told.error_bound) == (0.0, 0.0, 0.0)
    (entry,) = told.attributions
    assert (entry.feature, entry.value, entry.reference, entry.attribution) == ("messages_per_minute", 340, 100, 0)
    natural = text(told, "en").natural
    assert natural.startswith("The account sent 340 messages a minute. The rule message_flood flagged it")
    assert "usual 1" not in natural


def test_texts_speak_of_every_kind_of_finding(
    artifact: Artifact, model: Loaded, anomaly: MakeAnomaly, baseline: Baseline, findings: dict[str, Any]
) -> None:
    flagged = anomaly(artifact, baseline=baseline, baseline_weight=240)
    del flagged.findings[:]
    flagged.findings.extend([findings["model"], findings["baseline"]])
    told = explain(flagged, model)
    english, russian = text(told, "en"), text(told, "ru")
    assert "The model gave it a score of" in english.natural
    assert "(learned from 240 observations)" in english.natural
    assert "Модель оценила это в" in russian.natural
    assert "(по 240 наблюдениям)" in russian.natural
    assert "the message rate" in english.natural
    assert "частота сообщений" in russian.natural
    for technical in (english.technical, russian.technical):
        assert flagged.scorer.model_version in technical
        assert flagged.scorer.rules_version in technical
        assert "messages_per_minute" in technical


def test_there_is_a_text_in_each_language(artifact: Artifact, model: Loaded, anomaly: MakeAnomaly) -> None:
    told = explain(anomaly(artifact), model)
    assert [t.language for t in told.texts] == ["en", "ru"]
    assert all(t.technical and t.natural for t in told.texts)
    assert "340 сообщений в минуту" in text(told, "ru").natural


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vector_id": ""}, "vector_id"),
        ({"user_key": ""}, "user_key"),
        ({"catalogue_version": "0"}, f"catalogue '{CATALOGUE_VERSION}', got those of '0'"),
        ({"values": [1.0] * (WIDTH - 1)}, f"Expected {WIDTH} values, but there are {WIDTH - 1}"),
        ({"values": [nan] * WIDTH}, "messages_per_minute is nan"),
        ({"values": [1.0] * (WIDTH - 1) + [inf]}, "jwt_token_churn is inf"),
        ({"baseline": [detection_pb2.FeatureBaseline()]}, f"baseline of {WIDTH}"),
        ({"baseline": [detection_pb2.FeatureBaseline(mean=nan)] * WIDTH}, "finite"),
        ({"baseline": [detection_pb2.FeatureBaseline(spread=-1)] * WIDTH}, "spreads from 0"),
        ({"score": 1.5, "scorer": detection_pb2.ScorerReference(model_version="3f" * 32)}, "between 0 and 1"),
    ],
)
def test_what_can_never_be_explained_is_refused(anomaly: MakeAnomaly, changes: dict[str, Any], words: str) -> None:
    flagged = anomaly()
    for name in changes:
        flagged.ClearField(name)
    flagged.MergeFrom(detection_pb2.Anomaly(**changes))
    with pytest.raises(MalformedAnomaly, match=words):
        explain(flagged, None)
