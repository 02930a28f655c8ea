"""The benchmark `feedback`: fewer repeats of false alerts where somebody listens, and nothing true is lost."""

from __future__ import annotations

import pytest

from tests.bench.feedback.played import BOTH, DETECTION, NOBODY, TRAINING, Played, Scene


def repeats(played: Played, *, second: bool | None = None) -> int:
    return sum(n for (of, *_), n in played.repeats.items() if second is None or of is second)


@pytest.mark.parametrize("seed", [1, 2])
def test_false_alerts_repeat_less_and_true_ones_are_found_as_before(seed: int) -> None:
    scene = Scene(seed, people=30)
    nobody, detection, training, both = (scene.play(who) for who in (NOBODY, DETECTION, TRAINING, BOTH))
    told = [repeats(one) for one in (nobody, detection, training, both)]
    assert repeats(nobody) >= 30, told
    assert repeats(detection) <= 0.5 * repeats(nobody), told
    assert repeats(detection, second=True) <= 0.2 * repeats(nobody, second=True), told
    assert repeats(training, second=True) < repeats(nobody, second=True), told
    assert repeats(both) <= 0.5 * repeats(nobody), told
    for listening in (detection, training, both):
        lost = [
            planted
            for (planted, found), (_, again) in zip(nobody.planted, listening.planted, strict=True)
            if found and not again
        ]
        assert lost == []
