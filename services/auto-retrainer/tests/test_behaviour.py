"""Kinds of people are learned from vectors as they were, named by what sets them apart, exported alike and promoted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from random import Random
from subprocess import run

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from resonance_auto_retrainer import behaviour_training
from resonance_auto_retrainer.behaviour_naming import MOST_TRAITS, NOTABLE, PACE, facts_of, traits_of
from resonance_auto_retrainer.behaviour_training import train_behaviour
from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.companion import LOOK_S, Companion
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.policy import MINUTE_US
from resonance_auto_retrainer.recipes import BehaviourRecipe
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import INDEX, WIDTH
from resonance_contracts.topics import TRAININGS_PROGRESSED
from resonance_modeling.artifact import Artifact
from resonance_modeling.behaviour import SIGNATURE, USER_BEHAVIOR
from resonance_modeling.function import Function
from resonance_modeling.registry import Registry
from resonance_modeling.testing import MemoryObjectStore
from resonance_narration import Trait, name_behaviours
from resonance_runtime.records import Outgoing
from resonance_training.behaviour import Kinds
from resonance_training.needs import BEHAVIOUR_ROWS, BEHAVIOUR_USERS
from tests.support.kinds_of_people import Crowd, as_they_are, crowd, usual

pytestmark = pytest.mark.long

THREE = {"ordinary", "many messages", "large messages, few channels"}


@pytest.fixture(scope="module")
def people() -> Crowd:
    """Simulated people of three kinds."""
    return crowd(150)


@pytest.fixture(scope="module")
def artifact(people: Crowd) -> Artifact:
    return train_behaviour(people.training_set(), {"t/0": 7})


def names(artifact: Artifact, language: str = "en") -> list[str]:
    return [cluster.names[language] for cluster in artifact.manifest.clusters or ()]


def test_three_kinds_of_simulated_people_are_found_and_named(people: Crowd, artifact: Artifact) -> None:
    assert set(names(artifact)) == THREE
    assert set(names(artifact, "ru")) == {"обычные", "много сообщений", "большие сообщения, мало каналов"}
    values, kinds = usual(people)
    clusters = Function.load(artifact, SIGNATURE).infer({"usual": values})["cluster"]
    assert adjusted_rand_score(kinds, clusters) > 0.9
    found = artifact.manifest.clusters or ()
    assert [one.users for one in found] == np.bincount(clusters.astype(int)).tolist()
    assert sum(one.share for one in found) == pytest.approx(1.0)
    for number, one in enumerate(found):
        theirs = values[clusters == number]
        size = INDEX["avg_message_size"]
        assert one.center[size] == pytest.approx(float(np.median(theirs[:, size])), rel=0.25)


def test_people_of_one_kind_are_one_cluster() -> None:
    alike = train_behaviour(crowd(150, ((as_they_are, 1.0),), seed=4).training_set(), {})
    assert names(alike) == ["ordinary"]
    served = Function.load(alike, SIGNATURE).infer({"usual": np.ones((3, WIDTH))})
    assert served["memberships"].tolist() == [[1.0]] * 3 and served["cluster"].tolist() == [0.0] * 3


def test_other_people_of_the_same_kinds_get_the_same_names(artifact: Artifact) -> None:
    later = train_behaviour(crowd(150, seed=9).training_set(), {})
    assert later.manifest.model_version != artifact.manifest.model_version
    assert set(names(later)) == set(names(artifact))


def test_the_artifact_says_what_it_is_and_the_same_vectors_give_the_same(people: Crowd, artifact: Artifact) -> None:
    manifest = artifact.manifest
    assert (manifest.model_name, manifest.signature) == (USER_BEHAVIOR, SIGNATURE)
    assert manifest.parity.largest < 1e-4 and set(manifest.parity.by_kind) == {"ordinary", "edge", "adversarial"}
    assert manifest.metrics["clusters"] == 3.0 and manifest.metrics["icl_3"] < manifest.metrics["icl_1"]
    assert 140 <= manifest.data_window.users <= 150
    assert train_behaviour(people.training_set(), {}).manifest.model_version == manifest.model_version


def test_what_is_served_is_of_each_row_alone_and_says_how_typical_it_is(people: Crowd, artifact: Artifact) -> None:
    function = Function.load(artifact, SIGNATURE)
    values, _ = usual(people)
    together = function.infer({"usual": values})
    assert together["memberships"].shape == (len(values), 3)
    assert together["memberships"].sum(axis=1) == pytest.approx(np.ones(len(values)), abs=1e-6)
    for i in (0, 7, 49):
        single = function.infer({"usual": values[i : i + 1]})
        assert all(single[name] == pytest.approx(together[name][i : i + 1], rel=1e-5) for name in together)
    clusters = artifact.manifest.clusters or ()
    centers = np.array([one.center for one in clusters])
    at = function.infer({"usual": centers})
    assert at["cluster"].tolist() == [0.0, 1.0, 2.0]
    assert at["distance"] == pytest.approx(np.zeros(3), abs=1e-3)
    distance = together["distance"][together["cluster"] == 0]
    assert float(np.mean(distance <= clusters[0].usual_distance * (1 + 1e-4))) == pytest.approx(0.5, abs=0.02)
    strange = centers[0] * 50.0
    assert function.infer({"usual": strange[np.newaxis]})["distance"][0] > clusters[0].far_distance


@pytest.mark.parametrize(
    "change",
    [
        lambda kinds: replace(kinds, middle=kinds.middle + 0.01),
        lambda kinds: replace(kinds, weights=kinds.weights[::-1]),
        lambda kinds: replace(kinds, means=kinds.means[[1, 0, *range(2, len(kinds.means))]]),
    ],
    ids=["moved", "other shares", "another order"],
)
def test_an_export_that_says_something_else_is_refused(
    people: Crowd, monkeypatch: pytest.MonkeyPatch, change: Callable[[Kinds], Kinds]
) -> None:
    true = behaviour_training.export_kinds
    monkeypatch.setattr(behaviour_training, "export_kinds", lambda kinds: true(change(kinds)))
    with pytest.raises(ExportRefused, match="was not stored"):
        train_behaviour(people.training_set(), {})


def kind(**spreads: float) -> NDArray[np.float64]:
    """How far a kind is from the middle of all users."""
    row = np.zeros(WIDTH)
    for name, value in spreads.items():
        row[INDEX[name]] = value
    return row


def test_traits_are_the_features_that_differ_most() -> None:
    assert traits_of(kind(messages_per_minute=0.7)) == ()
    assert traits_of(kind(ip_entropy=-1.0, messages_per_minute=1.5)) == (
        Trait("messages_per_minute", True),
        Trait("ip_entropy", False),
    )
    four = kind(error_rate=0.9, avg_message_size=3.0, login_intervals=-2.0, channels_count=1.0)
    assert [trait.name for trait in traits_of(four)] == ["avg_message_size", "channels_count", "login_intervals"]


def test_features_that_say_the_same_are_told_once() -> None:
    fast = kind(messages_per_minute=1.0, requests_per_user=2.0, channel_activity=1.5)
    assert traits_of(fast) == (Trait("messages_per_minute", True),)
    spread_thin = kind(messages_per_minute=1.0, channel_activity=-1.5)
    assert [trait.more for trait in traits_of(spread_thin)] == [True, False]


_spreads = st.lists(
    st.lists(st.floats(-6, 6), min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=8, unique_by=tuple
).map(np.array)


@given(_spreads, st.randoms(use_true_random=False))
def test_names_are_a_function_of_the_centers(spreads: NDArray[np.float64], random: Random) -> None:
    centers = np.abs(spreads) * 10.0
    facts = facts_of(spreads, centers)
    said = name_behaviours(facts, "en")
    assert len(set(said)) == len(said)
    order = random.sample(range(len(spreads)), len(spreads))
    shuffled = facts_of(spreads[order], centers[order])
    assert [one.traits for one in shuffled] == [facts[i].traits for i in order]
    for row, one in zip(spreads, facts, strict=True):
        assert one.traits == traits_of(row), "of that center alone"
        assert len(one.traits) <= MOST_TRAITS
        assert all(abs(row[INDEX[trait.name]]) >= NOTABLE for trait in one.traits)
        assert all((row[INDEX[trait.name]] > 0) == trait.more for trait in one.traits)
        assert bool(one.traits) == bool((np.abs(row) >= NOTABLE).any())


_apart = st.lists(st.integers(0, 100), min_size=WIDTH, max_size=WIDTH, unique=True)
"""Sizes in twentieths, no two the same, none NOTABLE once a fortieth is added."""


@given(_apart, st.integers(0, 2**WIDTH - 1), st.integers(0, 1000))
def test_a_center_that_moves_a_little_keeps_its_name(twentieths: list[int], signs: int, seed: int) -> None:
    row = (np.array(twentieths) / 20.0 + 0.025) * np.where(signs >> np.arange(WIDTH) & 1, 1.0, -1.0)
    moved = row + np.random.default_rng(seed).uniform(-0.02, 0.02, WIDTH)
    assert traits_of(moved) == traits_of(row)
    assert traits_of(-row) == tuple(Trait(one.name, not one.more) for one in traits_of(row))


def test_the_features_of_pace_are_in_the_catalogues_order() -> None:
    assert [INDEX[name] for name in PACE] == sorted(INDEX[name] for name in PACE)


class Bench:
    """A companion over a registry in memory."""

    def __init__(self, min_span_us: int = 0) -> None:
        self.gatherer = Gatherer(VectorWindow(20_000, WIDTH))
        self.registry = Registry(MemoryObjectStore())
        self.published: list[Outgoing] = []
        self.told: list[Outgoing] = []
        self.now_s = 1_000_000.0
        self.companion = Companion(
            BehaviourRecipe(self.gatherer, min_span_us), self.registry, self._publish, retrain_every_us=0,
            promoter="here", clocks=Clocks(lambda: round(self.now_s * 1e6), lambda: self.now_s),
        )  # fmt: skip

    async def look(self) -> None:
        await self.companion.look()
        self.now_s += LOOK_S

    async def _publish(self, outgoing: Outgoing) -> None:
        (self.told if outgoing.topic is TRAININGS_PROGRESSED else self.published).append(outgoing)


async def test_it_waits_for_users_who_are_known_well_and_learns_again_when_they_are_twice_as_many(
    make_vectors: Callable[..., Vectors],
) -> None:
    bench = Bench(min_span_us=30 * MINUTE_US)
    vectors = make_vectors(BEHAVIOUR_USERS * BEHAVIOUR_ROWS, users=BEHAVIOUR_USERS, minutes=20)
    bench.gatherer.window.add(vectors)
    bench.gatherer.window.flag([(vectors.end_us[0], vectors.ids[0])])
    await bench.look()
    known = BEHAVIOUR_USERS - 1
    assert bench.companion.said == f"Gathering users with {BEHAVIOUR_ROWS} vectors or more: {known} of {known + 1}."
    bench.gatherer.window.add(make_vectors(BEHAVIOUR_USERS, users=BEHAVIOUR_USERS, minutes=1, start=1000))
    await bench.look()
    assert bench.companion.said == "Gathering minutes of event time: 21 of 30."
    bench.gatherer.window.add(make_vectors(500, users=BEHAVIOUR_USERS, minutes=20, start=1050))
    await bench.look()
    (record,) = bench.published
    assert (record.value.model_name, record.value.alias, record.value.revision) == (USER_BEHAVIOR, "champion", 1)
    stored = await bench.registry.get(USER_BEHAVIOR, record.value.model_version)
    assert stored.manifest.clusters and stored.manifest.data_window.users == BEHAVIOUR_USERS
    await bench.look()
    assert len(bench.published) == 1 and "no training is due" in bench.companion.said
    others = make_vectors(4000, users=2 * BEHAVIOUR_USERS, start=2000)
    bench.gatherer.window.add(others)
    await bench.look()
    assert [told.value.revision for told in bench.published] == [1, 2]


def test_the_service_starts_without_what_only_training_needs() -> None:
    code = "import sys, resonance_auto_retrainer.service; print('sklearn' in sys.modules)"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
