"""Operators' verdicts on incidents, and which vectors of the window they bring into training and which they take out.

False: what counted into the incident is ordinary. It is trained on, unless it counted into another one, too, of which
nobody said so. True: the user was not themselves from `LEAD_US` before the incident was opened until the last vector
counted into it, whatever was flagged of that: evidence takes a while to suffice, and windows of features look back.
Where both are said of a vector, it is left out. What follows does not depend on the order in which flags, vectors and
verdicts are told; of two verdicts on one incident the newer holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]

LEAD_US: Final = 600_000_000
"""Ten minutes: the longest of the windows that most features have. In the benchmark `incidents` nine of ten planted
incidents have their alert within six."""

MOST_WEIGHT: Final = 5
"""Times that a vector that was called ordinary is learned from, at most."""

USER_SHARE: Final = 0.01
"""What was called ordinary of one user is, so weighted, at most this share of all that is learned from."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one incident.

    Attributes:
        alert_id, user_key, stream: The incident.
        opened_us, last_seen_us: Event times of its first and, as far as was known, last vector.
        true: Whether there was a reason to be told of it.
        withdrawn: What was said before does not hold.
        rank: The higher one holds: when it was given, and how far the incident was known.
    """

    alert_id: str
    user_key: str
    stream: str
    opened_us: int
    last_seen_us: int
    true: bool
    withdrawn: bool
    rank: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a window holds; one entry for each of its places.

    Attributes:
        held: Whether a vector is there.
        end_us, user, stream: Its end, hash of its user, number of its stream.
        slots: Place of each vector that is there, by id.
    """

    held: Bools
    end_us: NDArray[np.int64]
    user: NDArray[np.uint64]
    stream: NDArray[np.int32]
    slots: Mapping[str, int]


class Flags:
    """Vectors that counted into incidents.

    Attributes:
        incidents: End of each vector and the incidents that it counted into, of those that were told of; by id.
        vectors: Vectors that counted into an incident.
    """

    def __init__(self) -> None:
        self.incidents: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.vectors: dict[str, set[str]] = {}

    def add(self, vector_id: str, end_us: int, alert_ids: Iterable[str]) -> None:
        """One more."""
        self.incidents[vector_id] = end_us, tuple(alert_ids)
        for alert_id in self.incidents[vector_id][1]:
            self.vectors.setdefault(alert_id, set()).add(vector_id)

    def drop(self, vector_id: str) -> None:
        """One less, if it is there."""
        for alert_id in self.incidents.pop(vector_id, (0, ()))[1]:
            self.vectors[alert_id].discard(vector_id)
            if not self.vectors[alert_id]:
                del self.vectors[alert_id]


class Verdicts:
    """The newest verdict on each incident."""

    def __init__(self) -> None:
        self._given: dict[str, Verdict] = {}

    def __bool__(self) -> bool:
        return bool(self._given)

    def take(self, verdict: Verdict) -> Verdict | None:
        """Take one; the one that held before, or None: `verdict` itself is given back where it changes nothing."""
        known = self._given.get(verdict.alert_id)
        if known is not None and _rank(verdict) <= _rank(known):
            return verdict
        self._given[verdict.alert_id] = verdict
        return known

    def drop(self, alert_id: str) -> None:
        """Forget what was said of an incident."""
        self._given.pop(alert_id, None)

    def of(self, user_key: str) -> list[Verdict]:
        """What was said of a user's incidents."""
        return [verdict for verdict in self._given.values() if verdict.user_key == user_key]

    def ordinary(self, flags: Flags, rows: Rows) -> Bools:
        """Flagged vectors that are ordinary, of all places of the window."""
        found = np.zeros(len(rows.held), dtype=np.bool_)
        false = {id_ for id_, one in self._given.items() if not (one.true or one.withdrawn)}
        for vector_id in {vector for id_ in false for vector in flags.vectors.get(id_, ())}:
            slot = rows.slots.get(vector_id)
            if slot is not None and false.issuperset(flags.incidents[vector_id][1]):
                found[slot] = True
        return found

    def left_out(self, flags: Flags, rows: Rows, streams: Mapping[str, int], hash_of: Callable[[str], int]) -> Bools:
        """Vectors of users while an incident of theirs that is true went on, of all places of the window.

        Args:
            flags: What counted into incidents.
            rows: What the window holds.
            streams: Numbers of streams.
            hash_of: Hash of a user.
        """
        found = np.zeros(len(rows.held), dtype=np.bool_)
        true = [one for one in self._given.values() if one.true and not one.withdrawn and one.stream in streams]
        if not true:
            return found
        users = np.array(sorted({hash_of(one.user_key) for one in true}), dtype=np.uint64)
        some = np.flatnonzero(rows.held & np.isin(rows.user, users))
        user, stream, end_us = rows.user[some], rows.stream[some], rows.end_us[some]
        for one in true:
            last_us = max([one.last_seen_us, *(flags.incidents[v][0] for v in flags.vectors.get(one.alert_id, ()))])
            theirs = (user == np.uint64(hash_of(one.user_key))) & (stream == streams[one.stream])
            found[some[theirs & (end_us >= one.opened_us - LEAD_US) & (end_us <= last_us)]] = True
        return found


def weights(called: Bools, users: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How often each vector is learned from, (n,): 1, and more for those that were called ordinary.

    They are few beside all others, and what is rare is unusual to every detector. They are repeated rather than
    weighted, because not every detector takes weights, and to those that do they do not mean the same.

    Args:
        called: Which were called ordinary, (n,).
        users: Hash of each one's user, (n,).
    """
    found = np.ones(len(called), dtype=np.int64)
    if called.any():
        _, user, own = np.unique(users[called], return_inverse=True, return_counts=True)
        most = np.floor(USER_SHARE * len(called) / own[user]).astype(np.int64)
        found[called] = np.clip(most, 1, MOST_WEIGHT)
    return found


def _rank(verdict: Verdict) -> tuple[tuple[int, int], bool, bool]:
    return verdict.rank, verdict.withdrawn, verdict.true
