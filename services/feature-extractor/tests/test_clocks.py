"""Events that backends stamped, up to five minutes early or late, among those that gateways stamped."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from reference import SECOND, Event, vectors
from streams import PAST_EVERYTHING, START, Vector, batch_of, message, vectors_of

from resonance_contracts.features import INDEX
from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_feature_extractor.engine import PartitionEngine

SKEW = 300 * SECOND
ORIGINS = ("gateway-1", "gateway-2")

seeds = st.integers(0, 2**32)


def traffic(rng: random.Random) -> list[tuple[pb.ActivityBatch, bool]]:
    """Batches of two gateways as they come, and whether backends stamped them.

    Users w… are on WebSockets, b… come from backends whose clocks differ by up to five minutes, m… from both.
    """
    now, numbers = START, dict[str, int]()
    skews = {f"b{n}": rng.choice([-SKEW, -SKEW // 2, 0, SKEW // 2, SKEW]) for n in range(4)}
    batches = []

    def event(user: str, source: str, time_us: int) -> Event:
        numbers[user + source] = numbers.get(user + source, 0) + 1
        return message(f"u_{user}", numbers[user + source], time_us, source=source, received_us=now)

    for _ in range(rng.choice([5, 30, 80])):
        now += rng.choice([1, SECOND // 10, SECOND, 20 * SECOND])
        origin = rng.choice(ORIGINS)
        stamped = [
            event(rng.choice(["w1", "w2", "w3", "m1"]), f"c_{origin}", now - rng.randrange(SECOND // 20))
            for _ in range(rng.randrange(8))
        ]
        batches.append((batch_of(sorted(stamped, key=_time), now, origin=origin), False))
        told = []
        for _ in range(rng.randrange(8)):
            user = rng.choice(["b0", "b1", "b2", "b3", "m1"])
            told.append(event(user, "backend/u_x/s", now + skews.get(user, SKEW) + rng.randrange(-SECOND, SECOND)))
        batch = batch_of(told, 0, origin=origin)
        batch.clock = pb.CLOCK_KIND_BACKEND
        batches.append((batch, True))
    return batches


def _time(event: Event) -> int:
    return event.time_us


def applied(batches: list[pb.ActivityBatch]) -> tuple[list[Vector], list[int]]:
    """Vectors of some batches, and the watermark after each."""
    engine = PartitionEngine()
    found, watermarks = [], [0]
    for batch in batches:
        records = engine.apply(batch.SerializeToString())
        found += vectors_of(records)
        told = [features_pb2.VectorBatch.FromString(record).watermark_us for record in records]
        watermarks.append(max([watermarks[-1], *told]))
    return found, watermarks[1:]


@given(seeds)
@settings(max_examples=40)
def test_a_backend_that_is_five_minutes_off_changes_nothing_for_others(seed: int) -> None:
    batches = traffic(random.Random(seed))
    with_backends, _ = applied([batch for batch, _ in batches])
    without, _ = applied([batch for batch, by_backend in batches if not by_backend])
    others = {"u_w1", "u_w2", "u_w3"}
    assert [v for v in with_backends if v[0] in others] == [v for v in without if v[0] in others]


@given(seeds)
@settings(max_examples=40)
def test_the_watermark_is_what_gateways_promised(seed: int) -> None:
    batches = traffic(random.Random(seed))
    promised = dict[str, int]()
    _, watermarks = applied([batch for batch, _ in batches])
    for (batch, _), watermark_us in zip(batches, watermarks, strict=True):
        promised[batch.origin] = max(promised.get(batch.origin, 0), batch.watermark_us)
        assert watermark_us <= max(promised.values())


@given(seeds)
@settings(max_examples=40)
def test_backends_events_count_as_the_features_say(seed: int) -> None:
    """Every event of a batch counts in the buckets of its own time; none within five minutes is too late to count."""
    events = [e for batch, _ in traffic(random.Random(seed)) for e in _events(batch)]
    engine = PartitionEngine()
    got: dict[str, list[Vector]] = {}
    for batch in (batch_of(events), batch_of([], watermark_us=PAST_EVERYTHING)):
        for vector in vectors_of(engine.apply(batch.SerializeToString())):
            got.setdefault(vector[0], []).append(vector)
    for user in {e.user for e in events}:
        want = vectors([e for e in events if e.user == user])
        assert [v[3:5] for v in got[user]] == [(w.start_us, w.end_us) for w in want]
        assert all(_close(mine[5], expected.values) for mine, expected in zip(got[user], want, strict=True))
    assert engine.take_counts()["late"] == 0


def test_a_user_of_both_is_counted_whole_in_ten_minutes_and_not_in_one() -> None:
    """What a clock that is five minutes ahead costs: one user's other messages are outside of the shortest window."""
    ahead = [message("u_m", n, START + SKEW + n, source="backend/u_x/s") for n in range(1, 11)]
    behind = [message("u_m", n, START + n, source="c_1") for n in range(1, 11)]
    found, _ = applied([batch_of(ahead, 0), batch_of(behind, START + SECOND, origin="gateway-1")])
    values = found[-1][5]
    assert values[INDEX["requests_per_user"]] == 20
    assert values[INDEX["messages_per_minute"]] == 10


def _close(mine: tuple[float, ...], expected: tuple[float, ...]) -> bool:
    return all(abs(a - b) <= 1e-9 * max(1.0, abs(b)) for a, b in zip(mine, expected, strict=True))


def _events(batch: pb.ActivityBatch) -> list[Event]:
    """The events of a batch, from columns to rows."""
    s = batch.strings
    return [
        Event(
            s[batch.user[i]], s[batch.source[i]], batch.sequence[i], batch.kind[i], batch.time_us[i], batch.size[i],
            s[batch.channel[i]], s[batch.address[i]], s[batch.token[i]], batch.error[i], batch.received_us[i],
        )
        for i in range(len(batch.user))
    ]  # fmt: skip
