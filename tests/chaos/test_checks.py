"""The checks of a chaos run can fail: each is shown a run with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from resonance_contracts.features import INDEX
from tests.chaos.checks import check
from tests.chaos.counted import reference_module
from tests.chaos.emission import lives
from tests.chaos.evidence import Evidence
from tests.chaos.expected import LIVE, REPLAY, Expectation
from tests.chaos.ledger import Activity, Batch, Event, Vector, Vectors
from tests.chaos.plan import SECOND_US, Run

BEGIN_US = 1_760_000_000 * SECOND_US
RUN = Run(seed=7, events=180, users=6, begin_us=BEGIN_US, seconds=60.0)
KEY = "k" * 32


def log_of(expectation: Expectation) -> list[Batch]:
    """A log on which every replaying user did what the plan says, and every live one too."""
    batches = []
    for user in RUN.everybody():
        stream, key = expectation.key(user)
        events = list(expectation.events(user))
        if user.live:
            events = [event._replace(source="c_1") for event in events if "#" not in event.source]
        batches += [Batch(stream, "g", 0, events[i : i + 7]) for i in range(0, len(events), 7)]
        assert key == events[0].user
    late = RUN.end_us + 60 * SECOND_US
    return [*batches, Batch(REPLAY, "g", late, []), Batch(LIVE, "g", late, [])]


def activity_of(batches: list[Batch]) -> Activity:
    """What a reader of the log knows."""
    activity = Activity()
    activity.batches[0] = batches
    for batch in batches:
        for event in batch.events:
            activity._take(event)
    return activity


def vectors_of(batches: list[Batch]) -> Vectors:
    """The vectors that follow, by the reference."""
    reference, vectors = reference_module(), Vectors()
    for key, life in lives(batches).items():
        for ordinal, due in enumerate(life.due, 1):
            values = tuple(reference.reference(life.events[:due]))
            vectors._take(Vector(f"{key}{ordinal}", key, ordinal, 0, 0, values, 0, 0, 0))
    return vectors


def account_of(number: int, live: bool) -> list[dict[str, Any]]:
    """What a writer says where all went well."""
    return [
        {
            "user": number,
            "source": visit.source,
            "acknowledged": len(visit.acts),
            "refused": [],
            "cuts": [],
            "sockets": [
                {"connection": "c_1" if live else "", "before": 0, "written": len(visit.acts)}
                | {"acknowledged": len(visit.acts)}
            ],
        }
        for visit in RUN.user(number).visits()
    ]


def a_good_run() -> Evidence:
    """Evidence without a fault."""
    expectation = Expectation.of(RUN, KEY)
    batches = log_of(expectation)
    accounts = {user.number: account_of(user.number, user.live) for user in RUN.everybody()}
    activity = activity_of(batches)
    return Evidence(expectation, 2, accounts, activity, vectors_of(batches), vectors_of(batches), [], [])


def failed(evidence: Evidence) -> set[str]:
    """Names of the checks that do not pass."""
    return {outcome.what for outcome in check(evidence, seed=1, sample=8) if not outcome.passed}


@pytest.fixture
def evidence() -> Evidence:
    return a_good_run()


def test_a_good_run_passes(evidence: Evidence) -> None:
    outcomes = check(evidence, seed=1, sample=8)
    assert [(o.what, o.shown) for o in outcomes if not o.passed] == []
    assert len(evidence.vectors.first) > 30


STORED = "every acknowledged event is stored"
INVENTED = "the log holds what was sent and nothing else"
REPEATS = "repeats carry the same content"
ONCE = "every event is counted exactly once in the last vector of its user"
GAPS = "vectors of a user are 1, 2, 3 … without a gap"
SAME = "the vectors are those of an undisturbed run"
REFERENCE = "vectors are what the brute-force reference computes from the log"
PLAN = "last vectors are what the reference computes from the plan"
DEAD = "there are no dead letters"


def lose_an_event(evidence: Evidence) -> None:
    source = next(s for s in evidence.activity.first if "#" not in s)
    del evidence.activity.first[source][3]


def invent_an_event(evidence: Evidence) -> None:
    source = next(s for s in evidence.activity.first if s.startswith(REPLAY) and "#" not in s)
    known = evidence.activity.first[source]
    known[10_000] = known[1]._replace(sequence=10_000)


def invent_a_source(evidence: Evidence) -> None:
    event = next(iter(next(iter(evidence.activity.first.values())).values()))
    evidence.activity.first["elsewhere"] = {1: event}


def alter_an_event(evidence: Evidence) -> None:
    source = next(s for s in evidence.activity.first if s.startswith(REPLAY) and "#" not in s)
    known = evidence.activity.first[source]
    known[2] = known[2]._replace(size=99_999)


def repeat_an_event_differently(evidence: Evidence) -> None:
    event: Event = next(iter(next(iter(evidence.activity.first.values())).values()))
    evidence.activity._take(event._replace(channel="another"))


def a_vector(evidence: Evidence, place: int) -> Vector:
    return next(v for k, v in evidence.vectors.by_user.items() if k[0] == REPLAY)[place]


def put(evidence: Evidence, vector: Vector, values: dict[str, float]) -> None:
    row = list(vector.values)
    for name, value in values.items():
        row[INDEX[name]] = value
    changed = vector._replace(values=tuple(row))
    evidence.vectors.first[vector.id] = changed
    mine = evidence.vectors.by_user[vector.user]
    mine[mine.index(vector)] = changed


def count_twice(evidence: Evidence) -> None:
    vector = a_vector(evidence, -1)
    put(evidence, vector, {"requests_per_user": vector.values[INDEX["requests_per_user"]] + 1})


def change_a_value_early_on(evidence: Evidence) -> None:
    put(evidence, a_vector(evidence, 0), {"ip_entropy": 0.123})


def lose_a_vector(evidence: Evidence) -> None:
    vector = a_vector(evidence, 1)
    del evidence.vectors.first[vector.id]
    evidence.vectors.by_user[vector.user].remove(vector)


def repeat_a_vector_differently(evidence: Evidence) -> None:
    evidence.vectors._take(a_vector(evidence, 0)._replace(end_us=1))


def add_a_vector(evidence: Evidence) -> None:
    last = a_vector(evidence, -1)
    evidence.vectors._take(last._replace(id="another", ordinal=last.ordinal + 1))


def repeat_a_record_differently(evidence: Evidence) -> None:
    evidence.different_records.append("t 1")  # type: ignore[attr-defined]  # a list here


def bury_a_record(evidence: Evidence) -> None:
    evidence.dead_letters.append("t.dlq: it is broken")  # type: ignore[attr-defined]  # a list here


@pytest.mark.parametrize(
    ("spoil", "fail"),
    [
        (lose_an_event, {STORED, INVENTED}),
        (invent_an_event, {INVENTED}),
        (invent_a_source, {INVENTED}),
        (alter_an_event, {INVENTED}),
        (repeat_an_event_differently, {REPEATS}),
        (count_twice, {ONCE, SAME, REFERENCE, PLAN}),
        (change_a_value_early_on, {SAME, REFERENCE}),
        (lose_a_vector, {GAPS, SAME, REFERENCE}),
        (repeat_a_vector_differently, {REPEATS}),
        (add_a_vector, {SAME, REFERENCE}),
        (repeat_a_record_differently, {REPEATS}),
        (bury_a_record, {DEAD}),
    ],
)
def test_what_is_wrong_is_found(evidence: Evidence, spoil: Callable[[Evidence], None], fail: set[str]) -> None:
    spoil(evidence)
    assert failed(evidence) >= fail
    assert failed(evidence) - fail <= ({INVENTED} if STORED in fail else set())


def test_a_frame_that_was_not_acknowledged_is_told(evidence: Evidence) -> None:
    accounts = {**evidence.accounts, 0: [{**a, "acknowledged": a["acknowledged"] - 1} for a in evidence.accounts[0]]}
    assert STORED in failed(replace(evidence, accounts=accounts))
