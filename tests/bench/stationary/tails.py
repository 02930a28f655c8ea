"""How high evidence rises of people who do nothing but what they always do: what thresholds begin with.

    python -m tests.bench.stationary.tails

prints what belongs into `resonance_predictor.thresholds.ORDINARY`: of each kind of evidence the rate and the scale of
its peaks, where no sum is ever enough, and how many peaks reach how high, beyond the levels as well. To be measured
anew where the features, the baselines or the model change; it takes some minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import expm1
from typing import Final
from unittest.mock import patch

from resonance_predictor.passage import Passage
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


@contextmanager
def noting() -> Iterator[list[tuple[Grounds, float]]]:
    """Every peak of evidence that is met meanwhile, however high."""
    met: list[tuple[Grounds, float]] = []
    note = Passage._note

    def noted(passage: Passage, slot: int, grounds: Grounds, peak: float, end_us: int) -> None:
        met.append((grounds, peak))
        note(passage, slot, grounds, peak, end_us)

    with patch.object(Passage, "_note", noted):
        yield met


def main() -> None:
    """Measures and prints."""
    model, found = model_of(CROWDS[:4]), list[Learned]()
    with noting() as met:
        for crowd in CROWDS:
            found.append(crowd.peaks(model))
            print(f"{sum(one.user_days for one in found):.0f} user-days, faded.", flush=True)
    for kind, ordinary in ORDINARY.items():
        levels = [ordinary.begin, ordinary.end, *(ordinary.end * times for times in (1.2, 1.4, 1.8, 2.4, 3.2))]
        reached = (f"{sum(peak >= level for one, peak in met if one is kind)} reach {level:.2f}" for level in levels)
        print(f"{kind.name}: {', '.join(reached)}")
    for grounds, ordinary in ORDINARY.items():
        rate, scale = tail(grounds, found)
        seen = sum(one.peaks[grounds].count for one in found)
        print(f"{grounds.name}: {seen:.0f} peaks from {ordinary.begin} to {ordinary.end}; {rate=:.1f}, {scale=:.3f}")


if __name__ == "__main__":
    main()
