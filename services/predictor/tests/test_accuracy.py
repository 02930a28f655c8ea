"""What the defaults find in synthetic traffic, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_modeling.scorer import Scores
from resonance_predictor.baseline import Prior
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.rules import RuleBook
from resonance_predictor.scorer import ModelVersion
from resonance_predictor.terms import Terms

PEOPLE = 40


class PopulationScorer:
    """A model without an opinion, whose population is the one it was shown."""

    model = ModelVersion("anomaly_detection", "0" * 64)

    def __init__(self, values: np.ndarray) -> None:
        self.prior = Prior.of_population(values.mean(axis=0), values.std(axis=0))

    members = ("population",)

    looks_back = False

    def judge(self, scaled, expected=None):
        halves = np.full(len(scaled), 0.5)
        return Scores(halves, halves, np.ones(len(scaled)), np.full((len(scaled), 1), 0.7))


@pytest.fixture(scope="module")
def crowd(synthetic):
    """Half a working day of ordinary people."""
    return [synthetic.day(f"u_{n}", 100 + n, 4.0)[0] for n in range(PEOPLE)]


@pytest.fixture(scope="module")
def population(crowd):
    return PopulationScorer(np.array([v.values for person in crowd for v in person]))


@pytest.mark.parametrize("with_population", [False, True])
def test_ordinary_people_are_left_alone(synthetic, crowd, population, with_population):
    terms = Terms(RuleBook.default(), population) if with_population else synthetic.terms
    detector = PartitionDetector(terms)
    batches = synthetic.batches(synthetic.merge(*crowd), 1000)
    raised = [a for n, batch in enumerate(batches) for a in detector.apply(n, batch).raised]
    assert [(a.user_key, a.kind) for a in raised] == []


DEEDS = {
    "flood": (lambda s: lambda rng, at: s.steady(rng, at, 120, 200), {"message_flood"}, 45),
    "limits": (lambda s: lambda rng, at: s.steady(rng, at, 60, 900, limited=0.4), {"rate_limit_abuse"}, 20),
    "bot": (lambda s: lambda rng, at: s.steady(rng, at, 300, 12, clockwork=True), {"clockwork_timing"}, 240),
    "places": (lambda s: lambda rng, at: s.steady(rng, at, 300, 20, addresses=12), {"token_sharing"}, 60),
    "burst": (
        lambda s: lambda rng, at: s.steady(rng, at, 300, 60),
        {"unusual_volume", "unusual_channels"}, 240,
    ),
    "large": (lambda s: lambda rng, at: s.steady(rng, at, 300, 12, size=50_000), {"unusual_volume"}, 120),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_what_people_do_out_of_character_is_found_soon(synthetic, population, deed):
    make, kinds, within_s = DEEDS[deed]
    for seed in range(3):
        vectors, begin_us = synthetic.day("u_x", 500 + seed, 2.0, make(synthetic))
        detector = PartitionDetector(Terms(RuleBook.default(), population))
        raised = [a for n, b in enumerate(synthetic.batches(vectors, 50)) for a in detector.apply(n, b).raised]
        assert [a for a in raised if a.opened_us < begin_us] == []
        found = [a for a in raised if a.kind in kinds]
        assert found, f"seed {seed}: {[a.kind for a in raised]}"
        assert (found[0].opened_us - begin_us) / 1e6 <= within_s


def test_an_anomaly_says_what_counted_and_what_was_normal(synthetic):
    vectors, begin_us = synthetic.day("u_x", 501, 2.0, lambda rng, at: synthetic.steady(rng, at, 120, 200))
    detector = PartitionDetector(synthetic.terms)
    outputs = [detector.apply(n, b) for n, b in enumerate(synthetic.batches(vectors, 50))]
    anomalies = [a for o in outputs for a in o.anomalies]
    alert = next(a for o in outputs for a in o.raised if a.kind == "message_flood")
    opening = next(a for a in anomalies if a.vector_id == alert.vector_id)
    assert [o.alert_id for o in opening.opened] == [alert.alert_id]
    assert alert.alert_id in opening.alert_ids
    assert next(f.kind for f in opening.findings) == "message_flood"
    assert any(f.kind == "unusual_volume" for f in opening.findings)
    assert len(opening.baseline) == len(opening.values) == 13
    assert 0 < opening.baseline[0].mean < 30
    assert opening.baseline_weight > 100
    assert np.isnan(opening.score)
    assert alert.vectors == 1
    assert min(a.end_us for a in anomalies) >= begin_us
