"""An incident that becomes graver is told again, once for each rise, also by a detector that was saved in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec
import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.shards import shard_of
from resonance_contracts.topics import ALERTS_ESCALATED, ANOMALIES_DETECTED, FEATURES_COMPUTED, PREDICTIONS_SCORED
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import Models
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.state import load_header
from resonance_runtime import metrics
from resonance_runtime.health import Health
from resonance_runtime.records import Record

SECOND = 1_000_000
NOW = 10**15
HOUR_US = 3_600_000_000


class Loud:
    """A detector and one user who sends messages at some pace."""

    def __init__(self, synthetic, terms=None) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(terms or synthetic.terms)
        self.number = 0

    def sends(self, *paces: float):
        """One batch of vectors, a second apart."""
        vectors = []
        for pace in paces:
            self.number += 1
            values = self.synthetic.values(messages_per_minute=pace)
            vectors.append(self.synthetic.vector("u_a", self.number, NOW + self.number * SECOND, values))
        return self.detector.apply(self.number, self.synthetic.batch(vectors))

    def is_quiet(self):
        """An hour passes."""
        self.number += 1
        return self.detector.apply(self.number, self.synthetic.quiet(NOW + self.number * HOUR_US))

    def goes_on_elsewhere(self, change=lambda piece: piece) -> None:
        """Another process takes the partition over."""
        whole = self.detector.dirty_shards({shard_of("u_a")})
        pieces = {shard: [change(piece.data)] for shard, piece in whole.items()}
        self.detector = PartitionDetector.restore(load_header(self.detector.header()), pieces, None)


def severities(alerts: Iterable[pb.Alert]) -> list[str]:
    return [pb.Severity.Name(alert.severity).removeprefix("SEVERITY_").lower() for alert in alerts]


def test_a_flood_that_passes_the_next_threshold_is_told_again_once(synthetic):
    loud = Loud(synthetic)
    (raised,) = loud.sends(300).raised
    outputs = loud.sends(400, 1500, 1600)
    (risen,) = outputs.escalated
    assert severities([raised, risen]) == ["high", "critical"]
    assert (risen.alert_id, raised.revision, risen.revision) == (raised.alert_id, 1, 2)
    assert (risen.state, risen.vectors) == (pb.ALERT_STATE_OPEN, 3), "as it was when it rose"
    (rise,) = risen.rises
    assert severities([rise]) == ["critical"] and rise.before == pb.SEVERITY_HIGH
    assert (rise.finding.observed, rise.finding.threshold, list(rise.finding.features)) == (
        1500.0,
        1000.0,
        ["messages_per_minute"],
    )
    by_vector = {anomaly.vector_id: anomaly for anomaly in outputs.anomalies}
    assert [list(anomaly.escalated) for anomaly in outputs.anomalies] == [[], [risen], []]
    assert rise.end_us == by_vector[rise.vector_id].end_us and rise.last_received_us
    assert not loud.sends(2000, 300, 5000).escalated
    (resolved,) = loud.is_quiet().resolved
    assert (severities([resolved]), resolved.revision, list(resolved.rises)) == (["critical"], 3, [rise])


def test_what_is_critical_when_it_opens_has_not_risen_and_the_next_incident_begins_anew(synthetic):
    loud = Loud(synthetic)
    outputs = loud.sends(1500, 300, 2000)
    assert (severities(outputs.raised), outputs.escalated) == (["critical"], [])
    (resolved,) = loud.is_quiet().resolved
    assert (resolved.revision, list(resolved.rises)) == (2, [])
    again = [*loud.sends(300).raised, *loud.sends(1500).escalated]
    assert severities(again) == ["high", "critical"]
    assert len({alert.alert_id for alert in again} | {resolved.alert_id}) == 2


def test_evidence_that_goes_on_is_told_grade_by_grade_with_what_made_it_so(synthetic):
    vectors, _ = synthetic.day("u_x", 500, 1.0, lambda rng, at: synthetic.steady(rng, at, 300, 60))
    detector = PartitionDetector(synthetic.scored_terms)
    outputs = [detector.apply(n, batch) for n, batch in enumerate(synthetic.batches(vectors, 50))]
    escalated = [alert for output in outputs for alert in output.escalated]
    assert escalated
    for alert in escalated:
        rise = alert.rises[-1]
        assert alert.severity == rise.severity > rise.before
        assert not rise.HasField("finding") and rise.evidence >= rise.enough > 1.0
        assert [one.before for one in alert.rises[1:]] == [one.severity for one in alert.rises[:-1]]
        assert alert.revision == 1 + len(alert.rises)


def test_who_takes_over_tells_nothing_twice_and_nothing_never(synthetic):
    loud = Loud(synthetic)
    (raised,) = loud.sends(300).raised
    loud.goes_on_elsewhere()
    (risen,) = loud.sends(1500).escalated
    loud.goes_on_elsewhere()
    assert not loud.sends(2000).escalated
    (resolved,) = loud.is_quiet().resolved
    assert (raised.revision, risen.revision, resolved.revision) == (1, 2, 3)


@pytest.mark.parametrize(("pace", "told"), [(1500, 1), (300, 0)])
def test_what_rose_before_rises_were_told_is_told_when_it_is_as_grave_again(synthetic, pace, told):
    loud = Loud(synthetic)
    loud.sends(300, 1500)

    def as_before(piece: bytes) -> bytes:
        document = msgspec.msgpack.decode(piece)
        for case in document["cases"].values():
            for incident in case["incidents"].values():
                del incident["rises"]
        return msgspec.msgpack.encode(document)

    loud.goes_on_elsewhere(as_before)
    escalated = loud.sends(pace).escalated
    assert len(escalated) == told
    assert severities(loud.is_quiet().resolved) == ["critical"]


@pytest.mark.parametrize("observed_first", [True, False])
def test_of_what_is_held_back_no_rise_is_told_and_of_what_was_told_every_one(synthetic, observed_first):
    loud = Loud(synthetic, replace(synthetic.terms, observe_only=observed_first))
    loud.sends(300)
    loud.detector.activate(replace(loud.detector.terms, observe_only=not observed_first))
    outputs = loud.sends(1500)
    assert (len(outputs.escalated), len(outputs.anomalies[0].escalated)) == ((0, 0) if observed_first else (1, 1))


def test_of_a_person_who_was_erased_nothing_rises(synthetic):
    loud = Loud(synthetic)
    loud.sends(300)
    loud.number += 1
    batch = synthetic.quiet(NOW + loud.number * SECOND)
    batch.erased.append("u_a")
    batch.erased_us.append(NOW + loud.number * SECOND)
    loud.detector.apply(loud.number, batch)
    outputs = loud.sends(1500)
    assert (severities(outputs.raised), outputs.escalated) == (["critical"], [])


async def test_it_becomes_a_record_under_an_id_of_its_own_and_is_counted(synthetic):
    health = Health(30.0)
    state = DetectorState(Models(None, health), RulesFile(None, health), health)
    await state.open(0, None)
    counter = metrics.PREDICTOR_ALERTS_ESCALATED.labels(kind="message_flood", severity="critical")
    before, sent = counter._value.get(), []
    for number, pace in enumerate((300, 1500)):
        vector = synthetic.vector("u_a", number + 1, NOW + number * SECOND, synthetic.values(messages_per_minute=pace))
        record = Record(FEATURES_COMPUTED, 0, number, f"b{number}", NOW, None, synthetic.batch([vector]), {})
        sent = state.apply(record)
    assert [one.topic for one in sent] == [ALERTS_ESCALATED, ANOMALIES_DETECTED, PREDICTIONS_SCORED]
    risen = sent[0]
    assert (risen.id, risen.time_us, risen.user_key) == (f"{risen.value.alert_id}/2", NOW + SECOND, "u_a")
    assert counter._value.get() - before == 1
