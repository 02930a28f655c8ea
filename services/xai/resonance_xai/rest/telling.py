"""The words of an answer: those of an anomaly for the served ensemble, those of any model for any other."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.shapley import Attribution
from resonance_contracts.features import FEATURE_NAMES, INDEX
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
    tell_output,
)
from resonance_xai.asked.in_time import InTime
from resonance_xai.asked.served import OUTPUT
from resonance_xai.asked.subject import Subject
from resonance_xai.rest.question import Question

Floats = NDArray[np.float64]


def tell(
    subject: Subject, vector: Floats, reference: Floats, question: Question, found: InTime | None, language: str
) -> Text:
    """The technical and the natural text; without attributions, nothing is said of causes."""
    kind = Reference.USER if question.reference == "own" else Reference.POPULATION
    if found is None:
        return Text("", "")
    values = found.attribution.values
    order = np.argsort(-np.abs(values), kind="stable").tolist()
    own = kind is Reference.USER
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
        return _as_anomaly(subject, found, features, kind, language)
    said = found.attribution
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
            confidence=found.confidence,
            residual=said.residual,
        ),
        language,
    )


def _as_anomaly(
    subject: Subject, found: InTime, features: tuple[FeatureFact, ...], kind: Reference, language: str
) -> Text:
    said = found.attribution
    return explain(
        AnomalyFacts(
            features=features,
            findings=(),
            severity=Severity.LOW,
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
            detectors=tuple(_detector(name, one, features) for name, one in found.members.items()),
        ),
        language,
    )


def _detector(name: str, one: Attribution, features: tuple[FeatureFact, ...]) -> SumFact:
    order = sorted(features, key=lambda fact: -abs(one.values[INDEX[fact.name]]))
    told = tuple(replace(fact, attribution=float(one.values[INDEX[fact.name]])) for fact in order)
    return SumFact(name, told, one.base, one.score, one.error_bound)
