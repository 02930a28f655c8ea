"""Which of the vectors before, against brute force; the axioms; and that a strange one is found."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, helper

from resonance_attribution.loaded import Loaded
from resonance_attribution.lookback import (
    FEATURES_IN_STREAM,
    STEPS_IN_STREAM,
    LookedBack,
    Window,
    of_features,
    of_steps,
)
from resonance_attribution.recurrent import read_recurrent
from resonance_auto_retrainer.export.sequence import export_sequence
from resonance_contracts.features import WIDTH
from resonance_modeling.onnx_sequence import OnnxSequence
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer
from resonance_modeling.sequences import STEPS
from resonance_training.sequence import HIDDEN, SequenceWeights
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

Floats = NDArray[np.float64]
Rounded = NDArray[np.float32]


@pytest.fixture(scope="module")
def scorer() -> EnsembleScorer:
    return EnsembleScorer(ordinary_model())


@pytest.fixture(scope="module")
def model() -> Loaded:
    return Loaded(ordinary_model())


def window_of(steps: int, seed: int) -> Rounded:
    """Ordinary vectors on the scales of comparison."""
    return to_scale(ordinary_vectors(steps, seed)).astype(np.float32)


def medians_of(model: Loaded) -> Rounded:
    return to_scale(model.reference[np.newaxis])[0].astype(np.float32)


def said(scorer: EnsembleScorer, vector: Floats, windows: Rounded) -> Floats:
    """What the detector that looks back says of a vector after windows (n, m, WIDTH), as it is served."""
    whole = np.full((len(windows), STEPS, WIDTH), np.nan, dtype=np.float32)
    whole[:, STEPS - windows.shape[1] :] = windows
    rows = np.tile(vector, (len(windows), 1))
    return scorer.scores(rows, scorer.expected(whole)).members[:, -1]


def brute_force(scorer: EnsembleScorer, vector: Floats, recent: Rounded, medians: Rounded, *, steps: bool) -> Floats:
    """The mean of what each adds over all orders of arrival."""
    count = len(recent) if steps else WIDTH
    players = range(count) if steps else np.flatnonzero((recent != medians).any(axis=0)).tolist()
    added = np.zeros(count)
    orders = list(permutations(players))
    for order in orders:
        windows = [np.tile(medians, (len(recent), 1))]
        for one in order:
            windows.append(windows[-1].copy())
            place = one if steps else (slice(None), one)
            windows[-1][place] = recent[place]
        added[list(order)] += np.diff(said(scorer, vector, np.stack(windows)))
    return added / len(orders)


def efficient(found: LookedBack) -> bool:
    sums = [found.base + found.vector + float(one.values.sum()) for one in (found.steps, found.features)]
    return sums == pytest.approx([found.score] * 2, abs=1e-9)


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 4, 5])
def test_steps_are_those_of_all_orders(scorer: EnsembleScorer, model: Loaded, steps: int, asked: bool) -> None:
    vector, recent = ordinary_vectors(1, 50)[0] * 2.0, window_of(steps, steps)
    found = model.before(vector, recent, asked=asked)
    assert found is not None
    oracle = brute_force(scorer, vector, recent, medians_of(model), steps=True)
    np.testing.assert_allclose(found.steps.values, oracle, atol=2e-4)
    assert not found.steps.sampled
    assert found.score == pytest.approx(said(scorer, vector, recent[np.newaxis])[0], abs=1e-4)
    assert found.base == pytest.approx(
        said(scorer, model.reference, np.tile(medians_of(model), (1, steps, 1)))[0], abs=1e-4
    )


def test_features_are_those_of_all_orders(scorer: EnsembleScorer, model: Loaded) -> None:
    medians = medians_of(model)
    recent = np.tile(medians, (6, 1))
    recent[:, [1, 4, 7, 11]] = window_of(6, 9)[:, [1, 4, 7, 11]] + 0.3
    vector = ordinary_vectors(1, 51)[0] * 2.0
    found = model.before(vector, recent, asked=True)
    assert found is not None
    oracle = brute_force(scorer, vector, recent, medians, steps=False)
    np.testing.assert_allclose(found.features.values, oracle, atol=2e-4)


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize(("steps", "seed"), [(1, 1), (7, 2), (9, 3), (16, 4)])
def test_it_adds_up_twice_and_the_model_expects_what_it_is_served_with(
    scorer: EnsembleScorer, model: Loaded, steps: int, seed: int, asked: bool
) -> None:
    vector, recent = ordinary_vectors(1, 60 + seed)[0] * 3.0, window_of(steps, seed)
    found = model.before(vector, recent, asked=asked)
    assert found is not None
    assert efficient(found)
    whole = np.full((1, STEPS, WIDTH), np.nan, dtype=np.float32)
    whole[0, STEPS - steps :] = recent
    expected = scorer.expected(whole)
    assert expected is not None
    np.testing.assert_array_equal(found.expected, expected[0])
    assert len(found.steps.values) == steps
    assert len(found.features.values) == WIDTH
    assert found.error_bound >= found.residual
    assert found.method == ("shapley-enumeration" if asked else "shapley-sampling")


def test_a_step_or_a_feature_that_is_as_the_medians_adds_nothing(model: Loaded) -> None:
    medians, recent = medians_of(model), window_of(16, 5)
    recent[[0, 7, 15]], recent[:, 3] = medians, medians[3]
    for asked in (False, True):
        found = model.before(ordinary_vectors(1, 52)[0] * 3.0, recent, asked=asked)
        assert found is not None
        assert found.steps.values[[0, 7, 15]].tolist() == [0.0, 0.0, 0.0]
        assert found.features.values[3] == 0.0
        assert np.count_nonzero(found.steps.values) == 13


def test_after_a_window_of_medians_all_is_the_vectors_own(model: Loaded) -> None:
    found = model.before(ordinary_vectors(1, 53)[0] * 3.0, np.tile(medians_of(model), (16, 1)), asked=False)
    assert found is not None
    assert not found.steps.values.any()
    assert not found.features.values.any()
    assert found.base + found.vector == pytest.approx(found.score, abs=1e-12)


def test_repeats_are_the_same_to_the_bit_and_take_few_rows(model: Loaded) -> None:
    vector, recent = ordinary_vectors(1, 54)[0] * 3.0, window_of(16, 6)
    one, again = (model.before(vector, recent, asked=False) for _ in range(2))
    assert one is not None
    assert again is not None
    assert one.steps.values.tobytes() == again.steps.values.tobytes()
    assert one.features.values.tobytes() == again.features.values.tobytes()
    assert one.steps.rows == STEPS_IN_STREAM
    assert one.features.rows <= FEATURES_IN_STREAM


@pytest.mark.parametrize("seed", range(4))
def test_a_sample_is_within_its_bound_of_all_coalitions(model: Loaded, seed: int) -> None:
    vector, recent = ordinary_vectors(1, 70 + seed)[0] * 3.0, window_of(16, 20 + seed)
    some, every = (model.before(vector, recent, asked=asked) for asked in (False, True))
    assert some is not None
    assert every is not None
    assert np.abs(some.steps.values - every.steps.values).max() <= some.steps.error_bound
    assert np.abs(some.features.values - every.features.values).max() <= some.features.error_bound
    assert max(some.steps.error_bound, some.features.error_bound) < 0.1 * some.score


def remembering(seed: int) -> SequenceWeights:
    """A layer that sums up what it is shown and forgets nothing."""
    rng = np.random.default_rng(seed)
    kernel, bias = np.zeros((WIDTH, 4 * HIDDEN)), np.repeat([4.0, 4.0, 12.0, 0.0], HIDDEN)
    kernel[:, 3 * HIDDEN :] = 0.08 * rng.standard_normal((WIDTH, HIDDEN))
    arrays = (
        np.full(WIDTH, 2.0), np.ones(WIDTH), kernel, np.zeros((HIDDEN, 4 * HIDDEN)), bias,
        rng.standard_normal((HIDDEN, WIDTH)), np.zeros(WIDTH), np.ones(WIDTH),
    )  # fmt: skip
    return SequenceWeights(*(one.astype(np.float32) for one in arrays))


def test_one_strange_step_among_ordinary_ones_is_on_top_wherever_it_is() -> None:
    onnx = export_sequence(remembering(1))
    sequence, recurrent = OnnxSequence(onnx, WIDTH), read_recurrent(ModelProto.FromString(onnx))
    medians, rng = np.full(WIDTH, 2.0, dtype=np.float32), np.random.default_rng(2)

    def distance(expected: Floats) -> Floats:
        return (np.minimum(np.abs(expected - medians), 8.0) ** 2).mean(axis=1)

    hits = []
    for trial in range(96):
        place = trial % STEPS
        recent = (medians + 0.1 * rng.standard_normal((STEPS, WIDTH))).astype(np.float32)
        recent[place] += 5.0 * rng.choice([-1.0, 1.0], WIDTH)
        found = of_steps(Window(recent, medians, distance, sequence, recurrent), asked=False)
        assert found.sampled
        hits.append(int(np.argmax(found.values)) == place)
    assert np.mean(hits) >= 0.95


@pytest.mark.parametrize("steps", [8, 10])
def test_windows_that_share_their_beginnings_are_those_of_rows(steps: int) -> None:
    onnx = export_sequence(remembering(3))
    sequence, recurrent = OnnxSequence(onnx, WIDTH), read_recurrent(ModelProto.FromString(onnx))
    assert recurrent is not None
    medians = window_of(1, 80)[0]
    window = Window(window_of(steps, 81), medians, lambda x: (x**2).mean(axis=1), sequence, recurrent)
    by_rows = replace(window, recurrent=None)
    np.testing.assert_allclose(
        of_steps(window, asked=True).values, of_steps(by_rows, asked=True).values, rtol=0, atol=1e-4
    )
    assert of_features(window, asked=True).values.tolist() == of_features(by_rows, asked=True).values.tolist()


def test_a_file_that_is_made_of_something_else_is_not_read() -> None:
    model = ModelProto.FromString(export_sequence(remembering(4)))
    assert read_recurrent(model) is not None
    layer = next(node for node in model.graph.node if node.op_type == "LSTM")
    layer.attribute.append(helper.make_attribute("clip", 3.0))
    assert read_recurrent(model) is None
    del layer.attribute[-1]
    del model.graph.node[-1]
    assert read_recurrent(model) is None
