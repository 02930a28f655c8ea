"""What a version is asked before it is tried: each gate stops what it is for, and lets an equal through."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest

from resonance_auto_retrainer.holdout import unlearned
from resonance_auto_retrainer.trials import gates
from resonance_auto_retrainer.trials.gate import Gate, Recent
from resonance_auto_retrainer.trials.latency import Latency, measure
from resonance_modeling.artifact import Artifact
from resonance_modeling.scorer import EnsembleScorer, Scores
from tests.support.ordinary_model import ordinary_model, ordinary_set
from tests.support.recalibrated import recalibrated

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def champion() -> Artifact:
    return ordinary_model(1500, 1)


@pytest.fixture(scope="module")
def other() -> EnsembleScorer:
    return EnsembleScorer(ordinary_model(1500, 2))


@pytest.fixture(scope="module")
def recent() -> Recent:
    data = ordinary_set(2000, seed=3)
    return Recent(data.values, data.users)


def ticking() -> Any:
    """A clock by which everything takes as long as everything else."""
    ticks = count()
    return lambda: next(ticks) * 1e-5


def checked(candidate: EnsembleScorer, champion: Artifact, recent: Recent) -> dict[str, Gate]:
    ordinary = unlearned(recent.values, recent.users)
    found = gates.check(candidate, EnsembleScorer(champion), recent, ticking(), ordinary)
    return {gate.name: gate for gate in found}


def failed(found: dict[str, Gate]) -> list[str]:
    return [name for name, gate in found.items() if not gate.passed]


def test_a_version_that_was_trained_alike_passes_all_of_them(
    other: EnsembleScorer, champion: Artifact, recent: Recent
) -> None:
    found = checked(other, champion, recent)
    assert list(found) == ["parity", "quality", "findings", "alert_rate", "latency"]
    assert failed(found) == []
    assert all(gate.said.endswith(".") for gate in found.values())


def test_held_out_users_are_those_whom_a_training_holds_out(recent: Recent) -> None:
    assert len(unlearned(recent.values, recent.users)) == 400
    few = recent.users % 3
    assert len(unlearned(recent.values, few)) == 2000


def test_a_version_that_finds_too_much_unusual_fails_by_its_alert_rate(champion: Artifact, recent: Recent) -> None:
    found = checked(EnsembleScorer(recalibrated(champion, 3.0)), champion, recent)
    assert failed(found) == ["alert_rate"]
    assert "times, 3 are accepted" in found["alert_rate"].said


def test_a_version_that_finds_nothing_fails_by_its_findings(champion: Artifact, recent: Recent) -> None:
    assert failed(checked(EnsembleScorer(recalibrated(champion, 0.05)), champion, recent)) == ["findings"]


def test_a_champion_that_finds_everything_does_not_keep_a_calmer_version_out(
    champion: Artifact, recent: Recent
) -> None:
    loud = recalibrated(champion, 3.0)
    assert "alert_rate" not in failed(checked(EnsembleScorer(champion), loud, recent))


class Guessing(EnsembleScorer):
    """Scores by chance."""

    def judge(self, scaled: np.ndarray, expected: np.ndarray | None = None) -> Scores:
        chance = np.random.default_rng(1).random(len(scaled))
        return Scores(chance, super().judge(scaled, expected).tail_probability, chance, chance[:, np.newaxis])


def test_a_version_that_guesses_fails_by_its_quality(champion: Artifact, recent: Recent) -> None:
    found = checked(Guessing(champion), champion, recent)
    assert failed(found) == ["quality"]
    assert found["quality"].said.startswith("On planted anomalies its AUROC is 0.")


def test_a_version_whose_parity_is_worse_than_accepted_fails_by_it(champion: Artifact, recent: Recent) -> None:
    manifest = champion.manifest
    parity = manifest.parity.model_copy(update={"largest": 1.0})
    worse = Artifact(manifest.model_copy(update={"parity": parity}), champion.onnx, champion.sequence)
    assert failed(checked(EnsembleScorer(worse), champion, recent)) == ["parity"]


@pytest.mark.parametrize(
    ("new", "old", "passed"),
    [
        (Latency(0.0005, 50_000), Latency(0.0004, 60_000), True),
        (Latency(0.0009, 50_000), Latency(0.0001, 60_000), True),
        (Latency(0.0040, 50_000), Latency(0.0010, 60_000), False),
        (Latency(0.0110, 50_000), Latency(0.0100, 60_000), False),
        (Latency(0.0005, 1_500), Latency(0.0005, 1_600), False),
        (Latency(0.0005, 2_500), Latency(0.0005, 60_000), True),
    ],
)
def test_latency_is_held_against_the_champion_and_against_a_bar(new: Latency, old: Latency, passed: bool) -> None:
    assert gates._latency(new, old).passed is passed


def test_latency_is_the_best_of_the_rounds(champion: Artifact) -> None:
    def slow_at_first() -> Iterator[float]:
        now, calls = 0.0, 0
        while True:
            calls += 1
            now += 0.001 if calls > 700 else 1.0
            yield now

    clock = slow_at_first()
    (found,) = measure([EnsembleScorer(champion)], np.zeros((5, 14)), lambda: next(clock))
    assert found.single_s == pytest.approx(0.001)
    assert found.rows_per_s == pytest.approx(1_024_000)
