"""How the stream works through what several partitions give it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace

from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import ANOMALIES_DETECTED
from resonance_modeling.artifact import Artifact
from resonance_modeling.registry import Registry
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.spans.handled import processing
from resonance_xai.explainer import Explainer
from resonance_xai.models import Models
from resonance_xai.stream import AT_ONCE, Stream
from tests.support.waiting import Eventually

MakeAnomaly = Callable[..., Anomaly]


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def explainer(shelf: Any, thread: ThreadPoolExecutor) -> Explainer:
    return Explainer(Models(Registry(shelf), thread), thread, 100)


async def load(explainer: Explainer, flagged: Sequence[Record[Any]]) -> None:
    """Has the model, so that whoever is given to the stream is in line at once."""
    await explainer.ready(flagged[0].value)


async def turns() -> None:
    """Lets every task that can go on do so until it waits for the thread."""
    for _ in range(100):
        await asyncio.sleep(0)


@contextmanager
def busy(thread: ThreadPoolExecutor) -> Iterator[None]:
    """Nothing is explained meanwhile."""
    free = Event()
    thread.submit(free.wait)
    try:
        yield
    finally:
        free.set()


class Topic:
    """Where explanations go, a few at a time; `open` is cleared while the broker takes its time."""

    def __init__(self) -> None:
        self.slices: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        self.slices.append([one.id for one in outgoing])
        await self.open.wait()

    @property
    def ids(self) -> list[str]:
        return [one for some in self.slices for one in some]


def records(anomaly: MakeAnomaly, model: Artifact | None, *received_s: int, **changes: Any) -> list[Record[Any]]:
    """Of one partition, named after when they were received."""
    flagged = [anomaly(model, vector_id=f"{s}", last_received_us=s * 1_000_000, **changes) for s in received_s]
    return [Record(ANOMALIES_DETECTED, 0, 0, one.vector_id, 1, None, one, {}) for one in flagged]


async def test_partitions_are_drained_together_the_oldest_first(
    explainer: Explainer, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    topic = Topic()
    stream = Stream(explainer, topic.send_all)
    partitions = [records(anomaly, artifact, *range(1 + p, 41, 4)) for p in range(4)]
    await asyncio.gather(*(stream.handle(one) for one in partitions))
    received = list(map(int, topic.ids))
    assert sorted(received) == list(range(1, 41))
    # Who joined first may have begun before the others came.
    assert all(abs(place - when) <= AT_ONCE for place, when in enumerate(received, 1)), received


async def test_the_first_explanations_of_a_batch_are_sent_while_the_others_are_made(
    explainer: Explainer, artifact: Artifact, anomaly: MakeAnomaly, eventually: Eventually
) -> None:
    topic = Topic()
    topic.open.clear()
    handling = asyncio.create_task(Stream(explainer, topic.send_all).handle(records(anomaly, artifact, *range(1, 21))))
    await eventually(lambda: len(topic.ids) == 20)
    assert [len(some) for some in topic.slices] == [AT_ONCE, AT_ONCE, 20 - 2 * AT_ONCE]
    assert not handling.done(), "nothing is stored yet"
    topic.open.set()
    await handling


async def test_a_partition_that_waits_for_a_model_holds_up_no_other(
    explainer: Explainer, shelf: Any, artifact: Artifact, other_artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    topic = Topic()
    stream = Stream(explainer, topic.send_all)
    outcomes = await asyncio.gather(
        stream.handle(records(anomaly, other_artifact, 1)),
        stream.handle(records(anomaly, artifact, 2)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], Unavailable) and outcomes[1] is None
    assert topic.ids == ["2"]


async def test_what_can_never_be_explained_is_rejected_and_what_other_partitions_gave_is_explained(
    explainer: Explainer, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    topic = Topic()
    stream = Stream(explainer, topic.send_all)
    outcomes = await asyncio.gather(
        stream.handle(records(anomaly, artifact, 1, 2, catalogue_version="0")),
        stream.handle(records(anomaly, artifact, 3)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], Reject) and outcomes[1] is None
    assert topic.ids == ["3"]


async def test_a_broker_that_takes_nothing_is_said_to_those_whose_explanations_it_did_not_take(
    explainer: Explainer, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    taken: list[str] = []

    async def send_all(outgoing: Sequence[Outgoing]) -> None:
        if any(one.id == "1" for one in outgoing):
            raise Unavailable("The broker did not take a record.")
        taken.extend(one.id for one in outgoing)

    stream = Stream(explainer, send_all)
    with pytest.raises(Unavailable):
        await stream.handle(records(anomaly, artifact, *range(1, AT_ONCE + 3)))
    assert taken == [str(AT_ONCE + 1), str(AT_ONCE + 2)]
    taken.clear()
    await stream.handle(records(anomaly, artifact, 50))
    assert taken == ["50"], "it goes on"


async def test_each_explanation_goes_on_in_the_trace_that_its_anomaly_came_with(
    explainer: Explainer, thread: ThreadPoolExecutor, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    sent: list[Outgoing] = []

    async def send_all(outgoing: Sequence[Outgoing]) -> None:
        sent.extend(outgoing)

    stream = Stream(explainer, send_all)

    def traced(flagged: list[Record[Any]]) -> list[Record[Any]]:
        return [replace(one, offset=int(one.id), headers={"traceparent": trace_of(one.id)}) for one in flagged]

    async def handled(flagged: Sequence[Record[Any]]) -> None:
        with processing(flagged, "xai"):
            await stream.handle(flagged)

    some, others = traced(records(anomaly, artifact, 1, 2)), traced(records(anomaly, artifact, 3))
    await load(explainer, some)
    with busy(thread):
        handling = asyncio.gather(handled(some), handled(others))
        await turns()
    await handling
    assert [(one.id, one.traceparent[:36]) for one in sent] == [(id_, trace_of(id_)[:36]) for id_ in "123"]


def trace_of(id_: str) -> str:
    return f"00-{id_:0>32}-{id_:0>16}-01"


async def test_whoever_is_erased_while_waiting_in_line_is_not_explained(
    explainer: Explainer, thread: ThreadPoolExecutor, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    topic, erasures = Topic(), Erasures(explainer.forget)
    stream = Stream(explainer, topic.send_all, erasures)
    gone, others = records(anomaly, artifact, *range(101, 141), user_key="u_gone"), records(anomaly, artifact, 1, 2)
    await load(explainer, others)
    with busy(thread):
        handling = asyncio.gather(stream.handle(others), stream.handle(gone))
        await turns()
        erasures.take(UserErased(user_key="u_gone", erased_us=200_000_000))
    await handling
    assert topic.ids == ["1", "2"]


async def test_what_a_partition_gave_that_is_given_up_is_passed_over(
    explainer: Explainer, thread: ThreadPoolExecutor, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    topic = Topic()
    stream = Stream(explainer, topic.send_all)
    lost, kept = records(anomaly, artifact, *range(101, 141)), records(anomaly, artifact, 200)
    await load(explainer, lost)
    with busy(thread):
        given_up = asyncio.create_task(stream.handle(lost))
        handling = asyncio.create_task(stream.handle(kept))
        await turns()
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
    await handling
    assert topic.ids == ["200"]
