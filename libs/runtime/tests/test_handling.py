"""Records are handled, retried, split or buried; never skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from resonance_contracts.topics import ALERTS_RAISED
from resonance_runtime import handling, patience
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.handling import Handler, Handling
from resonance_runtime.health import Health
from resonance_runtime.keyed import KeyedHandling
from resonance_runtime.records import Outgoing, Record
from tests.support.raw_records import TOPICS, TRACE, Counting, Raw, raw


@dataclass
class Broker:
    """Records what is sent, and refuses the first few calls, and what is too large."""

    refusals: int = 0
    too_large: set[str] = field(default_factory=set)
    buried: list[tuple[bytes | None, str]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    async def send_raw(self, topic: str, key: Any, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        self._refuse()
        assert topic == ALERTS_RAISED.dead_letters
        self.buried.append((value, dict(headers)["dlq_reason"].decode()))

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        self._refuse()
        for one in outgoing:
            if one.id in self.too_large:
                raise Reject(f"{one.id} is too large")
            self.sent.append(one.id)

    def _refuse(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("The broker is down.")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_: float) -> None:
        return None

    monkeypatch.setattr(handling.asyncio, "sleep", at_once)
    monkeypatch.setattr(patience.asyncio, "sleep", at_once)


def handle_with(handler: Handler, broker: Broker) -> Handling:
    return Handling("group", TOPICS, handler, broker, Health(30))  # type: ignore[arg-type]  # the parts of it that are used


async def test_a_poison_record_does_not_take_others_with_it() -> None:
    handled: list[str] = []
    broker = Broker()

    async def handler(records: Sequence[Record[Any]]) -> None:
        if any(r.id == "al_2" for r in records):
            raise Reject("it is number two")
        handled.extend(r.id for r in records)

    await handle_with(handler, broker).run([raw(1), raw(2), raw(3)])
    assert handled == ["al_1", "al_3"]
    assert broker.buried == [(raw(2).value, "it is number two")]


async def test_bytes_that_are_not_the_message_are_buried() -> None:
    seen: list[str] = []
    broker = Broker(refusals=2)

    async def handler(records: Sequence[Record[Any]]) -> None:
        seen.extend(r.id for r in records)

    await handle_with(handler, broker).run([raw(1, b"\xff\xff"), raw(2)])
    assert seen == ["al_2"]
    assert len(broker.buried) == 1
    assert broker.buried[0][0] == b"\xff\xff"


async def test_what_is_down_is_waited_for() -> None:
    calls = 0

    async def handler(records: Sequence[Record[Any]]) -> None:
        nonlocal calls
        calls += 1
        if calls < 20:
            raise Unavailable("The store is down.")

    broker = Broker()
    await handle_with(handler, broker).run([raw(1)])
    assert calls == 20
    assert broker.buried == []


async def test_an_error_is_tried_again_a_few_times_and_then_buried() -> None:
    calls = 0

    async def handler(records: Sequence[Record[Any]]) -> None:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError("oops")

    broker = Broker()
    await handle_with(handler, broker).run([raw(1)])
    assert calls == handling.ATTEMPTS
    assert broker.buried[0][1] == "ZeroDivisionError: oops"


async def test_keyed_state_applies_a_record_once_however_often_sending_fails() -> None:
    state, broker = Counting(), Broker(refusals=5)
    loop = KeyedHandling("group", TOPICS, state, broker, Health(30))  # type: ignore[arg-type]  # the parts of it that are used
    await loop.run([raw(1), raw(2), raw(3)])
    assert state.applied == ["al_1", "al_3"]
    assert broker.sent == ["out/al_1", "out/al_3"]
    assert broker.buried == [(raw(2).value, "it is number two")]


class Doubling(Counting):
    """Keyed state that gives two records for each."""

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        return [Outgoing(ALERTS_RAISED, b"", f"{record.id}/{i}", 1) for i in "ab"]


async def test_what_is_too_large_to_be_sent_does_not_end_the_consumer() -> None:
    broker = Broker(too_large={"al_2/a", "al_3/b"})
    loop = KeyedHandling("group", TOPICS, Doubling(), broker, Health(30))  # type: ignore[arg-type]  # the parts of it that are used
    await loop.run([raw(1), raw(2), raw(3), raw(4)])
    assert {"al_1/a", "al_1/b", "al_2/b", "al_3/a", "al_4/a", "al_4/b"} == set(broker.sent)
    assert broker.buried == [(raw(2).value, "al_2/a is too large"), (raw(3).value, "al_3/b is too large")]


async def test_a_dead_letter_that_is_too_large_itself_is_kept_without_its_value() -> None:
    class Small(Broker):
        async def send_raw(self, topic: str, key: Any, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
            if value is not None:
                raise Reject("it is larger than the broker takes")
            assert dict(headers)["dlq_value_left_out"] == b"it is larger than the broker takes"
            assert b"x" * 5000 not in dict(headers).values()
            assert dict(headers)["ce_id"] == b"al_2"
            await super().send_raw(topic, key, value, headers)

    broker = Small()
    loop = KeyedHandling("group", TOPICS, Counting(), broker, Health(30))  # type: ignore[arg-type]  # the parts of it that are used
    await loop.run([Raw(2, raw(2).value or b"", [*raw(2).headers, ("long", b"x" * 5000)])])
    assert broker.buried == [(None, "it is number two")]


class Watching(Counting):
    """Keyed state that remembers what it was given, and gives on what it got."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[Any] = []
        self.made: list[Outgoing] = []

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        self.values.append(record.value)
        self.made.append(Outgoing(ALERTS_RAISED, b"", record.id, 1))
        return self.made[-1:]


async def test_a_state_that_parses_itself_gets_bytes() -> None:
    state, broker = Watching(), Broker()
    loop = KeyedHandling("group", TOPICS, state, broker, Health(30), parse=False)  # type: ignore[arg-type]  # the parts of it that are used
    headless = Raw(2, b"no headers", [])
    await loop.run([raw(1, b"\xff"), headless])
    assert state.values == [b"\xff"]
    assert broker.buried[0][0] == b"no headers"


async def test_what_follows_from_a_record_is_in_its_trace() -> None:
    state = Watching()
    loop = KeyedHandling("group", TOPICS, state, Broker(), Health(30))  # type: ignore[arg-type]  # the parts of it that are used
    await loop.run([raw(1)])
    assert state.made[0].traceparent[:36] == TRACE[:36]


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_waiting_for_what_is_down_is_no_stall() -> None:
    clock, calls = Clock(), 0
    health = Health(30, clock)
    progress = health.progress("partition")
    stalled: list[str] = []

    async def handler(records: Sequence[Record[Any]]) -> None:
        nonlocal calls
        calls += 1
        clock.now += 20
        stalled.extend(health.stalled())
        if calls < 10:
            raise Unavailable("The store is down.")

    progress.busy()
    broker = Broker()
    await Handling("group", TOPICS, handler, broker, health).run([raw(1)], progress)  # type: ignore[arg-type]  # the parts of it that are used
    assert calls == 10
    assert stalled == [], "a restart would not bring the store back"


async def test_waiting_to_send_is_no_stall() -> None:
    clock = Clock()
    health = Health(30, clock)
    progress = health.progress("partition")
    stalled: list[str] = []

    class Slow(Broker):
        async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
            clock.now += 20
            stalled.extend(health.stalled())
            await super().send_all(outgoing)

    progress.busy()
    loop = KeyedHandling("group", TOPICS, Counting(), Slow(refusals=9), health)  # type: ignore[arg-type]  # the parts of it that are used
    await loop.run([raw(1)], progress)
    assert stalled == []
