"""The words of an answer: those of an anomaly for the served ensemble, those of any model for any other."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np

from resonance_attribution.shapley import Attribution
from resonance_contracts.features import FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_narration import (
    AnomalyFacts,
    FeatureFact,
    OutputFacts,
    Reference,
    Severity,
    SumFact,
    Text,
    Unit,
    explain,
    finding_fact,
    tell_output,
)
from resonance_xai.asked.finding import Found
from resonance_xai.asked.in_time import InTime
from resonance_xai.asked.served import OUTPUT
from resonance_xai.asked.subject import Subject


def tell(found: Found, against: str, language: str, anomaly: detection_pb2.Anomaly | None = None) -> Text:
    """The technical and the natural text; without attributions, nothing is said of causes.

    Args:
        found: What was found out.
        against: What the row is compared with: "population" or "own".
        language: "en" or "ru".
        anomaly: What was flagged; None where features were given.
    """
    subject, vector, reference, shap = found.subject, found.vector, found.reference, found.shap
    if shap is None:
        return Text("", "")
    values = shap.attribution.values
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    own = against == "own"
    kind = Reference.USER if own else Reference.POPULATION
    features = tuple(
        FeatureFact(
            subject.names[i],
            float(vector[i]),
            float(reference[i]),
            float(values[i]),
            usual=float(reference[i]) if own else None,
        )
        for i in order
    )
    if subject.names == FEATURE_NAMES and subject.output == OUTPUT:
        return _as_anomaly(subject, shap, features, kind, language, anomaly or detection_pb2.Anomaly())
    said = shap.attribution
    return tell_output(
        OutputFacts(
            output=subject.output,
            unit=Unit(subject.unit),
            value=said.score,
            base=said.base,
            features=features,
            reference=kind,
            method=said.method,
            bound=said.error_bound,
            confidence=shap.confidence,
            residual=said.residual,
        ),
        language,
    )


def _as_anomaly(
    subject: Subject,
    shap: InTime,
    features: tuple[FeatureFact, ...],
    kind: Reference,
    language: str,
    anomaly: detection_pb2.Anomaly,
) -> Text:
    said = shap.attribution
    return explain(
        AnomalyFacts(
            features=features,
            findings=tuple(finding_fact(finding) for finding in anomaly.findings),
            severity=Severity(anomaly.severity or Severity.LOW),
            method=said.method,
            unit=Unit.SCORE,
            reference=kind,
            base=said.base,
            score=said.score,
            error_bound=said.error_bound,
            residual=said.residual,
            served_score=said.score,
            tail_probability=subject.tail(said.score) if subject.tail is not None else nan,
            model_name=subject.name,
            model_version=subject.version,
            rules_version=anomaly.scorer.rules_version,
            baseline_weight=anomaly.baseline_weight,
            detectors=tuple(_detector(name, one, features) for name, one in shap.members.items()),
        ),
        language,
    )


def _detector(name: str, one: Attribution, features: tuple[FeatureFact, ...]) -> SumFact:
    order = sorted(features, key=lambda fact: -abs(one.values[INDEX[fact.name]]))
    told = tuple(replace(fact, attribution=float(one.values[INDEX[fact.name]])) for fact in order)
    return SumFact(name, told, one.base, one.score, one.error_bound)
