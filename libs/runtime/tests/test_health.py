"""Readiness, degradations and liveness."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_runtime.health import Health
from resonance_runtime.heartbeat import state_of
from resonance_runtime.probes import report


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ready_when_every_condition_is_met() -> None:
    health = Health(30)
    topics = health.wait_for("topics", "Not looked at yet.")
    assert health.unready() == {"topics": "Not looked at yet."}
    topics.met()
    assert health.unready() == {}
    topics.unmet("They are gone.")
    assert report(health)["state"] == "unready"


def test_a_degraded_service_is_ready() -> None:
    health = Health(30)
    health.degraded("model", "No model was promoted yet.")
    assert health.unready() == {}
    assert state_of(health) == (operations_pb2.SERVICE_STATE_DEGRADED, ["No model was promoted yet."])
    health.clear("model")
    assert state_of(health) == (operations_pb2.SERVICE_STATE_READY, [])


def test_a_consumer_with_work_and_no_progress_is_not_alive() -> None:
    clock = Clock()
    health = Health(30, clock)
    progress = health.progress("loop")
    clock.now = 100
    assert health.stalled() == {}, "an idle consumer may be idle for ever"
    progress.busy()
    clock.now = 129
    assert health.stalled() == {}
    clock.now = 131
    assert "loop" in health.stalled()
    progress.moved()
    assert health.stalled() == {}
    progress.idle()
    clock.now = 1000
    assert health.stalled() == {}
    progress.busy()
    clock.now = 2000
    health.forget(progress)
    assert health.stalled() == {}


def test_a_draining_service_is_not_ready() -> None:
    health = Health(30)
    health.stopping = True
    assert health.unready() == {"stopping": "The service is draining."}
