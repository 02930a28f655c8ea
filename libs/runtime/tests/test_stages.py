"""What is kept of traces that were not drawn, until an alert asks for them."""

from __future__ import annotations

from opentelemetry.trace import SpanKind

from resonance_runtime.spans.stages import MOST_WANTED, Stage, Stages


def stage(trace_id: int, name: str = "process") -> Stage:
    return Stage(name, SpanKind.CONSUMER, trace_id, 1, 0, 1, 2, {})


def test_what_is_drawn_is_taken_at_once() -> None:
    taken: list[Stage] = []
    Stages(taken.append).tell(stage(1), sampled=True)
    assert taken == [stage(1)]


def test_what_is_not_drawn_is_taken_once_when_its_trace_is_wanted() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append)
    for name in ("one", "two"):
        stages.tell(stage(1, name), sampled=False)
    stages.tell(stage(2), sampled=False)
    assert taken == []
    stages.want(1)
    stages.want(1)
    assert [one.name for one in taken] == ["one", "two"]


def test_what_ends_after_its_trace_was_wanted_is_taken_too() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append)
    stages.want(1)
    stages.tell(stage(1), sampled=False)
    assert taken == [stage(1)]


def test_no_more_is_kept_than_there_is_room_for_and_the_oldest_goes() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append, most=3)
    for trace_id in (1, 1, 2, 3):
        stages.tell(stage(trace_id), sampled=False)
    for trace_id in (1, 2, 3):
        stages.want(trace_id)
    assert [one.trace_id for one in taken] == [2, 3]


def test_traces_that_are_wanted_are_forgotten_in_the_end() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append)
    for trace_id in range(1, MOST_WANTED + 2):
        stages.want(trace_id)
    stages.tell(stage(1), sampled=False)
    stages.tell(stage(2), sampled=False)
    assert [one.trace_id for one in taken] == [2]
