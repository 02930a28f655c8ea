"""A challenger scores the vectors of its users, a shadow those of everybody, and both are the same after a crash."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pytest

from resonance_contracts.features import INDEX
from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch
from resonance_modeling.arms import draws, served
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer
from resonance_modeling.sequences import STEPS
from resonance_predictor.arms import Arms
from resonance_predictor.baseline import Prior
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.outgoing import _parts
from resonance_predictor.passage import Passage
from resonance_predictor.rules import RuleBook
from resonance_predictor.scorer import OtherVersions
from resonance_predictor.state import dump_header, load_header
from resonance_predictor.terms import NONE, Others, Terms
from resonance_predictor.users import FIRST_CAPACITY, Users
from resonance_predictor.vectors import Vectors
from tests.support.ordinary_model import ordinary_vectors
from tests.support.small_model import small_model

NOW = 10**15
STEP_US = 10_000_000
USERS = [f"u_{number}" for number in range(40)]
CHAMPION, CHALLENGER, SHADOW = ("1" * 64, "2" * 64, "3" * 64)
SHARE = 0.4


@pytest.fixture
def trial(synthetic) -> Terms:
    """A champion; a challenger to whom everything is rarer; a shadow to whom everything is as rare as can be."""
    others = Others(synthetic.scorer(version=CHALLENGER, rate=0.03), SHARE, synthetic.scorer(version=SHADOW, rate=9.0))
    return Terms(RuleBook.default(), synthetic.scorer(version=CHAMPION), others=others)


def arm(users=USERS, version: str = CHALLENGER, share: float = SHARE) -> list[bool]:
    return served(draws(version, users), share).tolist()


def everybody(synthetic, number: int, **features: float):
    values = synthetic.values(**features)
    now_us = NOW + number * STEP_US
    return synthetic.batch([synthetic.vector(user, number, now_us, values) for user in USERS])


def traffic(synthetic, batches: int = 40):
    """Everybody is ordinary, then everybody is loud; each a little different."""
    random = np.random.default_rng(5)
    for number in range(1, batches + 1):
        now_us = NOW + number * STEP_US
        loud = number > batches // 2
        yield synthetic.batch(
            [
                synthetic.vector(
                    user, number, now_us, synthetic.values(requests_per_user=(900 if loud else 30) + random.normal())
                )
                for user in USERS
            ]
        )


def test_a_challenger_scores_its_users_and_the_champion_the_others(synthetic, trial):
    said = PartitionDetector(trial).apply(0, everybody(synthetic, 1, requests_per_user=40.0)).predictions
    assert said.scorer.model_version == CHAMPION
    assert (said.challenger.model_version, said.challenger.rules_version) == (CHALLENGER, trial.rules.version)
    assert list(said.challenged) == arm()
    assert 0 < sum(said.challenged) < len(USERS)
    assert said.tail_probability == pytest.approx([np.exp(-1.2) if mine else np.exp(-0.8) for mine in arm()])


def test_what_is_found_names_the_version_that_scored(synthetic, trial):
    detector, anomalies, raised = PartitionDetector(trial), [], []
    for offset, batch in enumerate(traffic(synthetic)):
        outputs = detector.apply(offset, batch)
        anomalies += outputs.anomalies
        raised += outputs.raised
    versions = {user: CHALLENGER if mine else CHAMPION for user, mine in zip(USERS, arm(), strict=True)}
    assert {alert.user_key for alert in raised} == set(USERS)
    for told in (*anomalies, *raised):
        assert told.scorer.model_version == versions[told.user_key]


def without_shadow(batch: PredictionBatch) -> PredictionBatch:
    found = PredictionBatch()
    found.CopyFrom(batch)
    found.ClearField("shadow")
    found.ClearField("shadow_tail_probability")
    return found


def test_a_shadow_is_told_of_and_changes_nothing(synthetic, trial):
    alone = PartitionDetector(replace(trial, others=replace(trial.others, shadow=None)))
    watched = PartitionDetector(trial)
    shadowed = []
    for offset, batch in enumerate(traffic(synthetic)):
        one, other = alone.apply(offset, batch), watched.apply(offset, batch)
        assert one.predictions == without_shadow(other.predictions)
        assert (one.anomalies, one.raised, one.resolved) == (other.anomalies, other.raised, other.resolved)
        assert other.predictions.shadow.model_version == SHADOW
        shadowed += other.predictions.shadow_tail_probability
        assert not one.predictions.HasField("shadow")
    assert max(shadowed) < 1e-100, "by the shadow, every vector would have been an anomaly"
    kept = [{shard: piece.data for shard, piece in one.dirty_shards(range(256)).items()} for one in (alone, watched)]
    assert kept[0] == kept[1]


def test_nothing_is_told_of_a_trial_where_there_is_none(synthetic):
    said = PartitionDetector(synthetic.scored_terms).apply(0, everybody(synthetic, 1)).predictions
    assert not said.HasField("challenger") and not said.HasField("shadow")
    assert (len(said.challenged), len(said.shadow_tail_probability)) == (0, 0)


def test_arms_are_the_same_after_a_crash(synthetic, trial):
    whole, cut = PartitionDetector(trial), PartitionDetector(trial)
    pieces: dict[int, list[bytes]] = {}
    for offset, batch in enumerate(traffic(synthetic)):
        if offset in (3, 17, 25):
            for shard, piece in cut.dirty_shards().items():
                pieces[shard] = [piece.data] if piece.whole else [*pieces.get(shard, []), piece.data]
            cut = PartitionDetector.restore(load_header(cut.header()), pieces, trial.scorer, trial.others)
            assert not cut.terms.differ(trial)
        one, other = whole.apply(offset, batch), cut.apply(offset, batch)
        assert one.predictions == other.predictions
        assert (one.anomalies, one.raised) == (other.anomalies, other.raised)


def test_a_snapshot_from_before_there_were_trials_is_read(synthetic, trial):
    header = msgspec.msgpack.decode(PartitionDetector(trial).header())
    assert header.pop("others") == {
        "challenger": {"name": "anomaly_detection", "version": CHALLENGER},
        "share": SHARE,
        "shadow": {"name": "anomaly_detection", "version": SHADOW},
        "former": None,
    }
    before = load_header(msgspec.msgpack.encode(header))
    assert before.others == OtherVersions()
    assert PartitionDetector.restore(before, {}, trial.scorer).terms.others == NONE
    assert load_header(dump_header(before)) == before


def test_a_partition_is_not_restored_with_other_versions_beside_the_champion(synthetic, trial):
    with pytest.raises(Exception, match="load these versions"):
        PartitionDetector.restore(load_header(PartitionDetector(trial).header()), {}, trial.scorer)


@pytest.mark.parametrize("change", [{"challenger": None, "share": 0.0}, {"share": 0.5}, {"shadow": None}])
def test_terms_differ_where_a_trial_does(synthetic, trial, change):
    assert trial.differ(replace(trial, others=replace(trial.others, **change)))
    assert not trial.differ(replace(trial, others=replace(trial.others)))


def test_a_trial_is_of_other_versions_than_the_champion(synthetic, trial):
    challenger, shadow = trial.others.challenger, trial.others.shadow
    assert trial.others.beside(trial.scorer) == trial.others
    assert trial.others.beside(challenger) == Others(shadow=shadow)
    assert trial.others.beside(shadow) == Others(challenger, SHARE)
    assert trial.others.beside(None) == NONE


def test_versions_may_have_different_detectors(synthetic, ensemble):
    few = Ensemble(EnsembleScorer(small_model()))
    terms = Terms(RuleBook.default(), few, others=Others(ensemble, SHARE, shadow=few))
    detector, names = PartitionDetector(terms), {False: set(), True: set()}
    in_arm = dict(zip(USERS, arm(version=ensemble.model.version), strict=True))
    for number in range(1, 9):
        batch = everybody(synthetic, number, messages_per_minute=300.0)
        for anomaly in detector.apply(number, batch).anomalies:
            names[in_arm[anomaly.user_key]].add(tuple(member.name for member in anomaly.members))
    assert names[False] == {("whole", "half")}
    # Of the first vector of a sitting nothing is expected.
    assert names[True] <= {ensemble.members, ensemble.members_alone}
    assert ensemble.members_alone in names[True]


def test_each_version_has_its_own_expectation(synthetic, ensemble):
    """A champion that does not look back, and another one, in turn, as challenger and as shadow that does."""
    few = Ensemble(EnsembleScorer(small_model()))
    terms = Terms(RuleBook.default(), few, others=Others(ensemble, SHARE, shadow=ensemble))
    users, in_arm = Users(), np.array(arm(version=ensemble.model.version))
    for number in range(1, STEPS + 4):
        rows = ordinary_vectors(len(USERS), number)
        vectors = [
            synthetic.vector(user, number, NOW + number * STEP_US, row) for user, row in zip(USERS, rows, strict=True)
        ]
        passage = Passage(users, terms, Vectors.from_message(synthetic.batch(vectors)))
        slots = passage._intake.slots
        expected, scaled = ensemble.expected(users.recent.of(slots)), to_scale(rows)
        said = passage.run().predictions
        theirs = ensemble.judge(scaled, expected).tail_probability
        assert said.shadow_tail_probability == pytest.approx(theirs, rel=1e-4)
        assert np.array(said.tail_probability)[in_arm] == pytest.approx(theirs[in_arm], rel=1e-4)
        assert np.array(said.tail_probability)[~in_arm] == pytest.approx(few.judge(scaled).tail_probability[~in_arm])
        assert all(not passage._scored.expected_of(i) for i in np.flatnonzero(~in_arm))
        for i in np.flatnonzero(in_arm):
            nothing = np.isnan(expected[i, 0])
            assert passage._scored.expected_of(i) == ([] if nothing else expected[i].tolist())
    assert not np.isnan(expected[:, 0]).any(), "everybody was learned from by now"


@dataclass(frozen=True)
class Elsewhere:
    """A model that thinks that everybody is idle."""

    inner: object

    def __getattr__(self, name):
        return getattr(self.inner, name)

    @property
    def prior(self) -> Prior:
        return Prior.of_population(np.zeros(len(INDEX)), np.full(len(INDEX), 0.01))


def test_new_users_of_a_challenger_are_judged_by_what_it_learned_of_people(synthetic, trial):
    terms = replace(trial, others=replace(trial.others, challenger=Elsewhere(trial.others.challenger)))
    flood = PartitionDetector(terms).apply(0, everybody(synthetic, 1, messages_per_minute=300.0))
    means = {anomaly.user_key: anomaly.baseline[INDEX["messages_per_minute"]].mean for anomaly in flood.anomalies}
    priors = ((False, terms.prior), (True, terms.others.challenger.prior))
    normal = {mine: prior.mean[INDEX["messages_per_minute"]] for mine, prior in priors}
    assert means == {
        user: pytest.approx(np.expm1(normal[mine]), abs=1e-3) for user, mine in zip(USERS, arm(), strict=True)
    }
    assert normal[True] != normal[False]


def test_parts_of_predictions_keep_what_is_said_of_a_trial(synthetic, trial, monkeypatch):
    monkeypatch.setattr("resonance_predictor.outgoing.MAX_RECORD_BYTES", 2_000)
    said = PartitionDetector(trial).apply(0, everybody(synthetic, 1)).predictions
    parts = _parts(said)
    assert len(parts) > 1
    assert [flag for part in parts for flag in part.challenged] == list(said.challenged)
    assert [p for part in parts for p in part.shadow_tail_probability] == list(said.shadow_tail_probability)
    assert all((part.challenger, part.shadow) == (said.challenger, said.shadow) for part in parts)
    alone = PartitionDetector(synthetic.scored_terms).apply(0, everybody(synthetic, 1)).predictions
    assert len(_parts(alone)) > 1
    assert not any(part.HasField("challenger") or part.HasField("shadow") for part in _parts(alone))


def test_a_slot_is_asked_about_anew_when_it_becomes_another_users(synthetic, trial):
    detector = PartitionDetector(trial)
    detector.apply(0, everybody(synthetic, 1))
    gone = synthetic.batch([])
    gone.erased.extend(USERS)
    gone.erased_us.extend([NOW] * len(USERS))
    detector.apply(1, gone)
    others = [f"v_{number}" for number in range(len(USERS))]
    batch = synthetic.batch([synthetic.vector(user, 1, NOW + 1, synthetic.values()) for user in others])
    assert list(detector.apply(2, batch).predictions.challenged) == arm(others)


def test_arms_grow_and_follow_the_version():
    keys = [f"u_{number}" for number in range(2 * FIRST_CAPACITY)]
    arms, slots = Arms(FIRST_CAPACITY), np.arange(2 * FIRST_CAPACITY)
    first = arms.challenged(CHALLENGER, SHARE, slots[:FIRST_CAPACITY], keys)
    arms.grow(2 * FIRST_CAPACITY)
    assert arms.challenged(CHALLENGER, SHARE, slots, keys).tolist() == arm(keys)
    assert first.tolist() == arm(keys)[:FIRST_CAPACITY]
    assert arms.challenged(SHADOW, SHARE, slots, keys).tolist() == arm(keys, SHADOW)
    assert arms.challenged(SHADOW, 0.7, slots, keys).tolist() == arm(keys, SHADOW, 0.7)


def test_a_user_of_several_streams_is_in_one_arm(synthetic, trial):
    detector = PartitionDetector(trial)
    live = detector.apply(0, everybody(synthetic, 1)).predictions
    replayed = [synthetic.vector(user, 1, NOW, synthetic.values(), "replay:1") for user in USERS]
    again = detector.apply(1, synthetic.batch(replayed, stream="replay:1")).predictions
    assert list(live.challenged) == list(again.challenged)
