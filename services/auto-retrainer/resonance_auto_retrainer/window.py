"""The vectors that a model may be trained on: the newest ones by event time, each once.

What the window holds is a function of the vectors, flags and verdicts that were told, in any order and any number of
times: it keeps the newest vectors by (end, id), flagged or not, and leaves the flagged ones out on the way
out. A flag may come before its vector or after it, and a verdict before both or after (see `verdicts`). The vectors of
a user who was erased are as if they had never been told; older ones that had fallen out for them do not come back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heapify, heappush, heappushpop, nlargest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.errors import InvalidBatch
from resonance_auto_retrainer.verdicts import Bools, Flags, Rows, Verdict, Verdicts, weights
from resonance_modeling.sequences import BREAK_US

Key = tuple[int, str]
"""End of a vector, microseconds, and its id: the order of the window."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors in columns: entry i of each is vector i.

    Attributes:
        stream: Stream they all belong to.
        ids: Vector ids.
        users: User keys.
        end_us: Event time of the last event of each, microseconds.
        values: Shape (n, width), in the catalogue's order.
    """

    stream: str
    ids: Sequence[str]
    users: Sequence[str]
    end_us: Sequence[int]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What the window gives out: ordinary vectors, sorted by (end_us, id).

    Attributes:
        values: Shape (n, width).
        users: Number of each vector's user, shape (n,), in the order in which they first appear, flagged or not, so
            that a verdict changes nobody's: nobody can be told from it.
        sittings: Number of the sitting that each is of, shape (n,), in the order in which they begin: a user in a
            stream, without a break. A flagged vector, though left out, ends none.
        first_end_us, last_end_us: Event times of the oldest and the newest.
        streams: Streams they came from, ascending.
        flagged: Vectors of the window that were left out.
        called: Which were flagged, and called ordinary by a verdict, shape (n,).
        weights: How often each should be learned from, shape (n,).
        called_real: Vectors that were left out by a verdict alone, flagged by nothing.
    """

    values: NDArray[np.float64]
    users: NDArray[np.uint64]
    sittings: NDArray[np.int64]
    first_end_us: int
    last_end_us: int
    streams: tuple[str, ...]
    flagged: int
    called: Bools
    weights: NDArray[np.int64]
    called_real: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """What the window holds, in numbers.

    Attributes:
        vectors: Ordinary vectors: unflagged, or called ordinary, and not in an incident that is real.
        users: Distinct users among them.
        span_us: Event time that they cover in the stream that they cover most of, microseconds.
        flagged: The others.
        newer: Ordinary vectors that end after the time asked for.
    """

    vectors: int
    users: int
    span_us: int
    flagged: int
    newer: int


@dataclass(slots=True)
class Newest:
    """The `capacity` largest keys of all that were ever added; what falls out can never be among them again."""

    capacity: int
    _heap: list[Key] = field(default_factory=list)

    def add(self, key: Key) -> Key | None:
        """Adds a key that is not there; gives back the one that falls out, which may be `key` itself."""
        if len(self._heap) < self.capacity:
            heappush(self._heap, key)
            return None
        return heappushpop(self._heap, key)

    def remove(self, keys: Collection[Key]) -> None:
        """Removes keys; there is room for others then."""
        self._heap = [key for key in self._heap if key not in keys]
        heapify(self._heap)


class VectorWindow:
    """At most `capacity` vectors, in columns; memory is taken once.

    Attributes:
        capacity: Vectors it can hold.
        width: Values per vector.
        admitted: Vectors that ever came in.
    """

    def __init__(self, capacity: int, width: int) -> None:
        self.capacity = capacity
        self.width = width
        self.admitted = 0
        self._values = np.zeros((capacity, width))
        self._end_us = np.zeros(capacity, dtype=np.int64)
        self._user = np.zeros(capacity, dtype=np.uint64)
        self._stream = np.zeros(capacity, dtype=np.int32)
        self._held = np.zeros(capacity, dtype=np.bool_)
        self._flagged = np.zeros(capacity, dtype=np.bool_)
        self._streams: dict[str, int] = {}
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._newest = Newest(capacity)
        self._flags = Flags()
        self._newest_flags = Newest(capacity)
        self._verdicts = Verdicts()
        self._newest_verdicts = Newest(capacity)
        self._judged: tuple[Bools, Bools] | None = None

    def add(self, vectors: Vectors) -> None:
        """Adds vectors; those that are there already, or too old for a full window, are passed over.

        Raises:
            InvalidBatch: Columns differ in length, vectors have another width, or a value is not finite.
        """
        self._check(vectors)
        stream = self._streams.setdefault(vectors.stream, len(self._streams))
        for i, (vector_id, end_us) in enumerate(zip(vectors.ids, vectors.end_us, strict=True)):
            slot = self._take_slot(vector_id, end_us)
            if slot is None:
                continue
            self._values[slot] = vectors.values[i]
            self._end_us[slot] = end_us
            self._user[slot] = _user_hash(vectors.users[i])
            self._stream[slot] = stream
            self._held[slot] = True
            self._flagged[slot] = vector_id in self._flags.incidents
            self.admitted += 1
        self._judged = None

    def flag(self, marks: Iterable[Key], alert_ids: Sequence[str] = ()) -> None:
        """Leaves vectors out from now on, whether they are there already or come later.

        Args:
            marks: Which.
            alert_ids: Incidents that they counted into, of those that were told of.
        """
        for end_us, vector_id in marks:
            if vector_id in self._flags.incidents:
                continue
            fallen = self._newest_flags.add((end_us, vector_id))
            self._flags.add(vector_id, end_us, alert_ids)
            if fallen is not None:
                self._flags.drop(fallen[1])
            if (slot := self._slots.get(vector_id)) is not None:
                self._flagged[slot] = True
        self._judged = None

    def judge(self, verdict: Verdict) -> None:
        """Takes a verdict on an incident, whether its vectors are there already or come later."""
        before = self._verdicts.take(verdict)
        if before is None:
            fallen = self._newest_verdicts.add((verdict.opened_us, verdict.alert_id))
            if fallen is not None:
                self._verdicts.drop(fallen[1])
        self._judged = None

    def erase(self, user_key: str) -> None:
        """Removes the vectors of a user; their flags go with them."""
        gone = np.flatnonzero(self._held & (self._user == np.uint64(_user_hash(user_key))))
        slots = set(gone.tolist())
        ids = [vector_id for vector_id, slot in self._slots.items() if slot in slots]
        self._newest.remove({(int(self._end_us[self._slots[id_]]), id_) for id_ in ids})
        flags = self._flags.incidents
        self._newest_flags.remove({(flags[id_][0], id_) for id_ in ids if id_ in flags})
        said = self._verdicts.of(user_key)
        self._newest_verdicts.remove({(one.opened_us, one.alert_id) for one in said})
        for one in said:
            self._verdicts.drop(one.alert_id)
        self._judged = None
        for id_ in ids:
            self._flags.drop(id_)
            self._free.append(self._slots.pop(id_))
        self._held[gone] = self._flagged[gone] = False
        self._values[gone] = 0.0
        self._user[gone] = 0

    def contents(self, newer_than_us: int = 0) -> Contents:
        """What it holds, in numbers."""
        use = self._ordinary()
        end_us, stream = self._end_us[use], self._stream[use]
        spans = [int(np.ptp(end_us[stream == code])) for code in np.unique(stream)]
        return Contents(
            vectors=len(end_us),
            users=len(np.unique(self._user[use])),
            span_us=max(spans, default=0),
            flagged=int((self._held & ~use).sum()),
            newer=int((end_us > newer_than_us).sum()),
        )

    def regulars(self, least: int) -> int:
        """Users with at least so many ordinary vectors."""
        _, vectors = np.unique(self._user[self._ordinary()], return_counts=True)
        return int((vectors >= least).sum())

    def training_set(self) -> TrainingSet:
        """A copy of the ordinary vectors, in an order that depends on nothing but them.

        Raises:
            InvalidBatch: There are none.
        """
        keys = sorted((int(self._end_us[slot]), vector_id) for vector_id, slot in self._slots.items())
        every = np.array([self._slots[vector_id] for _, vector_id in keys], dtype=np.intp)
        ordinary, real = self._by_verdict()
        use = self._ordinary()[every]
        slots = every[use]
        if not len(slots):
            raise InvalidBatch("The window holds no vector that may be trained on.")
        used = set(self._stream[slots].tolist())
        return TrainingSet(
            values=self._values[slots],
            users=_ranks(_by_appearance(self._user[every])[use]).astype(np.uint64),
            sittings=_by_appearance(_sittings(self._stream[every], self._user[every], self._end_us[every])[use]),
            first_end_us=int(self._end_us[slots[0]]),
            last_end_us=int(self._end_us[slots[-1]]),
            streams=tuple(sorted(name for name, code in self._streams.items() if code in used)),
            flagged=int((self._flagged[every] & ~use).sum()),
            called=ordinary[slots],
            weights=weights(ordinary[slots], self._user[slots]),
            called_real=int((real & ~self._flagged)[every].sum()),
        )

    def recent(self, most: int) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
        """The newest vectors by (end_us, id), flagged ones too: values (n, width), and hashes of their users (n,)."""
        keys = nlargest(most, ((int(self._end_us[slot]), vector_id) for vector_id, slot in self._slots.items()))
        slots = np.array([self._slots[vector_id] for _, vector_id in reversed(keys)], dtype=np.intp)
        return self._values[slots], self._user[slots]

    def _ordinary(self) -> Bools:
        """Which places hold an ordinary vector."""
        ordinary, real = self._by_verdict()
        found: Bools = self._held & (~self._flagged | ordinary) & ~real
        return found

    def _by_verdict(self) -> tuple[Bools, Bools]:
        """Which places hold a flagged vector that was called ordinary, and which one of an incident that is real."""
        if self._judged is None:
            rows = Rows(self._held, self._end_us, self._user, self._stream, self._slots)
            ordinary = self._verdicts.ordinary(self._flags, rows)
            self._judged = ordinary, self._verdicts.left_out(self._flags, rows, self._streams, _user_hash)
        return self._judged

    def _take_slot(self, vector_id: str, end_us: int) -> int | None:
        """A place for a vector; None where it is there already, or is older than all that a full window holds."""
        if vector_id in self._slots:
            return None
        slot = self._free[-1] if self._free else len(self._slots)
        fallen = self._newest.add((end_us, vector_id))
        if fallen is not None:
            if fallen[1] == vector_id:
                return None
            slot = self._slots.pop(fallen[1])
        elif self._free:
            self._free.pop()
        self._slots[vector_id] = slot
        return slot

    def _check(self, vectors: Vectors) -> None:
        n = len(vectors.ids)
        if vectors.values.shape != (n, self.width) or len(vectors.users) != n or len(vectors.end_us) != n:
            raise InvalidBatch(
                f"Expected {n} users, ends and rows of {self.width} values for {n} vector ids, but got "
                f"{len(vectors.users)}, {len(vectors.end_us)} and values of shape {vectors.values.shape}."
            )
        if not np.isfinite(vectors.values).all():
            row = int(np.argwhere(~np.isfinite(vectors.values))[0, 0])
            raise InvalidBatch(f"Every value must be finite, but vector {vectors.ids[row]!r} has one that is not.")


def _sittings(streams: NDArray[np.int32], users: NDArray[np.uint64], end_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the sitting of each vector, shape (n,); the vectors are in the order of event time."""
    order = np.lexsort((users, streams))
    other = np.ones(len(order), dtype=np.bool_)
    other[1:] = (np.diff(streams[order]) != 0) | (users[order][1:] != users[order][:-1])
    other[1:] |= np.diff(end_us[order]) > BREAK_US
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(other) - 1
    return numbers


def _by_appearance(values: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers for values, (n,), from 0 in the order in which they first appear."""
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))
    return numbers[place]


def _ranks(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same in order, (n,), from 0 without gaps."""
    ranks: NDArray[np.int64] = np.unique(numbers, return_inverse=True)[1]
    return ranks


def _user_hash(user_key: str) -> int:
    return int.from_bytes(blake2b(user_key.encode(), digest_size=8).digest(), "big")
