"""The recent vectors of each user: which enter, how long they stay, and that they are kept to the bit."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_contracts.features import WIDTH
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import BREAK_US, STEPS
from resonance_predictor import state
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.recent import Recent
from resonance_predictor.state import load_header

START_US = 10**15
MINUTE_US = 60_000_000
SLOTS = 6
SHARDS = range(256)


def slots(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.intp)


def padded(vectors: list[float]) -> list[list[float]]:
    """What `of` should give for vectors that are each one number."""
    last = vectors[-STEPS:]
    return [[np.nan] * WIDTH] * (STEPS - len(last)) + [[v] * WIDTH for v in last]


acts = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sets(st.integers(0, SLOTS - 1), min_size=1)),
        st.tuples(st.just("clear"), st.sets(st.integers(0, SLOTS - 1), max_size=2)),
        st.tuples(st.just("grow"), st.just(set())),
        st.tuples(st.just("saved"), st.sets(st.integers(0, SLOTS - 1))),
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(acts=acts)
def test_it_is_a_list_of_the_last_ones_whatever_happens(acts):
    recent, capacity, told, number = Recent(SLOTS), SLOTS, {slot: [] for slot in range(SLOTS)}, 0.0
    for act, some in acts:
        where = slots(*sorted(some))
        if act == "add":
            number += 0.5
            recent.add(where, np.full((len(where), WIDTH), number))
            for slot in some:
                told[slot].append(number)
        elif act == "clear":
            recent.clear(where)
            told |= {slot: [] for slot in some}
        elif act == "grow":
            capacity *= 2
            recent.grow(capacity)
        else:
            count, vectors = recent.count(where), recent.known(where)
            recent.clear(where)
            recent.add(where, np.zeros((len(where), WIDTH)))
            recent.put(where, count, vectors)
    every = slots(*range(SLOTS))
    assert np.array_equal(recent.of(every), np.float32([padded(told[slot]) for slot in range(SLOTS)]), equal_nan=True)
    assert recent.count(every).tolist() == [min(len(told[slot]), STEPS) for slot in range(SLOTS)]


class Life:
    """One user whose vectors come every ten seconds."""

    def __init__(self, synthetic) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(synthetic.terms)
        self.now_us = START_US
        self.number = 0

    def live(self, vectors: int, step_us: int = 10_000_000, **features: float) -> None:
        for _ in range(vectors):
            self.number += 1
            self.now_us += step_us
            vector = self.synthetic.vector("u_a", self.number, self.now_us, self.synthetic.values(**features))
            self.detector.apply(self.number, self.synthetic.batch([vector]))

    @property
    def known(self) -> np.ndarray:
        return self.detector._users.recent.known(slots(0))

    def paces(self) -> list[float]:
        return np.expm1(self.known[:, 0]).round(3).tolist()


def test_the_last_vectors_are_there_on_the_scales_of_comparison(synthetic):
    life = Life(synthetic)
    for pace in range(5, 5 + STEPS + 3):
        life.live(1, messages_per_minute=float(pace))
    assert life.paces() == [float(pace) for pace in range(8, 8 + STEPS)]
    newest = to_scale(synthetic.values(messages_per_minute=8.0 + STEPS - 1)[np.newaxis])[0]
    assert np.array_equal(life.known[-1], newest.astype(np.float32))


def test_what_is_flagged_does_not_enter(synthetic):
    life = Life(synthetic)
    life.live(200)
    life.live(60, messages_per_minute=300.0, requests_per_user=3000.0)
    assert life.detector.open_incidents() == 1
    assert life.paces() == [6.0] * STEPS


def test_after_a_break_it_begins_anew(synthetic):
    life = Life(synthetic)
    life.live(30)
    life.live(1, step_us=BREAK_US)
    assert len(life.known) == STEPS
    life.live(1, step_us=BREAK_US + 1)
    assert len(life.known) == 1


def test_the_break_is_seen_before_the_vector_is_judged(synthetic):
    """Two vectors of one batch, of which the first comes after a break: the second has one before it."""
    life = Life(synthetic)
    life.live(30)
    later_us = life.now_us + BREAK_US + 1
    pair = [synthetic.vector("u_a", 31 + i, later_us + i * MINUTE_US, synthetic.values()) for i in range(2)]
    life.detector.apply(10**6, synthetic.batch(pair))
    assert len(life.known) == 2


def test_who_is_forgotten_or_erased_leaves_none(synthetic):
    life = Life(synthetic)
    life.live(5)
    users = life.detector._users
    users.erase("u_a")
    assert users.recent.count(slots(0)).tolist() == [0]
    assert np.isnan(users.recent.of(slots(0))).all()


@pytest.fixture(scope="module")
def people(synthetic):
    flood = lambda rng, at: synthetic.steady(rng, at, 60, 200)  # noqa: E731
    return synthetic.merge(*(synthetic.day(f"u_{n}", n, 0.3, *([flood] if n < 2 else []))[0] for n in range(6)))


@pytest.fixture(scope="module")
def undisturbed(synthetic, people):
    detector = PartitionDetector(synthetic.scored_terms)
    for offset, batch in enumerate(synthetic.batches(people, 50)):
        detector.apply(offset, batch)
    return detector.dirty_shards(SHARDS)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crashes=st.sets(st.integers(0, 30), max_size=6))
def test_after_crashes_the_state_is_the_same_to_the_bit(synthetic, people, undisturbed, crashes):
    detector, shards = PartitionDetector(synthetic.scored_terms), {}
    for offset, batch in enumerate(synthetic.batches(people, 50)):
        if offset in crashes:
            for shard, piece in detector.dirty_shards().items():
                shards[shard] = [*([] if piece.whole else shards.get(shard, [])), *([piece.data] if piece.data else [])]
            detector = PartitionDetector.restore(load_header(detector.header()), shards, synthetic.scorer())
        detector.apply(offset, batch)
    assert detector.dirty_shards(SHARDS) == undisturbed


def test_state_from_before_there_were_any_is_read(synthetic, people):
    detector = PartitionDetector(synthetic.terms)
    detector.apply(0, synthetic.batch(people[:200]))
    shards = {}
    for shard, piece in detector.dirty_shards().items():
        document = msgspec.msgpack.decode(piece.data)
        del document["recent"]
        shards[shard] = [msgspec.msgpack.encode(document)]
    again = PartitionDetector.restore(load_header(detector.header()), shards, None)
    assert again.users() == detector.users()
    every = np.arange(again.users())
    assert again._users.recent.count(every).sum() == 0
    assert np.array_equal(np.sort(again._users.baseline.weight[every]), np.sort(detector._users.baseline.weight[every]))
    again.apply(1, synthetic.batch(people[200:400]))
    assert again._users.recent.count(every).sum() > 0
    assert state.FORMAT == 1
