"""What orders the values of one key: every value begins with it, so nothing else has to be kept beside a value."""

from __future__ import annotations

from struct import Struct
from typing import Final

# Fields 1 and 2 of every online message, each a tag and eight bytes.
VERSION: Final = Struct("<BqBQ")
END_US: Final = 0x09
ORDINAL: Final = 0x11


def versioned(end_us: int, ordinal: int, rest: bytes) -> bytes:
    """A serialized online message.

    Protobuf messages are merged by putting one after the other: the version before the other fields is the message.

    Args:
        end_us: Event time, microseconds since the epoch, below 2**53.
        ordinal: Orders values of the same time, below 2**53; 0 where nothing does.
        rest: The message without these two fields, serialized.
    """
    return VERSION.pack(END_US, end_us, ORDINAL, ordinal) + rest


def is_newer(value: bytes, other: bytes) -> bool:
    """Whether a value is newer than another of its key."""
    return VERSION.unpack_from(value) > VERSION.unpack_from(other)
