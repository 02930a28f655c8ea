"""From an anomaly to its explanation: a pure function of the anomaly and of the model that it names.

a model scored it       shapley-enumeration   attributions of the served score and of each detector's surprise, against
                        or -sampling          the population's medians; of the score against the user's own normal, at
                                              that time of the week where it is known; of the detector that looks back,
                                              against what it had expected, and to the vectors before
else, a baseline        baseline-deviation    deviations from the user's own normal
else                    rule                  the thresholds that were crossed; nothing is attributed
"""

from __future__ import annotations

from math import fsum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import Attributed, Model, attributed
from resonance_attribution.sampling import ROWS, Until
from resonance_contracts.features import FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_narration import Language, anomaly_facts
from resonance_narration import explain as narrate
from resonance_xai import window
from resonance_xai.anomalies import baseline_of, check, expected_of, recent_of, scored, values_of
from resonance_xai.comparisons import (
    POPULATION,
    SCORE,
    USER,
    against_expected,
    against_usual,
    against_usual_then,
    detectors_differ,
    of_detectors,
)
from resonance_xai.deviation import deviations
from resonance_xai.references import usual_of, usual_then_of

Floats = NDArray[np.float64]

DEVIATION: Final = "baseline-deviation"
RULE: Final = "rule"

SCORE_TOLERANCE: Final = 1e-6
"""float32 may differ by this much between processors; more is another model."""

USER_REFERENCE: Final = "user_reference"
USER_THEN_REFERENCE: Final = "user_then_reference"
FORESIGHT: Final = "expected"
DETECTORS: Final = "detectors"
SEQUENCE: Final = "sequence"
"""Names of what may be skipped, and of checks; `SCORE` is another check."""


class Attribute(Protocol):
    """`attributed`, or something that remembers what it gave."""

    def __call__(self, model: Model, vector: Floats, reference: Floats, until: Until, /) -> Attributed:
        """Attributions of the score of a vector, and of the detectors that it is made of."""


def explain(
    anomaly: detection_pb2.Anomaly,
    model: Model | None,
    attribute: Attribute = attributed,
    *,
    brief: bool = False,
    asked: bool = False,
) -> explanation_pb2.Explanation:
    """The explanation of an anomaly, with texts in every language; repeats give identical bytes.

    Args:
        anomaly: What was flagged.
        model: The version that the anomaly names, as it expected what the anomaly says; None where none scored it.
        attribute: How scores are attributed.
        brief: Whether to leave out, and to say so, all but the attributions of the score and of the detectors against
            the population.
        asked: Whether somebody asked: then the vectors before are told of any vector, from all coalitions, and the
            score is compared with the user's own normal both at any time and at that time of the week; else of those
            vectors of which `window.is_worth_it`, from some, and with the one at that time where it is known.

    Raises:
        MalformedAnomaly: It can never be explained.
        EfficiencyViolated: Attributions do not add up.
    """
    check(anomaly)
    if scored(anomaly):
        if model is None:
            raise ValueError(f"expected model {anomaly.scorer.model_version}, which scored the anomaly, got none")
        told = _by_model(anomaly, model, attribute, brief=brief, asked=asked)
        if anomaly.recent:
            _look_back(told, anomaly, model, brief=brief, asked=asked)
    elif anomaly.baseline:
        told = _by_baseline(anomaly)
    else:
        told = _by_rule(anomaly)
    _identify(told, anomaly)
    return with_texts(told)


def with_texts(told: explanation_pb2.Explanation) -> explanation_pb2.Explanation:
    """Adds the texts that its numbers give."""
    facts = anomaly_facts(told)
    for language in Language:
        text = narrate(facts, language)
        told.texts.add(language=language, technical=text.technical, natural=text.natural)
    return told


def _by_model(
    anomaly: detection_pb2.Anomaly, model: Model, attribute: Attribute, *, brief: bool, asked: bool
) -> explanation_pb2.Explanation:
    vector, reference, until = values_of(anomaly), model.reference, _rows(anomaly, brief)
    found = attribute(model, vector, reference, until)
    whole = found.whole
    residual = abs(fsum([whole.base, *whole.values.tolist(), -anomaly.score]))
    told = explanation_pb2.Explanation(
        method=whole.method,
        unit=explanation_pb2.ATTRIBUTION_UNIT_SCORE,
        reference=POPULATION,
        base_value=whole.base,
        score=anomaly.score,
        error_bound=max(whole.bound, residual),
        residual=residual,
        attributions=_entries(vector, reference, whole.values),
        comparisons=of_detectors(found),
    )
    if residual > SCORE_TOLERANCE:
        told.checks_failed.append(SCORE)
    if detectors_differ(anomaly, found.members):
        told.checks_failed.append(DETECTORS)
    _compare_with_own(told, anomaly, model, attribute, brief=brief, asked=asked)
    _compare_with_expected(told, anomaly, model, brief=brief)
    return told


def _rows(anomaly: detection_pb2.Anomaly, brief: bool) -> Until:
    """Where the model's parts are not known, the stream scores at most ROWS of an anomaly: half for each reference."""
    several = bool(anomaly.baseline or anomaly.usual_then.values) and not brief
    return Until(ROWS // 2 if several else ROWS)


def _compare_with_own(
    told: explanation_pb2.Explanation,
    anomaly: detection_pb2.Anomaly,
    model: Model,
    attribute: Attribute,
    *,
    brief: bool,
    asked: bool,
) -> None:
    """Adds what the user's own normal says, at that time of the week and at any, or that it was left out."""
    vector = values_of(anomaly)
    usual, then = usual_of(anomaly, vector), usual_then_of(anomaly, vector)
    if brief:
        told.skipped.extend([USER_REFERENCE] if usual is not None and then is None else [])
        told.skipped.extend([USER_THEN_REFERENCE] if then is not None else [])
        return
    until = _rows(anomaly, brief)
    if usual is not None and (then is None or asked):
        told.comparisons.append(against_usual(attribute(model, vector, usual, until).whole, usual))
    if then is not None:
        found = attribute(model, vector, then, until).whole
        told.comparisons.append(against_usual_then(found, then, anomaly.usual_then.when))


def _compare_with_expected(
    told: explanation_pb2.Explanation, anomaly: detection_pb2.Anomaly, model: Model, *, brief: bool
) -> None:
    """Adds what the detector that looks back says against what it had expected, or that it was left out."""
    if anomaly.expected and brief:
        told.skipped.append(FORESIGHT)
    elif anomaly.expected and (foreseen := model.foreseen(values_of(anomaly))) is not None:
        told.comparisons.append(against_expected(foreseen))


def _look_back(
    told: explanation_pb2.Explanation, anomaly: detection_pb2.Anomaly, model: Model, *, brief: bool, asked: bool
) -> None:
    """Adds which of the vectors before, or that it was left out."""
    if not asked and not window.is_worth_it(anomaly, model.members[-1]):
        return
    if brief:
        told.skipped.append(SEQUENCE)
        return
    found = model.before(values_of(anomaly), recent_of(anomaly), asked=asked)
    if found is None:
        return
    told.sequence.CopyFrom(window.message(found))
    if anomaly.expected and window.differs(found, expected_of(anomaly)):
        told.checks_failed.append(SEQUENCE)


def _by_baseline(anomaly: detection_pb2.Anomaly) -> explanation_pb2.Explanation:
    vector = values_of(anomaly)
    mean, spread = baseline_of(anomaly)
    found = deviations(vector, mean, spread)
    return explanation_pb2.Explanation(
        method=DEVIATION,
        unit=explanation_pb2.ATTRIBUTION_UNIT_DEVIATIONS,
        reference=USER,
        base_value=found.base,
        score=found.score,
        error_bound=found.residual,
        residual=found.residual,
        attributions=_entries(vector, mean, found.values),
    )


def _by_rule(anomaly: detection_pb2.Anomaly) -> explanation_pb2.Explanation:
    """The headline of each rule, compared with its threshold; no share of anything, so base and score are 0."""
    headlines = {
        finding.features[0]: finding.threshold
        for finding in reversed(anomaly.findings)
        if finding.features and finding.features[0] in INDEX
    }
    entries = [
        explanation_pb2.FeatureAttribution(feature=name, value=anomaly.values[INDEX[name]], reference=threshold)
        for name, threshold in sorted(headlines.items(), key=lambda item: INDEX[item[0]])
    ]
    return explanation_pb2.Explanation(method=RULE, attributions=entries)


def _entries(vector: Floats, reference: Floats, values: Floats) -> list[explanation_pb2.FeatureAttribution]:
    """One entry per feature, largest absolute attribution first, equal ones in the catalogue's order."""
    order = sorted(range(len(values)), key=lambda i: (-abs(values[i]), i))
    return [
        explanation_pb2.FeatureAttribution(
            feature=FEATURE_NAMES[i], value=vector[i], reference=reference[i], attribution=values[i]
        )
        for i in order
    ]


def _identify(told: explanation_pb2.Explanation, anomaly: detection_pb2.Anomaly) -> None:
    told.vector_id, told.user_key, told.stream = anomaly.vector_id, anomaly.user_key, anomaly.stream
    told.alert_ids.extend(anomaly.alert_ids)
    told.scorer.CopyFrom(anomaly.scorer)
    told.anomaly.CopyFrom(anomaly)
