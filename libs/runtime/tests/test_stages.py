"""What is kept of traces that were not drawn, until an alert asks for them."""

from __future__ import annotations

from opentelemetry.trace import SpanKind

from resonance_runtime.spans.stages import MOST_WANTED, Description, Stage, Stages, trace_of


def header(trace_id: int, drawn: bool = False) -> str:
    return f"00-{trace_id:032x}-{1:016x}-{int(drawn):02x}"


def stage(trace_id: int, name: str = "process", drawn: bool = False) -> Stage:
    return Stage(header(trace_id, drawn), "", 1, 2, described, (name,))


def described(name: str) -> Description:
    return Description(name, SpanKind.CONSUMER, {})


def test_what_is_drawn_is_taken_at_once() -> None:
    taken: list[Stage] = []
    Stages(taken.append).tell(stage(1, drawn=True))
    assert taken == [stage(1, drawn=True)]


def test_what_is_not_drawn_is_taken_once_when_its_trace_is_wanted() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append)
    for name in ("one", "two"):
        stages.tell(stage(1, name))
    stages.tell(stage(2))
    assert taken == []
    stages.want(header(1))
    stages.want(header(1))
    assert [one.what[0] for one in taken] == ["one", "two"]


def test_what_ends_after_its_trace_was_wanted_is_taken_too() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append)
    stages.want(header(1))
    stages.tell(stage(1))
    assert taken == [stage(1)]


def test_no_more_is_kept_than_there_is_room_for_and_the_oldest_goes() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append, most=3)
    for trace_id in (1, 1, 2, 3):
        stages.tell(stage(trace_id))
    for trace_id in (1, 2, 3):
        stages.want(header(trace_id))
    assert [int(trace_of(one.own), 16) for one in taken] == [2, 3]


def test_traces_that_are_wanted_are_forgotten_in_the_end() -> None:
    taken: list[Stage] = []
    stages = Stages(taken.append)
    for trace_id in range(1, MOST_WANTED + 2):
        stages.want(header(trace_id))
    stages.tell(stage(1))
    stages.tell(stage(2))
    assert [int(trace_of(one.own), 16) for one in taken] == [2]
