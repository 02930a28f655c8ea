"""The checks of detection can fail: each is shown a run in which a predictor said or kept one thing that is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from resonance_contracts.features import CATALOGUE_VERSION, INDEX, WIDTH
from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly, PredictionBatch
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.shards import SHARDS
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    FEATURES_COMPUTED,
    PREDICTIONS_SCORED,
    Topic,
)
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.outgoing import records_of
from resonance_predictor.peaks import Grounds
from resonance_predictor.rules import RuleBook
from resonance_predictor.state import load_header
from resonance_predictor.terms import Terms
from resonance_predictor.users import Users
from resonance_runtime.records import Record
from tests.chaos.detection import Detection, check_detection
from tests.chaos.kept import Kept
from tests.chaos.redetection import Redetection, Undisturbed, Written
from tests.chaos.rules import QUIET_S, rules_of
from tests.chaos.said import Place, Said, counted, models_of
from tests.support.ordinary_model import ordinary_model, ordinary_vectors
from tests.support.topic_scan import Seen

SECOND_US = 1_000_000
BEGIN_US = 1_760_000_000 * SECOND_US
PACE = 200.0
USERS = 6
ROUNDS = 90
TAKES_OVER = 30
CRASHES = 50

ONCE = "the promoted model is taken over once and kept"
SAME = "predictions, anomalies and alerts are those of an undisturbed run"
AGAIN = "what a predictor says again is the same"
KEPT = "the state kept of users is that of an undisturbed run, to the last bit"
STAKE = "incidents open and end before a predictor's first fault and after"


def vectors() -> Iterator[Written]:
    """Ordinary vectors, one of each user every two seconds; now and then somebody floods or has many errors."""
    values = ordinary_vectors(USERS * ROUNDS, seed=5)
    values[:, INDEX["messages_per_minute"]] = 150.0
    values[:, INDEX["error_rate"]] = 0.01
    values[:, INDEX["ip_entropy"]] = 0.3
    for round_ in range(ROUNDS):
        now = BEGIN_US + 2 * round_ * SECOND_US
        rows = values[round_ * USERS : (round_ + 1) * USERS]
        rows[round_ // 20 % USERS, INDEX["messages_per_minute"]] = 300.0 if round_ % 20 < 4 else 150.0
        rows[5, INDEX["error_rate"]] = 0.2 if CRASHES - 2 <= round_ < CRASHES + 3 else 0.01
        batch = VectorBatch(
            stream="live",
            watermark_us=now,
            catalogue_version=CATALOGUE_VERSION,
            width=WIDTH,
            vector_id=[f"v_{user}_{round_}" for user in range(USERS)],
            user_key=[f"u_{user}" for user in range(USERS)],
            ordinal=[round_ + 1] * USERS,
            start_us=[now - SECOND_US] * USERS,
            end_us=[now] * USERS,
            reason=[1] * USERS,
            first_received_us=[now] * USERS,
            last_received_us=[now] * USERS,
            values=rows.ravel().tolist(),
        )
        yield Written(f"r_{round_}", batch.SerializeToString())


LOG = list(vectors())
# A feature-extractor that is started again sends some of them again.
LOG[61:61] = LOG[52:61]
TERMS = Terms(RuleBook.parse(rules_of(PACE), "the run's"), quiet_us=QUIET_S * SECOND_US)


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return Ensemble(EnsembleScorer(ordinary_model(900)))


@pytest.fixture(scope="module")
def undisturbed(ensemble: Ensemble) -> Undisturbed:
    return Redetection(TERMS, ensemble, f"r_{TAKES_OVER}").run(LOG)


Harm = Callable[[Users], None]


def crashed(ensemble: Ensemble, harm: Harm = lambda _: None, skipped: int = 0) -> tuple[list[Seen], Kept]:
    """What a predictor says and keeps that takes the model over, is killed after its next snapshot, and goes on.

    Args:
        ensemble: The model.
        harm: Done to what is known of the users when it begins again.
        skipped: How many records it does not read that it should.
    """
    detector, said = PartitionDetector(TERMS), list[Seen]()

    def apply(offsets: range) -> None:
        for offset in offsets:
            if offset == TAKES_OVER and detector.terms.scorer is None:
                detector.activate(replace(TERMS, scorer=ensemble))
            batch = VectorBatch.FromString(LOG[offset].value)
            record = Record(FEATURES_COMPUTED, 0, offset, LOG[offset].id, 0, None, batch, {})
            said.extend(
                Seen(one.topic, 0, None, one.encoded() or b"", {"ce_id": one.id}, 0)
                for one in records_of(record, detector.apply(offset, batch))
            )

    apply(range(CRASHES))
    header = load_header(detector.header())
    shards = {n: [piece.data] for n, piece in detector.dirty_shards(range(SHARDS)).items() if piece.data}
    apply(range(CRASHES, CRASHES + 7))
    detector = PartitionDetector.restore(header, shards, ensemble)
    harm(detector._users)
    apply(range(CRASHES + skipped, len(LOG)))
    return said, Kept.of(detector)


def detection_of(undisturbed: Undisturbed, said: list[Seen], kept: Kept, version: str) -> Detection:
    """The evidence, of one partition."""
    wanted = Said()
    for place, value, _ in undisturbed.said:
        wanted.take(place, value)
    fault_us = BEGIN_US + 2 * CRASHES * SECOND_US
    later = counted((place, value) for place, value, read_us in undisturbed.said if read_us > fault_us)
    models = {0: [name for _, name in models_of(said)[0]]}
    return Detection(Said.of(said), wanted, later, models, version, {0: kept}, {0: undisturbed.kept})


@pytest.fixture
def good(ensemble: Ensemble, undisturbed: Undisturbed) -> Detection:
    return detection_of(undisturbed, *crashed(ensemble), ensemble.model.version)


def failed(detection: Detection) -> set[str]:
    """Names of the checks that do not pass."""
    return {outcome.what for outcome in check_detection(detection) if not outcome.passed}


def test_a_predictor_that_was_killed_passes(good: Detection) -> None:
    assert [(o.what, o.shown) for o in check_detection(good) if not o.passed] == []
    assert good.said.repeats[PREDICTIONS_SCORED.name] == 7, "it said again what it had said after its snapshot"
    counts = good.undisturbed.counts()
    assert counts[PREDICTIONS_SCORED.name] == USERS * ROUNDS, "repeats are not scored again"
    assert counts[ANOMALIES_DETECTED.name] > counts[ALERTS_RAISED.name] >= counts[ALERTS_RESOLVED.name] > 3
    kinds = Counter(Alert.FromString(v).kind for p, v in good.said.first.items() if p.topic == ALERTS_RAISED.name)
    assert kinds["message_flood"] > 3 and kinds["error_spike"] == 1


def forget_baselines(users: Users) -> None:
    users.baseline.weight[:] = 0.0


def forget_a_spread(users: Users) -> None:
    users.baseline.variance[2] *= 1.0 + 1e-12


def forget_quantiles(users: Users) -> None:
    users.quantiles.distance[:] = 0.0


def forget_habits(users: Users) -> None:
    users.habit.weight[:] = 0.0


def forget_what_was_recent(users: Users) -> None:
    users.recent.clear(np.arange(USERS))


def forget_incidents(users: Users) -> None:
    for slot, case in users.cases.items():
        case.incidents.clear()
        users.busy[slot] = bool(case)


def forget_what_fires(users: Users) -> None:
    for case in users.cases.values():
        case.firing.clear()


def forget_a_climb(users: Users) -> None:
    users.climb[:] += 1e-9


def forget_peaks(users: Users) -> None:
    users.streams["live"].lately = users.streams["live"].lately.and_one(Grounds.DEVIATION, 0.5)


@pytest.mark.parametrize(
    ("harm", "fail"),
    [
        (forget_baselines, {SAME, KEPT, AGAIN}),
        (forget_a_spread, {KEPT}),
        (forget_quantiles, {KEPT}),
        (forget_habits, {KEPT}),
        (forget_what_was_recent, {SAME, KEPT, AGAIN}),
        (forget_incidents, {SAME}),
        (forget_what_fires, {SAME, AGAIN}),
        (forget_a_climb, {KEPT}),
        (forget_peaks, {KEPT}),
    ],
)
def test_what_is_lost_in_a_crash_is_found(
    ensemble: Ensemble, undisturbed: Undisturbed, harm: Harm, fail: set[str]
) -> None:
    said, kept = crashed(ensemble, harm)
    assert failed(detection_of(undisturbed, said, kept, ensemble.model.version)) >= fail


def test_a_record_that_was_not_read_is_found(ensemble: Ensemble, undisturbed: Undisturbed) -> None:
    said, kept = crashed(ensemble, skipped=8)
    assert failed(detection_of(undisturbed, said, kept, ensemble.model.version)) >= {SAME, KEPT}


def a_place(detection: Detection, topic: Topic) -> Place:
    return [place for place in detection.said.first if place.topic == topic.name][-1]


def lose_predictions(detection: Detection) -> None:
    del detection.said.first[a_place(detection, PREDICTIONS_SCORED)]


def lose_an_anomaly(detection: Detection) -> None:
    del detection.said.first[a_place(detection, ANOMALIES_DETECTED)]


def lose_an_alert(detection: Detection) -> None:
    del detection.said.first[a_place(detection, ALERTS_RESOLVED)]


def raise_one_more(detection: Detection) -> None:
    place = a_place(detection, ALERTS_RAISED)
    detection.said.take(Place(place.topic, "al_0/1"), detection.said.first[place])


def alter_a_score(detection: Detection) -> None:
    place = a_place(detection, PREDICTIONS_SCORED)
    batch = PredictionBatch.FromString(detection.said.first[place])
    batch.score[0] = np.nextafter(batch.score[0], 1.0)
    detection.said.first[place] = batch.SerializeToString(deterministic=True)


def alter_an_anomaly(detection: Detection) -> None:
    place = a_place(detection, ANOMALIES_DETECTED)
    anomaly = Anomaly.FromString(detection.said.first[place])
    anomaly.baseline_weight += 1
    detection.said.first[place] = anomaly.SerializeToString(deterministic=True)


def count_one_vector_twice(detection: Detection) -> None:
    place = a_place(detection, ALERTS_RESOLVED)
    alert = Alert.FromString(detection.said.first[place])
    alert.vectors += 1
    detection.said.first[place] = alert.SerializeToString(deterministic=True)


def say_it_differently(detection: Detection) -> None:
    detection.said.take(a_place(detection, ALERTS_RAISED), b"")


def lose_the_model(detection: Detection) -> None:
    detection.models[0].extend(["", detection.promoted])  # type: ignore[attr-defined]  # a list here


def go_without_a_model(detection: Detection) -> None:
    detection.models[0].pop()  # type: ignore[attr-defined]  # a list here


def keep_nothing(detection: Detection) -> None:
    detection.kept.clear()  # type: ignore[attr-defined]  # a dictionary here


def keep_too_little(detection: Detection) -> None:
    detection.kept[0].shards.popitem()  # type: ignore[attr-defined]  # a dictionary here


def keep_another_offset(detection: Detection) -> None:
    detection.kept[0].header["offset"] -= 1  # type: ignore[index]  # a dictionary here


def be_killed_when_all_is_over(detection: Detection) -> None:
    detection.later.clear()


def be_killed_before_all(detection: Detection) -> None:
    detection.later.update(detection.undisturbed.counts() - detection.later)


@pytest.mark.parametrize(
    ("spoil", "fail"),
    [
        (lose_predictions, {SAME}),
        (lose_an_anomaly, {SAME}),
        (lose_an_alert, {SAME}),
        (raise_one_more, {SAME}),
        (alter_a_score, {SAME}),
        (alter_an_anomaly, {SAME}),
        (count_one_vector_twice, {SAME}),
        (say_it_differently, {AGAIN}),
        (lose_the_model, {ONCE}),
        (go_without_a_model, {ONCE}),
        (keep_nothing, {KEPT}),
        (keep_too_little, {KEPT}),
        (keep_another_offset, {KEPT}),
        (be_killed_when_all_is_over, {STAKE}),
        (be_killed_before_all, {STAKE}),
    ],
)
def test_what_is_wrong_is_found(good: Detection, spoil: Callable[[Detection], None], fail: set[str]) -> None:
    spoil(good)
    assert failed(good) == fail


def test_a_difference_is_told_by_its_field(good: Detection) -> None:
    count_one_vector_twice(good)
    (fault,) = next(outcome for outcome in check_detection(good) if outcome.what == SAME).faults
    assert fault.startswith("alerts resolved al_") and ": vectors is " in fault
