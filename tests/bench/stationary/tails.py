"""How high evidence rises of people who do nothing but what they always do: what thresholds begin with.

    python -m tests.bench.stationary.tails

prints what belongs into `resonance_predictor.thresholds.ORDINARY`: of each kind of evidence the rate and the scale of
its peaks, where no sum is ever enough. To be measured anew where the features, the baselines or the model change; it
takes some minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1
from typing import Final

from resonance_predictor.peaks import Grounds, Learned, scale_of
from resonance_predictor.thresholds import ORDINARY
from tests.bench.stationary.days import Crowd, model_of

SEED: Final = 1
CROWDS: Final = [Crowd(first, 64, 10, SEED) for first in range(0, 512, 64)]


def tail(grounds: Grounds, found: Sequence[Learned]) -> tuple[float, float]:
    """Rate above the lower level, of 1,000 users a day, and scale; from some peaks between the levels, alone."""
    width = ORDINARY[grounds].width
    count = sum(one.peaks[grounds].count for one in found)
    excess = sum(one.peaks[grounds].excess for one in found)
    scale = scale_of(excess / count, width, width / 100, width * 100)
    return 1000 * count / sum(one.user_days for one in found) / -expm1(-width / scale), scale


def main() -> None:
    """Measures and prints."""
    model, found = model_of(CROWDS[:4]), list[Learned]()
    for crowd in CROWDS:
        found.append(crowd.peaks(model))
        print(f"{sum(one.user_days for one in found):.0f} user-days, faded.", flush=True)
    for grounds, ordinary in ORDINARY.items():
        rate, scale = tail(grounds, found)
        seen = sum(one.peaks[grounds].count for one in found)
        print(f"{grounds.name}: {seen:.0f} peaks from {ordinary.begin} to {ordinary.end}; {rate=:.1f}, {scale=:.3f}")


if __name__ == "__main__":
    main()
