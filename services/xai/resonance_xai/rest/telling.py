"""The words of an answer: those of an anomaly for the served ensemble, those of any model for any other."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES
from resonance_narration import (
    AnomalyFacts,
    FeatureFact,
    OutputFacts,
    Reference,
    Severity,
    Text,
    Unit,
    explain,
    tell_bound,
    tell_output,
)
from resonance_xai.asked.attributed import EXACT, Attributed
from resonance_xai.asked.served import OUTPUT
from resonance_xai.asked.subject import Subject
from resonance_xai.rest.question import Question

Floats = NDArray[np.float64]


def tell(
    subject: Subject, vector: Floats, reference: Floats, question: Question, found: Attributed | None, language: str
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
    return tell_output(
        OutputFacts(
            subject.output,
            Unit(subject.unit),
            found.attribution.score,
            found.attribution.base,
            features,
            kind,
            found.method,
            found.bound,
            found.confidence,
            found.attribution.residual,
        ),
        language,
    )


def _as_anomaly(
    subject: Subject, found: Attributed, features: tuple[FeatureFact, ...], kind: Reference, language: str
) -> Text:
    text = explain(
        AnomalyFacts(
            features,
            (),
            Severity.LOW,
            found.method,
            Unit.SCORE,
            kind,
            found.attribution.base,
            found.attribution.score,
            found.attribution.residual,
            found.attribution.score,
            subject.tail(found.attribution.score) if subject.tail is not None else nan,
            subject.name,
            subject.version,
        ),
        language,
    )
    if found.method == EXACT:
        return text
    return Text(f"{text.technical}\n{tell_bound(found.bound, found.confidence, language)}", text.natural)
