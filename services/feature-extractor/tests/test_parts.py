"""The parts of the engine that have a twin elsewhere: hashes, and Protobuf."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_feature_extractor.engine import PartitionEngine
from resonance_feature_extractor.engine.blake2b import blake2b
from resonance_feature_extractor.engine.checking import characters
from resonance_feature_extractor.engine.siphash import name_of

LENGTHS = [*range(1, 20), 63, 64, 127, 128, 129, 255, 256, 257, 2048]


def test_texts_are_hashed_as_python_hashes_them() -> None:
    texts = [bytes(range(256)) * 9 for _ in LENGTHS]
    texts = [text[:length] for text, length in zip(texts, LENGTHS, strict=True)]
    code = "import json, sys; print(json.dumps([hash(bytes.fromhex(t)) for t in json.load(sys.stdin)]))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([text.hex() for text in texts]),
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [name_of(np.frombuffer(text, np.uint8).copy(), 0, len(text)) for text in texts]
    assert ours == json.loads(done.stdout)
    assert name_of(np.zeros(1, np.uint8), 0, 0) == 0


@pytest.mark.parametrize("digest_size", [2, 16, 64])
def test_blake2b_is_that_of_the_standard_library(digest_size: int) -> None:
    work = np.zeros(24, np.uint64)
    for length in [0, *LENGTHS]:
        text = (bytes(range(256)) * 9)[:length]
        blake2b(np.frombuffer(b"xx" + text, np.uint8).copy(), 2, length, digest_size, work)
        assert work[:8].tobytes()[:digest_size] == hashlib.blake2b(text, digest_size=digest_size).digest()


@given(st.binary(max_size=12))
@settings(max_examples=2000)
def test_characters_are_counted_as_python_does(data: bytes) -> None:
    try:
        expected = len(data.decode())
    except UnicodeDecodeError:
        expected = -1
    assert characters(np.frombuffer(data, np.uint8).copy(), 0, len(data)) == expected


@given(st.text(max_size=30))
def test_characters_of_any_text(text: str) -> None:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    assert characters(np.frombuffer(data, np.uint8).copy(), 0, len(data)) == len(text)


def packed(field: int, values: list[int]) -> bytes:
    message = pb.ActivityBatch()
    name = message.DESCRIPTOR.fields_by_number[field].name
    getattr(message, name).extend(values)
    return message.SerializeToString()


def test_what_is_not_written_the_usual_way_is_read_all_the_same() -> None:
    start = 1_760_000_000_000_000
    usual = pb.ActivityBatch(
        stream="live", strings=["", "u", "s"], user=[1, 1], source=[2, 2], sequence=[1, 2], time_us=[start, start + 1],
        kind=[pb.ACTIVITY_KIND_MESSAGE] * 2, received_us=[5, 6], watermark_us=start + 10**9,
    )  # fmt: skip
    unpacked = bytes([5 << 3, 1, 5 << 3, 1])
    in_pieces = packed(6, [2]) + packed(6, [2]) + packed(7, [1]) + packed(7, [2])
    later_version = bytes([0xFA, 0x07, 2, 1, 2, 0xF8, 0x07, 5, 0xF9, 0x07]) + bytes(8) + bytes([0xFD, 0x07]) + bytes(4)
    odd = pb.ActivityBatch(stream="dead", strings=["", "u", "s"]).SerializeToString() + unpacked + in_pieces
    odd += packed(8, [start, start + 1]) + packed(9, [1, 1]) + packed(15, [5, 6]) + later_version
    odd += pb.ActivityBatch(stream="live", watermark_us=start + 10**9).SerializeToString()
    expected = pb.ActivityBatch.FromString(odd)
    expected.DiscardUnknownFields()
    assert expected == usual
    assert PartitionEngine().apply(odd) == PartitionEngine().apply(usual.SerializeToString()) != []
