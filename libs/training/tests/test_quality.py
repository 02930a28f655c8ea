"""What is planted, and how well scores find it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from resonance_contracts.features import FEATURES, INDEX, WIDTH
from resonance_training.parameters import Parameters
from resonance_training.planting import PLANTS
from resonance_training.quality import SHARE, planted, quality
from resonance_training.rows import BadRows
from resonance_training.tabular import TabularDetector

COUNTS = [INDEX[name] for name in ("messages_per_minute", "requests_per_user", "avg_message_size", "channel_activity")]


def people(n: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows = np.zeros((n, WIDTH))
    busy = random.normal(0, 0.4, n)
    for column, middle in zip(COUNTS, (2.5, 4.5, 5.0, 3.0), strict=True):
        rows[:, column] = np.maximum(middle + busy + random.normal(0, 0.2, n), 0.0)
    rows[:, INDEX["error_rate"]] = np.abs(random.normal(0.1, 0.05, n))
    rows[:, INDEX["connection_duration"]] = random.normal(6, 0.5, n)
    rows[:, INDEX["channels_count"]] = np.log1p(random.integers(1, 5, n))
    rows[:, INDEX["burstiness_score"]] = random.normal(0.2, 0.1, n)
    rows[:, INDEX["login_intervals"]] = np.log1p(3600.0)
    rows[:, [INDEX["jwt_token_reuse"], INDEX["jwt_token_churn"]]] = np.log1p(1.0)
    return rows


def test_the_same_rows_and_seed_give_the_same_and_another_seed_gives_others() -> None:
    rows = people(500, 1)
    one, again, other = planted(rows, 7), planted(rows, 7), planted(rows, 8)
    assert np.array_equal(one.rows, again.rows) and np.array_equal(one.anomalous, again.anomalous)
    assert not np.array_equal(one.anomalous, other.anomalous)


def test_only_the_anomalous_rows_are_changed_and_what_was_given_is_not() -> None:
    rows = people(1_000, 1)
    before = rows.copy()
    found = planted(rows, 0)
    assert np.array_equal(rows, before)
    assert np.array_equal(found.rows[~found.anomalous], rows[~found.anomalous])
    assert found.anomalous.sum() == SHARE * len(rows)
    assert (found.rows[found.anomalous] != rows[found.anomalous]).any(axis=1).mean() > 0.95


def test_what_is_planted_stays_within_what_the_features_can_be() -> None:
    found = planted(people(5_000, 1), 3).rows
    assert np.isfinite(found).all()
    assert found[:, INDEX["error_rate"]].max() <= np.pi / 2
    for name in ("burstiness_score", "ip_entropy"):
        feature = FEATURES[INDEX[name]]
        assert feature.lower <= found[:, INDEX[name]].min() and found[:, INDEX[name]].max() <= feature.upper
    for name in ("channels_count", "jwt_token_reuse", "jwt_token_churn"):
        assert found[:, INDEX[name]].max() <= np.log1p(FEATURES[INDEX[name]].upper) + 1e-9


@pytest.mark.parametrize("plant", PLANTS)
def test_every_incident_changes_more_the_stronger_it_is(plant) -> None:
    rows = people(200, 2)
    weak, strong = rows.copy(), rows.copy()
    plant(weak, np.full(len(rows), 0.1))
    plant(strong, np.full(len(rows), 0.9))
    assert 0 < np.abs(weak - rows).sum() < np.abs(strong - rows).sum()


def test_a_detector_that_learned_what_is_ordinary_is_told_from_chance() -> None:
    found = planted(people(2_000, 2), 5)
    detector = TabularDetector(people(2_000, 1), 0, Parameters(ordinary=0.995))
    measured = quality(detector.score(found.rows), found.anomalous)
    assert 0.85 < measured.auroc < 1.0
    assert measured.average_precision > 0.6
    chance = quality(np.random.default_rng(0).random(len(found.rows)), found.anomalous)
    assert abs(chance.auroc - 0.5) < 0.1


def test_figures_are_those_of_scikit_learn_ties_and_all() -> None:
    random = np.random.default_rng(4)
    anomalous = random.random(300) < 0.2
    scores = np.round(random.normal(anomalous * 1.0, 1.0), 1)
    found = quality(scores, anomalous)
    assert found.auroc == pytest.approx(roc_auc_score(anomalous, scores))
    assert found.average_precision == pytest.approx(average_precision_score(anomalous, scores))


def test_rows_that_say_nothing_are_refused_with_a_sentence() -> None:
    with pytest.raises(BadRows, match="all are of one kind"):
        quality([1.0, 2.0], [True, True])
    with pytest.raises(BadRows, match="a score for each of 3 rows"):
        quality([1.0, 2.0], [True, False, True])
    with pytest.raises(BadRows, match="at least 2 rows"):
        planted(people(1, 0), 0)
    with pytest.raises(BadRows, match="columns"):
        planted(np.zeros((10, 3)), 0)
