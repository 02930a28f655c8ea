"""Parameters are searched within a time, judged by people and times that were not learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_auto_retrainer.crossfit import DEFAULTS
from resonance_auto_retrainer.ground import ground_of
from resonance_auto_retrainer.search import MOST_TRIALS, search
from resonance_auto_retrainer.telling import Abandoned
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.scales import to_scale
from resonance_training.parameters import Parameters
from resonance_training.quality import Quality
from resonance_training.rows import BadRows

Values = Callable[..., NDArray[np.float64]]


def people_of(values: NDArray[np.float64], users: int = 30) -> TrainingSet:
    numbers = np.arange(len(values)) % users
    return TrainingSet(
        values,
        numbers.astype(np.uint64),
        numbers,
        0,
        len(values),
        ("live",),
        0,
        np.zeros(len(values), dtype=np.bool_),
        np.ones(len(values), dtype=np.int64),
    )


def ticking(step: float = 1.0) -> Callable[[], float]:
    """A clock that is read to be moved."""
    times: Iterator[float] = iter(np.arange(0.0, 1e6, step))
    return lambda: next(times)


class Judged:
    """A judge for which quality is a function of the parameters; notes who was asked."""

    def __init__(self, first: Callable[[Parameters], float], second: Callable[[Parameters], float]) -> None:
        self.asked: list[Parameters] = []
        self._figures = first, second

    def quality(self, parameters: Parameters) -> tuple[Quality, Quality]:
        self.asked.append(parameters)
        one, other = (Quality(0.9, figure(parameters)) for figure in self._figures)
        return one, other


def likes_covariance(parameters: Parameters) -> float:
    return parameters.robust_covariance_weight / 100.0


def test_what_is_better_on_both_sets_is_chosen_and_the_figures_say_so() -> None:
    found = search(Judged(likes_covariance, likes_covariance), 40.0, clock=ticking())
    assert found.parameters.robust_covariance_weight > 1.5 * DEFAULTS.robust_covariance_weight
    assert found.metrics["search_average_precision"] == likes_covariance(found.parameters)
    assert found.metrics["search_default_average_precision"] == likes_covariance(DEFAULTS)
    assert found.metrics["search_trials"] > 5


def test_what_was_lucky_on_the_first_set_alone_is_not_chosen() -> None:
    found = search(Judged(likes_covariance, lambda _: 0.5), 40.0, clock=ticking())
    assert found.parameters == DEFAULTS
    assert found.metrics["search_average_precision"] == found.metrics["search_default_average_precision"] == 0.5


def test_the_defaults_are_tried_first_and_then_what_was_found_before() -> None:
    ground, known = Judged(likes_covariance, likes_covariance), replace(DEFAULTS, autoencoder_weight=1.25)
    search(ground, 20.0, known, clock=ticking())
    assert ground.asked[:2] == [DEFAULTS, known]
    assert len(ground.asked) == len(set(ground.asked))


def test_it_ends_with_the_trial_in_which_the_time_is_over() -> None:
    ends, now = 10.0, [0.0]

    def judged(parameters: Parameters) -> float:
        now[0] += 3.0
        return likes_covariance(parameters)

    ground = Judged(judged, likes_covariance)
    search(ground, ends, clock=lambda: now[0])
    assert now[0] == 12.0


def test_a_machine_that_is_fast_stops_when_nothing_more_is_to_be_gained() -> None:
    ground = Judged(likes_covariance, likes_covariance)
    assert search(ground, 1e9, clock=lambda: 0.0).metrics["search_trials"] == MOST_TRIALS


def test_no_score_gets_dearer_and_no_detector_falls_silent() -> None:
    ground = Judged(likes_covariance, likes_covariance)
    search(ground, 60.0, clock=ticking())
    for one in ground.asked:
        assert (one.forest_trees, one.forest_sample) == (DEFAULTS.forest_trees, DEFAULTS.forest_sample)
        assert one.svm_outside <= DEFAULTS.svm_outside
        assert all(one.weights[name] >= weight / 4.0 - 1e-9 for name, weight in DEFAULTS.weights.items())


def test_the_same_ground_and_number_of_trials_give_the_same(make_values: Values) -> None:
    data = people_of(make_values(3_000))
    ground = ground_of(to_scale(data.values), data.users)
    assert ground is not None
    one, again = (search(ground, 12.0, clock=ticking()) for _ in range(2))
    assert one.parameters == again.parameters


def test_who_and_when_judges_was_not_learned_from(make_values: Values) -> None:
    values = make_values(5_000)
    values[:, 2] = np.arange(5_000)
    data = people_of(values)
    ground = ground_of(to_scale(values), data.users)
    assert ground is not None
    places = [
        np.rint(np.expm1(rows[:, 2])).astype(int)
        for rows in (
            ground.learned,
            ground.first.rows[~ground.first.anomalous],
            ground.second.rows[~ground.second.anomalous],
        )
    ]
    people = [set(data.users[some].tolist()) for some in places]
    assert not people[0] & people[1] and not people[0] & people[2] and not people[1] & people[2]
    assert places[0].max() < min(places[1].min(), places[2].min())


def test_too_few_vectors_are_not_searched_with(make_values: Values) -> None:
    data = people_of(make_values(900))
    assert ground_of(to_scale(data.values), data.users) is None
    artifact = train(data, {}, search_s=5.0)
    assert "search_trials" not in artifact.manifest.metrics
    assert Parameters.of(artifact.manifest.parameters) == DEFAULTS


def test_a_search_that_is_abandoned_ends_at_once() -> None:
    def stop(share: float, message: str, **_: bool) -> None:
        raise Abandoned(message)

    ground = Judged(likes_covariance, likes_covariance)
    with pytest.raises(Abandoned, match="trial 2"):
        search(ground, 60.0, tell=stop)
    assert ground.asked == [DEFAULTS]


@pytest.mark.long
def test_what_a_search_found_gives_the_same_version_again_and_tails_that_hold(make_values: Values) -> None:
    data = people_of(make_values(4_000))
    searched = train(data, {}, search_s=3.0).manifest
    used = Parameters.of(searched.parameters)
    assert searched.metrics["search_trials"] >= 2
    assert train(data, {}, used).manifest.model_version == searched.model_version
    far = replace(DEFAULTS, ordinary=0.999, svm_outside=0.01, robust_covariance_weight=0.5, autoencoder_weight=8.0)
    other = train(data, {}, far).manifest
    assert other.model_version != searched.model_version
    assert other.metrics["holdout_share_tail_0.1"] == pytest.approx(0.1, abs=0.03)


def test_parameters_that_are_no_numbers_are_refused() -> None:
    assert Parameters.of({"estimator": "stumps", "svm_outside": 0.05}) == Parameters(svm_outside=0.05)
    with pytest.raises(BadRows, match="forest_trees, but got 'many'"):
        Parameters.of({"forest_trees": "many"})
