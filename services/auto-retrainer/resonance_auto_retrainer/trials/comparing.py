"""Compares the reasons that two versions give for the same vectors. No I/O.

Attributions are exact, each against the medians of the version's own population, and are compared as shares of what
they add up to without regard to sign. What is expected from the vectors before is left out: of a vector by itself
nothing is expected. Figures that it gives, means over the vectors:

    reasons_agreement           overlap of the shares, 1 for the same
    reasons_agreement_least     the same of the kind of vector in which it is least
    reasons_rank_correlation    Spearman's, of all features
    reasons_same_sign           share of the champion's whose sign is the same
    reasons_same_top1, _top3    share of the champion's largest, or its three largest, that are the candidate's
    reasons_exchanged           how far the scores are apart where the two features are exchanged for which it is least,
                                as a share of how far they are (see `exchange`)
    reasons_moved               how far the candidate's move with a little noise, as a share of their length
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.agreement import overlap, rank_correlation, same_sign, same_top, shares
from resonance_attribution.attribution import without_rows
from resonance_attribution.errors import EfficiencyViolated
from resonance_attribution.loaded import Loaded
from resonance_attribution.shapley import shapley
from resonance_auto_retrainer.trials.exchange import likeliest
from resonance_auto_retrainer.trials.probes import Probes, probes
from resonance_auto_retrainer.trials.reasons import NOISE, Changed, Reasons
from resonance_contracts.features import FEATURE_NAMES
from resonance_modeling.artifact import Artifact
from resonance_modeling.errors import InvalidArtifact

Floats = NDArray[np.float64]

TOLD: Final = 3
RESTLESS: Final = 2
"""Features that a refusal names, because of what changed and because of what does not stay."""


def reasons_of(
    candidate: Artifact, champion: Artifact | None, ordinary: Floats, drifted: Collection[str] = (), why_not: str = ""
) -> Reasons:
    """The same as `compare`, on vectors that are fixed by ordinary ones; see `probes`.

    Args:
        candidate: The version.
        champion: None where there is none, or none that can be used.
        ordinary: See `probes`.
        drifted: See `compare`.
        why_not: Why there is no champion to compare with, a sentence; "" where none was ever promoted.
    """
    try:
        new = Loaded(candidate)
    except InvalidArtifact as fault:
        return Reasons(0, None, why_not=str(fault))
    old = None if champion is None else Loaded(champion)
    found = compare(new, old, probes(ordinary, (old or new).score), drifted)
    return replace(found, why_not=why_not) if why_not else found


def compare(candidate: Loaded, champion: Loaded | None, on: Probes, drifted: Collection[str] = ()) -> Reasons:
    """What a candidate's reasons are beside the champion's.

    Args:
        candidate: The version.
        champion: None where there is none.
        on: The vectors.
        drifted: Features that are not what they were when the champion was trained: what they add is left out of both.
    """
    count = len(on.values)
    try:
        own = attributions(candidate, on.values)
        near = attributions(candidate, on.nearby(NOISE))
    except EfficiencyViolated as fault:
        return Reasons(count, None, why_not=str(fault))
    moved, distances = _moved(own, near), np.abs(near - own).mean(axis=0)
    restless = tuple(FEATURE_NAMES[place] for place in np.argsort(-distances, kind="stable")[:RESTLESS].tolist())
    alone = Reasons(count, moved, restless=restless, figures={"reasons_moved": moved})
    kept = np.array([name not in drifted for name in FEATURE_NAMES])
    if champion is None:
        return replace(alone, why_not="there is no champion.")
    if not kept.any():
        return replace(alone, why_not="every feature drifted, so other reasons are right.")
    try:
        theirs = attributions(champion, on.values)
    except EfficiencyViolated as fault:
        return replace(alone, why_not=f"the champion's are wrong. {fault}")
    found = _compared(alone, theirs * kept, own * kept, on.kinds)
    if kept.sum() > 1:
        exchange = likeliest(candidate.score, champion.score, on.varied, kept)
        figures = {**found.figures, "reasons_exchanged": exchange.distance}
        found = replace(found, exchange=exchange, figures=figures)
    return replace(found, left_out=tuple(name for name in FEATURE_NAMES if name in drifted))


def attributions(model: Loaded, vectors: Floats) -> Floats:
    """What each feature adds to the score of each vector, (n, WIDTH) both, exact: by rows where the file is not
    understood.

    Raises:
        EfficiencyViolated: They do not add up.
    """
    found = np.empty_like(vectors)
    for place, vector in enumerate(vectors):
        known = without_rows(model, vector, model.reference)
        found[place] = (shapley(model, vector, model.reference) if known is None else known.whole).values
    return found


def _compared(alone: Reasons, theirs: Floats, own: Floats, kinds: NDArray[np.str_]) -> Reasons:
    before, now = shares(theirs), shares(own)
    same, pairs = overlap(before, now), list(zip(theirs, own, strict=True))
    agreement = {kind: float(same[kinds == kind].mean()) for kind in dict.fromkeys(kinds.tolist())}
    figures = {
        "reasons_agreement": float(same.mean()),
        "reasons_agreement_least": min(agreement.values()),
        "reasons_rank_correlation": _mean([rank_correlation(one, other) for one, other in pairs]),
        "reasons_same_sign": _mean([same_sign(one, other) for one, other in pairs]),
        "reasons_same_top1": _mean([same_top(one, other, 1) for one, other in pairs]),
        "reasons_same_top3": _mean([same_top(one, other, 3) for one, other in pairs]),
    }
    found = replace(alone, agreement=agreement, figures={**figures, **alone.figures})
    differing = np.isin(kinds, found.differing)
    return replace(found, changed=_changed(before[differing], now[differing]))


def _changed(before: Floats, now: Floats) -> tuple[Changed, ...]:
    """Features by how much their shares changed, the most first; none of no rows."""
    if not len(before):
        return ()
    means = [np.abs(one).mean(axis=0) for one in (before, now)]
    order = np.argsort(-np.abs(means[1] - means[0]), kind="stable")[:TOLD].tolist()
    return tuple(Changed(FEATURE_NAMES[place], float(means[0][place]), float(means[1][place])) for place in order)


def _moved(before: Floats, after: Floats) -> float:
    """Mean distance, as a share of the length before; of a row without one 0 where it stays so, else 1."""
    length, distance = np.linalg.norm(before, axis=1), np.linalg.norm(after - before, axis=1)
    share = np.divide(distance, length, out=(distance > 0.0).astype(np.float64), where=length > 0.0)
    return float(share.mean())


def _mean(values: list[float]) -> float:
    return float(np.mean(values))
