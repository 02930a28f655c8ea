"""Surprise of users at ensembles that have not seen them.

An ensemble knows the users it was trained on: their own vectors surprise it less than those of somebody new, and
vectors of one user resemble each other. A calibration on training scores would therefore call too much of a new user's
ordinary traffic rare. Cross-conformal prediction (Vovk 2015, "Cross-conformal predictors") is the remedy: users are
dealt into folds, each fold is scored by an ensemble trained on the others, and the calibration is learned from all
these scores.

The recurrent model is not learned once a fold: sixteen units learn what all people have in common, and its surprise is
in any case that of the users who were held out when it was learned.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.telling import Tell, silent
from resonance_training.forest import SEED
from resonance_training.fusion import fused
from resonance_training.parameters import Parameters
from resonance_training.tabular import TabularDetector

FOLDS: Final = 5

DEFAULTS: Final = Parameters(ordinary=0.995)
"""What models of traffic are learned with where nothing better was found.

The share of the vectors that is taken to be ordinary is that high because those that detection flagged were left out.

With four fifths, as for tables of which nothing is known, one person in five who has two addresses is as far out as
the detectors can say, and whoever of them is a little unusual besides is among the rarest: 15 false incidents in the
benchmark `incidents` in place of 4, and a median of 48 s to an alert in place of 41.
"""


def folds_of(users: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Fold of each vector, shape (n,), 0 to FOLDS - 1: all vectors of a user are in one, users evenly dealt."""
    _, ranks = np.unique(users, return_inverse=True)
    return np.asarray(ranks % FOLDS, dtype=np.int64)


def unseen_surprises(
    scaled: NDArray[np.float64],
    users: NDArray[np.uint64],
    foresight: NDArray[np.float64],
    parameters: Parameters = DEFAULTS,
    tell: Tell = silent,
) -> NDArray[np.float64]:
    """Surprise of each row at an ensemble that was trained without its user, shape (n,).

    Args:
        scaled: Rows on the scales of comparison, shape (n, width).
        users: Number of each row's user, shape (n,); with fewer than two users a fold cannot be scored by others, and
            the rows are scored by an ensemble of all of them.
        foresight: Surprise of the recurrent model at each row, shape (n,); NaN where nothing was expected.
        parameters: Of the detectors.
        tell: Told of every fold.
    """
    folds = folds_of(users)
    surprise = np.empty(len(scaled))
    present = np.unique(folds)
    if len(present) == 1:
        return fused(TabularDetector(scaled, SEED, parameters).score(scaled), foresight, parameters)
    for done, fold in enumerate(present):
        tell(done / len(present), f"Calibrating on people unseen, {done + 1} of {len(present)}.")
        inside = folds == fold
        surprise[inside] = TabularDetector(scaled[~inside], SEED, parameters).score(scaled[inside])
    return fused(surprise, foresight, parameters)
