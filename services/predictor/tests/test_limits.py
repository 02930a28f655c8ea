"""Limits that follow from what a partition reads: set, kept, shared out and over."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1.operations_pb2 import LIMIT_SOURCE_MODEL, LimitAdjusted
from resonance_contracts.topics import FEATURES_COMPUTED, LIMITS_ADJUSTED
from resonance_predictor.baseline import Prior, judge
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.limits.pace import busy_pace
from resonance_predictor.limits.policy import LEAST_RATE, Allowance, allowance
from resonance_predictor.limits.risk import LONGEST_US
from resonance_predictor.limits.share import most_limited
from resonance_predictor.limits.terms import LASTS_US, LimitTerms
from resonance_predictor.messages import Outputs
from resonance_predictor.outgoing import records_of
from resonance_predictor.passage import Passage
from resonance_predictor.rules import RuleBook
from resonance_predictor.state import load_header
from resonance_predictor.terms import Terms
from resonance_predictor.users import Users
from resonance_predictor.vectors import Vectors
from resonance_runtime.records import Record

pytestmark = pytest.mark.long

SECOND = 1_000_000
START_US = 1_800_000_000 * SECOND
LIMITED = Terms(RuleBook.default(), limits=LimitTerms(Allowance(10.0, 100.0)))
CHECKS = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def crowd(synthetic):
    """Vectors of twelve people; one floods after an ordinary half hour, and goes on as before for another."""

    def flood(rng: np.random.Generator, at: float):
        return synthetic.steady(rng, at, 120, 300).and_then(synthetic.steady(rng, at + 130, 1200, 4))

    people = [synthetic.day(f"u_{n}", n, 0.5, *([flood] if n == 3 else [])) for n in range(12)]
    return synthetic.merge(*(vectors for vectors, _ in people)), people[3][1]


def limits(outputs: Iterable[Outputs]) -> list[LimitAdjusted]:
    return [limit for o in outputs for limit in o.limits]


def run(synthetic, vectors, terms: Terms = LIMITED, size: int = 50) -> list[Outputs]:
    detector = PartitionDetector(terms)
    return [detector.apply(i, batch) for i, batch in enumerate(synthetic.batches(vectors, size))]


def test_who_floods_is_limited_alone_and_only_for_a_while(synthetic, crowd):
    vectors, began_us = crowd
    found = limits(run(synthetic, vectors))
    assert found and {limit.user_key for limit in found} == {"u_3"}
    first, last = found[0], found[-1]
    assert began_us < first.adjusted_us < began_us + 60 * SECOND
    assert first.source == LIMIT_SOURCE_MODEL
    assert LEAST_RATE <= first.rate < 5.0, "the flood is five messages a second"
    assert "unusual_volume" in first.reason and len(first.reason) <= 500
    assert last.expires_us - last.adjusted_us == LASTS_US
    assert last.expires_us < began_us + 130 * SECOND + 60 * SECOND + LASTS_US, "nothing keeps it but the flood"
    later = [v for v in vectors if v.user == "u_3" and v.end_us > last.expires_us]
    assert later, "who was limited goes on as before"


def test_none_is_set_unless_that_is_asked_for(synthetic, crowd):
    assert limits(run(synthetic, crowd[0], synthetic.terms)) == []


def test_nobody_is_limited_for_what_was_in_a_replay(synthetic, crowd):
    detector = PartitionDetector(LIMITED)
    replayed = [synthetic.vector(v.user, v.ordinal, v.end_us, v.values, "replay:x") for v in crowd[0]]
    outputs = [detector.apply(0, synthetic.batch(replayed, stream="replay:x"))]
    assert any(o.raised for o in outputs) and limits(outputs) == []


def test_limits_change_nothing_else(synthetic, crowd):
    with_limits, without = run(synthetic, crowd[0]), run(synthetic, crowd[0], synthetic.terms)
    for some, other in zip(with_limits, without, strict=True):
        assert (some.raised, some.resolved, some.anomalies) == (other.raised, other.resolved, other.anomalies)


@CHECKS
@given(saves=st.sets(st.integers(0, 200)), size=st.integers(10, 100))
def test_killed_and_restored_it_says_the_same(synthetic, crowd, saves, size):
    vectors, _ = crowd
    detector, kept, outputs = PartitionDetector(LIMITED), dict[int, list[bytes]](), list[Outputs]()
    for offset, batch in enumerate(synthetic.batches(vectors, size)):
        if offset in saves:
            for shard, piece in detector.dirty_shards().items():
                kept[shard] = [*([] if piece.whole else kept.get(shard, [])), piece.data]
            detector = PartitionDetector.restore(load_header(detector.header()), kept, None)
        outputs.append(detector.apply(offset, batch))
    assert limits(outputs) == limits(run(synthetic, vectors, size=size))
    assert detector.terms.limits == LIMITED.limits


def loud(synthetic, users: Iterable[str], ordinal: int, at_us: int, pace: float = 400.0, **features: float):
    values = synthetic.values(messages_per_minute=pace, requests_per_user=pace, **features)
    return synthetic.batch([synthetic.vector(user, ordinal, at_us, values) for user in users])


@given(loud_users=st.integers(0, 60), quiet_users=st.integers(0, 60))
@CHECKS
def test_where_all_seem_to_flood_most_are_left_alone(synthetic, loud_users, quiet_users):
    detector = PartitionDetector(LIMITED)
    quiet = [synthetic.vector(f"q_{n}", 1, START_US, synthetic.values()) for n in range(quiet_users)]
    detector.apply(0, synthetic.batch(quiet, START_US))
    ends: dict[str, int] = {}
    for minute in range(1, 30):
        at_us = START_US + minute * 60 * SECOND
        for limit in detector.apply(
            minute, loud(synthetic, [f"u_{n}" for n in range(loud_users)], minute, at_us)
        ).limits:
            ends[limit.user_key] = limit.expires_us
        in_force = sum(end > at_us for end in ends.values())
        assert in_force <= most_limited(loud_users + quiet_users)
        assert in_force == min(most_limited(loud_users + quiet_users), loud_users)
        assert in_force <= detector.limited()


def test_room_is_given_back_when_a_limit_is_over(synthetic):
    detector = PartitionDetector(LIMITED)
    detector.apply(0, loud(synthetic, ["u_a"], 1, START_US, 6.0))
    assert [o.user_key for o in detector.apply(1, loud(synthetic, ["u_b"], 1, START_US + SECOND)).limits] == ["u_b"]
    assert detector.apply(2, loud(synthetic, ["u_c"], 1, START_US + 2 * SECOND)).limits == []
    detector.apply(3, synthetic.quiet(START_US + SECOND + LASTS_US))
    assert detector.limited() == 0
    later = START_US + 3 * SECOND + LASTS_US
    assert [o.user_key for o in detector.apply(4, loud(synthetic, ["u_c"], 2, later)).limits] == ["u_c"]


def test_an_incident_that_does_not_end_is_no_reason_after_two_hours(synthetic):
    detector = PartitionDetector(LIMITED)
    detector.apply(0, loud(synthetic, ["u_a"], 1, START_US, 6.0))
    found = []
    for minute in range(1, 400):
        found += detector.apply(minute, loud(synthetic, ["u_b"], minute, START_US + minute * 60 * SECOND)).limits
    opened_us = found[0].adjusted_us
    assert opened_us + LONGEST_US - LASTS_US / 2 <= found[-1].expires_us < opened_us + LONGEST_US + LASTS_US


def test_what_a_limit_refuses_does_not_keep_it(synthetic):
    detector = PartitionDetector(LIMITED)
    detector.apply(0, loud(synthetic, ["u_a"], 1, START_US, 6.0))
    found, opened = [], []
    for second in range(1, 400):
        at_us = START_US + second * SECOND
        outputs = detector.apply(second, loud(synthetic, ["u_b"], second, at_us, 90.0, rate_limit_violations=300.0))
        found += outputs.limits
        opened += [alert.kind for alert in outputs.raised]
    assert "rate_limit_abuse" in opened and found == []


def test_somebody_is_limited_by_what_is_ordinary_for_them(synthetic):
    """Of two who do the same, the one who always sends more may send more."""
    rng = np.random.default_rng(5)
    rates = {}
    for user, pace in (("u_calm", 6.0), ("u_busy", 60.0)):
        detector = PartitionDetector(LIMITED)
        detector.apply(0, loud(synthetic, ["u_other"], 1, START_US, 6.0))
        events = synthetic.steady(rng, START_US / SECOND, 2400, pace).and_then(
            synthetic.steady(rng, START_US / SECOND + 2400, 60, 600)
        )
        outputs = [detector.apply(1 + i, b) for i, b in enumerate(synthetic.batches(synthetic.emit(user, events), 20))]
        rates[user] = limits(outputs)[-1].rate
    assert rates["u_calm"] == pytest.approx(LEAST_RATE * 2, rel=0.5) and rates["u_busy"] > 2 * rates["u_calm"]


def test_the_tightest_limit_costs_an_ordinary_person_next_to_nothing(synthetic):
    """Nine hours of ten people under the limit of the highest risk, learned in the eight hours before."""
    sent = refused = 0
    for seed in range(10):
        events = synthetic.ordinary(np.random.default_rng(seed), 17.0)
        noon_s = START_US / SECOND + 8 * 3600
        users = Users()
        for batch in synthetic.batches(synthetic.emit("u_a", events), 50):
            if batch.end_us[-1] < noon_s * SECOND:
                Passage(users, synthetic.terms, Vectors.from_message(batch)).run()
        nothing = np.zeros((1, WIDTH))
        normal = judge(users.baseline, Prior.unknown(), np.array([0]), nothing, nothing)
        limit = allowance(busy_pace(normal.center[0], normal.spread[0]), 1.0, Allowance(10.0, 100.0))
        times = events.times[events.times >= noon_s]
        sent, refused = sent + len(times), refused + over_the_limit(times.tolist(), limit)
    assert sent > 10_000 and refused / sent < 0.001


def over_the_limit(times: list[float], limit: Allowance) -> int:
    """Of messages at some times, those that a bucket of tokens does not let pass."""
    tokens, before, refused = limit.burst, times[0], 0
    for now in times:
        tokens, before = min(tokens + (now - before) * limit.rate, limit.burst), now
        refused += tokens < 1.0
        tokens -= tokens >= 1.0
    return refused


def test_records_of_limits_are_known_by_client_and_time_and_an_erased_user_has_none(synthetic, crowd):
    vectors, began_us = crowd
    detector = PartitionDetector(LIMITED)
    source = Record(FEATURES_COMPUTED, 3, 0, "batch", 5, None, synthetic.batch([]), {})
    sent = []
    for offset, batch in enumerate(synthetic.batches([v for v in vectors if v.end_us < began_us + 60 * SECOND], 50)):
        sent += [r for r in records_of(source, detector.apply(offset, batch)) if r.topic is LIMITS_ADJUSTED]
    assert {record.key for record in sent} == {b"user/u_3/model"}
    assert [record.id for record in sent] == [f"user/u_3/model/{record.value.adjusted_us}" for record in sent]
    erasure = synthetic.batch([], watermark_us=0)
    erasure.erased.extend(["u_3", "u_4"])
    erasure.erased_us.extend([1, 1])
    gone = [r for r in records_of(source, detector.apply(10**6, erasure)) if r.topic is LIMITS_ADJUSTED]
    assert [(record.key, record.encoded()) for record in gone] == [(b"user/u_3/model", None)]
    assert detector.limited() == 0
