"""Search of what the detectors are learned with, within a time budget: Optuna's tree-structured Parzen estimator.

    people, ordered by chance ──┬─ three fifths, their earlier vectors: every trial learns from them
                                ├─ a fifth, their later vectors, incidents planted: trials are judged by them
                                └─ a fifth, their later vectors, other incidents: is the winner better here, too?

Nobody who judges was learned from, nor any time of theirs. A winner that was merely lucky is not better on the second
set: then the defaults stay.

Of a day of the simulator's people, each parameter was moved alone over what seemed sensible: the weights move the
average precision by up to 0.13, the ordinary share by 0.08, the width of the autoencoder and the nu of the SVM by 0.02;
trees, rows per tree, kernel width, epochs and learning rate by less than 0.01, and more of the first two cost time in
every score. So the first are searched, within bounds in which no score gets dearer and no detector falls silent, and
the others are not. Neither is the weight of the recurrent model: incidents that begin with the very vector that is
judged would flatter it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from resonance_auto_retrainer.crossfit import DEFAULTS
from resonance_auto_retrainer.telling import Tell, silent
from resonance_training.forest import SEED
from resonance_training.parameters import Parameters
from resonance_training.quality import Quality

if TYPE_CHECKING:
    from optuna import Trial

MOST_TRIALS: Final = 200
LEAST_GAIN: Final = 0.005
"""In average precision on the second set, below which the defaults stay."""

WITHIN: Final = 4.0
"""Weights are within so many times of the defaults, up and down."""

WEIGHTS: Final = (
    "isolation_forest_weight",
    "robust_covariance_weight",
    "one_class_svm_weight",
    "autoencoder_weight",
)
"""Beside that of the tails of columns: only their ratios count."""


class Judge(Protocol):
    """Says how good parameters are."""

    def quality(self, parameters: Parameters) -> tuple[Quality, Quality]:
        """Of detectors with these parameters: on what trials are judged by, and on what the winner is checked on."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of a search.

    Attributes:
        parameters: To learn with.
        metrics: Figures of the search, by name.
    """

    parameters: Parameters
    metrics: dict[str, float]


def search(
    judge: Judge,
    seconds: float,
    known: Parameters = DEFAULTS,
    tell: Tell = silent,
    clock: Callable[[], float] = time.monotonic,
) -> Searched:
    """Looks for better parameters than the defaults; ends with the trial in which the time is over.

    Args:
        judge: Learns and judges.
        seconds: How long it may take.
        known: Parameters that were found before: tried first, after the defaults.
        tell: Told before every trial.
        clock: Seconds, ascending.
    """
    # It takes half a second and a database library to import.
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    began = clock()
    sampler = optuna.samplers.TPESampler(seed=SEED, multivariate=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    default = best = _Tried(DEFAULTS, *judge.quality(DEFAULTS))
    trials = 1
    for parameters in dict.fromkeys((DEFAULTS, known)):
        study.enqueue_trial(_point(parameters))
    while clock() - began < seconds and trials < MOST_TRIALS:
        trial = study.ask()
        tell((clock() - began) / seconds, f"Searching parameters, trial {trials + 1}.", searching=True)
        parameters = _drawn(trial)
        tried = default if parameters == DEFAULTS else _Tried(parameters, *judge.quality(parameters))
        study.tell(trial, tried.first.average_precision)
        trials += parameters != DEFAULTS
        best = max(best, tried, key=lambda one: one.first.average_precision)
    better = best.second.average_precision >= default.second.average_precision + LEAST_GAIN
    chosen = best if better else default
    return Searched(
        chosen.parameters,
        {
            "search_trials": float(trials),
            "search_seconds": clock() - began,
            "search_default_average_precision": default.second.average_precision,
            "search_default_auroc": default.second.auroc,
            "search_average_precision": chosen.second.average_precision,
            "search_auroc": chosen.second.auroc,
        },
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    parameters: Parameters
    first: Quality
    second: Quality


def _bounds(name: str) -> tuple[float, float]:
    usual = float(getattr(DEFAULTS, name))
    return usual / WITHIN, usual * WITHIN


def _drawn(trial: Trial) -> Parameters:
    isolation, covariance, support, autoencoder = (
        trial.suggest_float(name, *_bounds(name), log=True) for name in WEIGHTS
    )
    return replace(
        DEFAULTS,
        ordinary=1.0 - trial.suggest_float("rest", 0.001, 0.02, log=True),
        svm_outside=trial.suggest_float("svm_outside", 0.01, DEFAULTS.svm_outside, log=True),
        autoencoder_squeeze=trial.suggest_float("autoencoder_squeeze", 1.5, 6.0),
        isolation_forest_weight=isolation,
        robust_covariance_weight=covariance,
        one_class_svm_weight=support,
        autoencoder_weight=autoencoder,
    )


def _point(parameters: Parameters) -> dict[str, float]:
    """Where parameters lie in what is searched."""
    names = ("svm_outside", "autoencoder_squeeze", *WEIGHTS)
    return {"rest": 1.0 - parameters.ordinary} | {name: float(getattr(parameters, name)) for name in names}
