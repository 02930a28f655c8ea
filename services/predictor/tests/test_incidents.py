"""Incidents: one of a user and kind at a time, one for one cause."""

from __future__ import annotations

import pytest

from resonance_contracts.features import Group
from resonance_predictor.findings import Detector, Deviation, Finding, RuleHit, of_model
from resonance_predictor.incidents import Case, Observation, alert_id_of
from resonance_predictor.peaks import Grounds
from resonance_predictor.severity import Severity
from resonance_predictor.terms import Origin

SECOND = 1_000_000
QUIET = 300 * SECOND


def rule(kind: str = "message_flood", severity: Severity = Severity.HIGH, persist: int = 1, covers=(Group.VOLUME,)):
    return RuleHit(Finding(Detector.RULE, kind, severity, ("messages_per_minute",), 200.0, 100.0), persist, covers)


def deviation(group: Group = Group.VOLUME, size: float = 8.0) -> Deviation:
    finding = Finding(Detector.BASELINE, f"unusual_{group}", Severity.MEDIUM, ("x",), size, 3.5)
    return Deviation(group, size, finding if size >= 3.5 else None)


ORDINARY = deviation(size=0.0)


class Person:
    """Somebody whose vectors come at given times."""

    def __init__(self) -> None:
        self.case = Case()
        self.now_s = 0.0
        self.number = 0

    def see(
        self, after_s: float = 5.0, rules=(), deviations=(ORDINARY,), model_excess: float = -3.0, heard_s: float = 0.0
    ):
        self.now_s += after_s
        self.number += 1
        seen = Observation(
            "u_a", "live", f"v{self.number}", int(self.now_s * SECOND), 1, 2, int(heard_s * SECOND),
            int(after_s * SECOND), tuple(rules), tuple(sorted(deviations, key=lambda d: -d.size)),
            of_model(1e-6) if model_excess > 0 else None, model_excess, Origin("", "", "r"),
        )  # fmt: skip
        return self.case.observe(seen)

    def expire(self, now_us: int, watermark_us: int | None = None):
        return self.case.expire(now_us, now_us if watermark_us is None else watermark_us, QUIET)

    def kinds(self) -> set[str]:
        return set(self.case.incidents)


def opened(outcome) -> list[str]:
    return [incident.kind for incident in outcome.opened]


def test_a_rule_opens_at_once_counts_and_opens_no_second_one():
    person = Person()
    assert opened(person.see(rules=[rule()])) == ["message_flood"]
    for _ in range(3):
        assert opened(person.see(rules=[rule()])) == []
    incident = person.case.incidents["message_flood"]
    assert (incident.vectors, incident.opened_us, incident.last_seen_us) == (4, 5 * SECOND, 20 * SECOND)
    assert incident.vector_id == "v1"


def test_a_rule_may_ask_for_vectors_in_a_row():
    person = Person()
    spike = rule("error_spike", persist=3)
    for seen in ([spike], [spike], [], [spike], [spike]):
        assert opened(person.see(rules=seen)) == []
    assert opened(person.see(rules=[spike])) == ["error_spike"]


def test_rules_of_different_kinds_open_side_by_side():
    person = Person()
    assert opened(person.see(rules=[rule(), rule("token_sharing", covers=(Group.TOKENS,))])) == [
        "message_flood",
        "token_sharing",
    ]


def test_an_incident_is_as_grave_as_its_gravest_vector():
    person = Person()
    person.see(rules=[rule()])
    person.see(rules=[rule(severity=Severity.CRITICAL)])
    person.see(rules=[rule()])
    assert person.case.incidents["message_flood"].severity is Severity.CRITICAL


def test_what_evidence_opens_becomes_graver_as_it_goes_on():
    person = Person()
    grades = []
    for _ in range(30):
        person.see(deviations=[deviation(size=4.5)])
        grades += [incident.severity for incident in person.case.incidents.values()]
    assert list(dict.fromkeys(grades)) == [Severity.LOW, Severity.MEDIUM, Severity.HIGH]
    for _ in range(10):
        person.see()
    (incident,) = person.case.incidents.values()
    assert incident.severity is Severity.HIGH, "and never less grave"


def test_what_is_strong_is_grave_when_it_opens():
    person = Person()
    for _ in range(3):
        outcome = person.see(after_s=20.0, deviations=[deviation(size=10.0)])
    assert [incident.severity for incident in outcome.opened] == [Severity.HIGH]


def test_surprise_becomes_graver_too_and_findings_do_not_decide():
    person, grades = Person(), []
    for _ in range(60):
        person.see(model_excess=1.0)
        grades += [incident.severity for incident in person.case.incidents.values()]
    assert list(dict.fromkeys(grades)) == [Severity.LOW, Severity.MEDIUM, Severity.HIGH]


def test_evidence_that_came_to_nothing_is_told_when_it_is_over():
    person = Person()
    told = [person.see(deviations=[deviation(size=size)]).peaks for size in (4.5, 4.5, 4.5, 0.0, 4.5, 4.5)]
    assert told[:3] == [[], [], []]
    ((grounds, peak),) = told[3]
    assert (grounds, peak) == (Grounds.DEVIATION, pytest.approx(0.25))
    assert told[4:] == [[], []]


def test_evidence_beside_an_open_incident_is_not_told():
    person = Person()
    person.see(rules=[rule(covers=())])
    for _ in range(3):
        person.see(deviations=[deviation(size=4.5)])
    assert person.see().peaks == []


def test_quiet_for_long_enough_it_ends_then_and_may_open_again():
    person = Person()
    person.see(rules=[rule()])
    first = person.case.incidents["message_flood"]
    assert person.expire(first.last_seen_us + QUIET - 1) == []
    assert person.expire(first.last_seen_us + 10 * QUIET) == [(first, first.last_seen_us + QUIET)]
    assert not person.case
    person.see(after_s=4000, rules=[rule()])
    assert person.case.incidents["message_flood"].alert_id != first.alert_id


def test_quiet_begins_when_the_latest_vector_was_heard_of_where_that_is_later_than_its_time():
    person = Person()
    person.see(rules=[rule()], heard_s=305.0)
    person.see(heard_s=400.0)
    (incident,) = person.case.incidents.values()
    assert list(person.case.due_us(QUIET)) == [605 * SECOND]
    assert person.expire(605 * SECOND - 1) == []
    assert person.expire(605 * SECOND) == [(incident, 605 * SECOND)]
    assert incident.last_seen_us == 5 * SECOND


def test_a_clock_that_is_ahead_ends_nothing_that_was_heard_of_a_moment_ago():
    person = Person()
    person.see(rules=[rule()], heard_s=4.0)
    (incident,) = person.case.incidents.values()
    assert person.expire(305 * SECOND, 304 * SECOND - 1) == []
    assert person.expire(305 * SECOND, 304 * SECOND) == [(incident, 305 * SECOND)]


def test_a_deviation_opens_when_it_persists():
    person = Person()
    outcomes = [opened(person.see(deviations=[deviation()])) for _ in range(6)]
    assert outcomes.count(["unusual_volume"]) == 1
    assert outcomes[0] == outcomes[1] == []


def test_a_strong_moment_opens_nothing():
    person = Person()
    for _ in range(40):
        person.see(after_s=1, deviations=[deviation(size=9.0)])
        person.see(after_s=30)
    assert person.kinds() == set()


def test_while_one_deviation_is_open_others_count_into_it():
    person = Person()
    for _ in range(6):
        person.see(deviations=[deviation()])
    before = person.case.incidents["unusual_volume"].vectors
    for _ in range(20):
        assert opened(person.see(deviations=[deviation(Group.CHANNELS)])) == []
    assert person.kinds() == {"unusual_volume"}
    assert person.case.incidents["unusual_volume"].vectors == before + 20


def test_a_deviation_that_an_open_rule_covers_counts_into_it_and_keeps_it_open():
    person = Person()
    person.see(rules=[rule()])
    for _ in range(30):
        outcome = person.see(after_s=20, deviations=[deviation()])
        assert opened(outcome) == []
        assert [i.kind for i in outcome.counted.values()] == ["message_flood"]
    assert person.case.incidents["message_flood"].last_seen_us == int(person.now_s * SECOND)


def test_a_deviation_of_another_group_opens_beside_an_open_rule():
    person = Person()
    person.see(rules=[rule()])
    for _ in range(6):
        person.see(deviations=[deviation(Group.ADDRESSES)])
    assert person.kinds() == {"message_flood", "unusual_addresses"}


def test_a_rule_absorbs_the_open_deviation_that_it_covers():
    person = Person()
    for _ in range(6):
        person.see(deviations=[deviation()])
    outcome = person.see(rules=[rule()], deviations=[deviation()])
    assert opened(outcome) == ["message_flood"]
    assert [(i.kind, when) for i, when in outcome.resolved] == [("unusual_volume", int(person.now_s * SECOND))]
    assert person.kinds() == {"message_flood"}


def test_the_model_opens_alone_and_is_absorbed_by_whatever_opens_later():
    person = Person()
    for _ in range(8):
        person.see(model_excess=3.0)
    assert person.kinds() == {"unusual_behaviour"}
    for _ in range(6):
        outcome = person.see(model_excess=3.0, deviations=[deviation()])
    assert person.kinds() == {"unusual_volume"}
    for _ in range(10):
        outcome = person.see(model_excess=3.0)
        assert opened(outcome) == []
        assert [i.kind for i in outcome.counted.values()] == ["unusual_volume"]


def test_a_vector_counts_once_into_an_incident():
    person = Person()
    person.see(rules=[rule()], deviations=[deviation()], model_excess=3.0)
    person.see(rules=[rule()], deviations=[deviation(), deviation(Group.TIMING, 1.0)], model_excess=3.0)
    assert person.case.incidents["message_flood"].vectors == 2


def test_alert_ids_are_functions_of_what_they_name():
    ids = {
        alert_id_of("u", "live", "k", "v"),
        alert_id_of("u2", "live", "k", "v"),
        alert_id_of("u", "replay:1", "k", "v"),
        alert_id_of("u", "live", "k2", "v"),
        alert_id_of("u", "live", "k", "v2"),
    }
    assert len(ids) == 5
    assert alert_id_of("u", "live", "k", "v") == alert_id_of("u", "live", "k", "v")
    assert all(len(id_) == 35 for id_ in ids)
