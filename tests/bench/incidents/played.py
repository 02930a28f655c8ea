"""One scenario of the simulator, from the first frame to the last alert."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from resonance_client.alerts.events import Alert
from resonance_client.alerts.watch import Arrival
from resonance_client.simulation.judge import Judge
from resonance_client.simulation.kinds import Incident
from resonance_client.simulation.plan import Scenario, make_plan
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_predictor.messages import Outputs
from resonance_predictor.rules import RuleBook
from resonance_predictor.terms import Terms
from tests.bench.offline.model import trained
from tests.bench.offline.watch import Detector, Extractor


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one planted incident.

    Attributes:
        kind: What was planted.
        accepted: Kinds of alert that count as having found it.
        after_s: Event time from its beginning to the first alert that counts; None where there was none.
        alerts: Alerts that count.
    """

    kind: Incident
    accepted: frozenset[str]
    after_s: float | None
    alerts: int


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one scenario.

    Attributes:
        seed: Its seed.
        found: One entry for each planted incident.
        false_kinds: Kinds of the alerts that are about nothing planted.
        user_days: Days of event time, times people.
    """

    seed: int
    found: tuple[Found, ...]
    false_kinds: tuple[str, ...]
    user_days: float


def play(seed: int, terms: Terms | None = None) -> Played:
    """Play the scenario of a seed: ordinary traffic, a model of it, then more with planted incidents.

    Args:
        seed: Of the scenario, which is the demonstration's.
        terms: What detection goes by before there is a model; the defaults where it is not given.
    """
    plan = make_plan(Scenario(seed=seed))
    extractor, detector = Extractor(), Detector(terms or Terms(RuleBook.default()))
    learned = list(extractor.vectors(plan.learning.actions))
    outputs = list(detector.watch(learned))
    flagged = [(anomaly.end_us, anomaly.vector_id) for said in outputs for anomaly in said.anomalies]
    detector.partition.activate(replace(detector.partition.terms, scorer=trained(learned, flagged)))
    outputs += detector.watch(extractor.vectors(plan.incidents.actions))
    names = {extractor.gateway.user(person.user): person.user for person in plan.people}
    judge = Judge("live", plan.scenario.ordinary_users)
    judge.plant(plan.incidents.planted)
    alerts = [_alert(alert, names) for alert in _raised(outputs)]
    for alert in alerts:
        judge.take(Arrival(alert, alert.opened_us))
    return Played(
        seed,
        tuple(
            Found(p.kind, p.accepted, _after_s(judge.detections(p), p.start_us), len(judge.detections(p)))
            for p in plan.incidents.planted
        ),
        tuple(alert.kind for alert in alerts if judge.planted_for(alert) is None),
        len(plan.people) * (plan.scenario.learning_hours + plan.scenario.incident_hours) / 24,
    )


def _raised(outputs: Iterable[Outputs]) -> list[pb.Alert]:
    return [alert for said in outputs for alert in said.raised]


def _alert(alert: pb.Alert, names: dict[str, str]) -> Alert:
    return Alert(
        state="open",
        alert_id=alert.alert_id,
        user_key=alert.user_key,
        user_id=names[alert.user_key],
        stream=alert.stream,
        kind=alert.kind,
        severity=alert.severity,
        opened_us=alert.opened_us,
    )


def _after_s(alerts: Collection[Alert], start_us: int) -> float | None:
    return min(((alert.opened_us - start_us) / 1e6 for alert in alerts), default=None)
