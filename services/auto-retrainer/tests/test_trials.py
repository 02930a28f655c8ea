"""Whole trials over a registry in memory: promoted, withdrawn, rolled back, interrupted, and by hand."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from resonance_auto_retrainer import promoter
from resonance_auto_retrainer.errors import NothingBefore, NotLoadable
from resonance_auto_retrainer.loadable import check_loadable
from resonance_auto_retrainer.trials.orders import Move, into_shadow
from resonance_auto_retrainer.trials.stage import Stage
from resonance_contracts.features import CATALOGUE_VERSION
from resonance_modeling.alias import AliasName
from resonance_modeling.artifact import ANOMALY_DETECTION, ONNX_FILE, Artifact
from resonance_modeling.errors import PromotionConflict, RegistryError, UnknownVersion
from resonance_modeling.faults import REFUSED
from resonance_modeling.registry import BUCKET, Registry, alias_key, history_key, version_key
from tests.support.learned import learned
from tests.support.ordinary_model import ordinary_model
from tests.support.recalibrated import recalibrated
from tests.support.trying import TERMS, CrashingStore, Trying, challenged, people, strange

pytestmark = pytest.mark.long

CROWD = people(100)
EQUAL = strange(2)


@pytest.fixture(scope="module")
def models() -> list[Artifact]:
    """Versions that are about as good as each other."""
    first = ordinary_model(1000, 1)
    return [first, recalibrated(first, 1.01), recalibrated(first, 1.02), recalibrated(first, 1.03)]


def version(model: Artifact) -> str:
    return model.manifest.model_version


async def begun(models: list[Artifact], store: CrashingStore | None = None) -> Trying:
    """The first is champion, the second in shadow."""
    trying = Trying(store or CrashingStore())
    for model, moves in (
        (models[0], [Move("champion", version(models[0]), "The first.")]),
        (models[1], into_shadow(version(models[1]), "Trained anew.")),
    ):
        await trying.promoter.recover()
        await trying.promoter.store(learned(model))
        await trying.promoter.move(moves)
    assert await trying.look() is Stage.SHADOW
    return trying


async def challenged_one(models: list[Artifact]) -> Trying:
    """The second serves one user in five."""
    trying = await begun(models)
    await trying.predicted(CROWD, EQUAL, EQUAL)
    assert await trying.look(10) is Stage.AB
    return trying


async def baking(models: list[Artifact]) -> Trying:
    """The second is champion, the first is scored beside."""
    trying = await challenged_one(models)
    await trying.predicted(CROWD, EQUAL)
    assert await trying.look(60) is Stage.BAKE
    return trying


async def test_a_version_is_shadowed_challenges_is_promoted_bakes_and_settles(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore())
    assert (await trying.offer(models[0])).outcome == "promoted"
    assert (await trying.offer(models[1])).outcome == "trial"
    first, second = (version(model) for model in models[:2])
    assert await trying.look(10) is Stage.SHADOW
    assert "waiting for more to compare: 0 of 20 users, 0 of 100 vectors" in trying.trials.now.said
    await trying.predicted(CROWD, EQUAL, strange(3))
    assert await trying.look() is Stage.AB
    roles = trying.promoter.roles
    assert (roles.challenging, roles.beside) == (second, "")
    assert roles.challenger is not None and roles.challenger.share == 0.2
    assert roles.challenger.reason == (
        "Scored beside the champion: 3 users found unusual of 100, the champion finds 2."
    )
    await trying.predicted(CROWD, EQUAL)
    await trying.alerted("u_0005")
    await trying.alerted("u_0006")
    assert await trying.look(14) is Stage.AB
    assert trying.trials.now.said == (
        f"Version {second[:12]}… is on trial with 20 % of the users since 14 min: 1 of 20 users alerted, 1 of 80 by "
        "the champion; decided in 46 min at the latest."
    )
    assert await trying.look(46) is Stage.BAKE
    roles = trying.promoter.roles
    assert (roles.serving, roles.before, roles.beside, roles.challenging) == (second, first, first, "")
    assert roles.champion is not None and "no harm was shown within 60 min" in roles.champion.reason
    await trying.predicted(CROWD, EQUAL, EQUAL)
    assert await trying.look(20) is Stage.BAKE
    assert await trying.look(10) is Stage.SETTLED
    assert (trying.promoter.roles.serving, trying.promoter.roles.beside) == (second, "")
    assert trying.told() == [
        ("champion", first[:12], 1),
        ("shadow", second[:12], 1),
        ("challenger", second[:12], 1),
        ("shadow", "", 2),
        ("champion", second[:12], 2),
        ("shadow", first[:12], 3),
        ("challenger", "", 2),
        ("shadow", "", 4),
    ]


async def test_a_challenger_that_is_shown_to_do_no_harm_is_promoted_early_but_not_at_once(
    models: list[Artifact],
) -> None:
    trying = await challenged_one(models)
    crowd = people(1000)
    await trying.predicted(crowd, strange(0, of=1000))
    for user in [*crowd[:600]]:
        if int(user[2:]) % 25 or not challenged(user):
            await trying.alerted(user)
    assert await trying.look(18) is Stage.AB
    assert trying.trials.now.seen.less > TERMS.bar
    assert await trying.look(2) is Stage.BAKE
    assert trying.promoter.roles.champion is not None
    assert "less than 1.5 times as many" in trying.promoter.roles.champion.reason


async def test_a_version_that_finds_too_many_in_shadow_is_withdrawn_at_once_and_not_tried_again(
    models: list[Artifact], caplog: pytest.LogCaptureFixture
) -> None:
    trying = await begun(models)
    await trying.predicted(CROWD, EQUAL, strange(15))
    with caplog.at_level(logging.WARNING):
        assert await trying.look() is Stage.SETTLED
    assert (trying.promoter.roles.serving, trying.promoter.roles.beside) == (version(models[0]), "")
    assert "15 users found unusual of 100, the champion finds 2" in trying.trials.now.said
    assert [r.outcome for r in caplog.records if r.message == "a trial moved"] == ["withdrawn"]
    later = await trying.restarted()
    offered = await later.offer(models[1])
    assert offered.outcome == "stored"
    assert (
        f"It was taken back: Version {version(models[1])[:12]}… was withdrawn: 15 users found unusual"
        in offered.message
    )
    assert (await later.offer(models[2])).outcome == "trial"


async def test_a_challenger_whose_users_are_alerted_far_more_often_is_withdrawn(models: list[Artifact]) -> None:
    trying = await challenged_one(models)
    await trying.predicted(CROWD, EQUAL)
    for user in CROWD[::5][:9]:
        await trying.alerted(user)
    await trying.alerted("u_0001")
    assert await trying.look() is Stage.SETTLED
    assert (trying.promoter.roles.serving, trying.promoter.roles.challenging) == (version(models[0]), "")
    assert "9 of 20 users alerted, 1 of 80 by the champion" in trying.trials.now.said
    assert version(models[1]) in await trying.promoter.given_up()


async def test_a_champion_that_finds_too_many_in_its_bake_time_is_rolled_back(
    models: list[Artifact], caplog: pytest.LogCaptureFixture
) -> None:
    trying = await baking(models)
    await trying.predicted(CROWD, strange(12), strange(2))
    with caplog.at_level(logging.WARNING):
        assert await trying.look() is Stage.SETTLED
    roles = trying.promoter.roles
    assert (roles.serving, roles.before, roles.beside) == (version(models[0]), version(models[1]), "")
    assert roles.champion is not None
    why = (
        f"Version {version(models[1])[:12]}… was rolled back: 12 users found unusual of 100, the version before finds 2"
    )
    assert roles.champion.reason.startswith(why)
    assert trying.trials.now.said.startswith(f"Version {roles.serving[:12]}… is champion, and nothing is tried. {why}")
    assert [r.outcome for r in caplog.records if r.message == "a trial moved"] == ["rolled_back"]
    assert trying.promoter.champion is not None and trying.promoter.champion.version == version(models[0])
    assert (await (await trying.restarted()).offer(models[1])).outcome == "stored"


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.AB, Stage.BAKE])
async def test_a_predictor_that_refuses_a_version_is_enough_to_take_it_back(
    models: list[Artifact], stage: Stage
) -> None:
    trying = await {Stage.SHADOW: begun, Stage.AB: challenged_one, Stage.BAKE: baking}[stage](models)
    second = version(models[1])
    await trying.reported("p1", {REFUSED: version(models[0])})
    assert await trying.look() is stage
    await trying.reported("p1", {REFUSED: second})
    assert await trying.look() is Stage.SETTLED
    assert trying.promoter.roles.serving == version(models[0])
    assert "Predictor p1 refuses it." in trying.trials.now.said


async def test_a_shadow_that_says_nothing_is_withdrawn(models: list[Artifact]) -> None:
    trying = await begun(models)
    await trying.predicted(CROWD, EQUAL, [float("nan")] * 9 + EQUAL[9:])
    assert await trying.look() is Stage.SHADOW
    await trying.predicted(CROWD, EQUAL, [float("nan")] * 9 + EQUAL[9:], minute=1)
    assert await trying.look() is Stage.SETTLED
    assert "It says nothing of 18 of 200 vectors" in trying.trials.now.said


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.AB, Stage.BAKE])
async def test_a_process_that_starts_anew_goes_on_and_counts_nothing_twice(
    models: list[Artifact], stage: Stage
) -> None:
    trying = await {Stage.SHADOW: begun, Stage.AB: challenged_one, Stage.BAKE: baking}[stage](models)
    await trying.predicted(CROWD, strange(4), strange(6) if stage is not Stage.AB else ())
    await trying.alerted("u_0005")
    assert await trying.look() is stage
    later = await trying.restarted()
    await later.observations.handle(trying.records)
    assert await later.look() is stage
    assert later.trials.now.seen == trying.trials.now.seen
    assert later.trials.now.version == trying.trials.now.version
    assert (later.trials.now.seen.vectors, later.trials.now.seen.users_new) == (100, 20 if stage is Stage.AB else 100)


@pytest.mark.parametrize("end", ["withdrawn", "challenged", "promoted", "rolled_back", "settled"])
async def test_a_crash_at_any_write_or_telling_of_a_move_is_made_good_by_the_next_process(
    models: list[Artifact], end: str
) -> None:
    whole = await moved(models, end, CrashingStore())
    wanted = [whole.promoter.roles.serving, whole.promoter.roles.challenging, whole.promoter.roles.beside]
    for fault in ("write", "telling"):
        for at in range(12):
            trying, before = await ready(models, end, CrashingStore())
            assert isinstance(trying.store, CrashingStore)
            trying.store.writes_left = at if fault == "write" else None
            trying.tellings_left = at if fault == "telling" else None
            trying.now_s += 6
            await trying.trials.look()
            trying.store.writes_left = None
            later = await trying.restarted()
            stage = await later.look()
            found = [later.promoter.roles.serving, later.promoter.roles.challenging, later.promoter.roles.beside]
            assert stage is not Stage.INTERRUPTED
            assert found == wanted, f"{end}: crash at {fault} {at}, before it {before}"
            told = {(alias, digits) for alias, digits, _ in trying.told() + later.told()}
            assert {("champion", found[0][:12]), ("shadow", found[2][:12])} <= told
            for alias in ("champion", "challenger", "shadow"):
                await later.registry.history(ANOMALY_DETECTION, alias)


async def ready(models: list[Artifact], end: str, store: CrashingStore) -> tuple[Trying, Stage]:
    """A trial whose next look ends so."""
    if end in ("withdrawn", "challenged"):
        trying = await begun(models, store)
        await trying.predicted(CROWD, EQUAL, strange(15) if end == "withdrawn" else EQUAL)
        trying.now_s += 0 if end == "withdrawn" else 600
        return trying, Stage.SHADOW
    if end == "promoted":
        trying = await challenged_one(models)
        await trying.predicted(CROWD, EQUAL)
        trying.now_s += 3600
        return trying, Stage.AB
    trying = await baking(models)
    await trying.predicted(CROWD, strange(12) if end == "rolled_back" else EQUAL, EQUAL)
    trying.now_s += 0 if end == "rolled_back" else 1800
    return trying, Stage.BAKE


async def moved(models: list[Artifact], end: str, store: CrashingStore) -> Trying:
    trying, before = await ready(models, end, store)
    assert await trying.look() is not before
    return trying


async def test_of_two_retrainers_one_moves_and_the_other_goes_on_quietly(
    models: list[Artifact], caplog: pytest.LogCaptureFixture
) -> None:
    one = await begun(models)
    other = await one.restarted()
    await other.look()
    for trying in (one, other):
        await trying.read([])
    await one.predicted(CROWD, EQUAL, EQUAL)
    await other.read(one.records)
    one.now_s += 600
    other.now_s += 600
    # Both have read the aliases by now, and neither reads them again before it decides.
    one.trials._reread_at = other.trials._reread_at = 1e12
    with caplog.at_level(logging.WARNING):
        await asyncio.gather(one.trials.look(), other.trials.look())
    assert not caplog.records
    one.trials._reread_at = other.trials._reread_at = 0.0
    assert [await one.look(), await other.look()] == [Stage.AB, Stage.AB]
    history = await one.registry.history(ANOMALY_DETECTION, "challenger")
    assert len(history) == 1
    assert other.trials.now.stage is Stage.AB


async def test_another_version_is_only_stored_while_one_is_tried(models: list[Artifact]) -> None:
    trying = await begun(models)
    offered = await trying.offer(models[2])
    assert offered.outcome == "stored"
    assert f"version {version(models[1])[:12]}… is tried or watched just now" in offered.message
    assert (await trying.registry.manifest(ANOMALY_DETECTION, version(models[2]))).model_version == version(models[2])


async def test_a_version_that_fails_a_gate_is_stored_and_not_tried(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore())
    await trying.offer(models[0])
    offered = await trying.offer(recalibrated(models[0], 4.0))
    assert offered.outcome == "stored"
    assert [gate.name for gate in offered.gates if not gate.passed] == ["alert_rate"]
    assert "is stored and not tried. Of 600 recent vectors" in offered.message
    assert await trying.look() is Stage.SETTLED
    assert await trying.registry.alias(ANOMALY_DETECTION, "shadow") is None


async def test_the_champion_trained_again_changes_nothing(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore())
    await trying.offer(models[0])
    assert (await trying.offer(models[0])).outcome == "unchanged"
    assert len(trying.published) == 1


async def test_what_is_not_to_be_deployed_is_only_stored(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore())
    await trying.offer(models[0])
    offered = await trying.offer(models[1], deploy=False)
    assert (offered.outcome, await trying.look()) == ("stored", Stage.SETTLED)


async def test_in_direct_mode_what_passes_the_gates_is_champion_at_once(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore(), replace(TERMS, mode="direct"))
    await trying.offer(models[0])
    assert (await trying.offer(recalibrated(models[0], 4.0))).outcome == "stored"
    offered = await trying.offer(models[1])
    assert (offered.outcome, [gate.passed for gate in offered.gates]) == ("promoted", [True] * 6)
    assert offered.message.startswith(f"Version {version(models[1])[:12]} is champion, revision 2. Its reasons for ")
    assert await trying.look() is Stage.SETTLED
    assert [alias for alias, _, _ in trying.told()] == ["champion", "champion"]


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.AB, Stage.BAKE])
async def test_a_rollback_by_hand_ends_whatever_is_tried(models: list[Artifact], stage: Stage) -> None:
    trying = await {Stage.SHADOW: begun, Stage.AB: challenged_one, Stage.BAKE: baking}[stage](models)
    if stage is not Stage.BAKE:
        with pytest.raises(NothingBefore, match="is the first champion"):
            await trying.promoter.roll_back("ana", "")
        assert await trying.look() is stage
        change = await trying.promoter.load(version(models[0]), "ana", "It is late.")
    else:
        change = await trying.promoter.roll_back("ana", "Too many alerts.")
        assert change.reason == "Rolled back by hand by ana: Too many alerts."
    assert change.model_version == version(models[0])
    assert await trying.look() is Stage.SETTLED
    assert version(models[1]) in await trying.promoter.given_up()


async def test_rollbacks_by_hand_go_back_further_each_time(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore(), replace(TERMS, mode="direct"))
    for model in models[:3]:
        await trying.offer(model)
    assert (await trying.promoter.roll_back("ana", "")).model_version == version(models[1])
    assert (await trying.promoter.roll_back("ana", "")).model_version == version(models[0])
    with pytest.raises(NothingBefore, match="Load a version by its name"):
        await trying.promoter.roll_back("ana", "")


async def test_there_is_nothing_to_roll_back_to_before_there_was_a_champion() -> None:
    with pytest.raises(NothingBefore, match="has no champion yet"):
        await Trying(CrashingStore()).promoter.roll_back("ana", "")


async def test_a_repeat_of_a_request_does_no_more_even_if_the_first_was_not_told(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore(), replace(TERMS, mode="direct"))
    for model in models[:3]:
        await trying.offer(model)
    first = await trying.promoter.roll_back("ana", "", "r1")
    assert (first.model_version, first.promoter) == (version(models[1]), "by hand: ana (request r1)")
    assert await trying.promoter.roll_back("ana", "", "r1") == first
    assert await (await trying.restarted()).promoter.roll_back("ana", "", "r1") == first
    assert (await trying.promoter.roll_back("ana", "", "r2")).model_version == version(models[0])


async def test_a_damaged_version_is_not_rolled_back_to_and_the_champion_stays(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore(), replace(TERMS, mode="direct"))
    for model in models[:2]:
        await trying.offer(model)
    key = BUCKET, version_key(ANOMALY_DETECTION, version(models[0]), ONNX_FILE)
    trying.store.objects[key] = trying.store.objects[key][:-1]
    with pytest.raises(NotLoadable, match="the champion stays"):
        await trying.promoter.roll_back("ana", "")
    assert trying.promoter.roles.serving == version(models[1])


async def test_a_stored_version_is_loaded_by_hand_by_its_hash_or_the_beginning(
    models: list[Artifact],
) -> None:
    trying = Trying(CrashingStore(), replace(TERMS, mode="direct"))
    for model in models[:2]:
        await trying.offer(model)
    await trying.registry.put_artifact(models[2])
    change = await trying.promoter.load(version(models[2]), "ana", "Tried elsewhere.")
    assert (change.model_version, change.reason) == (version(models[2]), "Loaded by hand by ana: Tried elsewhere.")
    assert (await trying.promoter.load(version(models[0])[:8], "ana", "")).model_version == version(models[0])
    with pytest.raises(UnknownVersion, match="holds no version"):
        await trying.promoter.load(version(models[3])[:10], "ana", "")
    with pytest.raises(UnknownVersion):
        await trying.promoter.load("f" * 64, "ana", "")
    assert (await trying.promoter.load(version(models[0]), "ana", "")).revision == change.revision + 1


async def test_a_version_of_other_features_is_not_loaded_by_hand(
    models: list[Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    trying = Trying(CrashingStore(), replace(TERMS, mode="direct"))
    for model in models[:2]:
        await trying.offer(model)
    monkeypatch.setattr("resonance_modeling.scorer.CATALOGUE_VERSION", "another")
    with pytest.raises(NotLoadable, match=f"the champion stays: .*'{CATALOGUE_VERSION}'"):
        await trying.promoter.load(version(models[0]), "ana", "")


async def test_an_operator_who_loses_against_another_promoter_gets_what_was_asked_for(
    models: list[Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    trying = await challenged_one(models)
    await trying.registry.put_artifact(models[2])
    rival, swapped = await trying.restarted(), 0

    async def overtaken(registry: Registry, name: str, wanted: str) -> None:
        nonlocal swapped
        await check_loadable(registry, name, wanted)
        if swapped < 2:
            swapped += 1
            await rival.promoter.recover()
            rival.promoter.forget()
            await rival.promoter.recover()
            await rival.promoter.promote(version(models[swapped - 1]), "by another")

    monkeypatch.setattr(promoter, "check_loadable", overtaken)
    assert (await trying.promoter.load(version(models[2]), "ana", "")).model_version == version(models[2])
    assert await trying.look() is Stage.SETTLED


async def test_a_decision_on_aliases_that_an_operator_changed_meanwhile_is_not_carried_out(
    models: list[Artifact],
) -> None:
    trying = await baking(models)
    decided_on = trying.promoter.roles
    await trying.promoter.roll_back("ana", "")
    with pytest.raises(PromotionConflict, match="changed meanwhile"):
        await trying.promoter.move([], decided_on)


@pytest.mark.parametrize("alias", ["challenger", "shadow"])
async def test_a_damaged_alias_is_said_and_does_not_move_anything(models: list[Artifact], alias: AliasName) -> None:
    trying = await baking(models)
    trying.store.objects[BUCKET, alias_key(ANOMALY_DETECTION, alias)] = b"{}"
    trying.now_s += 3600
    await trying.trials.look()
    assert "Expected a change of an alias" in trying.trials.now.said
    assert trying.trials.now.stage is Stage.BAKE


async def test_a_history_that_was_rewritten_since_is_refused(models: list[Artifact]) -> None:
    trying = Trying(CrashingStore(), replace(TERMS, mode="direct"))
    for model in models[:3]:
        await trying.offer(model)
    await trying.promoter.given_up()
    trying.promoter.forget()
    await trying.promoter.recover()
    known = trying.promoter._histories["champion"]
    trying.promoter._histories["champion"] = [*known[:-1], known[-1].model_copy(update={"reason": "Another."})]
    await trying.offer(models[3])
    with pytest.raises(RegistryError, match="rewritten since it was read last"):
        await trying.promoter.roll_back("ana", "")
    assert history_key(ANOMALY_DETECTION, "champion", 3) in {key for _, key in trying.store.objects}


async def test_what_is_shown_has_the_stage_and_the_evidence(models: list[Artifact]) -> None:
    trying = await begun(models)
    await trying.predicted(CROWD, EQUAL, strange(4))
    await trying.look()
    shown = trying.trials.as_json()
    assert (shown["stage"], shown["version"], shown["vectors"]) == ("shadow", version(models[1]), 100)
    assert shown["found"] == {"new": 4, "old": 2}
    assert 0 < shown["ratio"] < 2.5
    assert shown["evidence_of_harm"] < 1
