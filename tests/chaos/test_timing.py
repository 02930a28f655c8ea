"""Recovery is measured from what came when, and judged."""

from __future__ import annotations

from typing import Any

from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from tests.chaos.conversation import Cut
from tests.chaos.faults import Step
from tests.chaos.timing import CAUGHT_UP_S, OUTPUT_S, bounded, recoveries, under_load
from tests.chaos.watch import Arrival, PredictionWatch, Watch


async def nothing(*_: Any) -> None:
    """A step that does nothing."""


def watched(*arrivals: tuple[int, Arrival]) -> Watch:
    """What was seen of two partitions."""
    watch = Watch("", 2)
    for partition, arrival in arrivals:
        watch.arrivals[partition].append(arrival)
    return watch


def killed(at: float) -> Step:
    """A worker was killed, and brought back a second later."""
    return Step("SIGKILL of {}", nothing, 1, 1.0, at, ["a"], at + 1.0, 2.0)


def test_a_worker_recovered_when_all_its_partitions_give_new_vectors() -> None:
    watch = watched(
        (0, Arrival(99.0, "a", 0.1)),
        (1, Arrival(99.5, "b", 0.1)),
        (1, Arrival(101.0, "b", 0.1)),
        (0, Arrival(107.0, "b", 6.0)),
        (0, Arrival(108.0, "b", 0.2)),
    )
    (found,) = recoveries([killed(100.0)], watch, watched(), [Cut(100.5, 102.0), Cut(150.0, 160.0)], 90.0, 130.0)
    assert (found.at_s, found.lasted_s) == (10.0, 1.0)
    assert found.output_s == 7.0, "only partition 0 was the victim's"
    assert found.silent_s == 7.0
    assert found.caught_up_s == 7.0
    assert (found.clients_s, found.cut) == (1.5, 1)


def test_a_predictor_recovered_when_there_are_new_predictions() -> None:
    step = Step("SIGKILL of predictor {}", nothing, 1, 1.0, 100.0, ["p"], 101.0, 2.0)
    vectors = watched((0, Arrival(99.0, "a", 0.1)), (0, Arrival(100.5, "a", 0.1)))
    predictions = watched((0, Arrival(99.0, "p", 0.1)), (0, Arrival(109.0, "q", 8.0)))
    (found,) = recoveries([step], vectors, predictions, [], 90.0, 130.0)
    assert (found.output_s, found.silent_s, found.caught_up_s) == (9.0, 9.0, 9.0)


def test_a_prediction_is_new_once_and_as_old_as_its_vector() -> None:
    vectors = Watch("", 2)
    batch = VectorBatch(stream="live", vector_id=["v"], user_key=["u"], ordinal=[1], last_received_us=[10**15])
    vectors._see(1, batch.SerializeToString(), {"ce_source": b"/resonance/feature-extractor/e"})
    predictions = PredictionWatch("", 2, vectors=vectors)
    for id_ in ("v", "v", "w"):
        scored = PredictionBatch(stream="live", vector_id=[id_])
        predictions._see(1, scored.SerializeToString(), {"ce_source": b"/resonance/predictor/p"})
    assert (vectors.new, predictions.new) == (1, 2)
    first, second = predictions.arrivals[1]
    assert (first.worker, second.worker) == ("p", "p")
    assert first.age_s > 10**6, "that of the vector"
    assert predictions.owned()["p"] == 1


def test_who_does_not_recover_in_time_is_told() -> None:
    step = killed(100.0)
    late = 101.5 + OUTPUT_S
    slow = watched((0, Arrival(99.0, "a", 0.1)), (0, Arrival(late, "b", 0.1)))
    never = watched((0, Arrival(99.0, "a", 0.1)))
    behind = watched((0, Arrival(99.0, "a", 0.1)), (0, Arrival(101.0, "a", 2.0)), (0, Arrival(170.0, "a", 2.0)))
    for watch in (slow, never, behind):
        assert not bounded(recoveries([step], watch, watched(), [], 90.0, 200.0 + CAUGHT_UP_S), [step]).passed
    step.ready_s = None
    fine = watched((0, Arrival(99.0, "a", 0.1)), (0, Arrival(101.0, "a", 0.1)))
    assert not bounded(recoveries([step], fine, watched(), [], 90.0, 200.0), [step]).passed
    step.ready_s = 2.0
    assert bounded(recoveries([step], fine, watched(), [], 90.0, 200.0), [step]).passed


def test_a_fault_of_an_idle_system_does_not_count() -> None:
    assert under_load([killed(100.0)], 120.0).passed
    assert not under_load([killed(121.0)], 120.0).passed
    assert not under_load([killed(0.0)], 120.0).passed
