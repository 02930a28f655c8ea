"""Other explainers, in the same process: shap's and lime's."""

from __future__ import annotations

import warnings

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from resonance_attribution.loaded import Loaded
from resonance_contracts.features import FEATURE_NAMES, WIDTH

with warnings.catch_warnings():
    # It imports matplotlib, and warns about what it calls there.
    warnings.simplefilter("ignore")
    import shap

Floats = NDArray[np.float64]

ROWS = 500
"""Rows that KernelExplainer and lime may score, as many as our stream may."""


def exact(model: Loaded, vector: Floats) -> Floats:
    """shap's ExactExplainer, against the population's medians."""
    masker = shap.maskers.Independent(model.reference[np.newaxis], max_samples=1)
    explainer = shap.ExactExplainer(model.score, masker)
    return np.asarray(explainer(vector[np.newaxis], max_evals=1 << (WIDTH + 1), silent=True).values[0])


def kernel(model: Loaded, vector: Floats) -> Floats:
    """shap's KernelExplainer, against the population's medians."""
    explainer = shap.KernelExplainer(model.score, model.reference[np.newaxis])
    # Which coalitions it draws comes from NumPy's own state.
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(explainer.shap_values(vector, nsamples=ROWS, silent=True))


def trees(forest: IsolationForest, reference: Floats) -> shap.TreeExplainer:
    """shap's TreeExplainer of a forest's path length."""
    return shap.TreeExplainer(forest, reference[np.newaxis], feature_perturbation="interventional")


class Lime:
    """lime, around a vector, as a regression of the score.

    Args:
        ordinary: What it learns the spread of the features from.
        seed: Of the rows it draws.
    """

    def __init__(self, ordinary: Floats, seed: int = 0) -> None:
        self._explainer = LimeTabularExplainer(
            ordinary,
            mode="regression",
            feature_names=list(FEATURE_NAMES),
            discretize_continuous=False,
            # Around the mean of the ordinary, anomalies are so far away that no row weighs anything.
            sample_around_instance=True,
            random_state=np.random.RandomState(seed),
        )

    def __call__(self, model: Loaded, vector: Floats) -> Floats:
        """What each feature adds: its weight times its distance from the mean, in spreads."""
        told = self._explainer.explain_instance(vector, model.score, num_features=WIDTH, num_samples=ROWS)
        scaler = self._explainer.scaler
        weights = np.zeros(WIDTH)
        for place, weight in next(iter(told.as_map().values())):
            weights[place] = weight
        return np.asarray(weights * (vector - scaler.mean_) / scaler.scale_)
