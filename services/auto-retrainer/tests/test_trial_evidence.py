"""What is counted of predictions, alerts and verdicts: every user once, nothing twice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from resonance_auto_retrainer.trials.arms import Alerted, Arms
from resonance_auto_retrainer.trials.observations import MOST_FAILED, Observations
from resonance_auto_retrainer.trials.paired import Paired
from resonance_contracts.pb.resonance.v1.detection_pb2 import DETECTOR_RULE, Alert, PredictionBatch, ScorerReference
from resonance_contracts.pb.resonance.v1.operations_pb2 import ServiceReport
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import ALERTS_RAISED, PREDICTIONS_SCORED, SERVICES_REPORTED, Topic
from resonance_modeling.faults import REFUSED, key_of, told, unusable
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Reject
from resonance_runtime.records import Record

A, B = "a" * 64, "b" * 64
NAN = math.nan
USUAL, RARE = 0.5, 1e-4


def paired(*rows: tuple[str, int, float, float], stream: str = "live", into: Paired | None = None) -> Paired:
    """Vectors of a user at a time, with the tail probability by the serving version and by the one beside."""
    found = into or Paired()
    users, ends, serving, beside = zip(*rows, strict=True)
    found.add(stream, users, ends, np.array(serving), np.array(beside))
    return found


def test_a_user_counts_once_however_many_vectors_they_have() -> None:
    many = paired(*[("u", i, USUAL, RARE) for i in range(100)], ("v", 1, RARE, USUAL), ("w", 1, USUAL, USUAL))
    assert (many.users, many.vectors, many.found, many.first) == (3, 102, [1, 1], [1, 1])
    assert many.shares == pytest.approx([1.0, 1.0])
    seen = many.seen(beside_is_new=True, ratio=1.5)
    assert (seen.found_new, seen.found_old, seen.ratio, seen.more < 0) == (1, 1, 1.0, True)


def test_the_first_unusual_vector_decides_what_a_user_says() -> None:
    later = paired(("u", 1, USUAL, USUAL), ("u", 2, USUAL, RARE), ("u", 3, RARE, USUAL), ("v", 1, RARE, RARE))
    later = paired(("v", 2, RARE, USUAL), into=later)
    assert (later.first, later.found) == ([0, 1], [2, 2])
    assert later.shares == pytest.approx([1 / 3 + 1, 1 / 3 + 0.5])


def test_vectors_that_come_again_count_for_nothing() -> None:
    rows = [("u", 1, USUAL, RARE), ("u", 2, USUAL, USUAL), ("v", 5, RARE, USUAL)]
    once = paired(*rows)
    again = paired(*rows, into=paired(*rows))
    assert [getattr(again, name) for name in ("vectors", "found", "first", "shares")] == [
        getattr(once, name) for name in ("vectors", "found", "first", "shares")
    ]
    replayed = paired(*rows, stream="replay:1", into=once)
    assert (replayed.vectors, replayed.users, replayed.first) == (6, 2, [1, 1])


def test_what_either_says_nothing_of_is_counted_and_what_both_are_silent_of_is_not() -> None:
    found = paired(("u", 1, NAN, USUAL), ("u", 2, USUAL, NAN), ("u", 3, NAN, NAN), ("u", 4, USUAL, NAN))
    assert (found.vectors, found.blank) == (3, [1, 2])
    assert found.seen(beside_is_new=True, ratio=1.5).blank == 2
    assert found.seen(beside_is_new=False, ratio=1.5).blank == 1


def test_the_newer_version_is_the_one_beside_or_the_serving_one() -> None:
    found = paired(*[(f"u{i}", 1, USUAL, RARE) for i in range(12)], *[(f"v{i}", 1, USUAL, USUAL) for i in range(88)])
    shadow, baked = found.seen(beside_is_new=True, ratio=1.5), found.seen(beside_is_new=False, ratio=1.5)
    assert (shadow.found_new, shadow.found_old, shadow.ratio) == (12, 0, 25.0)
    assert (baked.found_new, baked.found_old) == (0, 12)
    assert shadow.more > math.log(60) > 0 > baked.more
    assert baked.less > math.log(60)


def test_a_version_that_finds_everybody_unusual_all_the_time_shows_though_the_other_finds_them_now_and_then() -> None:
    found = Paired()
    for minute in range(50):
        rows = [(f"u{i}", minute, RARE if minute == 30 else USUAL, RARE) for i in range(30)]
        paired(*rows, into=found)
    seen = found.seen(beside_is_new=True, ratio=1.5)
    assert (seen.found_new, seen.found_old) == (30, 30)
    assert seen.ratio > 20
    assert seen.more > math.log(60)


def test_a_user_who_is_erased_is_forgotten_and_stays_in_the_sums() -> None:
    found = paired(("u", 1, USUAL, RARE))
    found.erase("u")
    assert (found.users, found.found, found._known) == (1, [0, 1], {})


def arms(champion: int, challenger: int) -> Arms:
    """So many users of either."""
    found = Arms()
    users = [f"a{i}" for i in range(champion)] + [f"b{i}" for i in range(challenger)]
    found.add("live", users, [10] * len(users), [False] * champion + [True] * challenger)
    return found


def alerts(*users: str, at: int = 11, stream: str = "live") -> list[tuple[str, Alerted]]:
    """Incidents of users, by the version that serves them."""
    return [(f"{user}-{at}", Alerted(user, stream, A if user[0] == "a" else B, at)) for user in users]


def seen(found: Arms, told: list[tuple[str, Alerted]], verdicts: dict[str, bool] | None = None) -> Any:
    return found.seen(told, verdicts or {}, (A, B), 0.2, 1.5)


def test_newly_alerted_users_count_once_from_when_the_arm_began() -> None:
    found = arms(80, 20)
    told = alerts("a1", "a2", at=9) + alerts("b1", "a3", "a3", "b1") + alerts("b1", at=15)
    told += [*alerts("a4", stream="replay:7"), ("x", Alerted("c", "live", "c" * 64, 11))]
    counted = seen(found, told)
    assert (counted.found_old, counted.found_new, counted.users_old, counted.users_new) == (1, 1, 80, 20)
    assert counted.vectors == 100


def test_a_challenger_with_as_many_as_its_share_does_no_harm_and_one_with_most_of_them_does() -> None:
    few = seen(arms(800, 200), alerts(*[f"a{i}" for i in range(400)], *[f"b{i}" for i in range(100)]))
    assert few.ratio == pytest.approx(1.0, rel=0.01)
    assert few.less > math.log(60)
    assert few.more < 0
    many = seen(arms(800, 200), alerts("a1", "a2", *[f"b{i}" for i in range(10)]))
    assert many.ratio > 10
    assert many.more > math.log(60)
    assert seen(arms(800, 200), []).ratio == 1.0


def test_what_an_operator_called_false_is_bet_on_beside() -> None:
    told = alerts(*[f"a{i}" for i in range(40)], *[f"b{i}" for i in range(12)])
    wrong = {alert_id: alert.version == A for alert_id, alert in told}
    without, with_verdicts = seen(arms(80, 20), told), seen(arms(80, 20), told, wrong)
    assert (with_verdicts.false_new, with_verdicts.false_old) == (12, 0)
    assert with_verdicts.more > math.log(60) > without.more
    assert with_verdicts.ratio > 10 > without.ratio


def record(topic: Topic, value: Any, offset: int = 0) -> Record[Any]:
    return Record(topic, 0, offset, "id", 0, None, value, {})


def batch(**fields: Any) -> PredictionBatch:
    known: dict[str, Any] = {
        "stream": "live",
        "scorer": ScorerReference(model_version=A),
        "vector_id": ["1", "2"],
        "user_key": ["u", "v"],
        "end_us": [1, 2],
        "tail_probability": [USUAL, USUAL],
    }
    return PredictionBatch(**known | fields)


SHADOWED = {"shadow": ScorerReference(model_version=B), "shadow_tail_probability": [RARE, USUAL]}
CHALLENGED = {"challenger": ScorerReference(model_version=B), "challenged": [True, False]}


async def test_predictions_are_kept_by_the_versions_that_they_name() -> None:
    observed = Observations()
    await observed.handle([record(PREDICTIONS_SCORED, batch(**SHADOWED)), record(PREDICTIONS_SCORED, batch())])
    assert observed.beside(A, B, 1.5).found_new == 1
    assert observed.after(A, B, 1.5).found_old == 1
    assert observed.beside(B, A, 1.5).users_new == 0
    assert observed.between(A, B, 0.2, 1.5).users_new == 0


async def test_of_a_challenger_the_arms_are_known_and_its_vectors_are_no_pairs() -> None:
    observed = Observations()
    await observed.handle([record(PREDICTIONS_SCORED, batch(**SHADOWED, **CHALLENGED))])
    between = observed.between(A, B, 0.2, 1.5)
    assert (between.users_new, between.users_old) == (1, 1)
    assert observed.beside(A, B, 1.5).users_new == 1


@pytest.mark.parametrize(
    "broken",
    [{"tail_probability": [0.5]}, {"shadow_tail_probability": [0.5]}, {"user_key": ["u"]}, {"end_us": []}],
)
async def test_a_batch_whose_columns_differ_in_length_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(Reject, match="columns of 2 entries"):
        await Observations().handle([record(PREDICTIONS_SCORED, batch(**SHADOWED | broken))])
    with pytest.raises(Reject, match="columns of 2 entries"):
        await Observations().handle([record(PREDICTIONS_SCORED, batch(**CHALLENGED | {"challenged": [True]}))])


def raised(user: str, version: str, **fields: Any) -> Record[Any]:
    alert = Alert(
        alert_id=f"{user}!", user_key=user, stream="live", scorer=ScorerReference(model_version=version), opened_us=9
    )
    alert.MergeFrom(Alert(**fields))
    return record(ALERTS_RAISED, alert)


async def test_alerts_may_be_read_before_the_predictions_and_those_of_rules_do_not_count() -> None:
    observed = Observations()
    await observed.handle([raised("u", B), raised("u", B), raised("v", A, detector=DETECTOR_RULE), raised("w", "")])
    await observed.handle([record(PREDICTIONS_SCORED, batch(**CHALLENGED))])
    between = observed.between(A, B, 0.2, 1.5)
    assert (between.found_new, between.found_old) == (1, 0)


async def test_whoever_is_erased_is_forgotten_and_not_read_again() -> None:
    erasures = Erasures()
    observed = Observations(erasures)
    records = [record(PREDICTIONS_SCORED, batch(**SHADOWED, **CHALLENGED)), raised("u", B)]
    await observed.handle(records)
    erasures.take(UserErased(user_key="u", erased_us=100))
    assert observed.between(A, B, 0.2, 1.5).found_new == 0
    again = Observations(erasures)
    await again.handle(records)
    assert again.between(A, B, 0.2, 1.5).users_new == 0
    assert again.between(A, B, 0.2, 1.5).users_old == 1


async def test_only_what_predictors_say_of_a_version_since_then_is_a_fault() -> None:
    def report(service: str, instance: str, at: int, details: dict[str, str]) -> Record[Any]:
        value = ServiceReport(service=service, instance=instance, reported_us=at, details=details)
        return record(SERVICES_REPORTED, value)

    observed = Observations()
    await observed.handle(
        [
            report("predictor", "p1", 20, {REFUSED: B}),
            report("predictor", "p2", 5, {REFUSED: B}),
            report("predictor", "p3", 20, {key_of("champion"): told("c" * 64, 500)}),
            report("predictor", "p4", 20, {"shadow": unusable(B)}),
            report("xai", "x1", 20, {REFUSED: B}),
        ]
    )
    assert observed.faults(B, 10) == ["Predictor p1 refuses it.", "Predictor p4 refuses it."]


async def test_a_version_that_fails_on_more_than_some_vectors_in_all_predictors_is_a_fault() -> None:
    def report(instance: str, vectors: int, alias: str) -> Record[Any]:
        details = {key_of(alias): told(B, vectors)}
        return record(
            SERVICES_REPORTED, ServiceReport(service="predictor", instance=instance, reported_us=20, details=details)
        )

    observed = Observations()
    await observed.handle([report("p1", MOST_FAILED - 1, "champion"), report("p2", 1, "challenger")])
    assert observed.faults(B, 10) == []
    await observed.handle([report("p2", 2, "challenger")])
    (said,) = observed.faults(B, 10)
    assert said.startswith(f"It failed on {MOST_FAILED + 1} vectors")
