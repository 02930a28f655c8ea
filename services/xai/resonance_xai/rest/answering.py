"""From a question to its answer: what there is time for, marked where it was not enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.deadline import Deadline
from resonance_attribution.shapley import Attribution
from resonance_narration import ChangeFact, SuggestionFacts, tell_suggestions, tell_trust
from resonance_runtime import metrics
from resonance_xai.asked.agreement import LOW_FIDELITY, Agreement, agreement
from resonance_xai.asked.counterfactuals import Counterfactuals, counterfactuals
from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.goals import ordinary_range
from resonance_xai.asked.in_time import InTime, in_time
from resonance_xai.asked.linear import REPEATS, Line, line_around
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.surrogate import Surrogate
from resonance_xai.plots.figures import Format, to_file
from resonance_xai.plots.waterfall import waterfall
from resonance_xai.rest.explainable import Explainable, vector_of
from resonance_xai.rest.question import Method, Question, rounded
from resonance_xai.rest.telling import tell

Floats = NDArray[np.float64]

_SHARES: Final = {Method.SHAP: 0.5, Method.COUNTERFACTUAL: 0.6, Method.LIME: 0.8}
"""Of the time that is left, how much a method may take at most: the others come after it."""


@dataclass
class Answered:
    """An answer.

    Attributes:
        body: What is sent.
        pictures: Files by name, as "waterfall.svg".
        partial: Whether the deadline cut something short.
    """

    body: dict[str, Any]
    pictures: dict[str, bytes] = field(default_factory=dict)
    partial: bool = False


@dataclass
class _Work:
    """What was found out so far."""

    subject: Subject
    vector: Floats
    reference: Floats
    cut: list[str] = field(default_factory=list)
    shap: InTime | None = None
    line: Line | None = None
    agrees: Agreement | None = None
    other: Counterfactuals | None = None


def answer(
    model: Explainable, question: Question, methods: tuple[Method, ...], language: str, deadline: Deadline,
    imitate: Callable[[Subject], Surrogate],
) -> Answered:  # fmt: skip
    """The answer to a question about a model.

    Args:
        model: The model.
        question: The question.
        methods: What is asked for.
        language: "en" or "ru".
        deadline: When the answer is due.
        imitate: Makes the tree that imitates a model.

    Raises:
        WrongQuestion: The question does not fit the model.
        EfficiencyViolated: Attributions do not add up.
    """
    work = _begun(model, question)
    if Method.SHAP in methods or Method.PLOTS in methods:
        work.shap = in_time(work.subject, work.vector, work.reference, deadline.part(_SHARES[Method.SHAP]))
        metrics.XAI_EXPLANATIONS.labels(method=work.shap.attribution.method).inc()
        if work.shap.partial:
            work.cut.append(Method.SHAP)
    if Method.COUNTERFACTUAL in methods:
        _look_for_others(work, question, deadline)
    if Method.LIME in methods:
        _fit_line(work, deadline)
    body = _body(work, question, methods, language)
    pictures = _pictures(work, question, methods, language, deadline)
    if Method.TREE in methods:
        if deadline.passed:
            work.cut.append(Method.TREE)
        else:
            body["tree"] = _path(work.subject, work.vector, imitate(work.subject))
    texts = tell(work.subject, work.vector, work.reference, question, work.shap, language)
    low = work.agrees is not None and work.agrees.low
    trust = tell_trust(
        language,
        differs=(work.agrees.rank, work.agrees.sign) if work.agrees is not None and low else None,
        poor_fit=work.line.r2 if work.line is not None and work.line.r2 < LOW_FIDELITY else None,
        cut_short=work.cut,
    )
    suggested = body["counterfactual"]["text"] if "counterfactual" in body else ""
    body["technical_explanation"] = texts.technical
    body["natural_explanation"] = " ".join(part for part in (texts.natural, suggested, trust) if part)
    body["partial"], body["unfinished"] = bool(work.cut), list(work.cut)
    return Answered(body, pictures, bool(work.cut))


def _begun(model: Explainable, question: Question) -> _Work:
    given = {name: rounded(value) for name, value in question.features.items()}
    normal = {name: rounded(value) for name, value in (question.normal or {}).items()}
    if not len(model.ordinary) and question.reference == "population":
        raise WrongQuestion(
            "There are no reference rows to compare with: start with --reference FILE, or give the reference 'own' "
            "with 'normal'."
        )
    reference = vector_of(normal, model, model.reference if len(model.ordinary) else None, "normal") if normal else (
        model.reference
    )  # fmt: skip
    vector = vector_of(given, model, reference if question.fill == "reference" else None)
    return _Work(model.subject(vector, question.output), vector, reference)


def _look_for_others(work: _Work, question: Question, deadline: Deadline) -> None:
    if work.subject.missed is None and not len(work.subject.ordinary):
        return
    most = deadline.part(_SHARES[Method.COUNTERFACTUAL])
    work.other = counterfactuals(work.subject, work.vector, work.reference, most, question.suggestions)
    if work.other.partial:
        work.cut.append(Method.COUNTERFACTUAL)


def _fit_line(work: _Work, deadline: Deadline) -> None:
    if not len(work.subject.ordinary):
        return
    work.line = line_around(work.subject, work.vector, work.reference, deadline.part(_SHARES[Method.LIME]))
    if work.line is None or work.line.repeats < REPEATS:
        work.cut.append(Method.LIME)
    if work.line is not None and work.shap is not None:
        differ = work.vector != work.reference
        work.agrees = agreement(work.shap.attribution.values, work.line.effects, differ)
        metrics.XAI_LIME_AGREEMENT.labels(what="rank").observe(work.agrees.rank)
        metrics.XAI_LIME_AGREEMENT.labels(what="sign").observe(work.agrees.sign)


def _body(work: _Work, question: Question, methods: tuple[Method, ...], language: str) -> dict[str, Any]:
    subject = work.subject
    ends = subject.score(np.stack([work.reference, work.vector])).tolist()
    body: dict[str, Any] = {
        "model_name": subject.name,
        "model_version": subject.version,
        "output": subject.output,
        "unit": subject.unit,
        "value": ends[1],
        "base_value": ends[0],
        "reference": question.reference,
        "reference_values": _by_name(subject, work.reference),
        "features": _by_name(subject, work.vector),
        "language": language,
        "methods": list(methods),
    }
    if work.shap is not None:
        found = work.shap.attribution
        total = float(np.abs(found.values).sum()) or 1.0
        body |= {
            "value": found.score,
            "base_value": found.base,
            "method": found.method,
            "error_bound": found.error_bound,
            "error_confidence": work.shap.confidence,
            "residual": found.residual,
            "shap_values": _by_name(subject, found.values),
            "feature_importance": _by_name(subject, np.abs(found.values) / total),
        }
        if work.shap.members:
            body["detectors"] = {name: _detector(subject, one) for name, one in work.shap.members.items()}
    if work.line is not None:
        body["lime"] = _lime(subject, work.line, work.agrees)
    if work.other is not None:
        body["counterfactual"] = _suggested(work, work.other, language)
    return body


def _detector(subject: Subject, one: Attribution) -> dict[str, Any]:
    return {
        "unit": "surprise",
        "value": one.score,
        "base_value": one.base,
        "error_bound": one.error_bound,
        "shap_values": _by_name(subject, one.values),
    }


def _lime(subject: Subject, line: Line, agrees: Agreement | None) -> dict[str, Any]:
    several = line.repeats > 1
    found: dict[str, Any] = {
        "weights": _by_name(subject, line.weights),
        "weights_spread": _by_name(subject, line.spread),
        "effects": _by_name(subject, line.effects),
        "r2": line.r2,
        "stability": {
            "repeats": line.repeats,
            "rank_correlation": line.rank_correlation if several else None,
            "sign_agreement": line.sign_agreement if several else None,
        },
    }
    if agrees is not None:
        found["agreement"] = {"rank_correlation": agrees.rank, "sign_agreement": agrees.sign, "low": agrees.low}
    return found


def _suggested(work: _Work, found: Counterfactuals, language: str) -> dict[str, Any]:
    subject = work.subject
    every = tuple(
        tuple(ChangeFact(subject.names[p], float(work.vector[p]), float(one.row[p])) for p in one.changed)
        for one in found.found
    )
    goal: dict[str, Any] = {"kind": subject.goal}
    if subject.missed is None:
        goal["between"] = list(ordinary_range(subject))
    return {
        "goal": goal,
        "needed": found.needed,
        "found": bool(found.found),
        "partial": found.partial,
        "rows_tried": found.tried,
        "suggestions": [
            {
                "changes": [{"feature": c.name, "from": c.now, "to": c.value} for c in changes],
                "value": one.output,
                "cost": one.cost,
                "text": tell_suggestions(SuggestionFacts(subject.goal, (changes,)), language),
            }
            for one, changes in zip(found.found, every, strict=True)
        ],
        "text": tell_suggestions(SuggestionFacts(subject.goal, every, found.needed, found.partial), language),
    }


def _pictures(
    work: _Work, question: Question, methods: tuple[Method, ...], language: str, deadline: Deadline
) -> dict[str, bytes]:
    if Method.PLOTS not in methods or work.shap is None:
        return {}
    found: dict[str, bytes] = {}
    for kind in dict.fromkeys(question.formats):
        if deadline.passed:
            work.cut.append(Method.PLOTS)
            break
        figure = waterfall(work.subject, work.vector, work.shap.attribution, language)
        found[f"waterfall.{kind}"] = to_file(figure, Format(kind))
    return found


def _path(subject: Subject, vector: Floats, imitation: Surrogate) -> dict[str, Any]:
    return {
        "path": [
            f"{subject.names[node.column]} {'<=' if small else '>'} {node.threshold:.6g}"
            for node, small in imitation.root.walk(vector)
        ],
        "value": imitation.root.end(vector).value,
        "fidelity_r2": imitation.r2,
        "held_out_rows": imitation.held_out,
    }


def _by_name(subject: Subject, values: Floats) -> dict[str, float]:
    return dict(zip(subject.names, values.tolist(), strict=True))
