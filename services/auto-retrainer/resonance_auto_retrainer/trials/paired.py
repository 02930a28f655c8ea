"""Two versions that score the same vectors: whom one finds unusual, and not the other.

A user is one observation, however many vectors they have: vectors of a user are not independent. The first vector at
which either version finds a user unusual decides what the user says of the two; were they equal, it would as often be
the one alone as the other alone (McNemar 1947, one user after the other).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.trials.seen import Seen
from resonance_contracts.findings import FINDING_TAIL
from resonance_training.betting import log_less, log_more

EVEN: Final = 0.5

Floats = NDArray[np.float64]


@dataclass(slots=True)
class _User:
    """One user: vectors, those found unusual by either side, and the newest of each stream."""

    vectors: int = 0
    found: list[int] = field(default_factory=lambda: [0, 0])
    newest_us: dict[str, int] = field(default_factory=dict)


class Paired:
    """What the version that serves and the one beside it said of the same vectors.

    Pairs of numbers are of the serving version, then of the one beside.

    Attributes:
        vectors: Compared, each once.
        users: Users compared.
        found: Users found unusual by each.
        first: Users whom each found unusual first, alone.
        shares: Sum over users of the share of their vectors that each found unusual.
        blank: Vectors of which each said nothing while the other did.
    """

    def __init__(self) -> None:
        self.vectors = 0
        self.users = 0
        self.found = [0, 0]
        self.first = [0, 0]
        self.shares = [0.0, 0.0]
        self.blank = [0, 0]
        self._known: dict[str, _User] = {}

    def add(self, stream: str, users: Sequence[str], ends_us: Sequence[int], serving: Floats, beside: Floats) -> None:
        """Takes vectors in columns, each column (n,); those of a user must come in order, and repeats change nothing.

        Args:
            stream: Stream they are of.
            users, ends_us: User key, and event time of the end in microseconds.
            serving, beside: Tail probability by either version; NaN where it said nothing.
        """
        blank = (np.isnan(serving), np.isnan(beside))
        unusual = ((serving <= FINDING_TAIL).tolist(), (beside <= FINDING_TAIL).tolist())
        nothing = (blank[0] & ~blank[1]).tolist(), (blank[1] & ~blank[0]).tolist()
        both = (blank[0] & blank[1]).tolist()
        for i, user in enumerate(users):
            if both[i]:
                continue
            known = self._known.get(user)
            if known is None:
                known = self._known[user] = _User()
                self.users += 1
            if ends_us[i] <= known.newest_us.get(stream, -1):
                continue
            known.newest_us[stream] = ends_us[i]
            self.vectors += 1
            self.blank[0] += nothing[0][i]
            self.blank[1] += nothing[1][i]
            self._count(known, unusual[0][i], unusual[1][i])

    def erase(self, user: str) -> None:
        """Forgets a user; what was counted of them stays in the sums."""
        self._known.pop(user, None)

    def seen(self, beside_is_new: bool, ratio: float) -> Seen:
        """What it says of the newer version, which is the one beside or the serving one.

        Args:
            beside_is_new: Which.
            ratio: Times as many users that are too many.
        """
        new, old = (1, 0) if beside_is_new else (0, 1)
        trials = self.first[0] + self.first[1]
        rates = (self.found[new] + 0.5) / (self.found[old] + 0.5), (self.shares[new] + 0.5) / (self.shares[old] + 0.5)
        return Seen(
            vectors=self.vectors,
            users_new=self.users,
            users_old=self.users,
            found_new=self.found[new],
            found_old=self.found[old],
            ratio=max(rates),
            more=float(log_more(self.first[new], trials, EVEN)),
            less=float(log_less(self.first[new], trials, EVEN, ratio)),
            blank=self.blank[new],
        )

    def _count(self, user: _User, serving: bool, beside: bool) -> None:
        if serving != beside and not any(user.found):
            self.first[0 if serving else 1] += 1
        before, n = user.vectors, user.vectors + 1
        for side, unusual in enumerate((serving, beside)):
            had = user.found[side]
            self.found[side] += unusual and not had
            user.found[side] = had + unusual
            self.shares[side] += user.found[side] / n - (had / before if before else 0.0)
        user.vectors = n
