"""A user who was erased was never there: not for others, not for who comes back, not in what is kept."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_contracts.shards import shard_of
from resonance_contracts.topics import FEATURES_COMPUTED, PREDICTIONS_SCORED
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.messages import Outputs
from resonance_predictor.outgoing import records_of
from resonance_predictor.state import load_header
from resonance_runtime.records import Record

GONE = "u_0"
HOUR_US = 3_600_000_000
CHECKS = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def people(synthetic):
    """Vectors of four people; the one who is to be erased floods, and comes back to do it again."""
    flood = [lambda rng, at: synthetic.steady(rng, at, 120, 200)]
    return synthetic.merge(*(synthetic.day(f"u_{n}", n, 0.3, *flood[: n < 2])[0] for n in range(4)))


def erasure(synthetic, at_us: int):
    batch = synthetic.batch([], watermark_us=0)
    batch.erased.append(GONE)
    batch.erased_us.append(at_us)
    return batch


def said(outputs: list[Outputs], *, but: str = "") -> list[object]:
    """Everything said, in its order, but of one user."""
    return [
        message.SerializeToString(deterministic=True)
        for o in outputs
        for message in (*o.raised, *o.resolved, *o.anomalies)
        if message.user_key != but
    ] + [
        (id_, repr(score), severity)
        for o in outputs
        if (p := o.predictions) is not None
        for id_, user, score, severity in zip(p.vector_id, p.user_key, p.score, p.severity, strict=True)
        if user != but
    ]


@CHECKS
@given(share=st.floats(0, 1), size=st.integers(1, 200))
def test_erasing_a_user_is_as_if_they_had_never_been(synthetic, people, share, size):
    at = int(share * len(people))
    before, after = people[:at], people[at:]
    end = synthetic.quiet(people[-1].end_us + HOUR_US)
    erased, never = PartitionDetector(synthetic.scored_terms), PartitionDetector(synthetic.scored_terms)
    batches = [*synthetic.batches(before, size), erasure(synthetic, 1), *synthetic.batches(after, size), end]
    others = [v for v in before if v.user != GONE]
    outputs = [erased.apply(i, batch) for i, batch in enumerate(batches)]
    first = [never.apply(i, batch) for i, batch in enumerate(synthetic.batches(others, size))]
    second = [never.apply(10**6 + i, b) for i, b in enumerate([*synthetic.batches(after, size), end])]
    lives = len(list(synthetic.batches(before, size)))
    assert sorted(map(repr, said(outputs[:lives], but=GONE) + said(outputs[lives:]))) == sorted(
        map(repr, said(first + second))
    )
    assert erased.users() == never.users()
    assert erased.open_incidents() == never.open_incidents() == 0


def test_open_incidents_end_without_a_word_and_the_erasure_is_told(synthetic, people):
    detector = PartitionDetector(synthetic.terms)
    flood = [v for v in people if v.user == GONE]
    opened = [i for i, o in enumerate(detector.apply(i, synthetic.batch([v])) for i, v in enumerate(flood)) if o.raised]
    assert opened and detector.open_incidents() == 1
    outputs = detector.apply(10**6, erasure(synthetic, 77))
    assert (outputs.raised, outputs.resolved, outputs.anomalies) == ([], [], [])
    assert (detector.open_incidents(), detector.users()) == (0, 0)
    assert outputs.predictions is not None
    assert (list(outputs.predictions.erased), list(outputs.predictions.erased_us)) == ([GONE], [77])


def test_nothing_of_the_user_is_kept_and_a_restored_detector_does_not_know_them(synthetic, people):
    detector, kept = PartitionDetector(synthetic.scored_terms), dict[int, list[bytes]]()
    for offset, batch in enumerate(synthetic.batches(people, 100)):
        detector.apply(offset, batch)
        for shard, piece in detector.dirty_shards().items():
            kept[shard] = [*([] if piece.whole else kept.get(shard, [])), piece.data]
        assert not detector.holds_erased
    detector.apply(10**6, erasure(synthetic, 1))
    assert detector.holds_erased
    changed = detector.dirty_shards()
    assert changed[shard_of(GONE)].whole
    assert not detector.holds_erased
    kept |= {shard: [piece.data] for shard, piece in changed.items() if piece.whole}
    assert not any(GONE.encode() in data for pieces in kept.values() for data in pieces)
    kept = {shard: [data for data in pieces if data] for shard, pieces in kept.items()}
    again = PartitionDetector.restore(load_header(detector.header()), kept, synthetic.scorer())
    assert again.users() == detector.users() == 3


def test_the_erasure_goes_out_with_the_predictions(synthetic, people):

    batch = erasure(synthetic, 5)
    record = Record(FEATURES_COMPUTED, 3, 0, "batch", 5, None, batch, {})
    (sent,) = records_of(record, PartitionDetector(synthetic.terms).apply(0, batch))
    assert (sent.topic, sent.partition, list(sent.value.erased)) == (PREDICTIONS_SCORED, 3, [GONE])
