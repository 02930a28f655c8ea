"""Columns hold every event once and in order, and the largest batch fits into a record."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_contracts.pb.resonance.v1 import activity_pb2
from resonance_gateway.tracking.activity import LIVE_STREAM, Activity, Kind, Stream
from resonance_gateway.tracking.batching import MAX_EVENTS, columns
from resonance_runtime.publisher import MAX_RECORD_BYTES

names = st.sampled_from(["", "u_a", "u_b", "general", "c_1", "c_1#session", "a_x"])
events = st.builds(
    Activity,
    names,
    names,
    st.integers(1, 2**63),
    st.integers(0, 2**53),
    st.sampled_from(list(Kind)),
    st.integers(0, 2**32 - 1),
    names,
    names,
    names,
    st.booleans(),
    st.integers(0, 2**53),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events, max_size=50), st.integers(0, 2**53))
def test_what_goes_in_comes_out(rows, given_events, watermark):
    batch = columns("g1/7", LIVE_STREAM, watermark, given_events)
    read = activity_pb2.ActivityBatch.FromString(batch.SerializeToString())

    assert (read.origin, read.watermark_us) == ("g1/7", watermark)
    assert list(read.received_us) == [e.received_us for e in given_events]
    assert [
        (
            r["user"],
            r["source"],
            r["sequence"],
            r["time_us"],
            r["size"],
            r["channel"],
            r["address"],
            r["token"],
            r["error"],
            r["kind"].upper(),
        )
        for r in rows(read)
    ] == [
        (e.user_key, e.source, e.sequence, e.time_us, e.size, e.channel, e.address, e.token, e.error, Kind(e.kind).name)
        for e in given_events
    ]


def test_names_are_told_once():
    event = Activity("u_a", "c_1", 1, 5, Kind.MESSAGE, 3, "general", "a_x", "t_y", False, 6)

    assert list(columns("g1/7", LIVE_STREAM, 0, [event] * 9).strings) == ["", "u_a", "c_1", "general", "a_x", "t_y"]


@pytest.mark.parametrize(
    ("stream", "clock"),
    [(LIVE_STREAM, activity_pb2.CLOCK_KIND_GATEWAY), (Stream("replay:r"), activity_pb2.CLOCK_KIND_REPLAY)],
)
def test_a_batch_without_events_tells_the_time(stream, clock):
    batch = columns("g1/7", stream, 17, [])

    assert (batch.stream, batch.clock, batch.watermark_us, len(batch.strings)) == (stream.name, clock, 17, 0)


def test_the_largest_batch_fits_into_a_record():
    def longest(prefix: str, i: int, length: int) -> str:
        return prefix + f"{i:05}".rjust(length, "x")

    stream = Stream("replay:" + "r" * 64)
    largest = [
        Activity(
            longest("u_", i, 26),
            f"{stream.name}/{longest('u_', i, 26)}/{'s' * 128}#channels",
            2**63,
            2**53,
            Kind.UNSUBSCRIBE,
            2**32 - 1,
            longest("", i, 5) + "\U0001f600" * 123,
            longest("a_", i, 26),
            longest("t_", i, 26),
            True,
            2**53,
        )
        for i in range(MAX_EVENTS)
    ]

    assert columns("g1/7", stream, 2**53, largest).ByteSize() < MAX_RECORD_BYTES
