"""The shell without a broker: rules file, models, keyed state, records."""

from __future__ import annotations

import asyncio
import os

import pytest

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    FEATURES_COMPUTED,
    MODELS_PROMOTED,
    PREDICTIONS_SCORED,
)
from resonance_modeling.errors import UnknownVersion
from resonance_predictor.errors import RulesError
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import NO_MODEL, Models
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.scorer import ModelVersion
from resonance_runtime import metrics
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.health import Health
from resonance_runtime.publisher import MAX_RECORD_BYTES
from resonance_runtime.records import Record
from resonance_runtime.snapshots import Snapshot

GOOD = "rules: [{kind: chatty, severity: low, when: [messages_per_minute >= 5]}]"
HOUR_US = 3_600_000_000


class Library(Models):
    """Models by version, without a registry."""

    def __init__(self, health: Health, versions: dict[str, object]) -> None:
        super().__init__(None, health)
        self.versions = versions

    async def get(self, version: ModelVersion):
        found = self.versions.get(version.version)
        if isinstance(found, Exception):
            raise found
        return found


def promotion(version: str, revision: int, alias: str = "champion", name: str = "anomaly_detection") -> Record:
    value = ModelPromoted(model_name=name, alias=alias, model_version=version, revision=revision)
    return Record(MODELS_PROMOTED, 0, revision, f"{name}/{revision}", 0, None, value, {})


def record(batch, offset: int = 0) -> Record:
    return Record(FEATURES_COMPUTED, 3, offset, f"batch-{offset}", 10**15, None, batch, {})


@pytest.fixture
def health() -> Health:
    return Health(30.0)


@pytest.fixture
def library(health, synthetic) -> Library:
    return Library(health, {version * 64: synthetic.scorer(version=version * 64) for version in "12"})


@pytest.fixture
def state(library, health) -> DetectorState:
    return DetectorState(library, RulesFile(None, health), health, 300_000_000)


def rewrite(path, text: str) -> None:
    """Write a file so that it can be seen to have changed, whatever the clock's resolution."""
    stamp = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(stamp + 10**9, stamp + 10**9))


def test_a_changed_rules_file_is_taken_and_a_bad_one_is_not(tmp_path, health):
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    rules = RulesFile(path, health)
    first = rules.rules
    rules.refresh()
    assert rules.rules is first
    rewrite(path, GOOD.replace(">= 5", ">= 6"))
    rules.refresh()
    second = rules.rules
    assert second.version != first.version
    rewrite(path, GOOD.replace("low", "grave"))
    rules.refresh()
    assert rules.rules is second
    assert "rule 1 (chatty), severity" in health.degradations()["rules"]
    rewrite(path, GOOD)
    rules.refresh()
    assert rules.rules.version == first.version
    assert "rules" not in health.degradations()


def test_a_rules_file_that_vanishes_keeps_its_rules(tmp_path, health):
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    rules = RulesFile(path, health)
    path.unlink()
    rules.refresh()
    assert [rule.kind for rule in rules.rules.rules] == ["chatty"]
    assert "cannot be read" in health.degradations()["rules"]


def test_there_is_no_start_with_bad_rules(tmp_path, health):
    with pytest.raises(RulesError, match="cannot be read"):
        RulesFile(tmp_path / "none.yaml", health)


async def test_the_newest_champion_is_in_force(library, health):
    assert health.degradations()["model"] == NO_MODEL
    await library.handle([promotion("1" * 64, 1), promotion("2" * 64, 2), promotion("1" * 64, 1)])
    assert library.champion.version == "2" * 64
    assert "model" not in health.degradations()
    assert library.changed.is_set()


async def test_other_aliases_and_models_are_left_alone(library):
    await library.handle([promotion("1" * 64, 1, alias="shadow"), promotion("1" * 64, 1, name="load_prediction")])
    assert library.champion is None


async def test_a_model_that_cannot_be_used_leaves_the_one_before(library, health):
    await library.handle([promotion("1" * 64, 1)])
    library.versions["3" * 64] = UnknownVersion("The registry has none.")
    await library.handle([promotion("3" * 64, 2)])
    assert library.champion.version == "1" * 64
    assert "The registry has none." in health.degradations()["model"]
    missing = metrics.PREDICTOR_MODELS_MISSING.labels(role="champion")
    assert missing._value.get() == 1
    await library.handle([promotion("2" * 64, 3)])
    assert "model" not in health.degradations()
    assert missing._value.get() == 0


async def test_a_store_that_is_down_is_waited_for(library):
    library.versions["3" * 64] = Unavailable("down")
    with pytest.raises(Unavailable):
        await library.handle([promotion("3" * 64, 1)])
    library.versions["3" * 64] = library.versions["1" * 64]
    await library.handle([promotion("3" * 64, 1)])
    assert library.champion is library.versions["1" * 64]


async def test_a_batch_becomes_records_with_ids_of_its_content(state, synthetic):
    await state.open(3, None)
    flood = synthetic.vector("u_a", 1, 10**15, synthetic.values(messages_per_minute=300))
    sent = state.apply(record(synthetic.batch([flood])))
    assert [(o.topic, o.user_key, o.partition) for o in sent] == [
        (ALERTS_RAISED, "u_a", None),
        (ANOMALIES_DETECTED, "u_a", None),
        (PREDICTIONS_SCORED, None, 3),
    ]
    alert_id = sent[0].value.alert_id
    assert [o.id for o in sent] == [f"{alert_id}/1", flood.id, "batch-0/predictions"]
    assert [o.time_us for o in sent] == [10**15] * 3
    resolved = state.apply(record(synthetic.quiet(10**15 + HOUR_US), 1))
    assert [(o.topic, o.id, o.time_us) for o in resolved] == [(ALERTS_RESOLVED, f"{alert_id}/2", 10**15 + 300_000_000)]


async def test_predictions_that_are_too_much_for_a_record_are_split(state, synthetic):
    await state.open(3, None)
    keys = [f"{n:04}{'ю' * 252}" for n in range(4000)]
    batch = synthetic.batch([synthetic.vector(key, 1, 10**15, synthetic.values()) for key in keys])
    sent = [o for o in state.apply(record(batch)) if o.topic is PREDICTIONS_SCORED]
    assert len(sent) > 1
    assert [o.id for o in sent] == ["batch-0/predictions", *(f"batch-0/predictions/{i}" for i in range(1, len(sent)))]
    assert all(len(o.encoded()) <= MAX_RECORD_BYTES for o in sent)
    assert [key for o in sent for key in o.value.user_key] == keys
    assert [len(o.value.score) for o in sent] == [len(o.value.severity) for o in sent] == [1000] * 4
    assert [len(o.value.confidence) for o in sent] == [1000] * 4
    assert {o.value.scorer.rules_version for o in sent} == {state.wanted.rules.version}


async def test_a_broken_batch_is_rejected_with_a_sentence(state, synthetic):
    await state.open(3, None)
    batch = synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())])
    batch.values[0] = float("nan")
    with pytest.raises(Reject, match=r"not finite.*\.$"):
        state.apply(record(batch))


async def test_a_model_comes_into_force_by_activation_only(state, library, synthetic):
    await state.open(3, None)
    assert not state.behind
    await library.handle([promotion("1" * 64, 1)])
    assert state.behind
    one = synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())])
    assert state.apply(record(one))[-1].value.scorer.model_version == ""
    await state.activate(3)
    assert not state.behind
    two = synthetic.batch([synthetic.vector("u_a", 2, 10**15 + 1, synthetic.values())])
    assert state.apply(record(two, 1))[-1].value.scorer.model_version == "1" * 64


async def test_what_was_in_force_is_in_force_after_a_restart(state, library, health, tmp_path, synthetic):
    await library.handle([promotion("1" * 64, 1)])
    await state.open(3, None)
    await state.activate(3)
    one = synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values(messages_per_minute=300))])
    state.apply(record(one))
    dump = state.dump(3, ())
    two = record(synthetic.batch([synthetic.vector("u_a", 2, 10**15 + 9, synthetic.values())]), 1)
    undisturbed = [o.value.SerializeToString(deterministic=True) for o in state.apply(two)]

    (tmp_path / "rules.yaml").write_text(GOOD)
    await library.handle([promotion("2" * 64, 2)])
    later = DetectorState(library, RulesFile(tmp_path / "rules.yaml", health), health, 300_000_000)
    await later.open(3, Snapshot(1, dump.header, {n: [piece.data] for n, piece in dump.changed.items()}))
    assert [o.value.SerializeToString(deterministic=True) for o in later.apply(two)] == undisturbed
    assert later.behind
    await later.activate(3)
    assert not later.behind


async def test_a_model_in_force_stays_until_the_process_knows_another(state, library, health, synthetic):
    await library.handle([promotion("1" * 64, 1)])
    await state.open(3, None)
    await state.activate(3)
    dump = state.dump(3, ())
    begun_anew = Library(health, library.versions)
    later = DetectorState(begun_anew, RulesFile(None, health), health)
    await later.open(3, Snapshot(0, dump.header, {}))
    assert not later.behind, "promotions were not read yet"
    await later.activate(3)
    one = synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())])
    assert later.apply(record(one))[-1].value.scorer.model_version == "1" * 64
    await begun_anew.handle([promotion("2" * 64, 2)])
    assert later.behind
    await later.activate(3)
    two = synthetic.batch([synthetic.vector("u_a", 2, 10**15 + 1, synthetic.values())])
    assert later.apply(record(two, 1))[-1].value.scorer.model_version == "2" * 64


async def test_a_model_that_is_gone_is_done_without(state, library, synthetic):
    await library.handle([promotion("1" * 64, 1)])
    await state.open(3, None)
    await state.activate(3)
    dump = state.dump(3, ())
    library.versions["1" * 64] = UnknownVersion("gone")
    await state.open(3, Snapshot(0, dump.header, {n: [piece.data] for n, piece in dump.changed.items()}))
    one = synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())])
    assert state.apply(record(one))[-1].value.scorer.model_version == ""


async def test_a_partition_made_from_another_begins_with_its_first_record(state, synthetic):
    await state.open(3, None)
    state.apply(record(synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())]), 40))
    dump = state.dump(3, ())
    await state.open(3, Snapshot(0, dump.header, {n: [piece.data] for n, piece in dump.changed.items()}))
    two = record(synthetic.batch([synthetic.vector("u_a", 2, 10**15 + 9, synthetic.values())]), 0)
    assert state.apply(two) != []
    assert state.apply(two) == []


async def test_a_promotion_is_noticed_at_once(state, library):
    waiting = asyncio.create_task(state.change_or(60.0))
    await asyncio.sleep(0)
    await library.handle([promotion("1" * 64, 1)])
    await asyncio.wait_for(waiting, 5.0)


async def test_a_closed_partition_is_not_waited_for(state, library):
    await state.open(3, None)
    state.close(3)
    await library.handle([promotion("1" * 64, 1)])
    assert not state.behind
    await state.activate(3)
