"""What is asked of a version before it is tried, on recent vectors and beside the champion. No I/O.

parity      the exported model scores as the trained one does
quality     it finds planted anomalies about as well as the champion
findings    of these it finds at least half as many as the champion at the probability that makes a finding
alert rate  of recent vectors it finds no more than a few times as many unusual
latency     it is fast enough, and not far slower than the champion
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.trials.gate import Gate, Recent
from resonance_auto_retrainer.trials.latency import Latency, Timer, measure
from resonance_contracts.findings import FINDING_TAIL
from resonance_modeling.artifact import Parity
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer, Scores
from resonance_training.quality import planted, quality

SEED: Final = 20_260
MOST_PLANTED: Final = 4000
AUROC_MARGIN: Final = 0.02
PRECISION_MARGIN: Final = 0.05
LEAST_FOUND: Final = 0.5
"""Times as many planted anomalies as the champion finds."""
RARE: Final = 0.01
"""Tail probability whose frequency among recent vectors is compared: of `FINDING_TAIL` there are too few."""
MOST_RATE: Final = 3.0
MOST_SINGLE_S: Final = 0.010
LEAST_ROWS_PER_S: Final = 2000.0
MOST_SLOWER: Final = 3.0
NEVER_SLOW_S: Final = 0.001
"""A vector in so short a time is fast enough, however much faster the champion is."""

Floats = NDArray[np.float64]


def check(
    candidate: EnsembleScorer, champion: EnsembleScorer, recent: Recent, timer: Timer, ordinary: Floats
) -> list[Gate]:
    """Every gate, passed or not.

    Args:
        candidate, champion: Loaded in the same place.
        recent: What came lately.
        timer: Seconds, ascending.
        ordinary: Unflagged vectors of users of whom the candidate learned nothing, (n, WIDTH); at least two.
    """
    scaled = to_scale(recent.values)
    some = to_scale(ordinary)[-MOST_PLANTED:]
    rows = planted(some, SEED)
    told = [scorer.judge(rows.rows) for scorer in (candidate, champion)]
    latencies = measure([candidate, champion], scaled if len(scaled) else some, timer)
    return [
        _parity(candidate.manifest.parity),
        _quality(told, rows.anomalous),
        _findings(told, rows.anomalous),
        _alert_rate(candidate, champion, scaled),
        _latency(*latencies),
    ]


def _parity(parity: Parity) -> Gate:
    said = f"Exported and trained scores differ by {parity.largest:.1e} at most; {parity.tolerance:.0e} is accepted."
    return Gate("parity", parity.largest <= parity.tolerance, said)


def _quality(told: list[Scores], anomalous: NDArray[np.bool_]) -> Gate:
    new, old = (quality(scores.score, anomalous) for scores in told)
    passed = new.auroc >= old.auroc - AUROC_MARGIN and new.average_precision >= old.average_precision - PRECISION_MARGIN
    return Gate(
        "quality",
        passed,
        f"On planted anomalies its AUROC is {new.auroc:.3f}, the champion's {old.auroc:.3f} (at most {AUROC_MARGIN:g} "
        f"less is accepted); its average precision {new.average_precision:.3f}, the champion's "
        f"{old.average_precision:.3f} (at most {PRECISION_MARGIN:g} less).",
    )


def _findings(told: list[Scores], anomalous: NDArray[np.bool_]) -> Gate:
    new, old = (int((scores.tail_probability[anomalous] <= FINDING_TAIL).sum()) for scores in told)
    return Gate(
        "findings",
        new >= LEAST_FOUND * old,
        f"Of {int(anomalous.sum())} planted anomalies it finds {new} at a tail probability of {FINDING_TAIL:g}, the "
        f"champion {old}; at least {LEAST_FOUND:g} times as many are asked.",
    )


def _alert_rate(candidate: EnsembleScorer, champion: EnsembleScorer, scaled: Floats) -> Gate:
    shares = [
        float((scorer.judge(scaled).tail_probability <= RARE).mean()) if len(scaled) else RARE
        for scorer in (candidate, champion)
    ]
    # As if each found once more what it is calibrated to find: a champion that is quiet by chance is no measure.
    ratio = (shares[0] + RARE) / (shares[1] + RARE)
    return Gate(
        "alert_rate",
        ratio <= MOST_RATE,
        f"Of {len(scaled)} recent vectors {shares[0]:.2%} have a tail probability of {RARE:g} or less, {shares[1]:.2%} "
        f"by the champion: {ratio:.2f} times, {MOST_RATE:g} are accepted.",
    )


def _latency(new: Latency, old: Latency) -> Gate:
    slow = new.single_s > max(MOST_SLOWER * old.single_s, NEVER_SLOW_S) or new.single_s > MOST_SINGLE_S
    few = new.rows_per_s < min(old.rows_per_s / MOST_SLOWER, 1.0 / NEVER_SLOW_S) or new.rows_per_s < LEAST_ROWS_PER_S
    return Gate(
        "latency",
        not slow and not few,
        f"One vector takes {new.single_s * 1e3:.2f} ms in 99 of 100 cases, the champion {old.single_s * 1e3:.2f} ms "
        f"(at most {MOST_SLOWER:g} times as long and {MOST_SINGLE_S * 1e3:g} ms are accepted); it scores "
        f"{new.rows_per_s:,.0f} vectors a second, the champion {old.rows_per_s:,.0f} (at least "
        f"{LEAST_ROWS_PER_S:,.0f} are asked).",
    )
