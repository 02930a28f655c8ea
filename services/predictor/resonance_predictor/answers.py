"""What the predictor says of one vector that somebody asks about: rules and model, no user and no memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator

from resonance_contracts.features import FEATURE_NAMES, FEATURES
from resonance_contracts.pb.resonance.v1 import detection_pb2, request_pb2
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import Scores
from resonance_predictor import findings, messages
from resonance_predictor.asking import Asked, ask
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.feature_values import refuse_impossible
from resonance_predictor.findings import Finding
from resonance_predictor.rules import RuleBook
from resonance_predictor.severity import Severity, gravest

USAGE: Final = {
    "usage": 'POST /predict with {"features": {"messages_per_minute": 240, "error_rate": 0.1}}',
    "answer": {
        "score": "0 (ordinary) to 1 (anomalous); null while no model was promoted",
        "tail_probability": "share of ordinary vectors with a score at least this high; null without a model",
        "confidence": "share of the detectors, by weight, that agree with the whole; null without a model",
        "members": "surprise of each detector that looks at a vector alone: -ln of the share of ordinary vectors it "
        "finds as unusual; null without",
        "severity": "none, low, medium, high or critical: that of the gravest finding",
        "findings": "what rules and the model find; a user's own baseline takes part in the stream only",
        "assumed": "features that were not given, and the values taken instead: the population's median, 0 without one",
        "model_version": "of the champion, or of the one before it where that fails; null while no model was promoted",
        "rules_version": "SHA-256 of the rules in force",
    },
    "inference": {
        "GET /v2": "this server, by the Open Inference Protocol v2",
        "GET /v2/health/live": "whether it is alive",
        "GET /v2/health/ready": "whether it and every model are ready",
        "GET /v2/models/{model}[/versions/{version}]": "inputs, outputs and loaded versions of a model",
        "GET /v2/models/{model}[/versions/{version}]/ready": "whether it is ready",
        "POST /v2/models/{model}[/versions/{version}]/infer": "many vectors at once, as JSON or binary tensors",
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
        refuse_impossible(given)
        return given


@dataclass(frozen=True, slots=True)
class Judged:
    """What rules and model say of one vector.

    Attributes:
        model: Who scored it: the first that did not fail; None while no model was promoted, or where all failed.
        scores: What the model says of it alone; None without one.
        found: Reasons to call it anomalous.
        assumed: Features that were not given, and the values taken instead.
    """

    model: Ensemble | None
    scores: Scores | None
    found: tuple[Finding, ...]
    assumed: Mapping[str, float]

    @property
    def severity(self) -> Severity:
        """That of the gravest finding."""
        return gravest(finding.severity for finding in self.found)


def filled(features: Mapping[str, float], model: Ensemble | None) -> tuple[NDArray[np.float64], dict[str, float]]:
    """A vector of which some features are given, (1, WIDTH), and what was taken for the others."""
    reference = np.zeros(len(FEATURE_NAMES)) if model is None else model.median
    ordinary = dict(zip(FEATURE_NAMES, reference.tolist(), strict=True))
    values = np.array([[features.get(name, ordinary[name]) for name in FEATURE_NAMES]])
    return values, {name: ordinary[name] for name in FEATURE_NAMES if name not in features}


def judged(features: Mapping[str, float], rules: RuleBook, *models: Ensemble | None) -> Judged:
    """What is said of a vector, by name of feature; each value in its feature's range.

    Args:
        features: The vector.
        rules: Rules in force.
        models: The model in force, and who is asked where it fails.
    """
    values, assumed = filled(features, next((model for model in models if model is not None), None))
    found = [hit.finding for hit in findings.of_rules(rules, rules.match(values)[0], values[0])]
    model, scores = _scored(values, models)
    if scores is not None:
        rare = findings.of_model(float(scores.tail_probability[0]))
        found += [rare] if rare is not None else []
    return Judged(model, scores, tuple(found), assumed)


def _scored(values: NDArray[np.float64], models: Sequence[Ensemble | None]) -> tuple[Ensemble | None, Scores | None]:
    for model in models:
        if model is not None and (said := ask(model, Asked(to_scale(values)))).good is None:
            return model, said.scores
    return None, None


def answer(question: Question, rules: RuleBook, *models: Ensemble | None) -> dict[str, Any]:
    """The answer, ready for JSON: see `USAGE`; models as in `judged`."""
    said = judged(question.features, rules, *models)
    model, scores = said.model, said.scores
    members = () if model is None else model.members_alone
    return {
        "score": None if scores is None else float(scores.score[0]),
        "tail_probability": None if scores is None else float(scores.tail_probability[0]),
        "confidence": None if scores is None else float(scores.confidence[0]),
        "members": None
        if scores is None
        else dict(zip(members, scores.members[0, : len(members)].tolist(), strict=True)),
        "severity": said.severity.name.lower(),
        "findings": [_finding(finding) for finding in said.found],
        "assumed": dict(said.assumed),
        "model_version": None if model is None else model.model.version,
        "rules_version": rules.version,
    }


def reply(question: Question, rules: RuleBook, *models: Ensemble | None) -> request_pb2.ScoreReply:
    """The answer, as a message; models as in `judged`."""
    said = judged(question.features, rules, *models)
    model = said.model
    return request_pb2.ScoreReply(
        scorer=detection_pb2.ScorerReference(
            model_name="" if model is None else model.model.name,
            model_version="" if model is None else model.model.version,
            rules_version=rules.version,
        ),
        score=nan if said.scores is None else float(said.scores.score[0]),
        tail_probability=nan if said.scores is None else float(said.scores.tail_probability[0]),
        confidence=nan if said.scores is None else float(said.scores.confidence[0]),
        severity=messages.severity(said.severity),
        findings=[messages.finding(finding) for finding in said.found],
        assumed=said.assumed,
    )


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "detector": finding.detector.name.lower(),
        "kind": finding.kind,
        "severity": finding.severity.name.lower(),
        "features": list(finding.features),
        "observed": finding.observed,
        "threshold": finding.threshold,
    }
