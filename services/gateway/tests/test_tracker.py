"""The tracker: every event once and in order, whatever the broker does; bounded; honest watermarks."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_contracts.shards import partition_of
from resonance_gateway.tracking import tracker as tracker_module
from resonance_gateway.tracking.activity import LIVE_STREAM, Activity, Kind, Stream
from resonance_gateway.tracking.batching import MAX_EVENTS
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.receipts import Receipt
from resonance_gateway.tracking.tracker import Tracker
from resonance_gateway.tracking.watermarks import REPLAY_LATENESS_US
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.health import Health

PARTITIONS = 4
REPLAY = Stream("replay:r")


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ns = 1_000_000_000_000

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def make_tracker(sender, health, spawn, hands):
    def make(capacity=1000, begin=True):
        made = Tracker(sender, "g1", Clock(hands, hands), health, spawn, capacity)
        made._partitions = PARTITIONS
        if begin:
            made.begin(PARTITIONS)
        return made

    return make


def event(sequence, user="u_a", source="c_1", time_us=5, kind=Kind.MESSAGE):
    return Activity(user, source, sequence, time_us, kind, 1, "", "a_x", "t_y", False, 6)


async def test_events_arrive_in_the_partition_of_their_user(make_tracker, sender, eventually):
    tracker = make_tracker()
    users = [f"u_{i}" for i in range(20)]
    for user in users:
        tracker.offer(LIVE_STREAM, event(1, user, f"c_{user}"), None)

    await eventually(lambda: len(sender.events()) == 20)

    for outgoing in sender.sent:
        for i in outgoing.value.user:
            assert outgoing.partition == partition_of(outgoing.value.strings[i], PARTITIONS)


async def test_events_of_a_moment_travel_together(make_tracker, sender, eventually):
    tracker = make_tracker()
    for i in range(1, 51):
        tracker.offer(LIVE_STREAM, event(i), None)

    await eventually(lambda: len(sender.events()) == 50)

    assert len(sender.batches()) == 1


async def test_after_a_pause_an_event_goes_at_once_and_the_next_ones_gather(
    make_tracker, sender, monkeypatch, eventually
):
    monkeypatch.setattr(tracker_module, "FLUSH_S", 2.0)
    monkeypatch.setattr(tracker_module, "_LONGEST_FLUSH_S", 2.0)
    tracker = make_tracker(begin=False)
    started = time.monotonic()
    tracker.offer(LIVE_STREAM, event(1), None)
    await eventually(lambda: len(sender.events()) == 1)
    assert time.monotonic() - started < 1.9, "nothing went for long, so there was nothing to wait for"

    for i in range(2, 12):
        tracker.offer(LIVE_STREAM, event(i), None)
        await asyncio.sleep(0.001)
    await eventually(lambda: len(sender.events()) == 11)

    assert [len(batch.sequence) for batch in sender.batches()] == [1, 10]


async def test_the_more_partitions_events_go_to_the_longer_they_gather(make_tracker, monkeypatch):
    monkeypatch.setattr(tracker_module, "_FLUSH_A_LANE_S", 0.005)
    tracker = make_tracker(begin=False)
    users = [f"u_{i}" for i in range(40)]
    assert len({partition_of(user, PARTITIONS) for user in users}) == PARTITIONS
    for user in users:
        tracker.offer(LIVE_STREAM, event(1, user, f"c_{user}"), None)
    tracker._flush()
    assert tracker._pause_s == pytest.approx(PARTITIONS * 0.005)
    await tracker.stop(1)


async def test_a_full_batch_does_not_wait(make_tracker, sender):
    tracker = make_tracker(capacity=10_000, begin=False)
    for i in range(1, MAX_EVENTS + 2):
        tracker.offer(LIVE_STREAM, event(i), None)
    await asyncio.sleep(0)

    assert [len(o.value.sequence) for o in sender.attempts] == [MAX_EVENTS]


async def test_while_a_batch_is_in_flight_events_gather_in_the_next(make_tracker, sender, eventually):
    tracker = make_tracker(begin=False)
    sender.open.clear()
    tracker.offer(LIVE_STREAM, event(1), None)
    await eventually(lambda: sender.attempts)
    for i in range(2, 40):
        tracker.offer(LIVE_STREAM, event(i), None)
        await asyncio.sleep(0)
    assert len(sender.attempts) == 1
    sender.open.set()

    await eventually(lambda: tracker.unsent == 0)

    assert [len(b.sequence) for b in sender.batches()] == [1, 38]


async def test_a_batch_that_failed_is_sent_again_the_same_and_first(make_tracker, sender, health, eventually):
    tracker = make_tracker(begin=False)
    sender.failures = 2
    tracker.offer(LIVE_STREAM, event(1), None)
    await eventually(lambda: health.degradations())
    tracker.offer(LIVE_STREAM, event(2), None)

    await eventually(lambda: tracker.unsent == 0)

    first, *rest = sender.attempts
    assert [(o.id, o.value) for o in rest[:2]] == [(first.id, first.value)] * 2
    assert [e["sequence"] for e in sender.events()] == [1, 2]
    assert not health.degradations()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=120))
def test_every_event_is_stored_once_and_in_order(steps):
    """Users, streams and failures mixed anyhow."""

    class Flaky:
        def __init__(self):
            self.stored = []
            self.ids = set()
            self.fail = False

        async def send_together(self, outgoing):
            await asyncio.sleep(0)
            if self.fail:
                self.fail = False
                raise Unavailable("away")
            for one in outgoing:
                assert one.id not in self.ids
                self.ids.add(one.id)
                batch = one.value
                self.stored += [
                    (batch.stream, batch.strings[s], n) for s, n in zip(batch.source, batch.sequence, strict=True)
                ]
            return len(outgoing)

    async def run():
        sender, tasks = Flaky(), set()

        def spawn(name, work):
            task = asyncio.create_task(work)
            tasks.add(task)
            return task

        tracker = Tracker(sender, "g1", Clock(), Health(30), spawn, 1000)
        tracker.begin(PARTITIONS)
        numbers: dict[tuple[str, str], int] = {}
        for user, replay, failing in steps:
            stream = REPLAY if replay else LIVE_STREAM
            source = f"{stream.name}/{user}"
            numbers[stream.name, source] = number = numbers.get((stream.name, source), 0) + 1
            sender.fail |= failing
            tracker.offer(stream, event(number, f"u_{user}", source), None)
            if failing:
                await asyncio.sleep(0)
        assert await tracker.stop(5)
        for task in tasks:
            task.cancel()
        for (stream_name, source), count in numbers.items():
            assert [n for s, o, n in sender.stored if (s, o) == (stream_name, source)] == list(range(1, count + 1))

    asyncio.run(run())


class TestReceipts:
    async def test_a_receipt_moves_when_its_events_are_stored_and_not_before(self, make_tracker, sender, eventually):
        tracker = make_tracker(begin=False)
        told = []
        receipt = Receipt("c_1", lambda: told.append(receipt.stored))
        sender.open.clear()
        for i in range(1, 11):
            tracker.offer(LIVE_STREAM, event(i), receipt)
        await eventually(lambda: sender.attempts)
        assert told == []
        sender.open.set()

        await eventually(lambda: receipt.stored == 10)

        assert told == [10]

    async def test_events_of_other_sources_do_not_move_it(self, make_tracker, sender, eventually):
        tracker = make_tracker(begin=False)
        receipt = Receipt("c_1", lambda: None)

        tracker.offer(LIVE_STREAM, event(640, source="c_1#channels"), receipt)
        await eventually(lambda: tracker.unsent == 0)

        assert receipt.stored == 0


class TestMemory:
    async def test_when_full_live_events_are_dropped_and_counted(self, make_tracker, sender, eventually):
        tracker = make_tracker(capacity=10, begin=False)
        sender.open.clear()
        taken = [tracker.offer(LIVE_STREAM, event(i), None) for i in range(1, 15)]

        assert taken == [True] * 10 + [False] * 4
        assert (tracker.unsent, tracker.dropped, tracker.full) == (10, 4, True)

    async def test_who_came_and_left_is_kept_longer(self, make_tracker, sender):
        tracker = make_tracker(capacity=10, begin=False)
        sender.open.clear()
        for i in range(1, 11):
            tracker.offer(LIVE_STREAM, event(i), None)

        kept = [tracker.offer(LIVE_STREAM, event(i, kind=Kind.DISCONNECT), None) for i in range(11)]

        assert kept == [True] * 10 + [False]

    async def test_replays_and_acknowledged_events_are_never_dropped_but_wait(self, make_tracker, sender, eventually):
        tracker = make_tracker(capacity=2, begin=False)
        receipt = Receipt("c_1", lambda: None)
        sender.open.clear()
        for i in range(1, 5):
            assert tracker.offer(REPLAY, event(i, source="s"), None)
            assert tracker.offer(LIVE_STREAM, event(i), receipt)
        waiting = asyncio.create_task(tracker.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        sender.open.set()

        await asyncio.wait_for(waiting, 5)
        await eventually(lambda: tracker.unsent == 0)

        assert tracker.dropped == 0
        assert len(sender.events()) == 8

    async def test_a_batch_that_can_never_be_stored_is_counted_and_the_next_one_is_sent(
        self, make_tracker, sender, health, eventually
    ):
        tracker = make_tracker(begin=False)
        send_together = sender.send_together

        async def refuse_once(outgoing):
            sender.send_together = send_together
            raise Reject("the record is too large")

        sender.send_together = refuse_once
        tracker.offer(LIVE_STREAM, event(1), None)
        await eventually(lambda: tracker.dropped == 1)
        tracker.offer(LIVE_STREAM, event(2), None)

        await eventually(lambda: sender.events())

        assert tracker.unsent == 0


class TestWatermarks:
    def told(self, sender, stream):
        return {o.partition: o.value.watermark_us for o in sender.sent if o.value.stream == stream.name}

    async def test_live_partitions_are_told_the_time_when_nothing_happens(
        self, make_tracker, sender, hands, eventually
    ):
        make_tracker()

        await eventually(lambda: len(self.told(sender, LIVE_STREAM)) == PARTITIONS)

        assert set(self.told(sender, LIVE_STREAM).values()) == {hands.ns // 1000}

    async def test_where_events_have_just_told_the_time_it_is_not_told_again(
        self, make_tracker, sender, hands, eventually
    ):
        tracker = make_tracker()
        await eventually(lambda: len(self.told(sender, LIVE_STREAM)) == PARTITIONS)
        hands.ns += 1_000_000_000
        tracker.offer(LIVE_STREAM, event(1, time_us=hands.ns // 1000), None)
        await eventually(lambda: set(self.told(sender, LIVE_STREAM).values()) == {hands.ns // 1000})
        before = len(sender.sent)

        hands.ns += 40_000_000
        await asyncio.sleep(3 * tracker_module.HEARTBEAT_S)
        assert len(sender.sent) == before

        hands.ns += 20_000_000
        await eventually(lambda: len(sender.sent) == before + PARTITIONS)

    async def test_a_live_batch_promises_the_time_it_was_closed(self, make_tracker, sender, hands, eventually):
        tracker = make_tracker(begin=False)
        tracker.offer(LIVE_STREAM, event(1, time_us=hands.ns // 1000), None)
        hands.ns += 3_000_000

        await eventually(lambda: sender.events())

        assert sender.batches()[0].watermark_us == hands.ns // 1000

    async def test_watermarks_of_a_partition_never_go_back(self, make_tracker, sender, eventually):
        tracker = make_tracker(begin=False)
        for i, time_us in enumerate((90_000_000, 50_000_000, 120_000_000, 70_000_000), start=1):
            tracker.offer(REPLAY, event(i, source="s", time_us=time_us), None)
            await eventually(lambda: tracker.unsent == 0)

        assert [b.watermark_us for b in sender.batches()] == [60_000_000, 60_000_000, 90_000_000, 90_000_000]

    async def test_a_replay_promises_its_newest_time_less_the_allowance_to_every_partition(
        self, make_tracker, sender, monkeypatch, eventually
    ):
        monkeypatch.setattr(tracker_module, "HEARTBEAT_S", 0.01)
        tracker = make_tracker()
        tracker.joined(REPLAY)
        tracker.offer(REPLAY, event(1, source="s", time_us=100_000_000), None)

        await eventually(lambda: len(self.told(sender, REPLAY)) == PARTITIONS)

        assert set(self.told(sender, REPLAY).values()) == {100_000_000 - REPLAY_LATENESS_US}

    async def test_a_replay_that_stands_still_tells_nothing_more(
        self, make_tracker, sender, hands, monkeypatch, eventually
    ):
        monkeypatch.setattr(tracker_module, "HEARTBEAT_S", 0.01)
        tracker = make_tracker()
        tracker.offer(REPLAY, event(1, source="s", time_us=100_000_000), None)
        await eventually(lambda: len(self.told(sender, REPLAY)) == PARTITIONS)
        before = [o.id for o in sender.sent if o.value.stream == REPLAY.name]
        beats = len(sender.sent) + 3 * PARTITIONS

        def live_goes_on() -> bool:
            hands.ns += 10_000_000
            return len(sender.sent) >= beats

        await eventually(live_goes_on)

        assert [o.id for o in sender.sent if o.value.stream == REPLAY.name] == before

    async def test_a_replay_that_is_over_is_forgotten(self, make_tracker, sender, monkeypatch, eventually):
        monkeypatch.setattr(tracker_module, "HEARTBEAT_S", 0.01)
        monkeypatch.setattr(tracker_module, "REPLAY_IDLE_S", 0.02)
        tracker = make_tracker()
        tracker.joined(REPLAY)
        tracker.offer(REPLAY, event(1, source="s", time_us=100_000_000), None)
        await eventually(lambda: sender.events())
        tracker.left(REPLAY)

        await eventually(lambda: not any(stream.is_replay for _, stream in tracker._lanes))


async def test_stopping_sends_what_waits_and_says_when_it_could_not(make_tracker, sender):
    tracker = make_tracker()
    tracker.offer(LIVE_STREAM, event(1), None)
    assert await tracker.stop(5)
    assert len(sender.events()) == 1

    sender.open.clear()
    tracker.offer(LIVE_STREAM, event(2), None)
    assert not await tracker.stop(0.05)
    sender.open.set()


async def test_ids_of_batches_are_unique_over_starts(make_tracker, sender, eventually):
    for tracker in (make_tracker(begin=False), make_tracker(begin=False)):
        for stream in (LIVE_STREAM, REPLAY):
            tracker.offer(stream, event(1), None)

    await eventually(lambda: len(sender.sent) == 4)

    assert len({o.id for o in sender.sent}) == 4
    assert all(o.id.startswith("g1/") for o in sender.sent)
