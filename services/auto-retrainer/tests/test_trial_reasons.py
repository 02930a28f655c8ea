"""Whether a version gives other reasons than the champion: an equal passes, one that mistook a feature does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_attribution.attribution import Coalitions
from resonance_attribution.loaded import Loaded
from resonance_auto_retrainer.holdout import unlearned
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.trials.comparing import compare, reasons_of
from resonance_auto_retrainer.trials.exchange import LEAST_APART, likeliest, varied
from resonance_auto_retrainer.trials.exchange import OF_EACH as OF_EACH_FEATURE
from resonance_auto_retrainer.trials.probes import OF_EACH, ORDINARY, SURPRISING, Probes, probes
from resonance_auto_retrainer.trials.reasons import LEAST_AGREEMENT, LEAST_OF_A_KIND, MOST_MOVED, YOUNG
from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.features import FEATURE_NAMES, FEATURES, INDEX, WIDTH
from resonance_modeling.artifact import ANOMALY_DETECTION, ONNX_FILE, Artifact
from resonance_modeling.registry import BUCKET, version_key
from resonance_training.drift.expectation import DAY_US
from resonance_training.planting import PLANTS
from tests.support.mistaken import Mistaken
from tests.support.resampled import exchanged, redrawn
from tests.support.simulated_people import simulated_people
from tests.support.trying import CrashingStore, Trying

pytestmark = pytest.mark.long

Floats = NDArray[np.float64]

SWAPPED = ("channels_count", "jwt_token_churn")


@pytest.fixture(scope="module")
def data() -> TrainingSet:
    return simulated_people()


@pytest.fixture(scope="module")
def champion(data: TrainingSet) -> Artifact:
    return train(data, {})


@pytest.fixture(scope="module")
def alike(data: TrainingSet) -> Artifact:
    return train(redrawn(data, 1), {})


@pytest.fixture(scope="module")
def on(data: TrainingSet, champion: Artifact) -> Probes:
    return probes(unlearned(data.values, data.users), Loaded(champion).score)


@pytest.fixture(scope="module")
def swapped(data: TrainingSet) -> Artifact:
    return train(exchanged(data, *(INDEX[name] for name in SWAPPED)), {})


class Wordless(Loaded):
    """Says nothing of anything."""

    def coalitions(self, vector: Floats, reference: Floats, players: NDArray[np.intp]) -> Coalitions | None:
        return None

    def score(self, vectors: Floats) -> Floats:
        return np.full(len(vectors), np.nan)


class Fickle(Wordless):
    """Says something else a hair's breadth away."""

    def score(self, vectors: Floats) -> Floats:
        found: Floats = np.sin(1e4 * vectors.sum(axis=1)) ** 2
        return found


def learned_of(artifact: Artifact, *, begin_h: int, end_h: int = 0) -> Artifact:
    """The same, as if what it learned from had begun and ended so many hours later."""
    window = artifact.manifest.data_window
    moved = {
        "first_end_us": window.first_end_us + begin_h * DAY_US // 24,
        "last_end_us": window.last_end_us + end_h * DAY_US // 24,
    }
    described = {"data_window": window.model_copy(update=moved)}
    return replace(artifact, manifest=artifact.manifest.model_copy(update=described))


def test_vectors_are_incidents_of_every_kind_and_the_most_surprising_ordinary_ones_and_always_the_same(
    data: TrainingSet, champion: Artifact, on: Probes
) -> None:
    ordinary, model = unlearned(data.values, data.users), Loaded(champion)
    again = probes(ordinary, model.score)
    np.testing.assert_array_equal(on.values, again.values)
    np.testing.assert_array_equal(on.nearby(0.02), again.nearby(0.02))
    assert len(on.values) == len(PLANTS) * OF_EACH + SURPRISING
    assert set(on.kinds) == {ORDINARY, *(plant.__name__.replace("_", " ") for plant in PLANTS)}
    surprising = model.score(on.values[on.kinds == ORDINARY])
    assert (surprising >= np.quantile(model.score(ordinary), 0.9)).all()
    lower, upper = (np.array([getattr(one, end) for one in FEATURES]) for end in ("lower", "upper"))
    assert ((on.values >= lower) & (on.values <= upper)).all()


def test_a_version_that_learned_of_the_same_people_drawn_anew_passes(
    champion: Artifact, alike: Artifact, on: Probes
) -> None:
    found = compare(Loaded(alike), Loaded(champion), on)
    assert found.gate.passed
    assert set(found.agreement) == set(on.kinds)
    assert LEAST_OF_A_KIND < found.figures["reasons_agreement_least"] < found.figures["reasons_agreement"] < 1
    assert found.figures["reasons_agreement"] > LEAST_AGREEMENT
    assert found.figures["reasons_moved"] < MOST_MOVED
    assert found.figures["reasons_exchanged"] > LEAST_APART
    assert "least of all where there is “" in found.said and "what changed most" not in found.said


def test_noise_moves_nothing_by_more_than_itself_even_where_a_value_came_from_beyond_its_range(on: Probes) -> None:
    values = on.values.copy()
    values[:, INDEX["burstiness_score"]] = 20.0
    near = replace(on, values=values).nearby(0.02)
    moved = np.abs(near - values)[:, INDEX["burstiness_score"]]
    assert 0 < moved.max() < 0.1 * on.spread[INDEX["burstiness_score"]] + 1e-9
    assert near[:, INDEX["burstiness_score"]].max() <= 20.0


def test_a_version_agrees_with_itself_entirely(champion: Artifact, on: Probes) -> None:
    found = compare(Loaded(champion), Loaded(champion), on)
    assert [value for name, value in found.figures.items() if name != "reasons_moved"] == pytest.approx([1.0] * 7)


@pytest.mark.parametrize(
    "names", [SWAPPED, ("channel_activity", "jwt_token_reuse"), ("error_rate", "avg_message_size")]
)
def test_a_version_that_took_a_feature_for_another_is_refused_and_the_feature_named(
    data: TrainingSet, champion: Artifact, on: Probes, names: tuple[str, str]
) -> None:
    found = compare(Loaded(train(exchanged(data, *(INDEX[name] for name in names)), {})), Loaded(champion), on)
    assert not found.gate.passed
    assert found.gate.name == "reasons"
    assert {one.feature for one in found.changed} & set(names)
    assert f"what changed most is the share of {found.changed[0].feature} from " in found.gate.said


@pytest.mark.parametrize("names", [("burstiness_score", "ip_entropy"), ("messages_per_minute", "channels_count")])
def test_features_that_are_reasons_equally_often_are_told_apart_too(
    champion: Artifact, alike: Artifact, on: Probes, names: tuple[str, str]
) -> None:
    one, other = sorted(INDEX[name] for name in names)
    found = compare(Mistaken(alike, one, other), Loaded(champion), on)
    assert found.exchange is not None
    assert (found.exchange.one, found.exchange.other) == (FEATURE_NAMES[one], FEATURE_NAMES[other])
    assert found.figures["reasons_exchanged"] == found.exchange.distance < LEAST_APART
    assert f"as the champion would if {found.exchange.one} were {found.exchange.other} and" in found.gate.said
    figures = {**found.figures, "reasons_agreement": 1.0}
    agreed = replace(found, agreement=dict.fromkeys(found.agreement, 1.0), figures=figures)
    assert not agreed.gate.passed
    assert replace(agreed, exchange=None).gate.passed


def test_what_drifted_is_no_feature_that_was_taken_for_another(champion: Artifact, alike: Artifact, on: Probes) -> None:
    every = np.ones(WIDTH, dtype=np.bool_)
    nearest = likeliest(Loaded(alike).score, Loaded(champion).score, on.varied, every)
    kept = every & ~np.isin(FEATURE_NAMES, [nearest.one])
    other = likeliest(Loaded(alike).score, Loaded(champion).score, on.varied, kept)
    assert nearest.one not in (other.one, other.other)
    assert other.distance >= nearest.distance >= LEAST_APART


def test_each_feature_goes_through_its_values_however_rare_they_are() -> None:
    ordinary = np.zeros((1_000, WIDTH))
    ordinary[7, 3], ordinary[:, 5] = 0.4, np.arange(1_000)
    found = varied(ordinary)
    assert found.shape == (WIDTH * OF_EACH_FEATURE, WIDTH)
    assert (found[:, 3] == 0.4).sum() >= OF_EACH_FEATURE // 2
    assert np.ptp(found[5 * OF_EACH_FEATURE : 6 * OF_EACH_FEATURE, 5]) == 999


def test_the_same_versions_give_the_same_numbers_to_the_last_bit(
    data: TrainingSet, champion: Artifact, swapped: Artifact
) -> None:
    ordinary = unlearned(data.values, data.users)
    assert reasons_of(swapped, champion, ordinary) == reasons_of(swapped, champion, ordinary)


def test_what_drifted_is_left_out_and_nothing_else_is_forgiven(data: TrainingSet, champion: Artifact) -> None:
    values = data.values.copy()
    values[:, INDEX["messages_per_minute"]] *= 8
    later = replace(data, values=values)
    candidate, ordinary = train(later, {}), unlearned(values, data.users)
    assert not reasons_of(candidate, champion, ordinary).gate.passed
    found = reasons_of(candidate, champion, ordinary, ["messages_per_minute"])
    assert found.gate.passed
    assert "without messages_per_minute, which drifted, overlap" in found.said
    assert not reasons_of(train(exchanged(later, 6, 12), {}), champion, ordinary, ["messages_per_minute"]).gate.passed
    everything = reasons_of(candidate, champion, ordinary, FEATURE_NAMES)
    assert everything.gate.passed and "every feature drifted" in everything.said


def test_without_a_champion_it_passes_and_says_so(champion: Artifact, data: TrainingSet) -> None:
    found = reasons_of(champion, None, unlearned(data.values, data.users))
    assert found.gate.passed
    assert found.said.startswith("Its reasons were not compared: there is no champion. They move by ")
    assert set(found.figures) == {"reasons_moved"}


def test_a_champion_without_reasons_keeps_nobody_out_and_a_version_without_them_is_kept_out(
    champion: Artifact, alike: Artifact, on: Probes
) -> None:
    of_champion = compare(Loaded(alike), Wordless(champion), on)
    assert of_champion.gate.passed and "were not compared: the champion's are wrong" in of_champion.said
    of_candidate = compare(Wordless(alike), Loaded(champion), on)
    assert not of_candidate.gate.passed and of_candidate.said.endswith("Of its own nothing can be said.")


def test_a_version_whose_reasons_change_within_a_hairs_breadth_is_refused(champion: Artifact, on: Probes) -> None:
    few = replace(on, values=on.values[:5], kinds=on.kinds[:5])
    found = compare(Fickle(champion), None, few)
    assert not found.gate.passed
    assert found.moved is not None and found.moved > 0.3


def test_a_version_that_hangs_on_a_thread_is_refused_and_the_feature_named(
    data: TrainingSet, champion: Artifact, on: Probes
) -> None:
    places = [INDEX[name] for name in ("error_rate", "rate_limit_violations")]
    found = compare(Loaded(train(exchanged(data, *places), {})), Loaded(champion), on)
    assert not found.gate.passed
    assert found.restless[0] in ("error_rate", "rate_limit_violations")
    assert f"is accepted), most of all {found.restless[0]} and " in found.said


async def test_figures_are_stored_and_told_and_a_refusal_names_the_feature(
    data: TrainingSet, champion: Artifact, alike: Artifact, swapped: Artifact
) -> None:
    trying = Trying(CrashingStore())
    first = await trying.offer(learned_of(champion, begin_h=-24), data=data)
    assert first.outcome == "promoted" and "not compared: there is no champion" in first.message
    refused = await trying.offer(swapped, data=data)
    assert refused.outcome == "stored"
    assert "reasons" in [gate.name for gate in refused.gates if not gate.passed]
    assert any(f"{name} from " in refused.message for name in SWAPPED)
    tried = await trying.offer(alike, data=data)
    assert tried.outcome == "trial" and "Its reasons for 98 vectors overlap" in tried.message
    for offered in (refused, tried):
        stored = await trying.registry.manifest(ANOMALY_DETECTION, offered.manifest.model_version)
        assert stored.metrics["reasons_agreement"] == offered.figures["reasons_agreement"]
    assert refused.figures["reasons_agreement"] < LEAST_AGREEMENT < tried.figures["reasons_agreement"]


async def test_a_champion_of_the_first_day_keeps_nobody_out_for_other_reasons_and_one_of_later_does(
    data: TrainingSet, champion: Artifact, alike: Artifact, swapped: Artifact
) -> None:
    trying = Trying(CrashingStore())
    await trying.offer(champion, data=data)
    (gate,) = [gate for gate in (await trying.offer(swapped, data=data)).gates if gate.name == "reasons"]
    assert gate.passed and "overlap with the champion's by" in gate.said and YOUNG in gate.said

    # Of as short a time, a day later.
    await trying.offer(learned_of(alike, begin_h=24, end_h=24), data=data)
    await trying.promoter.load(alike.manifest.model_version, "somebody", "")
    (gate,) = [gate for gate in (await trying.offer(swapped, data=data)).gates if gate.name == "reasons"]
    assert not gate.passed and YOUNG not in gate.said


async def test_a_champion_that_cannot_be_read_is_replaced_and_it_is_said_that_reasons_were_not_compared(
    data: TrainingSet, champion: Artifact, alike: Artifact
) -> None:
    store = CrashingStore()
    trying = Trying(store)
    await trying.offer(champion, data=data)
    key = version_key(ANOMALY_DETECTION, champion.manifest.model_version, ONNX_FILE)
    store.objects[BUCKET, key] = b"something else"
    offered = await trying.offer(alike, data=data)
    assert offered.outcome == "promoted"
    assert "Its reasons were not compared: the champion cannot be used. model.onnx should have" in offered.message
