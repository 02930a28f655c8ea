"""What a version and the next one owe each other, each by itself; `make upgrade-test` has them run side by side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from resonance_contracts.pb.resonance.v1.activity_pb2 import ActivityBatch, ActivityKind, ClockKind
from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly, Severity
from resonance_contracts.topics import TOPICS
from resonance_feature_extractor.engine import BadState, PartitionEngine
from resonance_feature_extractor.state import FeatureState
from resonance_predictor.errors import StateError
from resonance_predictor.state import load_header
from resonance_runtime.health import Health
from resonance_runtime.segments import BrokenSnapshot, decode, encode
from resonance_runtime.snapshots import Snapshot
from tests.upgrades import trees
from tests.upgrades.run import mark

LATER = {"next_note": trees.NOTE}


def activity(**fields: object) -> ActivityBatch:
    return ActivityBatch(
        stream="live",
        clock=ClockKind.CLOCK_KIND_GATEWAY,
        watermark_us=1_700_000_100_000_000,
        origin="gateway-1",
        strings=["", "u_1", "c_1", "a_1"],
        user=[1],
        source=[2],
        sequence=[1],
        time_us=[1_700_000_000_000_000],
        kind=[ActivityKind.ACTIVITY_KIND_MESSAGE],
        size=[10],
        channel=[0],
        address=[3],
        token=[0],
        error=[False],
        received_us=[1_700_000_000_000_000],
        **fields,
    )


@pytest.fixture(scope="module")
def next_version() -> Path:
    """The tree of the next version."""
    return trees.next_version()


def test_the_next_version_has_a_field_more_in_every_message_and_a_value_more_in_every_enum(next_version: Path) -> None:
    program = """
from resonance_contracts.topics import TOPICS
from resonance_contracts.pb.resonance.v1.detection_pb2 import Severity
for topic in TOPICS:
    assert topic.message(next_note="x").next_note == "x", topic
assert Severity.Value("SEVERITY_OF_NEXT") == 99
from resonance_runtime.records import Outgoing
for topic in TOPICS:
    print(Outgoing(topic, topic.message(), id="1", time_us=1).encoded().hex())
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(next_version)},
        capture_output=True,
        text=True,
        cwd=next_version,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [mark().hex()] * len(TOPICS)


def test_vectors_are_the_same_of_activity_with_a_field_more() -> None:
    value = activity().SerializeToString()

    assert list(PartitionEngine().apply(value + mark())) == list(PartitionEngine().apply(value))


def test_a_message_that_is_handed_on_keeps_what_this_version_does_not_know() -> None:
    alert = Alert.FromString(Alert(alert_id="a").SerializeToString() + mark())
    anomaly = Anomaly(opened=[alert])

    assert mark() in anomaly.SerializeToString()


def test_a_value_of_an_enum_that_is_not_known_is_kept_as_its_number() -> None:
    alert = Alert(severity=99)  # open enum

    assert alert.severity not in Severity.values()
    assert Alert.FromString(alert.SerializeToString()).severity == 99


def test_state_with_a_field_more_is_read_and_state_of_another_format_is_refused_in_words() -> None:
    header = {"format": 1, "offset": 7, "rules": "", "model": None, "quiet_us": 1, "streams": {}}

    assert load_header(msgspec.msgpack.encode(header | LATER)).offset == 7
    with pytest.raises(StateError, match="format 2, which a later version kept"):
        load_header(msgspec.msgpack.encode(header | {"format": 2}))


async def test_windows_with_a_field_more_are_read_and_those_of_another_format_are_refused_in_words() -> None:
    engine = PartitionEngine()
    list(engine.apply(activity().SerializeToString()))
    head, pieces = engine.dump(range(256))
    shards = {shard: [piece.data] for shard, piece in pieces.items()}
    later = msgspec.msgpack.decode(head)
    state = FeatureState(Health(30.0), 24 * 3_600_000_000)

    assert await state.open(0, Snapshot(1, msgspec.msgpack.encode(later | LATER), shards)) == engine.users() == 1
    with pytest.raises(BadState, match="format 3, which a later version kept"):
        await state.open(0, Snapshot(1, msgspec.msgpack.encode(later | {"format": 3}), shards))


def test_a_segment_with_a_field_more_is_read_and_one_of_another_format_is_refused_in_words() -> None:
    segment = encode(5, b"header", {}, [])
    size = int.from_bytes(segment[:4], "big")
    head = msgspec.msgpack.decode(segment[4 : 4 + size])

    def again(changes: dict[str, object]) -> bytes:
        data = msgspec.msgpack.encode(head | changes)
        return len(data).to_bytes(4, "big") + data + segment[4 + size :]

    assert decode("k", again(LATER)).head.next_offset == 5
    with pytest.raises(BrokenSnapshot, match="format 3, which a later version kept"):
        decode("k", again({"format": 3}))
