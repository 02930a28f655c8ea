"""Observe-only mode: everything is computed as always, and nobody is told of an incident."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.topics import ANOMALIES_DETECTED, FEATURES_COMPUTED, PREDICTIONS_SCORED
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import Models
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.settings import PredictorSettings
from resonance_predictor.state import load_header
from resonance_runtime import metrics
from resonance_runtime.health import Health
from resonance_runtime.records import Record
from resonance_runtime.settings import load

SECOND = 1_000_000
NOW = 10**15


class Watched:
    """A detector and one user whose vectors are loud or quiet."""

    def __init__(self, synthetic, *, observe_only: bool) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(replace(synthetic.terms, observe_only=observe_only))
        self.number = 0
        self.now_us = NOW

    def loud(self):
        return self._apply(self.synthetic.values(messages_per_minute=300))

    def passes(self, seconds: int):
        """Time passes without a vector."""
        self.now_us += seconds * SECOND
        self.number += 1
        return self.detector.apply(self.number, self.synthetic.quiet(self.now_us))

    def told(self, *, observe_only: bool) -> None:
        self.detector.activate(replace(self.detector.terms, observe_only=observe_only))

    def _apply(self, values):
        self.number += 1
        self.now_us += SECOND
        vector = self.synthetic.vector("u_a", self.number, self.now_us, values)
        return self.detector.apply(self.number, self.synthetic.batch([vector]))


def _kinds(alerts) -> list[str]:
    return [alert.kind for alert in alerts]


def test_it_says_what_it_would_have_told_and_scores_as_always(synthetic):
    vectors, _ = synthetic.day("u_x", 500, 1.0, lambda rng, at: synthetic.steady(rng, at, 300, 60))
    said = {}
    for observe_only in (False, True):
        detector = PartitionDetector(replace(synthetic.scored_terms, observe_only=observe_only))
        outputs = [detector.apply(n, batch) for n, batch in enumerate(synthetic.batches(vectors, 50))]
        outputs.append(detector.apply(10**6, synthetic.quiet(vectors[-1].end_us + 3600 * SECOND)))
        said[observe_only] = outputs
    always, observed = said[False], said[True]
    assert [a for o in always for a in o.raised] == [a for o in observed for a in o.held_back] != []
    assert not any(o.raised or o.resolved for o in observed) and not any(o.held_back for o in always)
    assert [o.predictions.SerializeToString() if o.predictions else None for o in always] == [
        o.predictions.SerializeToString() if o.predictions else None for o in observed
    ]
    anomalies = [[a for o in outputs for a in o.anomalies] for outputs in (always, observed)]
    assert [_without_incidents(a) for a in anomalies[0]] == [_without_incidents(a) for a in anomalies[1]]
    assert [list(a.opened) for a in anomalies[0]] == [list(a.held_back) for a in anomalies[1]]
    assert not any(a.alert_ids or a.opened for a in anomalies[1])


def _without_incidents(anomaly: pb.Anomaly) -> bytes:
    bare = pb.Anomaly.FromString(anomaly.SerializeToString())
    for field in ("alert_ids", "opened", "held_back", "escalated"):
        bare.ClearField(field)
    return bare.SerializeToString(deterministic=True)


def test_when_it_ends_nobody_is_told_of_what_is_open_but_of_the_next(synthetic):
    watched = Watched(synthetic, observe_only=True)
    assert _kinds(watched.loud().held_back) == ["message_flood"]
    watched.told(observe_only=False)
    outputs = watched.loud()
    assert len(outputs.anomalies) == 1, "it still counts into what was held back"
    assert not outputs.raised and not outputs.held_back
    assert watched.passes(600).resolved == []
    assert watched.detector.open_incidents() == 0
    assert _kinds(watched.loud().raised) == ["message_flood"]
    assert _kinds(watched.passes(600).resolved) == ["message_flood"]


def test_when_it_begins_the_end_of_what_was_told_is_told(synthetic):
    watched = Watched(synthetic, observe_only=False)
    (raised,) = watched.loud().raised
    watched.told(observe_only=True)
    outputs = watched.loud()
    assert list(outputs.anomalies[0].alert_ids) == [raised.alert_id]
    (resolved,) = watched.passes(600).resolved
    assert resolved.alert_id == raised.alert_id
    assert _kinds(watched.loud().held_back) == ["message_flood"]


def test_it_is_among_the_terms_and_outlives_a_restart(synthetic):
    watched = Watched(synthetic, observe_only=True)
    watched.loud()
    terms = watched.detector.terms
    assert terms.differ(replace(terms, observe_only=False))
    pieces = {shard: [piece.data] for shard, piece in watched.detector.dirty_shards().items()}
    again = PartitionDetector.restore(load_header(watched.detector.header()), pieces, None)
    assert again.terms.observe_only
    watched.detector = again
    assert _kinds(watched.loud().raised) == []
    assert watched.passes(600).resolved == []


def test_the_setting():
    assert load(PredictorSettings, {}).observe_only is False
    assert load(PredictorSettings, {"RESONANCE_OBSERVE_ONLY": "true"}).observe_only is True


@pytest.mark.parametrize("observe_only", [False, True])
async def test_no_alert_is_written_and_health_and_metrics_say_so(synthetic, observe_only):
    health = Health(30.0)
    state = DetectorState(Models(None, health), RulesFile(None, health), health, observe_only=observe_only)
    await state.open(0, None)
    assert not state.behind
    before = _counted()
    vector = synthetic.vector("u_a", 1, NOW, synthetic.values(messages_per_minute=300))
    sent = state.apply(Record(FEATURES_COMPUTED, 0, 0, "batch", NOW, None, synthetic.batch([vector]), {}))
    state.dump(0, ())
    if observe_only:
        assert [record.topic for record in sent] == [ANOMALIES_DETECTED, PREDICTIONS_SCORED]
        assert health.details["observe only"] == (
            "nobody is told of incidents; 1 incidents were held back since this process began"
        )
    else:
        assert "observe only" not in health.details
    assert _counted() - before == observe_only


def _counted() -> float:
    return metrics.PREDICTOR_ALERTS_HELD_BACK.labels(kind="message_flood", severity="high")._value.get()
