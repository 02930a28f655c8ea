"""From a question to the body of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.agreement import Agreement
from resonance_attribution.deadline import Deadline
from resonance_attribution.shapley import Attribution
from resonance_xai.asked.counterfactuals import Counterfactuals
from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.finding import Found, find
from resonance_xai.asked.goals import ordinary_range
from resonance_xai.asked.linear import Line
from resonance_xai.asked.methods import Method, Wanted
from resonance_xai.asked.rows import row_of
from resonance_xai.asked.saying import all_suggested, in_full, suggested
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.surrogate import Surrogate
from resonance_xai.rest.explainable import Explainable
from resonance_xai.rest.question import Question
from resonance_xai.rest.telling import tell

Floats = NDArray[np.float64]
Imitate = Callable[[Subject], Surrogate]
"""Makes the tree that imitates a model."""


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


def answer(model: Explainable, question: Question, wanted: Wanted, deadline: Deadline, imitate: Imitate) -> Answered:
    """The answer to a question by features.

    Args:
        model: The model.
        question: The question.
        wanted: What is asked for.
        deadline: When the answer is due.
        imitate: Makes the tree that imitates a model.

    Raises:
        WrongQuestion: The question does not fit the model.
        EfficiencyViolated: Attributions do not add up.
    """
    vector, reference = _rows(model, question)
    found = find(model.subject(vector, question.output), vector, reference, wanted, deadline)
    tree = path_of(found, wanted, deadline, imitate)
    text = tell(found, question.reference, wanted.language)
    return answered(found, question.reference, wanted, text.technical, text.natural, tree)


def answered(
    found: Found, reference: str, wanted: Wanted, technical: str, natural: str, tree: dict[str, Any] | None
) -> Answered:
    """The answer that what was found makes, with its texts: those of the attributions, and what is beside them."""
    body = _body(found, reference, wanted)
    if tree is not None:
        body["tree"] = tree
    body["technical_explanation"] = technical
    body["natural_explanation"] = in_full(natural, found, wanted.language)
    body["partial"], body["unfinished"] = bool(found.cut), list(found.cut)
    return Answered(body, found.pictures, bool(found.cut))


def path_of(found: Found, wanted: Wanted, deadline: Deadline, imitate: Imitate) -> dict[str, Any] | None:
    """The row's way through the tree that imitates the model, where that is wanted and there is time."""
    if Method.TREE not in wanted.methods:
        return None
    if deadline.passed:
        found.cut.append(Method.TREE)
        return None
    imitation, names = imitate(found.subject), found.subject.names
    return {
        "path": [
            f"{names[node.column]} {'<=' if small else '>'} {node.threshold:.6g}"
            for node, small in imitation.root.walk(found.vector)
        ],
        "value": imitation.root.end(found.vector).value,
        "fidelity_r2": imitation.r2,
        "fidelity_r2_ordinary": None if imitation.r2_ordinary != imitation.r2_ordinary else imitation.r2_ordinary,
        "held_out_rows": imitation.held_out,
    }


def _rows(model: Explainable, question: Question) -> tuple[Floats, Floats]:
    """The row of a question, and what it is compared with."""
    known = len(model.ordinary) > 0
    if not known and question.reference == "population":
        raise WrongQuestion(
            "There are no reference rows to compare with: start with --reference FILE, or give the reference 'own' "
            "with 'normal'."
        )
    reference = model.reference
    if question.normal:
        fill = model.reference if known else None
        reference = row_of(question.normal, model.columns, fill, bounded=model.bounded, what="normal")
    fill = reference if question.fill == "reference" else None
    return row_of(question.features or {}, model.columns, fill, bounded=model.bounded), reference


def _body(found: Found, reference: str, wanted: Wanted) -> dict[str, Any]:
    subject = found.subject
    ends = subject.score(np.stack([found.reference, found.vector])).tolist()
    body: dict[str, Any] = {
        "model_name": subject.name,
        "model_version": subject.version,
        "output": subject.output,
        "unit": subject.unit,
        "value": ends[1],
        "base_value": ends[0],
        "reference": reference,
        "reference_values": _by_name(subject, found.reference),
        "features": _by_name(subject, found.vector),
        "language": wanted.language,
        "methods": list(wanted.methods),
    }
    if found.shap is not None:
        said = found.shap.attribution
        total = float(np.abs(said.values).sum()) or 1.0
        body |= {
            "value": said.score,
            "base_value": said.base,
            "method": said.method,
            "error_bound": said.error_bound,
            "error_confidence": found.shap.confidence,
            "residual": said.residual,
            "shap_values": _by_name(subject, said.values),
            "feature_importance": _by_name(subject, np.abs(said.values) / total),
        }
        if found.shap.members:
            body["detectors"] = {name: _detector(subject, one) for name, one in found.shap.members.items()}
    if found.line is not None:
        body["lime"] = _lime(subject, found.line, found.agrees)
    if found.other is not None:
        body["counterfactual"] = _suggested(found, found.other, wanted.language)
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


def _suggested(found: Found, other: Counterfactuals, language: str) -> dict[str, Any]:
    goal: dict[str, Any] = {"kind": found.subject.goal}
    if found.subject.missed is None:
        goal["between"] = list(ordinary_range(found.subject))
    return {
        "goal": goal,
        "needed": other.needed,
        "found": bool(other.found),
        "partial": other.partial,
        "rows_tried": other.tried,
        "suggestions": [
            {
                "changes": [{"feature": c.name, "from": c.now, "to": c.value} for c in one.changes],
                "value": one.found.output,
                "cost": one.found.cost,
                "text": one.text,
            }
            for one in suggested(found, language)
        ],
        "text": all_suggested(found, language),
    }


def _by_name(subject: Subject, values: Floats) -> dict[str, float]:
    return dict(zip(subject.names, values.tolist(), strict=True))
