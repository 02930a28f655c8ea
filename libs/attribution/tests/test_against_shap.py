"""The same values by another library's algorithms."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from resonance_attribution.attribution import attributed
from resonance_attribution.loaded import Loaded
from resonance_attribution.shapley import shapley
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

with warnings.catch_warnings():
    # shap imports matplotlib, and warns about what it calls there.
    warnings.simplefilter("ignore")
    import shap

Floats = NDArray[np.float64]


@dataclass
class Function:
    """A scorer from a function of rows."""

    function: Callable[[Floats], Floats]

    def score(self, vectors: Floats) -> Floats:
        return self.function(vectors)


def wavy(rows: Floats) -> Floats:
    """Neither additive nor symmetric, with interactions of every order."""
    weighted = rows * np.arange(1, rows.shape[1] + 1)
    return np.asarray(1 / (1 + np.exp(-np.sin(weighted.sum(axis=1)) - np.prod(np.cos(rows), axis=1))))


def test_agrees_with_the_kernel_explainer_that_saw_every_coalition() -> None:
    rng = np.random.default_rng(4)
    vector, reference = rng.normal(size=9), rng.normal(size=9)
    explainer = shap.KernelExplainer(wavy, reference[None])
    theirs = explainer.shap_values(vector, nsamples=2**9, l1_reg=False, silent=True)
    np.testing.assert_allclose(shapley(Function(wavy), vector, reference).values, theirs, atol=1e-9)


def test_agrees_with_shaps_trees_on_the_path_length_of_a_forest() -> None:
    rng = np.random.default_rng(5)
    forest = IsolationForest(n_estimators=20, max_samples=64, random_state=0).fit(rng.normal(size=(200, 8)))
    # Values that float32 holds, because the forest and shap round theirs to it.
    vector, reference = rng.normal(size=(2, 8)).astype(np.float32).astype(np.float64)
    c = 2 * (np.log(63) + np.euler_gamma) - 2 * 63 / 64

    def path_length(rows: Floats) -> Floats:
        return np.asarray(-np.log2(-forest.score_samples(rows)) * c)

    explainer = shap.TreeExplainer(forest, reference[None], feature_perturbation="interventional")
    theirs = explainer.shap_values(vector[None])[0]
    np.testing.assert_allclose(shapley(Function(path_length), vector, reference).values, theirs, atol=1e-5)


@pytest.mark.long
def test_agrees_with_the_exact_explainer_on_a_served_model() -> None:
    model = Loaded(ordinary_model())
    masker = shap.maskers.Independent(model.reference[None], max_samples=1)
    explainer = shap.ExactExplainer(model.score, masker)
    for vector in ordinary_vectors(3, 8) * 4.0 + 1.0:
        theirs = explainer(vector[None], silent=True).values[0]
        np.testing.assert_allclose(attributed(model, vector, model.reference).whole.values, theirs, atol=1e-6)
