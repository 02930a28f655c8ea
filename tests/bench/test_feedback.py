"""The benchmark `feedback`: fewer repeats of false alerts where somebody listens, and nothing true is lost."""

from __future__ import annotations

from tests.bench.feedback.played import BOTH, NOBODY, Played, Scene


def repeats(played: Played, *, second: bool | None = None) -> int:
    return sum(n for (of, *_), n in played.repeats.items() if second is None or of is second)


def test_false_alerts_repeat_less_and_true_ones_are_found_as_before() -> None:
    scene = Scene(1, people=30)
    nobody, both = scene.play(NOBODY), scene.play(BOTH)
    assert repeats(nobody) >= 30
    assert repeats(both) <= 0.5 * repeats(nobody)
    assert repeats(both, second=True) <= 0.2 * repeats(nobody, second=True), "once each kind of a habit was answered"
    pairs = zip(nobody.planted, both.planted, strict=True)
    assert [planted for (planted, found), (_, again) in pairs if found and not again] == []
