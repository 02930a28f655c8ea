"""The detectors on rows whose anomalies are known because they were planted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from resonance_training.autoencoder import Autoencoder
from resonance_training.covariance import RobustCovariance
from resonance_training.margins import ColumnTails
from resonance_training.rows import BadRows, Floats
from resonance_training.support import SupportVectors
from resonance_training.tabular import LEAST_ROWS, WEIGHTS, TabularDetector

MIXING = np.array([[1.0, 0.9, 0.0], [0.0, 0.3, 0.0], [0.0, 0.0, 1.0]])


def correlated(rows: int, seed: int) -> Floats:
    """Rows whose first two columns go together."""
    return np.random.default_rng(seed).normal(size=(rows, 3)) @ MIXING


def test_the_covariance_sees_what_no_column_shows() -> None:
    covariance = RobustCovariance(correlated(2_000, 1), 0)
    against, along = covariance.score(np.array([[1.5, -1.5, 0.0], [1.5, 1.5, 0.0]]))
    assert against > 5 * along


def test_a_third_of_anomalies_does_not_bend_the_covariance() -> None:
    cluster = np.random.default_rng(2).normal([8.0, -8.0, 8.0], 0.2, (900, 3))
    covariance = RobustCovariance(np.concatenate([correlated(2_000, 1), cluster]), 0)
    assert covariance.score(cluster).min() > np.quantile(covariance.score(correlated(500, 3)), 0.999)


def test_units_do_not_matter_to_the_covariance() -> None:
    rows, units = correlated(500, 1), np.array([1e-6, 1.0, 1e7])
    there, here = (RobustCovariance(rows * scale, 0).score(rows * scale) for scale in (units, 1.0))
    assert there == pytest.approx(here, rel=1e-3)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((30, 2)),
        np.ones((30, 3)) * [1.0, 2.0, 3.0] + np.arange(30)[:, None] * [0.0, 1.0, 0.0],
        np.random.default_rng(0).normal(size=(20, 15)),
        np.repeat(np.random.default_rng(0).normal(size=(4, 3)), 10, axis=0),
    ],
    ids=["nothing changes", "one column changes", "few rows", "few different rows"],
)
def test_poor_rows_are_scored_too(rows: Floats) -> None:
    scores = TabularDetector(rows).score(rows + 1e-3)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


def test_tails_take_the_graver_side_of_each_column() -> None:
    rows = np.random.default_rng(4).exponential(size=(4_000, 2))
    tails = ColumnTails(rows)
    high, middle = tails.score(np.array([[9.0, 0.7], [0.7, 0.7]]))
    assert high > middle + 6
    assert tails.score(np.array([[-3.0, 0.7]]))[0] > middle


@pytest.mark.parametrize("kind", ["far", "against the grain", "a cluster"])
def test_planted_rows_are_found(kind: str) -> None:
    ordinary, chance = correlated(3_000, 5), np.random.default_rng(6)
    planted = {
        "far": chance.normal(size=(60, 3)) * [1.0, 1.0, 9.0],
        "against the grain": chance.normal([2.0, -2.0, 0.0], 0.3, (60, 3)),
        "a cluster": chance.normal([0.0, 0.0, 6.0], 0.1, (60, 3)),
    }[kind]
    rows, truth = np.concatenate([ordinary, planted]), np.repeat([0, 1], [3_000, 60])
    assert roc_auc_score(truth, TabularDetector(rows).score(rows)) > 0.9


def test_a_row_has_the_same_score_whatever_rows_it_is_scored_with() -> None:
    detector, rows = TabularDetector(correlated(500, 1)), correlated(50, 2) * 3
    assert detector.score(rows) == pytest.approx([detector.score(row[None])[0] for row in rows], rel=1e-12)
    assert detector.score(rows).tolist() == TabularDetector(correlated(500, 1)).score(rows).tolist()
    assert detector.score(np.empty((0, 3))).shape == (0,)


def test_the_score_is_the_weighted_mean_of_the_surprises() -> None:
    detector, rows = TabularDetector(correlated(500, 1)), correlated(50, 2)
    weights = np.array(list(WEIGHTS.values()))
    assert detector.score(rows) == pytest.approx(detector.surprises(rows) @ weights / weights.sum())


@pytest.mark.parametrize("detector", [SupportVectors, Autoencoder])
def test_what_fits_no_ordinary_row_is_outside(detector: type[SupportVectors | Autoencoder]) -> None:
    found = detector(correlated(2_000, 1), 0)
    against, along = found.score(np.array([[1.5, -1.5, 0.0], [1.0, 0.9, 0.0]]))
    assert against > max(along, np.quantile(found.score(correlated(500, 3)), 0.99))


@pytest.mark.parametrize("name", ["one_class_svm", "autoencoder"])
def test_a_tenth_of_anomalies_is_not_learned_as_ordinary(name: str) -> None:
    cluster = np.random.default_rng(2).normal([6.0, -6.0, 6.0], 0.5, (300, 3))
    detector = TabularDetector(np.concatenate([correlated(2_700, 1), cluster]))
    at = list(WEIGHTS).index(name)
    ordinary = detector.surprises(correlated(500, 3))[:, at]
    assert detector.surprises(cluster)[:, at].min() > np.quantile(ordinary, 0.99)


def test_what_cannot_be_learned_from_is_said() -> None:
    rows = correlated(100, 1)
    with pytest.raises(BadRows, match=f"at least {LEAST_ROWS} rows to learn from, but got 3"):
        TabularDetector(rows[:3])
    with pytest.raises(BadRows, match=r"got shape \(3,\)"):
        TabularDetector([1.0, 2.0, 3.0])
    with pytest.raises(BadRows, match="Expected 3 columns, as in the rows that were learned from, but got 2"):
        TabularDetector(rows).score(rows[:, :2])
    rows[7, 1] = np.nan
    with pytest.raises(BadRows, match="row 7, column 1 is nan"):
        TabularDetector(rows)
