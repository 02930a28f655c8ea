"""A model beside the anomaly model is not promoted where its own figures say that it is worse."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.companion import LOOK_S, RETRY_S, WORSE_S, Companion
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.recipes import BehaviourRecipe, LoadRecipe
from resonance_auto_retrainer.trainings import Trainings
from resonance_auto_retrainer.window import VectorWindow
from resonance_contracts.features import INDEX, WIDTH
from resonance_contracts.topics import MODELS_PROMOTED
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.registry import Registry
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.records import Outgoing
from resonance_training.needs import LOAD_MINUTES

pytestmark = pytest.mark.long

GATHERER = Gatherer(VectorWindow(10, WIDTH))


@pytest.mark.parametrize(
    ("new", "old", "worse"),
    [
        ({"messages_5_within": 0.8, "connections_5_within": 0.8}, {"messages_5_within": 0.8}, False),
        ({"messages_5_within": 0.5, "connections_5_within": 0.8}, {"messages_5_within": 0.75}, False),
        ({"messages_5_within": 0.5, "connections_5_within": 0.5}, {"messages_5_within": 0.75}, True),
        ({"messages_5_within": 1.0}, {"messages_5_within": 0.85}, True),
        ({"messages_5_within": 0.1}, {"unseen_minutes": 0.0}, False),
    ],
)
def test_bounds_of_the_load_must_hold_about_as_often_as_the_champions(
    new: dict[str, float], old: dict[str, float], worse: bool
) -> None:
    said = LoadRecipe(GATHERER).worse(new, old)
    assert bool(said) is worse
    assert not worse or said.startswith("Its bounds hold ")


@pytest.mark.parametrize(
    ("new", "old", "worse"),
    [
        ({"clusters": 3.0, "mean_membership": 0.9}, {"clusters": 3.0, "mean_membership": 0.95}, False),
        ({"clusters": 3.0, "mean_membership": 0.7}, {"clusters": 3.0, "mean_membership": 0.95}, True),
        ({"clusters": 4.0, "mean_membership": 0.7}, {"clusters": 3.0, "mean_membership": 0.95}, False),
        ({"clusters": 3.0}, {"clusters": 3.0, "mean_membership": 0.95}, False),
    ],
)
def test_kinds_of_users_must_be_about_as_sure_where_there_are_as_many(
    new: dict[str, float], old: dict[str, float], worse: bool
) -> None:
    said = BehaviourRecipe(GATHERER, 0).worse(new, old)
    assert bool(said) is worse
    assert not worse or said.startswith("It is 70% sure of which kind a user is, the champion 95%")


async def test_a_worse_version_is_stored_and_the_next_is_trained_an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    gatherer, registry, published = Gatherer(VectorWindow(10, WIDTH)), Registry(MemoryObjectStore()), []
    now_s = 1_000_000.0

    async def publish(outgoing: Outgoing) -> None:
        if outgoing.topic is MODELS_PROMOTED:
            published.append(outgoing)

    clocks = Clocks(lambda: round(now_s * 1e6), lambda: now_s)
    trainings = Trainings(publish, clocks)
    companion = Companion(
        LoadRecipe(gatherer), registry, publish, retrain_every_us=0, promoter="here", clocks=clocks,
        trainings=trainings,
    )  # fmt: skip

    def pass_minutes(until: int) -> None:
        values = np.ones((1, WIDTH))
        for second in range(0, until * 60 + 61, 20):
            values[:, INDEX["messages_per_minute"]] = 3.0 + second % 7 + second / 10_000
            gatherer.load.add("live", [f"u{second % 5}"], [second * 1_000_000], values)

    pass_minutes(LOAD_MINUTES)
    await companion.look()
    assert len(published) == 1
    pass_minutes(2 * LOAD_MINUTES + 10)
    now_s += LOOK_S
    with monkeypatch.context() as patched:
        patched.setattr(LoadRecipe, "worse", lambda *_: "Its bounds do not hold.")
        await companion.look()
    assert companion.said.endswith("is stored and not promoted. Its bounds do not hold.")
    stored = companion.said.split()[1]
    now_s += RETRY_S + 1
    await companion.look()
    assert len(published) == 1
    now_s += WORSE_S
    await companion.look()
    assert [record.value.revision for record in published] == [1, 2]
    champion = await registry.alias(LOAD_PREDICTION, "champion")
    assert champion is not None
    assert champion.change.model_version.startswith(stored)
    now_s += LOOK_S
    await companion.promoter.roll_back("ana", "It predicts nonsense.")
    await companion.look()
    assert companion.said.endswith("is champion; no training is due."), "somebody chose it"
    await trainings.request(LOAD_PREDICTION, auto_deploy=True, by="ana", request_id="r1")
    await companion.look()
    assert companion.said.endswith(
        "is stored and not promoted. It was taken back: Rolled back by hand by ana: It predicts nonsense."
    )
    assert [record.value.revision for record in published] == [1, 2, 3]
