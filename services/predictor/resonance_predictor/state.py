"""Saved state of a partition: a header, and one document a shard; both MessagePack, floats as raw bytes.

What is read back is exactly what was written, to the last bit, so detection goes on as if it had never stopped.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_predictor.baseline import Moments
from resonance_predictor.errors import StateError
from resonance_predictor.incidents import Case
from resonance_predictor.scorer import ModelVersion
from resonance_predictor.users import Users

FORMAT: Final = 1

_DocumentT = TypeVar("_DocumentT", bound="_Document")


class _Document(msgspec.Struct, kw_only=True):
    format: int = FORMAT


class StreamMark(msgspec.Struct, frozen=True):
    """Where a stream stands: see `users.Stream`."""

    watermark_us: int
    live_us: int
    swept_us: int


class Header(_Document):
    """What a partition knows beside its users.

    Attributes:
        offset: Newest record applied; -1 before the first.
        rules: Rules in force, as `RuleBook.document` says them: the file may have changed since.
        model: Model in force; None before the first.
        quiet_us: Quiet time in force.
        streams: Where each stream stands.
    """

    offset: int
    rules: str
    model: ModelVersion | None
    quiet_us: int
    streams: dict[str, StreamMark]


class _Shard(_Document):
    """Users of one shard: entry i of each column is user i; matrices are row-major."""

    width: int
    streams: list[str]
    keys: list[str]
    ordinals: list[int]
    ends_us: list[int]
    since_us: list[int]
    learned: bytes
    baseline: tuple[bytes, bytes, bytes]
    habit: tuple[bytes, bytes, bytes]
    cases: dict[int, Case]


def dump_header(header: Header) -> bytes:
    """A header as bytes."""
    return msgspec.msgpack.encode(header)


def load_header(data: bytes) -> Header:
    """A header from bytes.

    Raises:
        StateError: They are not a header of this format.
    """
    return _decode(data, Header)


def dump_shard(users: Users, slots: list[int]) -> bytes:
    """Users of one shard as bytes; empty bytes for no users.

    Args:
        users: All users of the partition.
        slots: Slots of the shard. Their order is that of the document, so equal states give equal bytes.
    """
    if not slots:
        return b""
    rows = np.array(slots, dtype=np.intp)
    return msgspec.msgpack.encode(
        _Shard(
            width=WIDTH,
            streams=[users.homes[slot] for slot in slots],
            keys=[users.keys[slot] for slot in slots],
            ordinals=[users.ordinals[slot] for slot in slots],
            ends_us=[users.ends_us[slot] for slot in slots],
            since_us=[users.since_us[slot] for slot in slots],
            learned=_raw(users.learned[rows]),
            baseline=_dump_moments(users.baseline, rows),
            habit=_dump_moments(users.habit, rows),
            cases={i: users.cases[slot] for i, slot in enumerate(slots) if slot in users.cases},
        )
    )


def load_shard(users: Users, data: bytes) -> None:
    """Add the users of one shard.

    Raises:
        StateError: The bytes are not a shard of this format.
    """
    shard = _decode(data, _Shard)
    if shard.width != WIDTH:
        raise StateError(f"expected saved baselines of {WIDTH} features, got {shard.width}; remove the saved state")
    slots = [users.slot(name, users.stream(name), key) for name, key in zip(shard.streams, shard.keys, strict=True)]
    rows = np.array(slots, dtype=np.intp)
    for slot, *times in zip(slots, shard.ordinals, shard.ends_us, shard.since_us, strict=True):
        users.ordinals[slot], users.ends_us[slot], users.since_us[slot] = times
    users.learned[rows] = np.frombuffer(shard.learned, dtype="<i8")
    _load_moments(users.baseline, rows, shard.baseline)
    _load_moments(users.habit, rows, shard.habit)
    for i, case in shard.cases.items():
        users.keep(users.stream(shard.streams[i]), slots[i], case)


def _dump_moments(moments: Moments, rows: NDArray[np.intp]) -> tuple[bytes, bytes, bytes]:
    return _raw(moments.weight[rows]), _raw(moments.mean[rows]), _raw(moments.variance[rows])


def _load_moments(moments: Moments, rows: NDArray[np.intp], data: tuple[bytes, bytes, bytes]) -> None:
    weight, mean, variance = (np.frombuffer(part, dtype="<f8") for part in data)
    moments.weight[rows] = weight
    moments.mean[rows] = mean.reshape(len(rows), -1)
    moments.variance[rows] = variance.reshape(len(rows), -1)


def _raw(array: NDArray[Any]) -> bytes:
    """Content in little-endian order, whatever the machine."""
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def _decode(data: bytes, kind: type[_DocumentT]) -> _DocumentT:
    try:
        found = msgspec.msgpack.decode(data, type=_Document).format
        if found != FORMAT:
            raise StateError(f"expected saved state of format {FORMAT}, got {found}; remove the saved state")
        return msgspec.msgpack.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise StateError(f"saved state of this partition cannot be read: {error}; remove it") from error
