"""What requests find of the broker and the store, and what a process has of its machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from resonance_runtime import machine
from resonance_runtime.dependencies import Dependencies, Dependency
from resonance_runtime.errors import NotFound, Unavailable
from resonance_runtime.health import Health


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dependencies(clock: Clock) -> Dependencies:
    return Dependencies(clock)


def up(dependencies: Dependencies, dependency: Dependency) -> float | None:
    dependencies.observe()
    return REGISTRY.get_sample_value("resonance_dependency_up", {"dependency": dependency})


def test_a_request_that_fails_says_that_it_is_down_and_the_next_one_that_it_is_back(dependencies: Dependencies) -> None:
    with pytest.raises(Unavailable), dependencies.asking(Dependency.OBJECT_STORE):
        raise Unavailable("The object store cannot be reached.")
    assert up(dependencies, Dependency.OBJECT_STORE) == 0
    with dependencies.asking(Dependency.OBJECT_STORE):
        pass
    assert up(dependencies, Dependency.OBJECT_STORE) == 1


def test_a_refusal_is_an_answer(dependencies: Dependencies) -> None:
    with pytest.raises(NotFound), dependencies.asking(Dependency.BROKER):
        raise NotFound("There is none.")
    assert up(dependencies, Dependency.BROKER) == 1


def test_a_request_that_is_not_answered_for_long_counts_as_failed_until_it_is(
    dependencies: Dependencies, clock: Clock
) -> None:
    with dependencies.asking(Dependency.BROKER):
        pass
    with dependencies.asking(Dependency.BROKER):
        clock.now = 4
        assert up(dependencies, Dependency.BROKER) == 1
        clock.now = 6
        assert up(dependencies, Dependency.BROKER) == 0
    assert up(dependencies, Dependency.BROKER) == 1


def test_a_service_whose_broker_is_silent_is_degraded_until_it_answers(
    dependencies: Dependencies, clock: Clock
) -> None:
    health = Health(stall_s=60)
    health.watch(dependencies.silent)
    with dependencies.asking(Dependency.BROKER):
        clock.now = 5
        assert health.degradations() == {}
        clock.now = 7
        assert health.degradations() == {"broker": "The broker does not answer."}
        health.degraded("model", "There is none.")
        assert health.degradations().keys() == {"broker", "model"}
    assert health.degradations().keys() == {"model"}


def test_an_answer_of_long_ago_says_nothing_of_now(dependencies: Dependencies, clock: Clock) -> None:
    with dependencies.asking(Dependency.OBJECT_STORE):
        pass
    clock.now = 60
    assert up(dependencies, Dependency.OBJECT_STORE) == 1
    clock.now = 61
    assert up(dependencies, Dependency.OBJECT_STORE) is None
    assert up(dependencies, Dependency.OBJECT_STORE) is None
    with dependencies.asking(Dependency.OBJECT_STORE):
        clock.now = 67
        assert up(dependencies, Dependency.OBJECT_STORE) == 0
    assert up(dependencies, Dependency.OBJECT_STORE) == 1


@pytest.mark.parametrize(
    ("said", "limit"), [("536870912\n", 536_870_912), ("max\n", None), ("9223372036854771712\n", None), (None, None)]
)
def test_the_limit_of_a_container_is_read_from_its_control_group(
    tmp_path: Path, said: str | None, limit: int | None
) -> None:
    place = tmp_path / "memory.max"
    if said is not None:
        place.write_text(said, encoding="ascii")
    assert machine.memory_limit([place]) == limit
    machine.observe([place])
    shown = REGISTRY.get_sample_value("resonance_memory_limit_bytes")
    assert shown == (float("inf") if limit is None else limit)
