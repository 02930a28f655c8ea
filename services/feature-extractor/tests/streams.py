"""Streams of events nobody would wish for, and what engines and batches need of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from reference import HOUR, SECOND, Event

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_feature_extractor.engine import PartitionEngine

START = 1_760_000_000_000_000
PAST_EVERYTHING = START + 10**13
KINDS = [pb.ACTIVITY_KIND_MESSAGE] * 6 + [k for k in pb.ActivityKind.values() if k and k != pb.ACTIVITY_KIND_ERASED]

Vector = tuple[str, str, int, int, int, tuple[float, ...]]


def random_stream(rng: random.Random, user: str) -> list[Event]:
    """Events of one user: late, out of order, repeated, in bursts, after long breaks, with a clock that jumps."""
    now = START + rng.randrange(HOUR)
    events: list[Event] = []
    sequences: dict[str, int] = {}
    pace = rng.choice([SECOND // 20, SECOND // 2, 5 * SECOND, 90 * SECOND, 600 * SECOND])
    for _ in range(rng.choice([1, 5, 15, 30, 60])):
        if events and rng.random() < 0.08:
            events.append(rng.choice(events))
            continue
        now += rng.randrange(pace) if rng.random() < 0.95 else rng.choice([0, 1, 2 * HOUR, 30 * HOUR, -HOUR // 2])
        late = rng.choice([0] * 6 + [SECOND, 100 * SECOND, 400 * SECOND, HOUR - SECOND, HOUR, HOUR + 1, 2 * HOUR])
        source = f"{user}/{rng.choice('xxxyz')}"
        sequence = sequences[source] = sequences.get(source, 0) + rng.choice([1, 1, 1, 2])
        events.append(
            Event(
                user, source, sequence, rng.choice(KINDS), max(1, now - late),
                rng.choice([0, 1, 127, 128, 5000, 2**32 - 1]),
                rng.choice(["", "c1", "c2", "c3"]), rng.choice(["", "a1", "a1", "a2", "a3"]),
                rng.choice(["", "t1", "t1", "t2"]), rng.random() < 0.2, START + len(events),
            )
        )  # fmt: skip
    return events


def interleaved(rng: random.Random, streams: Sequence[Sequence[Event]]) -> list[Event]:
    """All streams in one, each in its own order."""
    turns = [i for i, stream in enumerate(streams) for _ in stream]
    rng.shuffle(turns)
    left = [iter(stream) for stream in streams]
    return [next(left[i]) for i in turns]


def batch_of(
    events: Sequence[Event], watermark_us: int = 0, stream: str = "live", origin: str = ""
) -> pb.ActivityBatch:
    """A batch of events, as a gateway makes it."""
    strings = sorted({s for e in events for s in (e.user, e.source, e.channel, e.address, e.token)})
    place = {s: i for i, s in enumerate(strings)}
    batch = pb.ActivityBatch(
        stream=stream, clock=pb.CLOCK_KIND_GATEWAY, watermark_us=watermark_us, strings=strings, origin=origin
    )
    for e in events:
        for column in ("user", "source", "channel", "address", "token"):
            getattr(batch, column).append(place[getattr(e, column)])
        for column in ("sequence", "kind", "time_us", "size", "error", "received_us"):
            getattr(batch, column).append(getattr(e, column))
    return batch


def run(engine: PartitionEngine, batches: Iterable[pb.ActivityBatch]) -> list[Vector]:
    """All vectors that follow from some batches."""
    return [v for batch in batches for v in vectors_of(engine.apply(batch.SerializeToString()))]


def vectors_of(records: Iterable[bytes]) -> list[Vector]:
    """Vectors of some records: user, id, ordinal, start, end, values."""
    found: list[Vector] = []
    for batch in map(features_pb2.VectorBatch.FromString, records):
        rows = [tuple(batch.values[i : i + WIDTH]) for i in range(0, len(batch.values), WIDTH)]
        columns = (batch.user_key, batch.vector_id, batch.ordinal, batch.start_us, batch.end_us, rows)
        found += zip(*columns, strict=True)
    return found


def message(user: str, sequence: int, time_us: int, **changes: object) -> Event:
    """A message of a user with one connection."""
    event = Event(user, f"{user}/s", sequence, pb.ACTIVITY_KIND_MESSAGE, time_us, 10, "c", "a", "t", False, START)
    return event._replace(**changes)  # type: ignore[arg-type]  # of the fields' types
