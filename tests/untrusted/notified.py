"""Alerts with one field that a stranger wrote, from the explanation to whoever is told of them outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import nan
from typing import Any, Final

from aiohttp import web

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, operations_pb2
from resonance_contracts.topics import EXPLANATIONS_PRODUCED
from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.executors.webhook import Webhook, WebhookOptions
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_llm_orchestrator.actions.planning import Wish, planned, subject_of
from resonance_llm_orchestrator.actions.policy import read_policy
from resonance_llm_orchestrator.alerts.authors import AlertWriter, Authors
from resonance_llm_orchestrator.handlers import ExplanationHandler
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome
from resonance_llm_orchestrator.notifying.desk import Desk
from resonance_llm_orchestrator.notifying.matchers import parsed
from resonance_llm_orchestrator.notifying.routes_file import plan_of
from resonance_llm_orchestrator.notifying.silences import Silences, silence_of
from resonance_llm_orchestrator.sinks.message import Message
from resonance_llm_orchestrator.sinks.requests import Secrets
from resonance_llm_orchestrator.telling.delivering import Delivering
from resonance_runtime import tracing
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.wall_clock import now_us

USER: Final = "u_abcdefghijklmnopqrstuvwx23"
S_US: Final = 1_000_000
ROUTES: Final = """
route: {{receiver: ops, group_by: [kind], group_wait: 1s, group_interval: 1s, page_interval: 1s}}
receivers:
  - name: ops
    webhook: [{{url: "{url}/webhook"}}]
    slack: [{{url: "{url}/slack"}}]
    pagerduty: [{{url: "{url}/pagerduty"}}]
"""
Change = Callable[[explanation_pb2.Explanation, detection_pb2.Alert, str], None]


def _set(**paths: str) -> Change:
    def change(told: explanation_pb2.Explanation, alert: detection_pb2.Alert, text: str) -> None:
        for whose, name in paths.items():
            setattr({"told": told, "alert": alert, "anomaly": told.anomaly}[whose], name, text)

    return change


def _finding_kind(_: explanation_pb2.Explanation, alert: detection_pb2.Alert, text: str) -> None:
    alert.finding.kind = text


def _finding_feature(_: explanation_pb2.Explanation, alert: detection_pb2.Alert, text: str) -> None:
    alert.finding.features.append(text)


def _attribution(told: explanation_pb2.Explanation, _: detection_pb2.Alert, text: str) -> None:
    told.attributions.add(feature=text, value=3.0, attribution=0.25)


def _model(told: explanation_pb2.Explanation, _: detection_pb2.Alert, text: str) -> None:
    told.scorer.model_name = told.anomaly.scorer.model_name = text


def _text(told: explanation_pb2.Explanation, _: detection_pb2.Alert, text: str) -> None:
    told.texts.add(language="en", natural=text, technical=text)


FIELDS: Final[Mapping[str, Change]] = {
    "user's key": _set(told="user_key", alert="user_key"),
    "kind": _set(alert="kind"),
    "stream": _set(told="stream", alert="stream"),
    "alert's id": _set(alert="alert_id"),
    "vector's id": _set(told="vector_id", alert="vector_id"),
    "kind of the finding": _finding_kind,
    "feature of the finding": _finding_feature,
    "feature of an attribution": _attribution,
    "name of the model": _model,
    "reference": _set(told="reference"),
    "method": _set(told="method"),
    "text of the explanation": _text,
}
"""By what the stranger wrote."""
COMMENTS: Final = "comments on a verdict and a silence, reason for an action"
"""Texts that people leave, of incidents, for nobody outside."""
LABELS: Final = frozenset({"user's key", "kind", "stream", "alert's id"})
"""What receivers are told to the letter, as labels: their contract. The key is a pseudonym of the gateway's, ids are
ours, and kinds and streams are named by whoever runs this Resonance."""


def explained(change: Change, text: str) -> explanation_pb2.Explanation:
    """A flood with one thing in it that a stranger wrote."""
    alert = detection_pb2.Alert(
        alert_id="alert-1", revision=1, state=detection_pb2.ALERT_STATE_OPEN, user_key=USER, stream="live",
        kind="message_flood", severity=detection_pb2.SEVERITY_HIGH, detector=detection_pb2.DETECTOR_RULE,
        vector_id="vector-1", opened_us=now_us(), last_seen_us=now_us(), vectors=1,
        finding=detection_pb2.Finding(
            detector=detection_pb2.DETECTOR_RULE, kind="message_flood", severity=detection_pb2.SEVERITY_HIGH,
            features=["messages_per_minute"], observed=187.0, threshold=100.0,
        ),
    )  # fmt: skip
    values = [0.0] * len(FEATURE_NAMES)
    values[INDEX["messages_per_minute"]] = 187.0
    anomaly = detection_pb2.Anomaly(
        vector_id="vector-1", user_key=USER, stream="live", end_us=now_us(), catalogue_version=CATALOGUE_VERSION,
        values=values, baseline=[detection_pb2.FeatureBaseline(mean=12.5, spread=3.25) for _ in FEATURE_NAMES],
        baseline_weight=240, score=nan, tail_probability=nan,
    )  # fmt: skip
    told = explanation_pb2.Explanation(
        vector_id="vector-1", user_key=USER, stream="live", method="rule", reference="user", anomaly=anomaly,
        attributions=[explanation_pb2.FeatureAttribution(
            feature="messages_per_minute", value=187.0, reference=12.5, attribution=0.875,
        )],
    )  # fmt: skip
    change(told, alert, text)
    told.anomaly.opened.append(alert)
    return told


class _NoStore:
    """Keeps nothing: each alert is written anew."""

    async def find(self, id_: str) -> alert_pb2.EnrichedAlert | None:
        """See `WordStore.find`."""
        return None

    async def keep(
        self, id_: str, alert: alert_pb2.EnrichedAlert, facts: Mapping[str, Any] | None = None
    ) -> alert_pb2.EnrichedAlert:
        """See `WordStore.keep`."""
        return alert

    async def forget(self, user_key: str) -> None:
        """See `WordStore.forget`."""

    async def close(self) -> None:
        """See `WordStore.close`."""


async def enriched(writer: AlertWriter, told: explanation_pb2.Explanation) -> alert_pb2.EnrichedAlert:
    """What the orchestrator publishes of an explanation."""
    sent: list[Outgoing] = []

    async def send(records: Sequence[Outgoing]) -> None:
        sent.extend(records)

    handler = ExplanationHandler(send, Authors(writer, 20.0), _NoStore(), 1)
    with tracing.span("explanations.produced", {}):
        await handler.explained([Record(EXPLANATIONS_PRODUCED, 0, 0, told.vector_id, 0, None, told, {})])
    (one,) = sent
    assert isinstance(one.value, alert_pb2.EnrichedAlert)
    return one.value


@dataclass
class Receivers:
    """Servers that are told outside.

    Attributes:
        url: Where they listen.
        bodies: That came: to whom, and what.
    """

    url: str = ""
    bodies: list[tuple[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Anything that is posted."""
        self.bodies.append((f"request to {request.path.strip('/')}", await request.text()))
        return web.Response()


@asynccontextmanager
async def receivers() -> AsyncIterator[Receivers]:
    """They, as long as they are needed."""
    found = Receivers()
    app = web.Application()
    app.router.add_post("/{name}", found.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()


async def told_outside(told: Receivers, alert: alert_pb2.EnrichedAlert, comment: str = "") -> Sequence[Decision]:
    """Tells webhook, Slack and PagerDuty of an incident, and then of its end; who decided what, in order.

    Args:
        told: Who is told.
        alert: The incident.
        comment: What people wrote on a verdict of it, and on a silence of another.
    """
    plan, silences = plan_of(ROUTES.format(url=told.url), "routes"), Silences()
    begins = now_us()
    if comment:
        other = [parsed('kind="another_kind"')]
        silences.take(silence_of(other, begins, begins + 3600 * S_US, USER, comment, begins))
    desk = Desk(plan, silences)
    done: list[Decision] = []

    async def ended(decision: Decision, outcome: Outcome) -> None:
        assert not outcome.failure, outcome
        desk.ended(decision, outcome)
        done.append(decision)

    delivering = Delivering(plan.receivers, Secrets(pagerduty_key="key"), 10.0, ended)

    async def look(at_us: int) -> None:
        desk.look(at_us)
        fresh = list(desk.decided.values())
        desk.stored(dict(desk.unstored), dict(desk.decided))
        before = len(done)
        for decision in fresh:
            incidents = [known for id_ in decision.alert_ids if (known := desk.find(id_)) is not None]
            delivering.begin(Message(decision, incidents, "https://resonance.example"))
        async with asyncio.timeout(20):
            while len(done) < before + len(fresh):
                await asyncio.sleep(0.001)

    desk.enriched(alert, begins)
    await look(begins + 2 * S_US)
    if comment:
        desk.verdict(_verdict(alert, comment), begins + 3 * S_US)
    over = alert_pb2.EnrichedAlert()
    over.CopyFrom(alert)
    over.revision, over.alert.state = 3, detection_pb2.ALERT_STATE_RESOLVED
    over.alert.resolved_us = begins + 4 * S_US
    desk.enriched(over, begins + 4 * S_US)
    await look(begins + 8 * S_US)
    await delivering.cancel()
    return done


def _verdict(alert: alert_pb2.EnrichedAlert, comment: str) -> operations_pb2.FeedbackGiven:
    return operations_pb2.FeedbackGiven(
        alert_id=alert.alert_id, user_key=alert.alert.user_key, kind=alert.alert.kind, true_alarm=True,
        given_us=now_us(), operator_key="o_1", alert=alert.alert, comment=comment, right_kind=comment[:64],
    )  # fmt: skip


async def acted(told: Receivers, alert: detection_pb2.Alert, why: str) -> Mapping[str, Any]:
    """Does one action about an incident, for a reason that somebody wrote; what policy proposes for the incident."""
    policy = read_policy(None)
    kind = KINDS["create_incident_ticket"]
    subject = subject_of(alert, Wish(kind, kind.checked({}), 1, by=USER, why=why), policy, 100, now_us())
    action: Action = steps.approved(steps.proposed(subject), USER, why, now_us())
    webhook = Webhook("tickets", WebhookOptions(url=f"{told.url}/tickets"), "secret")
    await webhook.run(action)
    await webhook.close()
    return {
        "proposed": [(one.kind, dict(one.parameters), one.automatic) for one in planned(alert, policy, 100, now_us())],
        "severity": subject.severity,
    }
