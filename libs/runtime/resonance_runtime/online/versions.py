"""What orders the values of one key: every value begins with it, so nothing else has to be kept beside a value."""

from __future__ import annotations

from struct import Struct
from typing import Final

# Fields 1 and 2 of every online message, each a tag and eight bytes.
VERSION: Final = Struct("<BqBQ")
END_US: Final = 0x09
ORDINAL: Final = 0x11
LAST_ORDINAL: Final = 2**53 - 1


def versioned(end_us: int, ordinal: int, rest: bytes) -> bytes:
    """A serialized online message.

    Protobuf messages are merged by putting one after the other: the version before the other fields is the message.

    Args:
        end_us: Event time, microseconds since the epoch, below 2**53.
        ordinal: Orders values of the same time, below 2**53; 0 where nothing does.
        rest: The message without these two fields, serialized.
    """
    return VERSION.pack(END_US, end_us, ORDINAL, ordinal) + rest


def tombstone(erased_us: int) -> bytes:
    """What stands in place of the value of a user who was erased: a version alone, above all until that time.

    It replaces any value, and keeps one from before from being written by a worker that reads the past again.
    """
    return VERSION.pack(END_US, erased_us, ORDINAL, LAST_ORDINAL)


def is_tombstone(value: bytes) -> bool:
    """Whether a value says that there is none."""
    return len(value) == VERSION.size and VERSION.unpack(value)[3] == LAST_ORDINAL


def is_newer(value: bytes, other: bytes) -> bool:
    """Whether a value is newer than another of its key."""
    return VERSION.unpack_from(value) > VERSION.unpack_from(other)
