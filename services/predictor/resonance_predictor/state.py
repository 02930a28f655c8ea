"""Saved state of a partition: a header, and documents of its shards; all MessagePack, floats as raw bytes.

A shard is one document with all its users, and later ones with those that changed or were forgotten since.

What is read back is exactly what was written, to the last bit, so detection goes on as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_contracts.shards import shard_of
from resonance_predictor.away import Who
from resonance_predictor.baseline import Moments
from resonance_predictor.errors import StateError
from resonance_predictor.incidents import Case
from resonance_predictor.limits.terms import LimitTerms
from resonance_predictor.peaks import NOTHING, Grounds, Learned
from resonance_predictor.quantiles import LEVELS, Quantiles
from resonance_predictor.recent import Recent
from resonance_predictor.scorer import ModelVersion, OtherVersions
from resonance_predictor.terms import DEFAULT_IDLE_US, DEFAULT_WEEKS_US
from resonance_predictor.thresholds import DEFAULT_BUDGET
from resonance_predictor.time_zones import UTC_ZONE, TimeZone, UnknownTimeZone
from resonance_predictor.users import Users
from resonance_predictor.verdicts.leave import Leave
from resonance_predictor.week_state import SavedWeeks, loaded_weeks, raw, saved_weeks
from resonance_runtime.keyed import Piece
from resonance_runtime.segments import later_version

FORMAT: Final = 1

_DocumentT = TypeVar("_DocumentT", bound="_Document")


class _Document(msgspec.Struct, kw_only=True):
    format: int = FORMAT


class StreamMark(msgspec.Struct, frozen=True):
    """Where a stream stands: see `users.Stream`."""

    watermark_us: int
    live_us: int
    swept_us: int
    learned: Learned = NOTHING
    lately: Learned = NOTHING


class Header(_Document):
    """What a partition knows beside its users.

    Attributes:
        offset: Newest record applied; -1 before the first.
        rules: Rules in force, as `RuleBook.document` says them: the file may have changed since.
        model: Model in force; None before the first.
        quiet_us: Quiet time in force.
        idle_us: Memory in force.
        observe_only: Whether incidents that open are held back.
        streams: Where each stream stands.
        limits: Terms of limits in force; None while none are set.
        false_incidents: Budget of false incidents in force.
        others: The versions beside the model; none in what was saved before there were any.
        leaves, shares: Verdicts in force: see `verdicts.terms.Verdicts`.
        time_zone, weeks_us: Of parts of the week, in force.
    """

    offset: int
    rules: str
    model: ModelVersion | None
    quiet_us: int
    streams: dict[str, StreamMark]
    idle_us: int = DEFAULT_IDLE_US
    observe_only: bool = False
    limits: LimitTerms | None = None
    false_incidents: float = DEFAULT_BUDGET
    others: OtherVersions = OtherVersions()
    leaves: tuple[Leave, ...] = ()
    shares: dict[str, float] = {}
    time_zone: str = UTC_ZONE.name
    weeks_us: int = DEFAULT_WEEKS_US

    def at(self, offset: int) -> Header:
        """The same, with `offset` as the newest record applied."""
        return msgspec.structs.replace(self, offset=offset)


class _Shard(_Document):
    """Users of one shard: entry i of each column is user i; matrices are row-major.

    Attributes:
        gone: Stream and key of users who were forgotten before those above came.
        recent: How many recent vectors each has, and these one after another.
        quantiles: Distances from the mean. Both are empty in what was saved before there were any.
        weeks: What is usual by part of the week, of the users and then of those who are away; empty as those.
        away: Stream, key and time of the last vector of those who are away.
    """

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
    gone: list[tuple[str, str]] = []
    climb: bytes = b""
    counted_us: bytes = b""
    recent: tuple[bytes, bytes] = (b"", b"")
    quantiles: bytes = b""
    weeks: SavedWeeks = ()
    away: list[tuple[str, str, int]] = []


def dump_header(header: Header) -> bytes:
    """A header as bytes."""
    return msgspec.msgpack.encode(header)


def load_header(data: bytes) -> Header:
    """A header from bytes.

    Raises:
        StateError: They are not a header of this format.
    """
    return _decode(data, Header)


def dump_changes(users: Users, whole: Collection[int]) -> dict[int, Piece]:
    """What changed since it was last called, by shard; empty where a shard has no users any more.

    Args:
        users: All users of the partition.
        whole: Shards wanted with all their users, changed or not. Others have theirs where most of them changed, or
            where somebody was erased.
    """
    whole = users.erased.union(whole)
    changed: dict[int, list[int]] = {shard: [] for shard in (*whole, *users.gone)}
    for slot in users.changed:
        changed.setdefault(users.shards[slot], []).append(slot)
    pieces = {}
    for shard, slots in sorted(changed.items()):
        if shard in whole or 2 * len(slots) >= users.count(shard):
            pieces[shard] = Piece(_dump(users, users.members(shard), (), users.away.of(shard)), True)
        else:
            left = users.away.left.get(shard, set[Who]())
            away = [one for one in users.away.of(shard) if one[0] in left] if left else []
            pieces[shard] = Piece(_dump(users, users.in_order(slots), users.gone.get(shard, ()), away), False)
    users.away.left.clear()
    users.changed.clear()
    users.gone.clear()
    users.erased.clear()
    return pieces


def _dump(
    users: Users, slots: list[int], gone: Collection[tuple[str, str]], away: Collection[tuple[Who, int, int]]
) -> bytes:
    """Some users of one shard as bytes; empty bytes for none. Equal states give equal bytes."""
    if not slots and not gone and not away:
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
            learned=raw(users.learned[rows]),
            baseline=_dump_moments(users.baseline, rows),
            habit=_dump_moments(users.habit, rows),
            cases={i: users.cases[slot] for i, slot in enumerate(slots) if slot in users.cases},
            gone=sorted(gone),
            climb=raw(users.climb[rows]),
            counted_us=raw(users.counted_us[rows]),
            recent=(raw(users.recent.count(rows).astype(np.uint8)), raw(users.recent.known(rows))),
            quantiles=raw(users.quantiles.distance[rows]),
            weeks=saved_weeks(users.weeks.dump(rows, [chain for _, chain, _ in away])),
            away=[(*who, since_us) for who, _, since_us in away],
        )
    )


def load_piece(users: Users, data: bytes) -> None:
    """Take in a document of a shard: forget the users who are gone, add the others, or what is newer of them.

    Raises:
        StateError: The bytes are not of this format.
    """
    shard = _decode(data, _Shard)
    if shard.width != WIDTH:
        raise StateError(f"expected saved baselines of {WIDTH} features, got {shard.width}; remove the saved state")
    for name, key in shard.gone:
        if (slot := users.stream(name).slots.get(key)) is not None:
            users.remove(users.stream(name), slot)
        users.weeks.free(users.away.come_back(shard_of(key), (name, key)))
    slots = [users.slot(name, users.stream(name), key) for name, key in zip(shard.streams, shard.keys, strict=True)]
    rows = np.array(slots, dtype=np.intp)
    for slot, *times in zip(slots, shard.ordinals, shard.ends_us, shard.since_us, strict=True):
        users.ordinals[slot], users.ends_us[slot], users.since_us[slot] = times
    users.learned[rows] = np.frombuffer(shard.learned, dtype="<i8")
    # State of versions before there were such sums has none.
    users.climb[rows] = np.frombuffer(shard.climb, dtype="<f8") if shard.climb else 0.0
    if shard.counted_us:
        users.counted_us[rows] = np.frombuffer(shard.counted_us, dtype="<i8").reshape(len(rows), len(Grounds))
    _load_moments(users.baseline, rows, shard.baseline)
    _load_moments(users.habit, rows, shard.habit)
    _load_recent(users.recent, rows, shard.recent)
    _load_quantiles(users.quantiles, users.baseline, rows, shard.quantiles)
    chains = users.weeks.load(rows, loaded_weeks(shard.weeks, len(rows)))
    for (name, key, since_us), chain in zip(shard.away, chains, strict=True):
        users.away.leave(shard_of(key), (name, key), chain, since_us)
    for i, slot in enumerate(slots):
        users.keep(users.stream(shard.streams[i]), slot, shard.cases.get(i, Case()))


def _dump_moments(moments: Moments, rows: NDArray[np.intp]) -> tuple[bytes, bytes, bytes]:
    return raw(moments.weight[rows]), raw(moments.mean[rows]), raw(moments.variance[rows])


def _load_moments(moments: Moments, rows: NDArray[np.intp], data: tuple[bytes, bytes, bytes]) -> None:
    weight, mean, variance = (np.frombuffer(part, dtype="<f8") for part in data)
    moments.weight[rows] = weight
    width = moments.mean.shape[1]
    moments.mean[rows] = mean.reshape(-1, width)
    moments.variance[rows] = variance.reshape(-1, width)


def time_zone_of(header: Header) -> TimeZone:
    """The time zone that a header names.

    Raises:
        StateError: This machine does not know it.
    """
    try:
        return TimeZone.of(header.time_zone)
    except UnknownTimeZone as error:
        raise StateError(f"saved state goes by a time zone that is not known here: {error}") from error


def _load_recent(recent: Recent, rows: NDArray[np.intp], data: tuple[bytes, bytes]) -> None:
    count = np.frombuffer(data[0] or bytes(len(rows)), dtype=np.uint8)
    recent.put(rows, count.astype(np.intp), np.frombuffer(data[1], dtype="<f4").reshape(-1, WIDTH))


def _load_quantiles(quantiles: Quantiles, moments: Moments, rows: NDArray[np.intp], data: bytes) -> None:
    if data:
        quantiles.distance[rows] = np.frombuffer(data, dtype="<f4").reshape(len(rows), len(LEVELS), WIDTH)
    else:
        quantiles.assume_normal(rows, np.sqrt(moments.variance[rows]))


def _decode(data: bytes, kind: type[_DocumentT]) -> _DocumentT:
    try:
        found = msgspec.msgpack.decode(data, type=_Document).format
        if found > FORMAT:
            raise StateError(later_version(found, FORMAT))
        if found != FORMAT:
            raise StateError(f"expected saved state of format {FORMAT}, got {found}; remove the saved state")
        return msgspec.msgpack.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise StateError(f"saved state of this partition cannot be read: {error}; remove it") from error
