"""LIME: a line fitted to the model around one row, by the package of its authors.

Ribeiro, Singh, Guestrin 2016, "Why Should I Trust You?". A row's surroundings are drawn anew with each seed, so the
line is fitted several times: its fidelity (the weighted R² of the fit) and its stability over the seeds are told
beside it. Rows are drawn and compared on the scale of comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.agreement import rank_correlation, same_sign
from resonance_attribution.deadline import Deadline
from resonance_xai.asked.subject import Subject

Floats = NDArray[np.float64]

REPEATS: Final = 5
SAMPLES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line around one row, averaged over repeats.

    Attributes:
        weights: Change of the number per standard deviation of a column's ordinary rows, (width,).
        spread: Standard deviation of the weights over the repeats, (width,).
        effects: What the line gives to each column for being where the row is and not where the reference is, (width,).
        r2: Fidelity, mean over the repeats: 1 where the line is the model, 0 where it says nothing.
        rank_correlation, sign_agreement: Of each two repeats' weights, mean: 1 where every repeat says the same. NaN
            with one repeat.
        repeats: Fits that there was time for.
    """

    weights: Floats
    spread: Floats
    effects: Floats
    r2: float
    rank_correlation: float
    sign_agreement: float
    repeats: int


def line_around(
    subject: Subject, vector: Floats, reference: Floats, deadline: Deadline, repeats: int = REPEATS
) -> Line | None:
    """A line around `vector`, (width,); None where not even one could be fitted before the deadline."""
    from lime.lime_tabular import LimeTabularExplainer

    scaled, around = subject.to_scale(subject.ordinary), subject.to_scale(np.stack([vector, reference]))
    fits: list[Floats] = []
    fidelity: list[float] = []
    steps = np.ones(subject.width)
    while len(fits) < repeats and not deadline.passed:
        explainer = LimeTabularExplainer(
            scaled,
            mode="regression",
            feature_names=list(subject.names),
            discretize_continuous=False,
            sample_around_instance=True,
            random_state=len(fits),
        )
        steps = np.asarray(explainer.scaler.scale_, dtype=np.float64)
        found = explainer.explain_instance(
            around[0], lambda rows: subject.score(subject.from_scale(rows)), num_features=subject.width,
            num_samples=SAMPLES,
        )  # fmt: skip
        weights = np.zeros(subject.width)
        for place, weight in found.local_exp[1]:
            weights[place] = weight
        fits.append(weights)
        fidelity.append(float(found.score))
    if not fits:
        return None
    every = np.array(fits)
    mean = every.mean(axis=0)
    pairs = list(combinations(fits, 2))
    return Line(
        mean,
        every.std(axis=0, ddof=1) if len(fits) > 1 else np.zeros(subject.width),
        mean * (around[0] - around[1]) / steps,
        float(np.mean(fidelity)),
        float(np.mean([rank_correlation(one, other) for one, other in pairs])) if pairs else float("nan"),
        float(np.mean([same_sign(one, other) for one, other in pairs])) if pairs else float("nan"),
        len(fits),
    )
