"""What the model had expected of a user has its part in the score that is served, and is told with it."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import BREAK_US, STEPS
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.passage import Passage
from resonance_predictor.rules import RuleBook
from resonance_predictor.state import load_header
from resonance_predictor.terms import Terms
from resonance_predictor.users import Users
from resonance_predictor.vectors import Vectors
from tests.support.ordinary_model import ordinary_vectors

START_US = 10**15
STEP_US = 10_000_000
PACE = FEATURE_NAMES.index("messages_per_minute")


def people(n: int, seed: int) -> np.ndarray:
    """Vectors as the model knows them, but for so many addresses and tokens that a rule would fire."""
    rows = ordinary_vectors(n, seed)
    for name, value in (("ip_entropy", 0.0), ("jwt_token_reuse", 1.0), ("jwt_token_churn", 1.0)):
        rows[:, FEATURE_NAMES.index(name)] = value
    return rows


def batches(synthetic):
    """An ordinary user, a pause in which a sitting ends, and a flood; with somebody beside them all the while."""
    number, now_us = 0, START_US
    ordinary = iter(people(400, 7))
    for some, pause_us, times in ((40, 0, 1.0), (40, BREAK_US + 1, 1.0), (30, 0, 300.0)):
        now_us += pause_us
        for _ in range(some):
            number, now_us = number + 1, now_us + STEP_US
            values = [next(ordinary), next(ordinary)]
            values[0][PACE] = max(values[0][PACE], 1.0) * times
            users = ("u_a", "u_b")
            yield synthetic.batch(
                [synthetic.vector(user, number, now_us, row) for user, row in zip(users, values, strict=True)]
            )


@pytest.fixture
def terms(ensemble) -> Terms:
    return Terms(RuleBook.default(), ensemble)


def test_the_model_looks_back(ensemble):
    assert ensemble.looks_back
    assert ensemble.members == (*ensemble.members_alone, "lstm")


def test_what_is_served_is_told_with_what_was_expected(synthetic, ensemble, terms):
    detector, anomalies = PartitionDetector(terms), []
    for offset, batch in enumerate(batches(synthetic)):
        anomalies += detector.apply(offset, batch).anomalies
    assert anomalies
    for anomaly in anomalies:
        assert len(anomaly.expected) == WIDTH
        expected, values = np.array([anomaly.expected]), np.array([anomaly.values])
        assert anomaly.score == ensemble.judge(to_scale(values), expected).score[0]
        assert anomaly.score != ensemble.judge(to_scale(values)).score[0]
        assert [member.name for member in anomaly.members] == list(ensemble.members)
    # A flood is not expected of somebody who was ordinary until now.
    floods = [anomaly for anomaly in anomalies if anomaly.values[PACE] >= 300.0]
    assert floods
    assert all(anomaly.expected[PACE] < 0.5 * np.log1p(anomaly.values[PACE]) for anomaly in floods)


def test_the_vectors_that_it_was_expected_from_are_told(synthetic, ensemble, terms):
    detector, anomalies = PartitionDetector(terms), []
    for offset, batch in enumerate(batches(synthetic)):
        anomalies += detector.apply(offset, batch).anomalies
    assert anomalies
    for anomaly in anomalies:
        recent = np.full((1, STEPS, WIDTH), np.nan, dtype=np.float32)
        known = np.array(anomaly.recent, dtype=np.float32).reshape(-1, WIDTH)
        recent[0, STEPS - len(known) :] = known
        assert ensemble.expected(recent)[0].tolist() == list(anomaly.expected)
    assert {len(anomaly.recent) for anomaly in anomalies} >= {STEPS * WIDTH}


def test_without_a_model_that_looks_back_nothing_is_told_of_what_was_before(synthetic):
    detector, anomalies = PartitionDetector(Terms(RuleBook.default())), []
    for offset, batch in enumerate(batches(synthetic)):
        anomalies += detector.apply(offset, batch).anomalies
    assert anomalies
    assert not any(anomaly.recent or anomaly.expected for anomaly in anomalies)


def test_of_the_first_vector_of_a_sitting_nothing_is_expected(synthetic, ensemble):
    users, ordinary = Users(), np.median(people(400, 8), axis=0)
    ends = (START_US, START_US + STEP_US, START_US + BREAK_US + 2 * STEP_US + 1)
    expected = []
    for i, end_us in enumerate(ends):
        batch = synthetic.batch([synthetic.vector("u_a", i, end_us, ordinary)])
        passage = Passage(users, Terms(RuleBook.default(), ensemble), Vectors.from_message(batch))
        passage.run()
        expected.append(len(passage._scored.expected_of(0)))
    assert expected == [0, WIDTH, 0]


def test_it_is_the_same_after_a_crash(synthetic, ensemble, terms):
    whole, cut = PartitionDetector(terms), PartitionDetector(terms)
    pieces: dict[int, list[bytes]] = {}
    for offset, batch in enumerate(batches(synthetic)):
        if offset in (20, 55, 90):
            for shard, piece in cut.dirty_shards().items():
                pieces[shard] = [piece.data] if piece.whole else [*pieces.get(shard, []), piece.data]
            cut = PartitionDetector.restore(load_header(cut.header()), pieces, ensemble)
        one, other = whole.apply(offset, batch), cut.apply(offset, batch)
        assert one.predictions == other.predictions
        assert one.anomalies == other.anomalies
