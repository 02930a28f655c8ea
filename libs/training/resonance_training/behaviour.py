"""Learns which kinds of users there are: clusters of what each of them ordinarily does.

A user is a point, the median of their rows; a kind is one of several normal distributions with one covariance
(McLachlan and Peel 2000, "Finite Mixture Models"), so columns that go together make no kinds of their own. One unit of
a column is how much a user varies in it, and no kind is taken to be narrower than LEAST_VARIANCE of that: who differ by
less than each of them does from hour to hour are of one kind.

How many there are is decided by ICL (Biernacki, Celeux and Govaert 2000, "Assessing a mixture model for clustering with
the integrated completed likelihood"): BIC, and twice the entropy of the memberships. Slices of what is continuous
overlap, so they cost more than they explain; where nothing else does better, there is one kind. A tail that is long
even on a logarithmic scale may, with hundreds of users in it, become a kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture

from resonance_training.needs import BEHAVIOUR_ROWS
from resonance_training.rows import BadRows, Floats, checked
from resonance_training.standard import some

MOST_KINDS: Final = 8
LEAST_SHARE: Final = 0.05
LEAST_MEMBERS: Final = 5
"""Users of a kind; fewer are odd, not a kind."""

LEAST_VARIANCE: Final = 0.5
LEAST_UNIT: Final = 0.1
"""Of a column: a tenth of a count, where users hardly vary in it."""

FARTHEST: Final = 8.0
"""Units from the middle of all users; values beyond count as this far."""

MOST_USERS: Final = 5_000
STARTS: Final = 5
STEPS: Final = 1_000
SEED: Final = 19_770_101


@dataclass(frozen=True, slots=True)
class Points:
    """What each user ordinarily does.

    Attributes:
        values: The median of each column of a user's rows, (users, width).
        middle: Median over the users, (width,).
        within: How much a user varies: root mean square distance of rows from their user's median, each user counting
            the same, (width,).
        rows: Number of rows that they were made of.
    """

    values: Floats
    middle: Floats
    within: Floats
    rows: int

    @classmethod
    def of(cls, rows: Floats, users: NDArray[np.uint64], least: int = BEHAVIOUR_ROWS) -> Self:
        """Of the users with at least so many rows, in the order of their numbers.

        Args:
            rows: On scales on which differences compare, (n, width).
            users: A number for the user of each, (n,).
            least: Rows that a user must have.

        Raises:
            BadRows: No user has as many, or a value is not finite.
        """
        given = checked(rows)
        order = np.argsort(users, kind="stable")
        starts = np.flatnonzero(np.diff(users[order], prepend=users[order][:1] + np.uint64(1)))
        theirs = [part for part in np.split(given[order], starts[1:]) if len(part) >= least]
        if not theirs:
            raise BadRows(f"Expected users with at least {least} rows each, but there is none.")
        values = np.stack([np.median(part, axis=0) for part in theirs])
        around = [((part - point) ** 2).mean(axis=0) for part, point in zip(theirs, values, strict=True)]
        within = np.sqrt(np.mean(around, axis=0))
        return cls(values, np.median(values, axis=0), within, sum(len(part) for part in theirs))

    @property
    def spread(self) -> Floats:
        """How far rows are from the middle of all users: root mean square, each user counting the same, (width,)."""
        found: Floats = np.sqrt(((self.values - self.middle) ** 2).mean(axis=0) + self.within**2)
        return found


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of users.

    Attributes:
        middle, unit: What a column is centred at, and one unit of it, (width,).
        weights: Share of each, (kinds,).
        means: Of each, in units, (kinds, width).
        whitening: What makes distances from a kind's mean those in its spreads, (width, width).
    """

    middle: Floats
    unit: Floats
    weights: Floats
    means: Floats
    whitening: Floats

    @property
    def centers(self) -> Floats:
        """What each kind ordinarily does, (kinds, width)."""
        found: Floats = self.middle + self.unit * self.means
        return found

    def squares(self, rows: Floats) -> Floats:
        """Squared Mahalanobis distance of rows (n, width) from each kind, (n, kinds)."""
        units = np.clip((rows - self.middle) / self.unit, -FARTHEST, FARTHEST)
        away = (units @ self.whitening)[:, np.newaxis, :] - self.means @ self.whitening
        found: Floats = (away**2).sum(axis=-1)
        return found

    def memberships(self, rows: Floats) -> Floats:
        """Probability that rows (n, width) are of each kind, (n, kinds)."""
        said = np.log(self.weights) - self.squares(rows) / 2.0
        likely = np.exp(said - said.max(axis=1, keepdims=True))
        found: Floats = likely / likely.sum(axis=1, keepdims=True)
        return found

    def distances(self, rows: Floats) -> Floats:
        """Root mean square distance of rows (n, width) from their most probable kind, in its spreads, (n,)."""
        kind = self.memberships(rows).argmax(axis=1)[:, np.newaxis]
        found: Floats = np.sqrt(np.take_along_axis(self.squares(rows), kind, axis=1)[:, 0] / rows.shape[1])
        return found


@dataclass(frozen=True, slots=True)
class Learned:
    """Kinds of users, and what spoke for as many.

    Attributes:
        kinds: The one with the most users first.
        icl: By number of kinds, the less the better; of numbers that were possible.
    """

    kinds: Kinds
    icl: dict[int, float]


def learn_kinds(points: Points) -> Learned:
    """Learns from what users ordinarily do; the same points always give the same kinds."""
    unit = np.maximum(points.within, LEAST_UNIT)
    units = np.clip((points.values - points.middle) / unit, -FARTHEST, FARTHEST)
    units = some(units, MOST_USERS, SEED)
    icl: dict[int, float] = {}
    mixtures: dict[int, GaussianMixture] = {}
    for number in range(1, min(MOST_KINDS, len(np.unique(units, axis=0))) + 1):
        mixture = _mixture(units, number)
        if mixture is not None:
            mixtures[number] = mixture
            icl[number] = float(mixture.bic(units)) + 2.0 * _entropy(mixture.predict_proba(units))
    best = mixtures[min(icl, key=lambda number: icl[number])]
    order = np.lexsort((*best.means_.T, -best.weights_))
    kinds = Kinds(points.middle, unit, best.weights_[order], best.means_[order], best.precisions_cholesky_)
    return Learned(kinds, icl)


def _mixture(units: Floats, number: int) -> GaussianMixture | None:
    """A mixture of so many kinds, each with enough users; None where none is found.

    A few odd users are the likeliest kind of all. Where they make one they are set aside, the kinds are learned from
    the others, and from there once more from all.
    """
    least = max(LEAST_MEMBERS, LEAST_SHARE * len(units)) if number > 1 else 0.0
    mixture, kept = _fitted(units, number), units
    while (members := _members(mixture, kept)).min() < least:
        odd = members[mixture.predict(kept)] < least
        kept = kept[~odd]
        if not odd.any() or len(kept) < (1.0 - LEAST_SHARE) * len(units) or len(np.unique(kept, axis=0)) < number:
            return None
        mixture = _fitted(kept, number)
    if len(kept) < len(units):
        mixture = _fitted(units, number, mixture)
    return mixture if _members(mixture, units).min() >= least else None


def _fitted(units: Floats, number: int, start: GaussianMixture | None = None) -> GaussianMixture:
    begin = {} if start is None else {"weights_init": start.weights_, "means_init": start.means_}
    return GaussianMixture(
        number,
        covariance_type="tied",
        reg_covar=LEAST_VARIANCE,
        n_init=STARTS if start is None else 1,
        max_iter=STEPS,
        random_state=SEED,
        **begin,
    ).fit(units)


def _members(mixture: GaussianMixture, units: Floats) -> NDArray[np.intp]:
    """Users of each kind, (kinds,)."""
    return np.bincount(mixture.predict(units), minlength=mixture.n_components)


def _entropy(memberships: Floats) -> float:
    return float(-(memberships * np.log(np.maximum(memberships, np.finfo(np.float64).tiny))).sum())
