"""Incidents of one evening, as the services would tell them: deterministic, for a given time."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Final

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, features_pb2, request_pb2
from resonance_narration import (
    ChangeFact,
    SuggestionFacts,
    alert_facts,
    anomaly_facts,
    describe_alert,
    explain,
    tell_advice,
    tell_suggestions,
)

MINUTE_US: Final = 60_000_000
USUAL: Final = (7, 60, 240, 0.02, 0, 900, 3, 0.4, 0.2, 0.4, 1800, 1, 1)
SPREAD: Final = (3, 20, 60, 0.02, 0.3, 400, 1, 0.2, 0.15, 0.3, 600, 0.2, 0.2)
# What each kind changes: features by number, and their values.
KINDS: Final[dict[str, dict[int, float]]] = {
    "message_flood": {0: 240, 1: 900, 4: 12},
    "error_spike": {3: 0.62, 0: 14},
    "token_sharing": {11: 5, 9: 2.3, 12: 3},
    "unusual_volume": {0: 46, 1: 310},
    "clockwork_timing": {8: -0.98, 0: 20},
    "unusual_behaviour": {2: 1800, 6: 14, 7: 2.2, 0: 15},
}
THRESHOLDS: Final = {"message_flood": 120, "error_spike": 0.3, "token_sharing": 3, "clockwork_timing": -0.9}
PEOPLE: Final = ("sami.fomin", "raj.kovac", "lena-k", "o.brandt", "mikhail.s", "ada", "j.moreau", "kenji.t")
SEVERITIES: Final = (4, 3, 2, 1)


def vector(generator: random.Random, changes: dict[int, float], share: float) -> list[float]:
    """One vector: usual values with some of the way to the changes."""
    values = [max(0.0, generator.gauss(mean, spread / 2)) for mean, spread in zip(USUAL, SPREAD, strict=True)]
    for place, value in changes.items():
        values[place] += share * (value - values[place])
    values[3] = min(1.0, values[3])
    return values


def vectors(
    user_key: str, kind: str, end_us: int, count: int = 90, share: float = 1
) -> tuple[features_pb2.VectorBatch, list[float]]:
    """The last vectors of somebody, the last ten of which depart; and the last one's values."""
    generator = random.Random(f"{user_key} {kind} {end_us if count == 1 else 0}")
    rows = [vector(generator, KINDS[kind], share * max(0.0, (i - count + 10) / 10)) for i in range(count)]
    ends = [end_us - (count - 1 - i) * 20_000_000 for i in range(count)]
    batch = features_pb2.VectorBatch()
    batch.stream, batch.width = "live", len(FEATURE_NAMES)
    batch.vector_id.extend(f"v_{user_key}_{end}" for end in ends)
    batch.user_key.extend([user_key] * count)
    batch.start_us.extend(end - 20_000_000 for end in ends)
    batch.end_us.extend(ends)
    batch.values.extend(value for row in rows for value in row)
    batch.last_received_us.extend(ends)
    return batch, rows[-1]


def scores(batch: features_pb2.VectorBatch) -> detection_pb2.PredictionBatch:
    """What a model says of them: rarer towards the end."""
    count = len(batch.vector_id)
    tails = [10 ** -max(0.2, 7 * (i - count + 12) / 12) for i in range(count)]
    return detection_pb2.PredictionBatch(
        stream=batch.stream,
        vector_id=batch.vector_id,
        user_key=batch.user_key,
        end_us=batch.end_us,
        score=[1 - tail**0.2 for tail in tails],
        tail_probability=tails,
        severity=[0 if tail > 1e-3 else min(4, int(-math.log10(tail)) - 2) for tail in tails],
    )


def anomaly(
    user_key: str, kind: str, severity: int, vector_id: str, end_us: int, values: list[float]
) -> detection_pb2.Anomaly:
    """The last vector, as the predictor flags it."""
    finding = detection_pb2.Finding(
        detector=detection_pb2.DETECTOR_RULE if not kind.startswith("unusual_") else detection_pb2.DETECTOR_BASELINE,
        kind=kind,
        severity=severity,
        features=[FEATURE_NAMES[place] for place in KINDS[kind]],
        observed=values[next(iter(KINDS[kind]))],
        threshold=THRESHOLDS.get(kind, 4),
    )
    normal = [
        detection_pb2.FeatureBaseline(
            mean=mean, spread=spread, low=max(0, mean - 1.6 * spread), median=mean, high=mean + 1.6 * spread
        )
        for mean, spread in zip(USUAL, SPREAD, strict=True)
    ]
    return detection_pb2.Anomaly(
        vector_id=vector_id,
        user_key=user_key,
        stream="live",
        start_us=end_us - 20_000_000,
        end_us=end_us,
        catalogue_version="2",
        values=values,
        baseline=normal,
        baseline_weight=412,
        score=0.93,
        tail_probability=3e-6,
        severity=severity,
        findings=[finding],
        confidence=0.8,
        first_received_us=end_us,
        last_received_us=end_us,
        scorer=detection_pb2.ScorerReference(
            model_name="anomaly_detection", model_version="3f9c2a71" * 8, rules_version="r1"
        ),
    )


def explanation(found: detection_pb2.Anomaly, alert_id: str) -> explanation_pb2.Explanation:
    """Why, as xai would tell it: the parts add up to the score."""
    surprises = [abs(value - mean) / spread for value, mean, spread in zip(found.values, USUAL, SPREAD, strict=True)]
    total = sum(surprises)
    parts = [(surprise / total - (0.02 if surprise < 0.4 else 0)) for surprise in surprises]
    scale = (found.score - 0.11) / sum(parts)
    attributions = sorted(
        (
            explanation_pb2.FeatureAttribution(feature=name, value=value, reference=mean, attribution=part * scale)
            for name, value, mean, part in zip(FEATURE_NAMES, found.values, USUAL, parts, strict=True)
        ),
        key=lambda one: -abs(one.attribution),
    )
    told = explanation_pb2.Explanation(
        vector_id=found.vector_id,
        user_key=found.user_key,
        stream=found.stream,
        alert_ids=[alert_id],
        scorer=found.scorer,
        method="shapley-enumeration",
        unit=explanation_pb2.ATTRIBUTION_UNIT_SCORE,
        reference="population",
        base_value=0.11,
        score=found.score,
        attributions=attributions,
        anomaly=found,
    )
    for language in ("en", "ru"):
        text = explain(anomaly_facts(told), language)
        told.texts.add(language=language, technical=text.technical, natural=text.natural)
    return told


def counterfactuals(told: explanation_pb2.Explanation, language: str) -> request_pb2.Counterfactuals:
    """What xai would say: with the usual value of what moved the score most it would be ordinary."""
    most = told.attributions[0]
    changes = (ChangeFact(most.feature, most.value, most.reference),)
    one = request_pb2.Counterfactual(
        changes=[request_pb2.FeatureChange(feature=most.feature, now=most.value, value=most.reference)],
        score=told.base_value,
        text=tell_advice(changes, language),
    )
    text = tell_suggestions(SuggestionFacts("ordinary", (changes,)), language)
    return request_pb2.Counterfactuals(needed=True, suggestions=[one], text=text)


def alert(
    alert_id: str, found: detection_pb2.Anomaly, kind: str, opened_us: int, resolved_us: int, vectors: int
) -> detection_pb2.Alert:
    """The incident that it opened."""
    state = detection_pb2.ALERT_STATE_RESOLVED if resolved_us else detection_pb2.ALERT_STATE_OPEN
    return detection_pb2.Alert(
        alert_id=alert_id,
        revision=2 if resolved_us else 1,
        state=state,
        user_key=found.user_key,
        stream=found.stream,
        kind=kind,
        severity=found.severity,
        detector=found.findings[0].detector,
        vector_id=found.vector_id,
        finding=found.findings[0],
        opened_us=opened_us,
        last_seen_us=resolved_us or found.end_us,
        resolved_us=resolved_us,
        vectors=vectors,
        scorer=found.scorer,
        first_received_us=opened_us,
        last_received_us=found.end_us,
        grounds="rule",
        evidence=1.8,
    )


def words(raised: detection_pb2.Alert, told: explanation_pb2.Explanation) -> alert_pb2.EnrichedAlert:
    """The incident in words of our own writer."""
    enriched = alert_pb2.EnrichedAlert(
        alert_id=raised.alert_id,
        revision=4 if raised.resolved_us else 2,
        alert=raised,
        recipient_role="devops",
        stage=alert_pb2.ENRICHMENT_STAGE_RESOLVED if raised.resolved_us else alert_pb2.ENRICHMENT_STAGE_EXPLAINED,
        attributions=told.attributions,
    )
    for language in ("en", "ru"):
        said = describe_alert(alert_facts(raised, told), language, "devops")
        enriched.texts.add(
            language=language, title=said.title, summary=said.summary, recommendations=said.recommendations
        )
    enriched.authorship.provider = "offline"
    enriched.judgements.add(
        outcome=alert_pb2.JUDGEMENT_OUTCOME_OWN, author="offline", judge="guard", principles_version="1"
    )
    return enriched


def evening(now_us: int, count: int = 40) -> Iterator[tuple[int, str, str, int, int, int]]:
    """Number, person, kind, severity, when it opened and when it was over (0: it is open), newest last."""
    generator = random.Random(7)
    for number in range(count):
        kind = list(KINDS)[generator.randrange(len(KINDS))]
        opened_us = now_us - (count - number) * 4 * MINUTE_US - generator.randrange(3 * MINUTE_US)
        over = number < count - 6 and generator.random() < 0.93
        resolved_us = opened_us + generator.randrange(2, 30) * MINUTE_US if over else 0
        severity = generator.choices(SEVERITIES, (1, 3, 5, 3))[0]
        yield (
            number,
            PEOPLE[generator.randrange(len(PEOPLE))],
            kind,
            severity,
            opened_us,
            min(resolved_us, now_us - MINUTE_US),
        )
