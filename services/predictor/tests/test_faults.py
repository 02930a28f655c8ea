"""A model that fails on vectors, in a real ONNX file: predictions go on, and say who scored."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_contracts.topics import FEATURES_COMPUTED, PREDICTIONS_SCORED
from resonance_modeling.arms import draws, served
from resonance_modeling.faults import heard, key_of
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.answers import Question, answer
from resonance_predictor.answers import reply as replied
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import Models
from resonance_predictor.rules import RuleBook
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.state import load_header
from resonance_predictor.terms import Others, Terms
from resonance_runtime import metrics
from resonance_runtime.health import Health
from resonance_runtime.records import Record
from tests.support.ordinary_model import ordinary_vectors
from tests.support.small_model import Fault, small_model

NOW = 10**15
STEP_US = 10_000_000
USERS = [f"u_{number}" for number in range(20)]
BUSY = set(USERS[::4])
SHARE = 0.5


def model(scale: float, fault: Fault | None = None, most: float = 100.0) -> Ensemble:
    return Ensemble(EnsembleScorer(small_model(scale, fault, most)))


GOOD, OTHER = model(1.0), model(2.0)
NOT_A_NUMBER, RAISING = model(3.0, "nan"), model(3.0, "raise")


@pytest.fixture
def detector():
    """Makes a detector by a champion and others."""
    return lambda champion, **others: PartitionDetector(Terms(RuleBook.default(), champion, others=Others(**others)))


def people(synthetic, number: int = 1, busy: float = 300.0):
    """Some of them are busy."""
    now_us = NOW + number * STEP_US
    return synthetic.batch(
        [
            synthetic.vector(user, number, now_us, synthetic.values(messages_per_minute=busy if user in BUSY else 6.0))
            for user in USERS
        ]
    )


def tails(batch, scorer: Ensemble) -> list[float]:
    values = np.array(batch.values).reshape(-1, WIDTH)
    return scorer.judge(to_scale(values)).tail_probability.tolist()


def arm(challenger: Ensemble) -> list[bool]:
    return served(draws(challenger.model.version, USERS), SHARE).tolist()


def of(model: Ensemble | None) -> str:
    return "" if model is None else model.model.version


@pytest.mark.parametrize(("shadow", "lost"), [(NOT_A_NUMBER, BUSY), (RAISING, set(USERS))])
def test_a_shadow_that_fails_says_nothing_of_these_vectors(synthetic, detector, shadow, lost):
    batch = people(synthetic)
    said = detector(GOOD, shadow=shadow).apply(0, batch)
    alone = detector(GOOD).apply(0, batch)
    assert (said.anomalies, said.raised) == (alone.anomalies, alone.raised)
    assert said.predictions.tail_probability == alone.predictions.tail_probability
    expected = [nan if user in lost else tail for user, tail in zip(USERS, tails(batch, model(3.0)), strict=True)]
    assert said.predictions.shadow_tail_probability == pytest.approx(expected, nan_ok=True)
    assert [(fault.alias, fault.version, fault.vectors) for fault in said.faults] == [
        ("shadow", of(shadow), len(lost)),
    ]


@pytest.mark.parametrize(("challenger", "all_lost"), [(NOT_A_NUMBER, False), (RAISING, True)])
def test_what_a_challenger_fails_on_is_scored_by_the_champion(synthetic, detector, challenger, all_lost):
    batch = people(synthetic)
    mine = arm(challenger)
    good = [its and not (all_lost or user in BUSY) for user, its in zip(USERS, mine, strict=True)]
    assert 0 < sum(user in BUSY for user, its in zip(USERS, mine, strict=True) if its) < sum(mine)
    said = detector(GOOD, challenger=challenger, share=SHARE).apply(0, batch)
    assert list(said.predictions.challenged) == good
    assert said.predictions.tail_probability == pytest.approx(
        np.where(good, tails(batch, model(3.0)), tails(batch, GOOD)).tolist()
    )
    assert said.failed_over == []
    assert {a.scorer.model_version for a in said.anomalies if a.user_key in BUSY} == {of(GOOD)}
    assert [(f.alias, f.version, f.vectors) for f in said.faults] == [
        ("challenger", of(challenger), sum(mine) - sum(good))
    ]


@pytest.mark.parametrize("former", [OTHER, None])
def test_what_the_champion_fails_on_is_scored_by_the_one_before_it_or_by_nobody(synthetic, detector, former):
    batch = people(synthetic)
    said = detector(NOT_A_NUMBER, former=former).apply(0, batch)
    instead = said.failed_over[0]
    assert [b.scorer.model_version for b in (said.predictions, *said.failed_over)] == [of(NOT_A_NUMBER), of(former)]
    assert list(said.predictions.user_key) == [user for user in USERS if user not in BUSY]
    assert list(instead.user_key) == [user for user in USERS if user in BUSY]
    theirs = [nan] * len(USERS) if former is None else tails(batch, former)
    assert instead.tail_probability == pytest.approx(
        [tail for user, tail in zip(USERS, theirs, strict=True) if user in BUSY], nan_ok=True
    )
    assert {anomaly.user_key for anomaly in said.anomalies} == BUSY, "rules work on"
    assert {anomaly.scorer.model_version for anomaly in said.anomalies} == {of(former)}
    assert {alert.scorer.model_version for alert in said.raised} == {of(former)}
    for anomaly in said.anomalies:
        assert [member.name for member in anomaly.members] == ([] if former is None else ["whole", "half"])


def test_a_champion_that_raises_is_replaced_for_the_whole_batch(synthetic, detector):
    batch = people(synthetic)
    said = detector(RAISING, former=OTHER).apply(0, batch)
    assert (said.predictions.scorer.model_version, said.failed_over) == (of(OTHER), [])
    assert said.predictions.tail_probability == pytest.approx(tails(batch, OTHER))
    assert "out of data bounds" in said.faults[0].reason


def test_where_all_fail_nobody_scores_and_no_habit_is_learned(synthetic, detector):
    broken, well = detector(model(1.0, "raise", 20.0), former=model(1.0, "nan", 20.0)), detector(GOOD)
    for number in range(1, 6):
        batch = people(synthetic, number, 25.0)
        said = broken.apply(number, batch)
        well.apply(number, batch)
        last = (said.predictions, *said.failed_over)[-1]
        assert (last.scorer.model_version, set(last.user_key)) == ("", BUSY)
        assert all(isnan(tail) for tail in last.tail_probability)
    slots = broken._users.streams["live"].slots
    weights = broken._users.habit.weight
    assert all(weights[slots[user]] == 0.0 for user in BUSY)
    assert all(weights[slots[user]] > 0.0 for user in USERS if user not in BUSY)
    assert all(well._users.habit.weight[slot] > 0.0 for slot in well._users.streams["live"].slots.values())


def test_a_model_that_is_well_again_scores_again(synthetic, detector):
    one = detector(RAISING, former=OTHER)
    versions = [
        one.apply(number, people(synthetic, number, busy)).predictions.scorer.model_version
        for number, busy in enumerate((6.0, 300.0, 6.0), 1)
    ]
    assert versions == [of(RAISING), of(OTHER), of(RAISING)]


@dataclass(frozen=True)
class Lost(Ensemble):
    """A model that looks back, and whose expectations are not numbers."""

    inner: Ensemble

    def __getattribute__(self, name):
        if name in ("expected", "inner"):
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "inner"), name)

    def expected(self, recent: NDArray[np.float32]):
        return np.full((len(recent), WIDTH), np.nan)


def test_an_expectation_that_is_not_a_number_is_a_fault_where_something_was_before(synthetic, ensemble, detector):
    one, failed = detector(Lost(ensemble), former=GOOD), 0
    for number in range(1, 5):
        now_us = NOW + number * STEP_US
        rows = zip(USERS, ordinary_vectors(len(USERS), number), strict=True)
        batch = synthetic.batch([synthetic.vector(user, number, now_us, row) for user, row in rows])
        slots = one._users.streams["live"].slots if number > 1 else {}
        known = [user for user in USERS if user in slots and one._users.recent.count(np.array([slots[user]]))[0]]
        said = one.apply(number, batch)
        scored = {b.scorer.model_version: list(b.user_key) for b in (said.predictions, *said.failed_over)}
        assert scored.get(of(GOOD), []) == known
        assert scored.get(of(ensemble), []) == [user for user in USERS if user not in known]
        assert sum(fault.vectors for fault in said.faults) == len(known)
        failed += len(known)
    assert failed


def test_a_replay_after_a_crash_says_the_same_while_models_fail(synthetic):
    others = Others(challenger=RAISING, share=SHARE, shadow=RAISING, former=OTHER)
    terms = Terms(RuleBook.default(), NOT_A_NUMBER, others=others)
    whole, cut = PartitionDetector(terms), PartitionDetector(terms)
    for offset, busy in enumerate((6.0, 300.0, 300.0, 6.0, 6.0, 300.0)):
        batch = people(synthetic, offset + 1, busy)
        kept = {shard: [piece.data] for shard, piece in cut.dirty_shards(range(256)).items() if piece.data}
        cut = PartitionDetector.restore(load_header(cut.header()), kept, terms.scorer, terms.others)
        one, other = whole.apply(offset, batch), cut.apply(offset, batch)
        for told, again in zip(
            (one.predictions, *one.failed_over), (other.predictions, *other.failed_over), strict=True
        ):
            assert told.SerializeToString(deterministic=True) == again.SerializeToString(deterministic=True)
        assert (one.anomalies, one.raised) == (other.anomalies, other.raised)


@pytest.fixture
def health() -> Health:
    return Health(30.0)


@pytest.fixture
def models(health) -> Models:
    found = Models(None, health)
    found.champion = NOT_A_NUMBER
    return found


def record(batch, offset: int) -> Record:
    return Record(FEATURES_COMPUTED, 3, offset, f"batch-{offset}", NOW, None, batch, {})


async def test_faults_are_counted_and_told_until_another_version_is_in_force(synthetic, models, health):
    state = DetectorState(models, RulesFile(None, health), health)
    await state.open(3, None)
    await state.activate(3)
    counter = metrics.PREDICTOR_MODEL_FAULTS.labels(alias="champion", version=of(NOT_A_NUMBER))
    before, vectors = counter._value.get(), metrics.PREDICTOR_VECTORS._value.get()
    sent = [state.apply(record(people(synthetic, number), number)) for number in (1, 2)]
    assert [[o.id for o in some if o.topic is PREDICTIONS_SCORED] for some in sent] == [
        ["batch-1/predictions", "batch-1/predictions/1"],
        ["batch-2/predictions", "batch-2/predictions/1"],
    ]
    assert counter._value.get() - before == 2 * len(BUSY)
    assert metrics.PREDICTOR_VECTORS._value.get() - vectors == 2 * len(USERS)
    assert heard(health.details, "champion") == (of(NOT_A_NUMBER), 2 * len(BUSY))
    assert heard(health.details, "shadow") is None
    assert "is not finite" in health.degradations()["champion faults"]
    models.champion = GOOD
    await state.activate(3)
    assert heard(health.details, "champion") is None
    assert key_of("champion") not in health.degradations()


def test_a_question_is_answered_by_the_one_before_a_champion_that_fails():
    rules, asked = RuleBook.default(), Question(features={"messages_per_minute": 300.0})
    for broken in (NOT_A_NUMBER, RAISING):
        assert answer(asked, rules, broken, OTHER)["model_version"] == of(OTHER)
        assert answer(asked, rules, broken, OTHER)["score"] == answer(asked, rules, OTHER)["score"]
        assert replied(asked, rules, broken, OTHER).scorer.model_version == of(OTHER)
        alone = answer(asked, rules, broken, None)
        assert (alone["model_version"], alone["score"], alone["members"]) == (None, None, None)
        assert [finding["kind"] for finding in alone["findings"]] == ["message_flood"]
        assert set(alone["assumed"]) == set(FEATURE_NAMES) - {"messages_per_minute"}


def test_nothing_is_heard_of_what_is_no_report_of_faults():
    assert heard({"champion faults": "none"}, "champion") is None
    assert heard({}, "champion") is None
