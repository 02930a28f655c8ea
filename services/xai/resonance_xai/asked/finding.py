"""What is found out about a row: what there is time for, and what there was none for. Every question comes here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.agreement import Agreement, agreement
from resonance_attribution.deadline import Deadline
from resonance_runtime import metrics
from resonance_xai.asked.counterfactuals import Counterfactuals, counterfactuals
from resonance_xai.asked.in_time import InTime, in_time
from resonance_xai.asked.linear import REPEATS, Line, line_around
from resonance_xai.asked.methods import Method, Wanted
from resonance_xai.asked.subject import Subject
from resonance_xai.plots.figures import to_file
from resonance_xai.plots.waterfall import waterfall

Floats = NDArray[np.float64]

_SHARES: Final[Mapping[Method, float]] = {Method.SHAP: 0.5, Method.COUNTERFACTUAL: 0.6, Method.LIME: 0.8}
"""Of the time that is left, how much a method may take at most: the others come after it."""


@dataclass
class Found:
    """What was found out about a row.

    Attributes:
        subject: What is explained.
        vector, reference: The row, and what it is compared with, (width,).
        cut: What there was no time for.
        shap, line, agrees, other: Shapley values, LIME's line, how far the two agree, suggestions; None without.
        pictures: Files by name, as "waterfall.svg".
    """

    subject: Subject
    vector: Floats
    reference: Floats
    cut: list[Method] = field(default_factory=list)
    shap: InTime | None = None
    line: Line | None = None
    agrees: Agreement | None = None
    other: Counterfactuals | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)


def find(
    subject: Subject, vector: Floats, reference: Floats, wanted: Wanted, deadline: Deadline, shap: InTime | None = None
) -> Found:
    """Finds out what is wanted of a row; a method that needs ordinary rows is left out where there are none.

    Args:
        subject: What is explained.
        vector, reference: The row, and what it is compared with, (width,).
        wanted: What is wanted.
        deadline: When it is due.
        shap: Shapley values that are known already; computed without, where they are needed.

    Raises:
        EfficiencyViolated: Attributions do not add up.
    """
    found = Found(subject, vector, reference, shap=shap)
    if shap is None and (Method.SHAP in wanted.methods or Method.PLOTS in wanted.methods):
        found.shap = in_time(subject, vector, reference, deadline.part(_SHARES[Method.SHAP]))
        metrics.XAI_EXPLANATIONS.labels(method=found.shap.attribution.method).inc()
        if found.shap.partial:
            found.cut.append(Method.SHAP)
    if Method.COUNTERFACTUAL in wanted.methods:
        _look_for_others(found, wanted, deadline)
    if Method.LIME in wanted.methods:
        _fit_line(found, deadline)
    if Method.PLOTS in wanted.methods:
        _draw(found, wanted, deadline)
    return found


def _look_for_others(found: Found, wanted: Wanted, deadline: Deadline) -> None:
    if found.subject.missed is None and not len(found.subject.ordinary):
        return
    most = deadline.part(_SHARES[Method.COUNTERFACTUAL])
    found.other = counterfactuals(found.subject, found.vector, found.reference, most, wanted.suggestions)
    if found.other.partial:
        found.cut.append(Method.COUNTERFACTUAL)


def _fit_line(found: Found, deadline: Deadline) -> None:
    if not len(found.subject.ordinary):
        return
    found.line = line_around(found.subject, found.vector, found.reference, deadline.part(_SHARES[Method.LIME]))
    if found.line is None or found.line.repeats < REPEATS:
        found.cut.append(Method.LIME)
    if found.line is not None and found.shap is not None:
        differ = found.vector != found.reference
        found.agrees = agreement(found.shap.attribution.values, found.line.effects, differ)
        metrics.XAI_LIME_AGREEMENT.labels(what="rank").observe(found.agrees.rank)
        metrics.XAI_LIME_AGREEMENT.labels(what="sign").observe(found.agrees.sign)


def _draw(found: Found, wanted: Wanted, deadline: Deadline) -> None:
    if found.shap is None:
        return
    for format_ in dict.fromkeys(wanted.formats):
        if deadline.passed:
            found.cut.append(Method.PLOTS)
            break
        figure = waterfall(found.subject, found.vector, found.shap.attribution, wanted.language)
        found.pictures[f"waterfall.{format_}"] = to_file(figure, format_)
