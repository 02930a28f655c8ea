"""What the predictor says of one vector that somebody asks about: rules and model, no user and no memory."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator

from resonance_contracts.features import BY_NAME, FEATURE_NAMES, FEATURES
from resonance_predictor import findings
from resonance_predictor.findings import Finding
from resonance_predictor.forest import Forest
from resonance_predictor.rules import RuleBook
from resonance_predictor.severity import gravest

USAGE: Final = {
    "usage": 'POST /predict with {"features": {"messages_per_minute": 240, "error_rate": 0.1}}',
    "answer": {
        "score": "0 (ordinary) to 1 (anomalous); null while no model was promoted",
        "tail_probability": "share of ordinary vectors with a score at least this high; null without a model",
        "severity": "none, low, medium, high or critical: that of the gravest finding",
        "findings": "what rules and the model find; a user's own baseline takes part in the stream only",
        "assumed": "features that were not given, and the values taken instead: the population's median, 0 without one",
        "model_version": "null while no model was promoted",
        "rules_version": "SHA-256 of the rules in force",
    },
    "features": {
        f.name: {"unit": f.unit, "lower": f.lower, "upper": None if np.isinf(f.upper) else f.upper} for f in FEATURES
    },
}


class Question(BaseModel):
    """One vector, by name of feature."""

    model_config = ConfigDict(extra="forbid")

    features: dict[str, FiniteFloat] = Field(min_length=1)

    @field_validator("features")
    @classmethod
    def _possible(cls, given: dict[str, float]) -> dict[str, float]:
        for name, value in given.items():
            feature = BY_NAME.get(name)
            if feature is None:
                raise ValueError(f"there is no feature {name[:100]!r}; write some of {', '.join(FEATURE_NAMES)}")
            if not feature.lower <= value <= feature.upper:
                raise ValueError(f"{name} is {value}, but lies between {feature.lower} and {feature.upper}")
        return given


def answer(question: Question, rules: RuleBook, model: Forest | None) -> dict[str, Any]:
    """The answer, ready for JSON: see `USAGE`."""
    reference = np.zeros(len(FEATURE_NAMES)) if model is None else model.median
    ordinary = dict(zip(FEATURE_NAMES, reference.tolist(), strict=True))
    values = np.array([[question.features.get(name, ordinary[name]) for name in FEATURE_NAMES]])
    found = [hit.finding for hit in findings.of_rules(rules, rules.match(values)[0], values[0])]
    score = tail = None
    if model is not None:
        scores = model.score(values)
        score, tail = float(scores[0]), float(model.tail_probability(scores)[0])
        rare = findings.of_model(tail)
        found += [rare] if rare is not None else []
    return {
        "score": score,
        "tail_probability": tail,
        "severity": gravest(finding.severity for finding in found).name.lower(),
        "findings": [_finding(finding) for finding in found],
        "assumed": {name: ordinary[name] for name in FEATURE_NAMES if name not in question.features},
        "model_version": None if model is None else model.model.version,
        "rules_version": rules.version,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "detector": finding.detector.name.lower(),
        "kind": finding.kind,
        "severity": finding.severity.name.lower(),
        "features": list(finding.features),
        "observed": finding.observed,
        "threshold": finding.threshold,
    }
