"""Detection of a partition: what it says depends on the vectors in their order, and on nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.shards import shard_of
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.errors import BatchError, StateError
from resonance_predictor.messages import Outputs
from resonance_predictor.rules import RuleBook
from resonance_predictor.state import load_header
from resonance_predictor.terms import Terms
from resonance_runtime.keyed import Piece

HOUR_US = 3_600_000_000
CHECKS = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def troubled(synthetic):
    """Vectors of eight people of whom five do something."""
    deeds = [
        lambda rng, at: synthetic.steady(rng, at, 120, 200),
        lambda rng, at: synthetic.steady(rng, at, 240, 20, error=0.8),
        lambda rng, at: synthetic.steady(rng, at, 300, 60),
        lambda rng, at: synthetic.steady(rng, at, 200, 20, addresses=12),
        lambda rng, at: synthetic.steady(rng, at, 240, 12, clockwork=True),
    ]
    people = [synthetic.day(f"u_{n}", n, 0.4, *deeds[n : n + 1])[0] for n in range(8)]
    return synthetic.merge(*people)


@pytest.fixture(scope="module")
def expected(synthetic, troubled):
    """What the troubled give, by whether there is a model, as one batch for each hundred vectors."""
    return {
        False: whole(synthetic, troubled, synthetic.terms, 100),
        True: whole(synthetic, troubled, synthetic.scored_terms, 100),
    }


def apply(detector: PartitionDetector, batches: Iterable, first: int = 0) -> list[Outputs]:
    return [detector.apply(first + offset, batch) for offset, batch in enumerate(batches)]


def told(outputs: Iterable[Outputs]) -> dict[str, list]:
    """Everything said, comparable: resolved alerts by id, since a watermark in between tells them earlier."""
    outputs = list(outputs)
    rows = [
        row
        for o in outputs
        if (p := o.predictions) is not None
        for row in zip(p.vector_id, p.end_us, texts(p.score), texts(p.tail_probability), p.severity, strict=True)
    ]
    return {
        "predictions": rows,
        "anomalies": [a.SerializeToString(deterministic=True) for o in outputs for a in o.anomalies],
        "raised": [a.SerializeToString(deterministic=True) for o in outputs for a in o.raised],
        "escalated": [a.SerializeToString(deterministic=True) for o in outputs for a in o.escalated],
        "resolved": sorted(a.SerializeToString(deterministic=True) for o in outputs for a in o.resolved),
    }


def texts(values: Iterable[float]) -> list[str]:
    """Numbers as text: exact, and NaN equals NaN."""
    return [repr(value) for value in values]


def whole(synthetic, vectors, terms: Terms, size: int = 10**6) -> dict[str, list]:
    detector = PartitionDetector(terms)
    outputs = apply(detector, synthetic.batches(vectors, size))
    end = synthetic.quiet(vectors[-1].end_us + HOUR_US)
    return told([*outputs, detector.apply(10**6, end)])


@pytest.mark.parametrize("with_model", [False, True])
def test_troubled_people_give_something_to_compare(troubled, expected, with_model):
    said = expected[with_model]
    kinds = {pb.Alert.FromString(a).kind for a in said["raised"]}
    assert {"message_flood", "error_spike", "clockwork_timing"} <= kinds
    assert len(said["predictions"]) == len(troubled)
    assert len(said["raised"]) == len(said["resolved"])


@CHECKS
@given(cuts=st.lists(st.integers(1, 2000), max_size=30), with_model=st.booleans())
def test_boundaries_of_batches_do_not_matter(synthetic, troubled, expected, cuts, with_model):
    terms = synthetic.scored_terms if with_model else synthetic.terms
    edges = sorted({0, len(troubled), *(cut for cut in cuts if cut < len(troubled))})
    parts = [troubled[a:b] for a, b in pairwise(edges)]
    detector = PartitionDetector(terms)
    outputs = apply(detector, map(synthetic.batch, parts))
    outputs.append(detector.apply(10**6, synthetic.quiet(troubled[-1].end_us + HOUR_US)))
    assert told(outputs) == expected[with_model]


def test_one_vector_a_batch_is_no_exception(synthetic, troubled):
    some = troubled[-600:]
    assert whole(synthetic, some, synthetic.scored_terms, 1) == whole(synthetic, some, synthetic.scored_terms)


def keep(kept: dict[int, list[bytes]], changed: dict[int, Piece]) -> None:
    """Take in what changed, as the snapshots do."""
    for shard, piece in changed.items():
        kept[shard] = [*([] if piece.whole else kept.get(shard, [])), *([piece.data] if piece.data else [])]


@CHECKS
@given(
    saves=st.dictionaries(st.integers(0, 40), st.tuples(st.booleans(), st.sets(st.integers(0, 255))), max_size=12),
    size=st.integers(20, 120),
)
def test_saved_and_restored_at_any_record_it_goes_on_as_if_undisturbed(synthetic, troubled, expected, saves, size):
    scorer = synthetic.scorer()
    detector, shards, outputs = PartitionDetector(synthetic.scored_terms), {}, []
    for offset, batch in enumerate(synthetic.batches(troubled, size)):
        if offset in saves:
            crashes, wanted = saves[offset]
            keep(shards, detector.dirty_shards(wanted))
            if crashes:
                detector = PartitionDetector.restore(load_header(detector.header()), shards, scorer)
        outputs.append(detector.apply(offset, batch))
    outputs.append(detector.apply(10**6, synthetic.quiet(troubled[-1].end_us + HOUR_US)))
    assert told(outputs) == expected[True]


def test_what_is_saved_is_read_back_to_the_bit(synthetic, troubled):
    detector = PartitionDetector(synthetic.scored_terms)
    apply(detector, synthetic.batches(troubled[:1500], 100))
    header, shards = detector.header(), detector.dirty_shards()
    kept: dict[int, list[bytes]] = {}
    keep(kept, shards)
    again = PartitionDetector.restore(load_header(header), kept, synthetic.scorer())
    assert again.header() == header
    assert again.dirty_shards() == {}
    assert again.dirty_shards(set(shards)) == shards


def test_of_a_shard_only_the_users_that_changed_are_saved(synthetic):
    users = [f"u_{n}" for n in range(2000) if shard_of(f"u_{n}") == 7]
    vectors = [synthetic.vector(user, 1, 10**15, synthetic.values()) for user in users]
    detector = PartitionDetector(synthetic.terms)
    detector.apply(0, synthetic.batch(vectors))
    first = detector.dirty_shards()[7]
    detector.apply(1, synthetic.batch([synthetic.vector(users[0], 2, 10**15 + 1, synthetic.values())]))
    later = detector.dirty_shards()[7]
    assert (first.whole, later.whole) == (True, False)
    assert len(later.data) < len(first.data) / 2
    again = detector.dirty_shards([7])[7]
    assert again.whole and len(again.data) >= len(first.data), "what is wanted whole comes, changed or not"


@pytest.mark.parametrize("seed", range(6))
def test_pieces_give_what_a_whole_one_gives_when_users_come_and_go(synthetic, seed):
    """Many users of one shard, remembered for two hours: some are forgotten, some come back, a replay ends."""
    rng = np.random.default_rng(seed)
    users = [f"u_{n}" for n in range(20_000) if shard_of(f"u_{n}") == 7][:40]
    detector = PartitionDetector(Terms(RuleBook.default(), idle_us=2 * HOUR_US))
    kept, now_us, partly, dropped = dict[int, list[bytes]](), 10**15, 0, 0
    for offset in range(120):
        now_us += int(rng.choice([60_000_000, HOUR_US], p=[0.95, 0.05]))
        stream = "replay:x" if offset < 30 and rng.random() < 0.3 else "live"
        some = rng.choice(users[: 40 - offset // 6], 8, replace=False)
        loud = synthetic.values(messages_per_minute=300)
        vectors = [
            synthetic.vector(user, offset + 1, now_us, loud if rng.random() < 0.1 else synthetic.values(), stream)
            for user in some
        ]
        before = detector.users()
        detector.apply(offset, synthetic.batch(vectors, stream=stream))
        dropped += max(before - detector.users(), 0)
        if rng.random() < 0.5:
            wanted = [7] if rng.random() < 0.1 else []
            changed = detector.dirty_shards(wanted)
            assert all(changed[shard].whole for shard in wanted)
            partly += not changed[7].whole
            keep(kept, changed)
            again = PartitionDetector.restore(load_header(detector.header()), kept, None)
            assert again.header() == detector.header()
            assert again.users() == detector.users()
            assert again.dirty_shards(range(256)) == detector.dirty_shards(range(256))
    assert partly and dropped, "both happened"


def test_only_shards_of_users_with_new_vectors_are_dirty(synthetic):
    detector = PartitionDetector(synthetic.terms)
    one, other = (synthetic.vector(u, 1, 10**15, synthetic.values()) for u in ("u_a", "u_b"))
    detector.apply(0, synthetic.batch([one]))
    assert set(detector.dirty_shards()) == {shard_of("u_a")}
    detector.apply(1, synthetic.batch([other, one]))
    assert set(detector.dirty_shards()) == {shard_of("u_b")}
    assert detector.dirty_shards() == {}


@CHECKS
@given(repeated=st.lists(st.tuples(st.integers(0, 1999), st.integers(1, 80)), min_size=1, max_size=8))
def test_repeats_of_vectors_give_nothing(synthetic, troubled, expected, repeated):
    vectors = troubled
    batches = list(synthetic.batches(vectors, 100))
    detector, outputs = PartitionDetector(synthetic.terms), []
    for n, batch in enumerate(batches):
        outputs.append(detector.apply(2 * n, batch))
        for start, length in repeated:
            old = vectors[start : min(start + length, 100 * (n + 1))]
            if old and start < 100 * (n + 1):
                again = detector.apply(2 * n + 1, synthetic.batch(old))
                assert again.predictions is None
                assert told([again]) == told([])
                break
    outputs.append(detector.apply(10**6, synthetic.quiet(vectors[-1].end_us + HOUR_US)))
    assert told(outputs) == expected[False]


def test_a_repeat_within_a_batch_gives_nothing(synthetic):
    vector = synthetic.vector("u_a", 1, 10**15, synthetic.values())
    outputs = PartitionDetector(synthetic.terms).apply(0, synthetic.batch([vector, vector]))
    assert list(outputs.predictions.vector_id) == [vector.id]


def test_a_record_applied_before_gives_nothing(synthetic):
    flood = synthetic.vector("u_a", 1, 10**15, synthetic.values(messages_per_minute=300))
    detector = PartitionDetector(synthetic.terms)
    assert len(detector.apply(7, synthetic.batch([flood])).raised) == 1
    assert detector.apply(7, synthetic.batch([flood])) == Outputs()


def test_ordinals_that_begin_anew_after_a_day_are_no_repeats(synthetic):
    detector = PartitionDetector(synthetic.terms)
    detector.apply(0, synthetic.batch([synthetic.vector("u_a", 50, 10**15, synthetic.values())]))
    later = synthetic.vector("u_a", 1, 10**15 + 25 * HOUR_US, synthetic.values())
    assert detector.apply(1, synthetic.batch([later])).predictions is not None


def test_streams_do_not_know_each_other(synthetic):
    values = synthetic.values(messages_per_minute=300)
    detector = PartitionDetector(synthetic.terms)
    live = detector.apply(0, synthetic.batch([synthetic.vector("u_a", 1, 2 * 10**15, values)]))
    replayed = detector.apply(
        1, synthetic.batch([synthetic.vector("u_a", 1, 10**15, values, "replay:x")], stream="replay:x")
    )
    assert [a.stream for a in (*live.raised, *replayed.raised)] == ["live", "replay:x"]
    assert live.raised[0].alert_id != replayed.raised[0].alert_id
    over = detector.apply(2, synthetic.quiet(10**15 + HOUR_US, "replay:x"))
    assert [a.alert_id for a in over.resolved] == [replayed.raised[0].alert_id]


def test_time_alone_resolves_at_the_end_of_the_quiet_time(synthetic):
    detector = PartitionDetector(synthetic.terms)
    flood = synthetic.vector("u_a", 1, 10**15, synthetic.values(messages_per_minute=300))
    raised = detector.apply(0, synthetic.batch([flood])).raised[0]
    assert detector.apply(1, synthetic.quiet(10**15 + 299_999_999)).resolved == []
    resolved = detector.apply(2, synthetic.quiet(10**15 + HOUR_US)).resolved
    assert [(a.alert_id, a.state, a.revision, a.resolved_us) for a in resolved] == [
        (raised.alert_id, pb.ALERT_STATE_RESOLVED, 2, 10**15 + 300_000_000)
    ]


def test_a_newly_activated_model_scores_from_the_next_record_on(synthetic):
    detector = PartitionDetector(synthetic.terms)
    before = detector.apply(0, synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())]))
    detector.activate(synthetic.scored_terms)
    after = detector.apply(1, synthetic.batch([synthetic.vector("u_a", 2, 10**15 + 1, synthetic.values())]))
    assert np.isnan(before.predictions.score[0])
    assert before.predictions.scorer.model_version == ""
    assert after.predictions.score[0] == pytest.approx(30 / 31)
    assert after.predictions.scorer.model_version == "1" * 64


def test_restored_with_another_model_than_that_in_force_is_refused(synthetic):
    detector = PartitionDetector(synthetic.scored_terms)
    header = load_header(detector.header())
    with pytest.raises(StateError, match="load that version"):
        PartitionDetector.restore(header, {}, synthetic.scorer(version="2" * 64))
    with pytest.raises(StateError):
        PartitionDetector.restore(header, {}, None)


def test_restored_rules_are_those_that_were_in_force(synthetic):
    book = RuleBook.parse("rules: [{kind: chatty, severity: low, when: [messages_per_minute >= 5]}]", "test")
    detector = PartitionDetector(Terms(book, None, 60_000_000))
    again = PartitionDetector.restore(load_header(detector.header()), {}, None)
    assert again.terms.rules.version == book.version
    assert not again.terms.differ(detector.terms)
    raised = again.apply(0, synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())])).raised
    assert [a.kind for a in raised] == ["chatty"]


def test_idle_users_are_forgotten_and_their_shards_emptied(synthetic):
    detector = PartitionDetector(synthetic.terms)
    detector.apply(0, synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())]))
    detector.dirty_shards()
    detector.apply(1, synthetic.quiet(10**15 + 24 * HOUR_US))
    assert detector.users() == 1
    detector.apply(2, synthetic.quiet(10**15 + 25 * HOUR_US + 1))
    assert detector.users() == 0
    assert detector.dirty_shards() == {shard_of("u_a"): Piece(b"", True)}


def test_how_long_users_are_remembered_is_a_term(synthetic):
    detector = PartitionDetector(Terms(RuleBook.default(), idle_us=2 * HOUR_US))
    detector.apply(0, synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())]))
    again = PartitionDetector.restore(load_header(detector.header()), {}, None)
    assert again.terms.idle_us == 2 * HOUR_US
    assert again.terms.differ(Terms(RuleBook.default()))
    detector.apply(1, synthetic.quiet(10**15 + 3 * HOUR_US + 1))
    assert detector.users() == 0


def test_that_one_of_a_shard_was_forgotten_and_nobody_else_changed_is_kept(synthetic):
    keys: dict[int, str] = {}
    n = 0
    while (other := keys.setdefault(shard_of(f"u_{n}"), f"u_{n}")) == f"u_{n}":
        n += 1
    gone, stays = other, f"u_{n}"
    detector = PartitionDetector(synthetic.terms)
    vectors = [synthetic.vector(gone, 1, 10**15, synthetic.values())]
    vectors += [synthetic.vector(stays, 1, 10**15 + HOUR_US, synthetic.values())]
    detector.apply(0, synthetic.batch(vectors))
    shard = shard_of(stays)
    before = detector.dirty_shards()[shard]
    detector.apply(1, synthetic.quiet(10**15 + 24 * HOUR_US + 1))
    after = detector.dirty_shards()[shard]
    assert (before.whole, after.whole) == (True, False)
    again = PartitionDetector.restore(load_header(detector.header()), {shard: [before.data, after.data]}, None)
    assert list(again._users.stream("live").slots) == [stays]


def test_a_replay_that_stopped_is_forgotten_when_live_time_went_on(synthetic):
    detector = PartitionDetector(synthetic.terms)
    live_us = 2 * 10**15
    detector.apply(0, synthetic.quiet(live_us))
    flood = synthetic.vector("u_a", 1, 10**15, synthetic.values(messages_per_minute=300), "replay:x")
    raised = detector.apply(1, synthetic.batch([flood], stream="replay:x")).raised
    assert detector.apply(2, synthetic.quiet(live_us + 23 * HOUR_US)).resolved == []
    ended = detector.apply(3, synthetic.quiet(live_us + 26 * HOUR_US)).resolved
    assert [a.alert_id for a in ended] == [raised[0].alert_id]
    assert ended[0].resolved_us == 10**15 + 300_000_000
    assert detector.users() == 0


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b.values.__setitem__(3, float("nan")), "not finite"),
        (lambda b: b.values.__setitem__(3, float("inf")), "not finite"),
        (lambda b: b.values.pop(), "values"),
        (lambda b: b.user_key.pop(), "user_key"),
        (lambda b: b.ordinal.append(9), "ordinal"),
        (lambda b: setattr(b, "catalogue_version", "0"), "catalogue"),
        (lambda b: setattr(b, "width", 12), "12"),
        (lambda b: b.user_key.__setitem__(0, "u" * 10_000), "at most 256 characters"),
    ],
)
def test_a_batch_that_breaks_its_contract_changes_nothing(synthetic, spoil, says):
    detector = PartitionDetector(synthetic.terms)
    batch = synthetic.batch([synthetic.vector("u_a", 1, 10**15, synthetic.values())])
    spoil(batch)
    with pytest.raises(BatchError, match=says):
        detector.apply(0, batch)
    assert detector.offset == -1
    assert detector.users() == 0
    assert detector.dirty_shards() == {}
