"""Batches one after the other in a stream, each after its length in four bytes, big end first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

LENGTH_BYTES: Final = 4


def framed(value: bytes) -> bytes:
    """A batch as it stands in the stream."""
    return len(value).to_bytes(LENGTH_BYTES, "big") + value


def frames(stream: BinaryIO) -> Iterator[bytes]:
    """The batches of a stream."""
    while head := stream.read(LENGTH_BYTES):
        yield stream.read(int.from_bytes(head, "big"))
