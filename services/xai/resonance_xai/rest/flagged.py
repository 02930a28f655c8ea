"""Questions over HTTP about vectors that were flagged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import quote

from resonance_attribution.deadline import Deadline
from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_xai.anomalies import expected_of, scored, values_of
from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.finding import find
from resonance_xai.asked.methods import Method, Wanted
from resonance_xai.beside import ServedVersions
from resonance_xai.cases import Cases
from resonance_xai.drawing import waterfall_of
from resonance_xai.references import usual_of
from resonance_xai.rest.answering import Answered, Imitate, answered, path_of
from resonance_xai.rest.explainable import Served
from resonance_xai.rest.question import Question
from resonance_xai.rest.telling import tell
from resonance_xai.told import attribution_of, drawn_of, shap_of

_SEVERITIES = {value: name.removeprefix("SEVERITY_").lower() for name, value in detection_pb2.Severity.items()}


class Explains(Protocol):
    """Explains anomalies; `resonance_xai.explainer.Explainer`."""

    async def anomaly(self, anomaly: detection_pb2.Anomaly, *, asked: bool = False) -> explanation_pb2.Explanation:
        """The explanation. Raises what `problems.problem_of` knows."""


@dataclass(frozen=True, slots=True)
class Case:
    """A vector that was flagged.

    Attributes:
        told: Its explanation, as the stream gives it.
        served: The version that scored it; None where none did.
    """

    told: explanation_pb2.Explanation
    served: Served | None

    @property
    def anomaly(self) -> detection_pb2.Anomaly:
        """What was flagged."""
        return self.told.anomaly


class Flagged:
    """Finds flagged vectors with what is needed to explain them.

    Args:
        cases: What was flagged.
        explainer: Explains it.
        versions: Where versions of the ensemble are found.
    """

    def __init__(self, cases: Cases, explainer: Explains, versions: ServedVersions) -> None:
        self.cases = cases
        self._explainer, self._versions = explainer, versions

    async def find(self, question: Question) -> Case:
        """What a question is about. Raises what `problems.problem_of` knows."""
        if question.vector_id is not None:
            anomaly = self.cases.vector(question.vector_id)
        elif question.user_key is not None:
            anomaly = self.cases.user(question.user_key)
        else:
            anomaly = self.cases.alert(question.alert_id or "")
        told = await self._explainer.anomaly(anomaly, asked=True)
        if not scored(anomaly):
            return Case(told, None)
        return Case(told, await self._versions.get(anomaly.scorer.model_name, anomaly.scorer.model_version))


def answer_flagged(case: Case, question: Question, wanted: Wanted, deadline: Deadline, imitate: Imitate) -> Answered:
    """The answer to a question about a vector that was flagged.

    Raises:
        WrongQuestion: The question does not fit the vector.
        EfficiencyViolated: Attributions do not add up.
    """
    if case.served is None:
        found = _without_model(case.told, question, wanted)
    else:
        found = _with_model(case, case.served, question, wanted, deadline, imitate)
    found.body |= _identity(case.told)
    return found


def _with_model(
    case: Case, served: Served, question: Question, wanted: Wanted, deadline: Deadline, imitate: Imitate
) -> Answered:
    anomaly, vector = case.anomaly, values_of(case.anomaly)
    subject = served.expecting(expected_of(anomaly))
    if question.reference == "own":
        usual = usual_of(anomaly, vector)
        if usual is None:
            raise WrongQuestion("What is usual for this user is not known yet: expected the reference 'population'.")
        found = find(subject, vector, usual, wanted, deadline)
    else:
        known = shap_of(case.told) if {Method.SHAP, Method.PLOTS} & set(wanted.methods) else None
        found = find(subject, vector, subject.reference, wanted, deadline, known)
    tree = path_of(found, wanted, deadline, imitate)
    if question.reference == "own":
        text = tell(found, "own", wanted.language, anomaly)
        return answered(found, "own", wanted, text.technical, text.natural, tree)
    technical, natural = _texts(case.told, wanted.language) if found.shap is not None else ("", "")
    return answered(found, "population", wanted, technical, natural, tree)


def _without_model(told: explanation_pb2.Explanation, question: Question, wanted: Wanted) -> Answered:
    """What rules, or the distance from the user's own normal, say of a vector that no model scored."""
    wanted = wanted if question.methods is not None else replace(wanted, methods=(Method.SHAP,))
    if rest := [method for method in wanted.methods if method not in (Method.SHAP, Method.PLOTS)]:
        raise WrongQuestion(
            f"No model scored this vector, so there can be no {rest[0]}: expected methods among shap, plots."
        )
    said, drawn = attribution_of(told), drawn_of(told)
    total = sum(abs(entry.attribution) for entry in told.attributions) or 1.0
    references = {entry.feature: entry.reference for entry in told.attributions}
    technical, natural = _texts(told, wanted.language)
    body: dict[str, Any] = {
        "model_name": "",
        "model_version": "",
        "output": None,
        "unit": None if drawn is None else drawn.unit,
        "value": said.score,
        "base_value": said.base,
        "reference": "own" if told.reference else None,
        "reference_values": references,
        "features": dict(zip(FEATURE_NAMES, told.anomaly.values, strict=True)),
        "language": wanted.language,
        "methods": list(wanted.methods),
        "method": told.method,
        "error_bound": told.error_bound,
        "residual": told.residual,
        "shap_values": dict(zip(FEATURE_NAMES, said.values.tolist(), strict=True)),
        "feature_importance": dict(zip(FEATURE_NAMES, (abs(said.values) / total).tolist(), strict=True)),
        "technical_explanation": technical,
        "natural_explanation": natural,
        "partial": False,
        "unfinished": [],
    }
    formats = wanted.formats if Method.PLOTS in wanted.methods else ()
    files = {f"waterfall.{one}": waterfall_of(told, wanted.language, one) for one in formats}
    return Answered(body, {name: data for name, data in files.items() if data is not None})


def _texts(told: explanation_pb2.Explanation, language: str) -> tuple[str, str]:
    return next((text.technical, text.natural) for text in told.texts if text.language == language)


def _identity(told: explanation_pb2.Explanation) -> dict[str, Any]:
    """Which vector it is, and where its picture is."""
    anomaly = told.anomaly
    pictures = f"/explain/vectors/{quote(told.vector_id, safe='')}/waterfall"
    return {
        "vector_id": told.vector_id,
        "user_key": told.user_key,
        "stream": told.stream,
        "start_us": anomaly.start_us,
        "end_us": anomaly.end_us,
        "severity": _SEVERITIES.get(anomaly.severity, "unspecified"),
        "alert_ids": list(told.alert_ids),
        "waterfall": {} if drawn_of(told) is None else {"svg": f"{pictures}.svg", "png": f"{pictures}.png"},
    }
