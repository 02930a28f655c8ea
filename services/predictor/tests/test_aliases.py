"""Models follow the aliases: which versions serve, what is done without, and what needs no store."""

from __future__ import annotations

import asyncio

import pytest

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import FEATURES_COMPUTED, MODELS_PROMOTED
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.errors import ForbiddenModel, UnknownVersion
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import LOADED_AT_ONCE, Models
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.scorer import ModelVersion, OtherVersions
from resonance_predictor.terms import NONE
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health
from resonance_runtime.records import Record
from resonance_runtime.snapshots import Snapshot
from tests.support.small_model import small_model

ARTIFACTS = [small_model(1.0 + i) for i in range(12)]
A, B, C, D, *MORE = (artifact.manifest.model_version for artifact in ARTIFACTS)


class Store:
    """A registry; it may be down, or refuse a version, and says what was asked of it."""

    def __init__(self) -> None:
        self.down = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.refused: set[str] = set()
        self.asked: list[str] = []

    async def get(self, model_name: str, version: str) -> Artifact:
        self.asked.append(version)
        await self.answers.wait()
        if self.down:
            raise Unavailable("The store does not answer.")
        if version in self.refused:
            raise ForbiddenModel("It has external data.")
        found = {artifact.manifest.model_version: artifact for artifact in ARTIFACTS}.get(version)
        if found is None:
            raise UnknownVersion("The registry has none.")
        return found


class Registry:
    """Who changes aliases: each has revisions of its own."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.revisions: dict[str, int] = {}
        self.named: dict[str, str] = {}

    def change(self, alias: str, version: str, share: float = 0.0, name: str = ANOMALY_DETECTION) -> Record:
        self.revisions[alias] = revision = self.revisions.get(alias, 0) + 1
        before, self.named[alias] = self.named.get(alias, ""), version
        promoted = ModelPromoted(
            model_name=name, alias=alias, model_version=version, previous_version=before, revision=revision, share=share
        )
        return Record(MODELS_PROMOTED, 0, revision, f"{name}/{alias}/{revision}", 0, None, promoted, {})

    async def tell(self, alias: str, version: str, share: float = 0.0) -> None:
        await self.models.handle([self.change(alias, version, share)])
        await self.models.catch_up()


@pytest.fixture
def health() -> Health:
    return Health(30.0)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def models(store, health) -> Models:
    return Models(store, health)


@pytest.fixture
def registry(models) -> Registry:
    return Registry(models)


@pytest.fixture
def state(models, health) -> DetectorState:
    return DetectorState(models, RulesFile(None, health), health)


def wanted(models: Models) -> OtherVersions:
    return models.others(NONE).beside(models.champion).versions


def one(version: str) -> ModelVersion:
    return ModelVersion(ANOMALY_DETECTION, version)


async def test_each_alias_has_revisions_of_its_own(models, registry):
    await models.handle(
        [
            registry.change("champion", A),
            registry.change("shadow", B),
            registry.change("challenger", C, 0.25),
            registry.change("champion", D),
        ]
    )
    assert models.missing.is_set()
    await models.catch_up()
    assert models.champion.model == one(D)
    assert wanted(models) == OtherVersions(one(C), 0.25, one(B), one(A))
    assert models.aliases == {"champion": D, "challenger": C, "shadow": B}
    assert models.versions() == {D: ["champion"], A: [], B: ["shadow"], C: ["challenger"]}
    old = ModelPromoted(model_name=ANOMALY_DETECTION, alias="shadow", model_version=D, revision=1)
    await models.handle([Record(MODELS_PROMOTED, 0, 9, "again", 0, None, old, {})])
    assert wanted(models).shadow == one(B)


async def test_an_alias_that_names_nothing_again_is_over(models, registry, health):
    await registry.tell("champion", A)
    await registry.tell("challenger", B, 0.1)
    await registry.tell("shadow", C)
    assert (health.details["challenger"], health.details["shadow"]) == (B, C)
    models.changed.clear()
    await registry.tell("challenger", "")
    await registry.tell("shadow", "")
    assert models.changed.is_set()
    assert wanted(models) == OtherVersions()
    assert (health.details["challenger"], health.details["shadow"]) == ("none", "none")


@pytest.mark.parametrize("alias", ["challenger", "shadow"])
async def test_a_version_beside_the_champion_that_cannot_be_used_is_done_without(
    models, registry, store, health, alias
):
    store.refused = {B}
    await registry.tell("champion", A)
    await registry.tell(alias, B, 0.5)
    assert (models.champion.model, wanted(models)) == (one(A), OtherVersions())
    assert "external data" in health.degradations()[alias]
    assert health.details[alias] == f"{B} cannot be used"
    assert metrics.PREDICTOR_MODELS_MISSING.labels(role=alias)._value.get() == 1.0
    await registry.tell(alias, C, 0.5)
    assert alias not in health.degradations()
    assert metrics.PREDICTOR_MODELS_MISSING.labels(role=alias)._value.get() == 0.0


async def test_no_trial_is_waited_for_while_the_store_is_down(models, registry, store, health):
    await registry.tell("champion", A)
    await registry.tell("champion", B)
    store.down = True
    await registry.tell("challenger", C, 0.5)
    assert "until it is had" in health.degradations()["challenger"]
    await registry.tell("champion", A)
    assert models.champion.model == one(A), "the rollback behind it was taken in"
    await models.catch_up()
    assert wanted(models).challenger is None
    store.down = False
    models.changed.clear()
    await models.catch_up()
    assert models.changed.is_set()
    assert wanted(models).challenger == one(C)
    assert "challenger" not in health.degradations()
    asked = len(store.asked)
    await models.catch_up()
    assert len(store.asked) == asked, "nothing is missing any more"


async def test_a_store_that_hangs_holds_up_no_rollback(models, registry, store):
    for version in (A, B):
        await registry.tell("champion", version)
    store.answers.clear()
    await models.handle([registry.change("shadow", C)])
    fetching = asyncio.create_task(models.catch_up())
    await asyncio.wait_for(models.handle([registry.change("champion", A)]), 5.0)
    assert models.champion.model == one(A)
    await asyncio.wait_for(models.handle([registry.change("shadow", "")]), 5.0)
    store.answers.set()
    await asyncio.wait_for(fetching, 5.0)
    assert wanted(models) == OtherVersions(former=one(B)), "what came late is not wanted any more"


async def test_a_trial_that_was_withdrawn_meanwhile_is_not_caught_up_with(models, registry, store):
    await registry.tell("champion", A)
    store.down = True
    await registry.tell("shadow", B)
    await registry.tell("shadow", "")
    store.down = False
    await models.catch_up()
    assert wanted(models) == OtherVersions()


async def test_a_rollback_touches_no_store(models, registry, store):
    for alias, version in (("shadow", B), ("challenger", B), ("champion", A)):
        await registry.tell(alias, version, 0.1)
    await registry.tell("champion", B)
    await registry.tell("shadow", A)
    await registry.tell("challenger", "")
    for version in MORE:
        await models.get(one(version))
    assert len(models.loaded) <= LOADED_AT_ONCE
    store.down, store.asked = True, []
    await registry.tell("champion", A)
    assert (models.champion.model, store.asked) == (one(A), [])
    assert wanted(models).former == one(B)


async def test_a_process_that_starts_anew_has_the_former_champion_loaded_too(models, registry, store):
    last = [registry.change("champion", version) for version in (A, B)][-1]
    await models.handle([last])
    await models.catch_up()
    assert wanted(models).former == one(A)
    store.down, store.asked = True, []
    await registry.tell("champion", A)
    assert (models.champion.model, store.asked) == (one(A), [])


async def test_a_former_champion_that_is_gone_does_not_keep_the_new_one_from_serving(models, registry, health):
    promoted = registry.change("champion", B)
    promoted.value.previous_version = "f" * 64
    await models.handle([promoted])
    await models.catch_up()
    assert (models.champion.model, wanted(models).former) == (one(B), None)
    assert "The registry has none." in health.degradations()["former"]


async def started(state: DetectorState, snapshot: Snapshot | None = None) -> Snapshot:
    """A partition by the wanted terms; its snapshot."""
    await state.open(3, snapshot)
    await state.activate(3)
    return Snapshot(0, state.dump(3, ()).header, {})


def in_force(state: DetectorState) -> tuple[ModelVersion | None, OtherVersions]:
    terms = state._detectors[3].terms
    return terms.model, terms.others.versions


async def test_what_is_not_heard_of_yet_stays_and_what_was_withdrawn_goes(state, registry, store, health):
    await registry.tell("champion", A)
    await registry.tell("challenger", B, 0.25)
    await registry.tell("shadow", C)
    kept = await started(state)
    assert in_force(state) == (one(A), OtherVersions(one(B), 0.25, one(C)))

    anew = Models(store, health)
    later = DetectorState(anew, RulesFile(None, health), health)
    await started(later, kept)
    assert in_force(later) == in_force(state)
    assert not later.behind, "promotions were not read yet"
    registry.models = anew
    await registry.tell("shadow", "")
    assert later.behind
    await later.activate(3)
    assert in_force(later) == (one(A), OtherVersions(one(B), 0.25))
    await registry.tell("challenger", B, 0.5)
    await later.activate(3)
    assert in_force(later) == (one(A), OtherVersions(one(B), 0.5))
    await registry.tell("champion", B)
    await later.activate(3)
    assert in_force(later) == (one(B), OtherVersions(former=one(A))), "it is no trial against itself"


async def test_a_trial_that_is_waited_for_goes_on_where_it_ran(state, registry, store, health, models):
    await registry.tell("champion", A)
    await registry.tell("challenger", B, 0.25)
    kept = await started(state)
    anew = Models(store, health)
    later = DetectorState(anew, RulesFile(None, health), health)
    await later.open(3, kept)
    store.down = True
    anew._loaded.clear()
    again = Registry(anew)
    await again.tell("challenger", B, 0.25)
    assert not later.behind
    await again.tell("challenger", C, 0.25)
    await later.activate(3)
    assert in_force(later)[1] == OtherVersions(), "that one was withdrawn, whether the next can be had or not"


async def test_versions_beside_the_champion_that_are_gone_are_done_without(state, registry, store, health, synthetic):
    await registry.tell("champion", A)
    await registry.tell("challenger", B, 0.25)
    await registry.tell("shadow", C)
    kept = await started(state)
    store.refused = {B, C}
    later = DetectorState(Models(store, health), RulesFile(None, health), health)
    await later.open(3, kept)
    assert in_force(later) == (one(A), OtherVersions())
    batch = synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())])
    said = later.apply(Record(FEATURES_COMPUTED, 3, 0, "b", 0, None, batch, {}))[-1].value
    assert said.scorer.model_version == A
    store.refused = {A, B, C}
    alone = DetectorState(Models(store, health), RulesFile(None, health), health)
    await alone.open(3, kept)
    assert in_force(alone) == (None, OtherVersions())
