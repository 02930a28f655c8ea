"""Bodies of notifications, and receivers on the loopback that fail in every way they can."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict

from resonance_contracts.pb.resonance.v1 import action_pb2, alert_pb2, detection_pb2, incident_pb2
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome
from resonance_llm_orchestrator.notifying.headings import heading
from resonance_llm_orchestrator.notifying.reasons import Reason, Told, mark
from resonance_llm_orchestrator.notifying.ways import PagerDutyWay, SlackWay, WebhookWay
from resonance_llm_orchestrator.retry_after import retry_after_s
from resonance_llm_orchestrator.sinks import pagerduty, slack, webhook
from resonance_llm_orchestrator.sinks.message import Message
from resonance_llm_orchestrator.sinks.requests import NotSet, Request, Secrets, request_of
from resonance_llm_orchestrator.sinks.sending import Sender

DATA = Path(__file__).parent / "data"
OPENED_US = 1_795_269_905_120_000  # 2026-11-21 14:05:05.12 UTC
RESOLVED_US = 1_796_014_800_500_000  # 2026-11-30 05:00:00.5 UTC
ADDED_SINCE_0_25 = {"notification_reason", "routeLabels"}


def incident(number: int, *, over: bool = False, summary: str = "187 messages") -> incident_pb2.Incident:
    """As those that Alertmanager was told of when its payloads were recorded."""
    alert = detection_pb2.Alert(
        alert_id=f"a{number}",
        user_key=f"u_{number}",
        stream="live",
        kind="message_flood",
        severity=detection_pb2.SEVERITY_HIGH,
        detector=detection_pb2.DETECTOR_RULE,
        opened_us=OPENED_US,
        resolved_us=RESOLVED_US if over else 0,
        vectors=1,
    )
    text = alert_pb2.AlertText(language="en", title='Flood <by> one & "user"', summary=summary)
    state = incident_pb2.INCIDENT_STATE_RESOLVED if over else incident_pb2.INCIDENT_STATE_OPEN
    return incident_pb2.Incident(
        alert_id=alert.alert_id,
        state=state,
        severity=detection_pb2.SEVERITY_HIGH,
        enriched=alert_pb2.EnrichedAlert(
            alert_id=alert.alert_id, alert=alert, recipient_role="devops", texts=[text]
        ),
    )  # fmt: skip


def message(count: int = 3, *, over: bool = False, reason: Reason = Reason.FIRST, named: int | None = None) -> Message:
    """A notification of some incidents, of which some are named."""
    incidents = [incident(number, over=over) for number in range(count)]
    marks = tuple(mark(one.alert_id, one.severity) for one in incidents)
    labels = {"kind": "message_flood", "severity": "high"}
    decision = Decision(
        "g" * 64, '{}:{kind="message_flood", severity="high"}', labels, "ops", "webhook/0", 1,
        Reason.RESOLVED if over else reason, OPENED_US, () if over else marks, marks if over else (),
        tuple(one.alert_id for one in incidents[:named]), (), False, Told(),
        heading(labels, 0 if over else count, count if over else 0),
    )  # fmt: skip
    return Message(decision, incidents[:named], "http://am.example:9093")


@pytest.mark.parametrize("over", [False, True])
def test_a_payload_is_to_the_byte_what_a_real_alertmanager_sent_of_the_same(over: bool) -> None:
    name = "resolved" if over else "firing"
    theirs = (
        (DATA / f"alertmanager_0_25_{name}.json").read_bytes().replace(b"http://r.example", b"http://am.example:9093")
    )
    ours = webhook.payload(message(over=over), 2)
    assert ours.keys() - json.loads(theirs).keys() == ADDED_SINCE_0_25
    assert webhook.encoded({k: v for k, v in ours.items() if k not in ADDED_SINCE_0_25}) == theirs


def test_a_payload_has_every_field_that_alertmanager_documents_and_counts_what_it_does_not_name() -> None:
    found = webhook.payload(message(250, named=100), 100)
    documented = {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels",
        "commonAnnotations", "externalURL", "notification_reason", "alerts",
    }  # fmt: skip
    assert documented <= found.keys()
    assert (len(found["alerts"]), found["truncatedAlerts"], found["version"]) == (100, 150, "4")
    of_alerts = {"status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}
    assert all(alert.keys() == of_alerts for alert in found["alerts"])
    assert len({alert["fingerprint"] for alert in found["alerts"]}) == 100


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_slack_message_keeps_slacks_bounds_and_no_text_mentions_anybody(language: str) -> None:
    told = message(40)
    hostile = incident(99, summary="<!channel> & <@U1> " + "x" * 5000)
    said = json.loads(slack.body(replace(told, incidents=[hostile, *told.incidents]), language, 20))
    assert len(said["blocks"]) == 22 <= 50
    header, section, *_, context = said["blocks"]
    assert (header["type"], section["type"], context["type"]) == ("header", "section", "context")
    assert len(header["text"]["text"]) <= 150 and len(section["text"]["text"]) <= 3000
    assert "<!" not in section["text"]["text"] and "<@" not in section["text"]["text"]
    assert said["text"]


def test_an_event_for_pagerduty_triggers_under_the_groups_key_and_resolves_under_the_same() -> None:
    trigger = json.loads(pagerduty.body(message(), "key", "en"))
    assert trigger["event_action"] == "trigger" and trigger["dedup_key"] == "g" * 64
    assert {"summary", "source", "severity"} <= trigger["payload"].keys()
    assert trigger["payload"]["severity"] == "error" and len(trigger["payload"]["summary"]) <= 1024
    assert trigger["payload"]["custom_details"]["open"] == 3
    resolve = json.loads(pagerduty.body(message(over=True), "key", "en"))
    assert resolve == {"routing_key": "key", "event_action": "resolve", "dedup_key": "g" * 64}


def acted(title: str, state: int = action_pb2.ACTION_STATE_PROPOSED, **fields: Any) -> action_pb2.Action:
    """An action with a title in both languages."""
    texts = [action_pb2.ActionText(language=language, title=f"{title} {language}") for language in ("en", "ru")]
    return action_pb2.Action(action_id=title, state=action_pb2.ActionState.Name(state), texts=texts, **fields)


def test_every_receiver_is_told_what_is_to_be_decided_and_what_was_done_and_no_more() -> None:
    told = message(1)
    told.incidents[0].actions.extend(
        [
            acted("Limit <them>"),
            acted("Page", action_pb2.ACTION_STATE_SUCCEEDED),
            acted("Scale", action_pb2.ACTION_STATE_REJECTED),
            acted("Ticket", dry_run=True),
        ]
    )
    annotations = webhook.payload(told, 9)["alerts"][0]["annotations"]
    assert annotations["actions"] == "Limit <them> en (to be decided)\nPage en (done)"
    assert annotations["actions_ru"] == "Limit <them> ru (ждёт решения)\nPage ru (сделано)"
    section = json.loads(slack.body(told, "ru", 9))["blocks"][1]["text"]["text"]
    assert "→ Limit &lt;them&gt; ru (ждёт решения)\n→ Page ru (сделано)" in section and "Scale" not in section
    (detail,) = json.loads(pagerduty.body(told, "key", "en"))["payload"]["custom_details"]["incidents"]
    assert detail["actions"] == ["Limit <them> en (to be decided)", "Page en (done)"]


@pytest.mark.parametrize("way", [WebhookWay(), SlackWay(), PagerDutyWay()], ids=lambda way: type(way).__name__)
def test_a_body_names_people_by_their_pseudonyms_alone(way: WebhookWay | SlackWay | PagerDutyWay) -> None:
    secrets = Secrets("http://localhost/", "http://localhost/", "key")
    told = message()
    for one in told.incidents:
        # What a finding says beside numbers, and where it came from, is for the pipeline alone.
        one.enriched.alert.vector_id = "vector-of-alice"
        one.enriched.alert.finding.kind = "kind-of-alice"
        one.verdicts.add(comment="Alice Smith called", operator_key="u_olga")
        one.actions.append(acted("Limit the user", decided_by="u_olga", decided_why="Alice Smith called"))
    body = request_of(told, way, secrets).body.decode()
    assert "alice" not in body.lower() and "olga" not in body
    assert set(re.findall(r"\bu_\w+", body)) <= {"u_0", "u_1", "u_2"}


def test_what_nobody_set_is_said_and_no_secret_is_in_what_is_logged(tmp_path: Path) -> None:
    for way in (WebhookWay(), SlackWay(), PagerDutyWay()):
        with pytest.raises(NotSet, match="RESONANCE_NOTIFY_"):
            request_of(message(), way, Secrets())
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    way = WebhookWay(url="http://localhost/", bearer_token_file=str(token))
    request = request_of(message(), way, Secrets())
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(request) and "localhost" not in repr(request)


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """A receiver that answers as it is told, one answer a request; then it takes everything."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    came: list[tuple[float, bytes, dict[str, str]]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.came.append((time.monotonic(), await request.read(), dict(request.headers)))
        return await self.answers.pop(0)(request) if self.answers else web.Response(status=202)


def status(number: int, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=number, headers={k.replace("_", "-"): v for k, v in headers.items()}, text="no")

    return answer


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def drop(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/in", found.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/in"
    yield found
    await runner.cleanup()


async def sent(receiver: Receiver, give_up_s: float = 20.0, timeout_s: float = 0.2) -> Outcome:
    """What becomes of a notification to a receiver."""
    way: Any = WebhookWay(url=receiver.url)
    async with aiohttp.ClientSession() as http:
        sender = Sender(http, give_up_s, first_delay_s=0.02)
        return await sender.send(lambda: request_of(message(), way, Secrets()), timeout_s)


@pytest.mark.parametrize(
    "fault", [status(429), status(500), status(503), hang, drop], ids=["429", "500", "503", "hang", "drop"]
)
async def test_what_failed_is_tried_again_under_the_same_key_until_it_arrives(
    receiver: Receiver, fault: Answer
) -> None:
    receiver.answers = [fault, fault]
    outcome = await sent(receiver)
    assert (outcome.failure, outcome.attempts, len(receiver.came)) == ("", 3, 3)
    assert len({headers["Idempotency-Key"] for _, _, headers in receiver.came}) == 1
    assert len({body for _, body, _ in receiver.came}) == 1


async def test_a_receiver_that_asks_to_wait_is_waited_for_and_not_asked_before(receiver: Receiver) -> None:
    receiver.answers = [status(429, Retry_After="1")]
    outcome = await sent(receiver)
    first, second = (when for when, _, _ in receiver.came)
    assert not outcome.failure and second - first >= 1.0


async def test_a_receiver_that_asks_for_longer_than_there_is_is_given_up_at_once(receiver: Receiver) -> None:
    receiver.answers = [status(503, Retry_After="3600")]
    outcome = await sent(receiver, give_up_s=5)
    assert outcome.attempts == 1 and "503" in outcome.failure and "given up" in outcome.failure


@pytest.mark.parametrize("refusal", [400, 401, 404, 302])
async def test_what_is_refused_for_good_is_not_tried_again(receiver: Receiver, refusal: int) -> None:
    receiver.answers = [status(refusal, Location="http://127.0.0.1:1/")]
    outcome = await sent(receiver)
    assert outcome.attempts == 1 and str(refusal) in outcome.failure


async def test_what_hangs_for_ever_is_given_up_in_time_and_the_address_is_not_told(receiver: Receiver) -> None:
    receiver.answers = [hang] * 50
    began = time.monotonic()
    outcome = await sent(receiver, give_up_s=1.0)
    assert time.monotonic() - began < 3 and "did not answer" in outcome.failure
    nowhere = Receiver("http://127.0.0.1:9/secret-path")
    outcome = await sent(nowhere, give_up_s=0.3)
    assert "not reached" in outcome.failure and "secret-path" not in outcome.failure


def test_a_time_to_wait_is_a_number_or_a_date_and_nothing_else() -> None:
    def seconds_of(text: str) -> float:
        return retry_after_s(CIMultiDict({"Retry-After": text})) or 0.0

    assert seconds_of("7") == 7.0
    assert 50 < seconds_of(formatdate(time.time() + 60, usegmt=True)) <= 61
    assert [seconds_of(text) for text in ("", "soon", "-1", "9" * 40)] == [0.0] * 4


def test_a_request_shows_nothing_of_itself() -> None:
    assert repr(Request("http://x/", b"secret", {})) == "Request()"
