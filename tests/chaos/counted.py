"""Whether the vectors count every event once, and are those of a run that nothing disturbed. Pure."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from math import isclose
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Final

from resonance_contracts.features import FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from tests.chaos.emission import Life
from tests.chaos.evidence import Evidence
from tests.chaos.expected import LIVE, REPLAY
from tests.chaos.ledger import Event, UserKey, Vector
from tests.chaos.outcome import Outcome
from tests.chaos.plan import User

REFERENCE: Final = Path(__file__).parents[2] / "services/feature-extractor/tests/reference.py"
CLOSE_ENOUGH: Final = 1e-9


def counted_exactly_once(evidence: Evidence, known: Mapping[UserKey, Life]) -> Outcome:
    """The last vector of every user counts every frame once: from the plan for replays, from the log for live."""
    faults, users, frames = [], 0, 0
    for user in evidence.users():
        key = evidence.expectation.key(user)
        vectors = evidence.vectors.by_user.get(key)
        if not vectors:
            faults.append(f"{user.name} has no vector")
            continue
        events = _counted(evidence, known, user, key)
        messages = sum(e.kind == pb.ACTIVITY_KIND_MESSAGE for e in events)
        value = vectors[-1].values
        counted = value[INDEX["requests_per_user"]]
        counted_messages = round(value[INDEX["channel_activity"]] * max(1.0, value[INDEX["channels_count"]]))
        if (counted, counted_messages) != (len(events), messages):
            faults.append(
                f"{user.name}: {len(events)} frames, {messages} of them messages; "
                f"its last vector counts {counted:.0f} and {counted_messages}"
            )
        users, frames = users + 1, frames + len(events)
    return Outcome(
        "every event is counted exactly once in the last vector of its user",
        f"{users:,} users, {frames:,} events",
        faults,
    )


def _counted(evidence: Evidence, known: Mapping[UserKey, Life], user: User, key: UserKey) -> Sequence[Event]:
    """Events that the last vector of a user must count."""
    if user.live:
        life = known.get(key, Life())
        return life.events[: life.due[-1]] if life.due else []
    return list(evidence.expectation.events(user))


def ordinals_have_no_gap(evidence: Evidence) -> Outcome:
    """The vectors of every user are 1, 2, 3 … in the order of the log, repeats left out."""
    faults = []
    for key, vectors in evidence.vectors.by_user.items():
        ordinals = [vector.ordinal for vector in vectors]
        if ordinals != list(range(1, len(ordinals) + 1)):
            wrong = next(i for i, o in enumerate(ordinals, 1) if o != i)
            faults.append(f"{key}: in place of its vector {wrong} came {ordinals[wrong - 1]}")
    total = len(evidence.vectors.first)
    return Outcome("vectors of a user are 1, 2, 3 … without a gap", f"{total:,} vectors", faults)


def as_undisturbed(evidence: Evidence) -> Outcome:
    """The same vectors as where nothing is disturbed: no other, none missing, none different."""
    got, want = evidence.vectors.first, evidence.undisturbed.first
    faults = [f"{name} is missing: {want[name]}" for name in want.keys() - got.keys()]
    faults += [f"{name} should not be: {got[name]}" for name in got.keys() - want.keys()]
    faults += [
        f"{name} is {got[name]}, undisturbed {want[name]}"
        for name in got.keys() & want.keys()
        if got[name] != want[name]
    ]
    found = f"{len(want):,} vectors of the undisturbed run, every field of each equal"
    return Outcome("the vectors are those of an undisturbed run", found if not faults else f"{len(want):,}", faults)


def every_vector_is_the_reference(evidence: Evidence, known: Mapping[UserKey, Life], seed: int, sample: int) -> Outcome:
    """Every vector of some users against the catalogue by brute force, over the events in the order of the log."""
    chance = Random(f"{seed}/sample")
    candidates = sorted(key for key in known if key[0] in (LIVE, REPLAY) and key not in evidence.closing())
    live = [key for key in candidates if key[0] == LIVE]
    chosen = set(chance.sample(candidates, min(sample, len(candidates)))) | set(live[: max(1, sample // 10)])
    faults, compared = [], 0
    reference = reference_module()
    for key in sorted(chosen):
        life, vectors = known[key], evidence.vectors.by_user.get(key, [])
        if len(life.due) != len(vectors):
            faults.append(f"{key} has {len(vectors)} vectors; {len(life.due)} were due")
            continue
        for vector, due in zip(vectors, life.due, strict=True):
            faults += _different(key, vector, reference.reference(life.events[:due]))
            compared += 1
    found = f"{compared:,} vectors of {len(chosen)} users"
    return Outcome("vectors are what the brute-force reference computes from the log", found, faults)


def last_vector_follows_from_the_plan(evidence: Evidence) -> Outcome:
    """The last vector of every replaying user against the brute force over the plan: the log has no say in it."""
    faults, compared = [], 0
    reference = reference_module()
    for user in evidence.users():
        key = evidence.expectation.key(user)
        vectors = evidence.vectors.by_user.get(key)
        if user.live or not vectors:
            continue
        faults += _different(key, vectors[-1], reference.reference(list(evidence.expectation.events(user))))
        compared += 1
    found = f"{compared:,} users"
    return Outcome("last vectors are what the reference computes from the plan", found, faults)


def _different(key: UserKey, vector: Vector, want: Sequence[float]) -> list[str]:
    return [
        f"{key} vector {vector.ordinal}: {name} is {got}, the reference {expected}"
        for name, got, expected in zip(FEATURE_NAMES, vector.values, want, strict=True)
        if not isclose(got, expected, rel_tol=CLOSE_ENOUGH, abs_tol=CLOSE_ENOUGH)
    ]


def reference_module() -> ModuleType:
    """The brute-force reference, which is a test's and in no package."""
    spec = importlib.util.spec_from_file_location("reference", REFERENCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module
