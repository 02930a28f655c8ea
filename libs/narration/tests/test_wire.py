"""Facts from wire messages."""

from __future__ import annotations

from math import isnan

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2 as detection
from resonance_contracts.pb.resonance.v1 import explanation_pb2 as explanation
from resonance_narration import Detector, Reference, Severity, Unit, alert_facts, anomaly_facts

FINDING = detection.Finding(
    detector=detection.DETECTOR_BASELINE, kind="unusual_errors", severity=detection.SEVERITY_HIGH,
    features=["error_rate"], observed=7.0, threshold=4.0,
)  # fmt: skip


def _explanation(version: str) -> explanation.Explanation:
    anomaly = detection.Anomaly(
        findings=[FINDING], severity=detection.SEVERITY_HIGH, score=0.8, tail_probability=0.001, baseline_weight=50,
        baseline=[detection.FeatureBaseline(mean=i, spread=2 * i) for i in range(len(FEATURE_NAMES))],
        scorer=detection.ScorerReference(model_version=version),
    )  # fmt: skip
    return explanation.Explanation(
        method="shapley-enumeration", unit=explanation.ATTRIBUTION_UNIT_SCORE, reference="population", base_value=0.5,
        score=0.8, anomaly=anomaly, scorer=anomaly.scorer,
        attributions=[explanation.FeatureAttribution(feature="error_rate", value=0.9, reference=0.1, attribution=0.3)],
    )  # fmt: skip


def test_an_explanation_gives_facts_with_the_users_own_normal() -> None:
    facts = anomaly_facts(_explanation("3f" * 32))
    assert (facts.unit, facts.reference, facts.severity) == (Unit.SCORE, Reference.POPULATION, Severity.HIGH)
    assert (facts.served_score, facts.tail_probability, facts.baseline_weight) == (0.8, 0.001, 50)
    (feature,) = facts.features
    assert (feature.value, feature.reference, feature.attribution) == (0.9, 0.1, 0.3)
    assert (feature.usual, feature.usual_spread) == (3.0, 6.0)
    assert facts.findings[0].detector is Detector.BASELINE


def test_without_a_model_there_is_no_score_to_tell() -> None:
    assert isnan(anomaly_facts(_explanation("")).served_score)
    assert isnan(alert_facts(detection.Alert(finding=FINDING), _explanation("")).served_score)


def test_an_alert_gives_facts_with_and_without_its_explanation() -> None:
    alert = detection.Alert(
        state=detection.ALERT_STATE_RESOLVED, stream="replay:a", kind="unusual_errors", finding=FINDING, vectors=4,
        opened_us=1_000_000, last_seen_us=61_000_000,
    )  # fmt: skip
    bare = alert_facts(alert)
    assert (bare.resolved, bare.replay, bare.vectors, bare.seconds, bare.evidence) == (True, True, 4, 60.0, ())
    told = alert_facts(alert, _explanation("3f" * 32))
    assert told.reference is Reference.POPULATION
    assert [f.name for f in told.evidence] == ["error_rate"]


def test_of_an_alert_that_became_graver_the_last_rise_is_told() -> None:
    low, high, critical = detection.SEVERITY_LOW, detection.SEVERITY_HIGH, detection.SEVERITY_CRITICAL
    by_evidence = detection.Rise(before=low, severity=high, evidence=3.5, enough=3.0)
    alert = detection.Alert(kind="unusual_errors", severity=high, finding=FINDING, rises=[by_evidence])
    rise = alert_facts(alert).rise
    assert rise is not None and (rise.before, rise.evidence, rise.enough) == (Severity.LOW, 3.5, 3.0)
    assert alert_facts(alert).finding.observed == 7.0
    rule = detection.Finding(detector=detection.DETECTOR_RULE, kind="error_spike", observed=0.9, threshold=0.8)
    alert.rises.append(detection.Rise(before=high, severity=critical, finding=rule))
    facts = alert_facts(alert)
    assert facts.rise is not None and facts.rise.before is Severity.HIGH and isnan(facts.rise.evidence)
    assert (facts.finding.observed, facts.finding.threshold) == (0.9, 0.8)
    assert alert_facts(detection.Alert(finding=FINDING)).rise is None


def test_an_alert_without_a_finding_is_told_by_its_own_fields() -> None:
    alert = detection.Alert(kind="mine", severity=detection.SEVERITY_LOW, detector=detection.DETECTOR_RULE)
    finding = alert_facts(alert).finding
    assert (finding.kind, finding.detector, finding.severity) == ("mine", Detector.RULE, Severity.LOW)
    assert isnan(finding.threshold)


def test_comparisons_give_facts_by_what_they_compare_with() -> None:
    told = _explanation("3f" * 32)
    told.anomaly.values.extend(float(i) for i in range(len(FEATURE_NAMES)))
    shares = [0.0] * len(FEATURE_NAMES)
    shares[1], shares[4] = -0.25, 0.5
    for of, reference in (("lstm", "population"), ("score", "user"), ("lstm", "expected")):
        compared = [] if reference == "population" else [7.0] * len(FEATURE_NAMES)
        told.comparisons.add(
            of=of, reference=reference, base_value=1.0, score=1.25, reference_values=compared, attributions=shares
        )
    facts = anomaly_facts(told)
    (lstm,) = facts.detectors
    assert (lstm.of, lstm.base, lstm.score) == ("lstm", 1.0, 1.25)
    assert [(f.name, f.value, f.reference, f.attribution) for f in lstm.features] == [
        (FEATURE_NAMES[4], 4.0, None, 0.5),
        (FEATURE_NAMES[1], 1.0, None, -0.25),
    ]
    assert facts.against_usual is not None
    assert facts.against_expected is not None
    assert (facts.against_usual.of, facts.against_usual.features[0].reference) == ("score", 7.0)
    assert facts.against_expected.of == "lstm"


def test_the_vectors_before_are_counted_back_from_the_vector() -> None:
    told = _explanation("3f" * 32)
    assert anomaly_facts(told).before is None
    shares = [0.0] * len(FEATURE_NAMES)
    shares[1], shares[4] = 0.25, -0.5
    told.sequence.CopyFrom(
        explanation.SequenceAttribution(
            of="lstm",
            method="shapley-sampling",
            base_value=0.5,
            score=1.25,
            steps=[0.75, -1.0],
            features=shares,
            vector=1.0,
            error_bound=0.02,
        )
    )
    facts = anomaly_facts(told).before
    assert facts is not None
    assert [(step.before, step.attribution) for step in facts.steps] == [(2, 0.75), (1, -1.0)]
    assert [one.name for one in facts.features[:2]] == [FEATURE_NAMES[4], FEATURE_NAMES[1]]
    assert (facts.of, facts.base, facts.vector, facts.score) == ("lstm", 0.5, 1.0, 1.25)
    assert (facts.error_bound, facts.sampled) == (0.02, True)
