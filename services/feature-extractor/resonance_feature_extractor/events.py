"""One event, as the engine sees it, and how batches in columns become events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from resonance_contracts.pb.resonance.v1 import activity_pb2

KINDS: Final = frozenset(activity_pb2.ActivityKind.values()) - {activity_pb2.ACTIVITY_KIND_UNSPECIFIED}
# Year 2286: a time beyond it is milliseconds or nanoseconds taken for microseconds.
LATEST_US: Final = 10_000_000_000_000_000
# Pseudonyms, channels and sources; the gateway takes no longer ones, and state is kept by them.
LONGEST_STRING: Final = 512


class BadBatch(ValueError):
    """A batch whose columns do not fit together; the text says which and why."""


class Event(NamedTuple):
    """One event of one user.

    Attributes:
        kind: An `ActivityKind`.
        time_us, received_us: Event time, and when the gateway read it; microseconds since the epoch.
        size: Bytes.
        channel, address, token: Pseudonyms; "" where there is none.
    """

    user: str
    source: str
    sequence: int
    kind: int
    time_us: int
    size: int
    channel: str
    address: str
    token: str
    error: bool
    received_us: int


def events_of(batch: activity_pb2.ActivityBatch) -> Iterator[Event]:
    """Events of a batch in their order.

    Raises:
        BadBatch: Columns differ in length, name strings that are not there, or hold impossible values.
    """
    n = len(batch.user)
    strings = list(batch.strings)
    if (longest := max(map(len, strings), default=0)) > LONGEST_STRING:
        raise BadBatch(f"a string has {longest} characters; expected at most {LONGEST_STRING}")
    columns = (
        _names(strings, batch.user, "user", n),
        _names(strings, batch.source, "source", n),
        _column(batch.sequence, "sequence", n),
        _column(batch.kind, "kind", n),
        _column(batch.time_us, "time_us", n),
        _column(batch.size, "size", n),
        _names(strings, batch.channel, "channel", n),
        _names(strings, batch.address, "address", n),
        _names(strings, batch.token, "token", n),
        _column(batch.error, "error", n),
        _column(batch.received_us, "received_us", n),
    )
    if not KINDS.issuperset(columns[3]):
        raise BadBatch(f"column kind has a value that is none of {sorted(KINDS)}")
    if any(not 0 <= t < LATEST_US for t in columns[4]):
        raise BadBatch("column time_us has a value outside 1970 to 2286: expected microseconds since the epoch")
    return map(Event._make, zip(*columns, strict=True))


def _column(values, name: str, n: int):  # type: ignore[no-untyped-def]  # columns of several types
    if len(values) == n:
        return values
    if not values:
        return [0] * n
    raise BadBatch(f"column {name} has {len(values)} entries; expected {n}, as many as column user, or none")


def _names(strings: list[str], indices, name: str, n: int) -> list[str]:  # type: ignore[no-untyped-def]  # repeated field
    try:
        return [strings[i] for i in _column(indices, name, n)] if strings or n == 0 else _nothing(name)
    except IndexError:
        raise BadBatch(f"column {name} names a string that is not there; there are {len(strings)}") from None


def _nothing(name: str) -> list[str]:
    raise BadBatch(f"column {name} names strings, but the batch has none")
