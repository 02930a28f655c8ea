"""From an anomaly to its explanation: a pure function of the anomaly and of the model that it names.

a model scored it       shapley-enumeration   attributions of the served score, against the population's medians
else, a baseline        baseline-deviation    deviations from the user's own normal
else                    rule                  the thresholds that were crossed; nothing is attributed
"""

from __future__ import annotations

from math import fsum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_narration import Language, anomaly_facts
from resonance_narration import explain as narrate
from resonance_xai.anomalies import baseline_of, check, scored, values_of
from resonance_xai.deviation import deviations
from resonance_xai.errors import ScoreMismatch
from resonance_xai.shapley import Attribution, Scorer, shapley

Floats = NDArray[np.float64]

SHAPLEY: Final = "shapley-enumeration"
DEVIATION: Final = "baseline-deviation"
RULE: Final = "rule"

SCORE_TOLERANCE: Final = 1e-6
"""float32 may differ by this much between processors; more is another model."""


class Model(Scorer, Protocol):
    """One version of a model, with the population's medians and what it had expected of the vector."""

    @property
    def version(self) -> str:
        """Its content version."""

    @property
    def reference(self) -> Floats:
        """What explanations compare with, shape (WIDTH,)."""

    @property
    def expected(self) -> Floats:
        """What it had expected, on the scales of comparison, shape (WIDTH,); NaN where nothing."""

    def coalition_scores(self, vector: Floats, reference: Floats, players: NDArray[np.intp]) -> Floats:
        """Scores of all coalitions of `players`; see `shapley.by_rows`."""


class Attribute(Protocol):
    """`attribution_of`, or something that remembers what it gave."""

    def __call__(self, model: Model, vector: Floats, reference: Floats, /) -> Attribution:
        """Attribution of the score of a vector."""


def attribution_of(model: Model, vector: Floats, reference: Floats) -> Attribution:
    """Shapley values of the model's score; errors as `shapley`."""
    return shapley(model, vector, reference, model.coalition_scores)


def explain(
    anomaly: detection_pb2.Anomaly, model: Model | None, attribute: Attribute = attribution_of
) -> explanation_pb2.Explanation:
    """The explanation of an anomaly, with texts in every language; repeats give identical bytes.

    Args:
        anomaly: What was flagged.
        model: The version that the anomaly names, as it expected what the anomaly says; None where none scored it.
        attribute: How scores are attributed.

    Raises:
        MalformedAnomaly: It can never be explained.
        ScoreMismatch: The model gives another score.
        EfficiencyViolated: Attributions do not add up.
    """
    check(anomaly)
    if scored(anomaly):
        if model is None:
            raise ValueError(f"expected model {anomaly.scorer.model_version}, which scored the anomaly, got none")
        told = _by_model(anomaly, model, attribute)
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


def _by_model(anomaly: detection_pb2.Anomaly, model: Model, attribute: Attribute) -> explanation_pb2.Explanation:
    vector, reference = values_of(anomaly), model.reference
    found = attribute(model, vector, reference)
    if abs(found.score - anomaly.score) > SCORE_TOLERANCE:
        raise ScoreMismatch(
            f"Expected the served score {anomaly.score}, but model {anomaly.scorer.model_version[:12]} gives "
            f"{found.score}: the vector or the score is not what was served."
        )
    return explanation_pb2.Explanation(
        method=SHAPLEY,
        unit=explanation_pb2.ATTRIBUTION_UNIT_SCORE,
        reference="population",
        base_value=found.base,
        score=anomaly.score,
        error_bound=abs(fsum([found.base, *found.values.tolist(), -anomaly.score])),
        attributions=_entries(vector, reference, found.values),
    )


def _by_baseline(anomaly: detection_pb2.Anomaly) -> explanation_pb2.Explanation:
    vector = values_of(anomaly)
    mean, spread = baseline_of(anomaly)
    found = deviations(vector, mean, spread)
    return explanation_pb2.Explanation(
        method=DEVIATION,
        unit=explanation_pb2.ATTRIBUTION_UNIT_DEVIATIONS,
        reference="user",
        base_value=found.base,
        score=found.score,
        error_bound=found.residual,
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
