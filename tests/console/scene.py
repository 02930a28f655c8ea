"""What is on the stage: a real gateway, the orchestrator's own answers, and what was planted."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, incident_pb2, request_pb2
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    FEEDBACK_GIVEN,
    PREDICTIONS_SCORED,
    TASKS_REQUESTED,
)
from resonance_gateway.app import Gateway
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.tracking.activity import Activity
from resonance_llm_orchestrator.actions.policy import read_policy
from resonance_llm_orchestrator.actions.records import message_of
from resonance_llm_orchestrator.notifying.silences import Silences
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.lookups import Lookups
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_runtime.errors import Problem
from resonance_runtime.health import Health
from tests.console import planted
from tests.support.acting import Clock, Log, Process

SECRET: Final = "a secret of the stage, of forty characters and more"
SECOND_US: Final = 1_000_000
CHANNEL: Final = "kitchen talk"


class Now(Clock):
    """The machine's clock."""

    def __call__(self) -> int:
        return time.time_ns() // 1000


class Stage:
    """The gateway, the orchestrator's part, and what was planted."""

    def __init__(self, redis_url: str) -> None:
        self.index = IncidentIndex(redis_url)
        self.process = Process(Log(), Now(), read_policy(None), active=500)
        self.known: dict[str, incident_pb2.Incident] = {}
        self.numbers = self.flooded = 0
        self.drops: dict[str, tuple[explanation_pb2.Explanation, alert_pb2.EnrichedAlert]] = {}
        settings = GatewaySettings(
            jwt_secret=SECRET, pseudonym_key="a key of pseudonyms of the stage, long enough", instance="gateway-1"
        )
        self.gateway = Gateway(settings, self, self, Health(stall_s=60), lambda name, work: asyncio.ensure_future(work))
        lookups = Lookups(self.index, Silences(), self.process.log.send_all).handlers()
        self.answering = Answering({**lookups, **self.process.handlers()}, self.process.log.send_all, concurrency=4)
        self.take = self.gateway.newsroom.take
        self.flooding: asyncio.Task[None] | None = None

    async def send_together(self, outgoing: Sequence[Any]) -> int:
        """In place of the broker: verdicts come back as they would by their topic."""
        for one in outgoing:
            if one.topic is FEEDBACK_GIVEN:
                self.take(FEEDBACK_GIVEN, one.value)
                incident = self.known[one.value.alert_id]
                incident.verdicts.append(one.value)
                await self.index.put([self.renewed(incident)])
        return len(outgoing)

    async def send_all(self, outgoing: Sequence[Any]) -> None:
        """As `send_together`."""
        await self.send_together(outgoing)

    async def ask(self, topic: Any, question: Any, answer: Any, timeout_s: float) -> Any:
        """The orchestrator answers tasks; what xai is asked has the explanation that is there."""
        if topic is not TASKS_REQUESTED:
            return self.explained(question)
        said = await self.answering.answer(question, timeout_s)
        if isinstance(said, Problem):
            raise said
        asyncio.get_running_loop().call_later(0.3, lambda: asyncio.ensure_future(self.act()))
        return said

    def explained(self, question: request_pb2.ExplainRequest) -> request_pb2.ExplainReply:
        """The explanation of a vector, with a counterfactual where it is asked for."""
        told = self.gateway._recent.explanations.get(question.vector_id)
        if told is None:
            raise Problem(404, "No explanation", "Nobody knows that vector.")
        reply = request_pb2.ExplainReply(explanation=told)
        if "counterfactual" in question.methods:
            reply.counterfactual.CopyFrom(planted.counterfactuals(told, question.language or "en"))
        return reply

    def renewed(self, incident: incident_pb2.Incident) -> incident_pb2.Incident:
        """The incident as it is now."""
        actions = [message_of(one) for one in self.process.desk.book]
        del incident.actions[:]
        incident.actions.extend(
            sorted((one for one in actions if one.alert_id == incident.alert_id), key=lambda one: one.order)
        )
        incident.version += 1
        incident.changed_us = time.time_ns() // 1000
        return incident

    async def act(self) -> None:
        """Carries out what was approved."""
        await self.process.look()
        for one in self.process.desk.book:
            self.gateway.actions.take(message_of(one))
        await self.index.put(
            [self.renewed(one) for one in self.known.values() if one.state == incident_pb2.INCIDENT_STATE_OPEN]
        )

    async def plant(
        self, person: str, kind: str, severity: int, opened_us: int, resolved_us: int, note: str = ""
    ) -> str:
        """One incident with all that belongs to it; `note` stands in its words, as a model may have written it."""
        self.numbers += 1
        alert_id = f"al_{self.numbers:032x}"
        key = self.gateway._pseudonyms.user(person)
        self.gateway._directory.learn(key, person)
        end_us = resolved_us or opened_us + 40 * SECOND_US
        message = Activity(key, "stage", self.numbers, end_us, 1, 40, CHANNEL, "", "", False, end_us)
        self.gateway.whereabouts.saw([message])
        batch, values = planted.vectors(key, kind, end_us)
        found = planted.anomaly(key, kind, severity, batch.vector_id[-1], end_us, values)
        self.take(ANOMALIES_DETECTED, found)
        self.take(FEATURES_COMPUTED, batch)
        self.take(PREDICTIONS_SCORED, planted.scores(batch))
        raised = planted.alert(alert_id, found, kind, opened_us, 0, 8)
        last = planted.alert(alert_id, found, kind, opened_us, resolved_us, 8 + self.numbers % 50)
        told = planted.explanation(found, alert_id)
        if note:
            for text in told.texts:
                text.natural = f"{text.natural} {note}"
        self.take(ALERTS_RAISED, raised)
        self.take(EXPLANATIONS_PRODUCED, told)
        await self.process.raised(raised)
        if resolved_us:
            self.take(ALERTS_RESOLVED, last)
        enriched = planted.words(last, told)
        if note:
            for words in enriched.texts:
                words.title, words.summary = f"{words.title} {note}", f"{words.summary} {note}"
                words.recommendations.append(note)
        self.take(ALERTS_ENRICHED, enriched)
        state = incident_pb2.INCIDENT_STATE_RESOLVED if resolved_us else incident_pb2.INCIDENT_STATE_OPEN
        incident = incident_pb2.Incident(
            alert_id=alert_id,
            version=1,
            state=state,
            severity=severity,
            enriched=enriched,
            noted_us=opened_us,
            changed_us=end_us,
            told=[
                incident_pb2.ToldOf(notification_id="n1", receiver="ops/webhook/0", reason="first", sent_us=opened_us)
            ],
        )
        self.known[alert_id] = incident
        for one in self.process.desk.book:
            self.gateway.actions.take(message_of(one))
        await self.index.put([self.renewed(incident)])
        return alert_id

    def chatter(self, turn: int) -> None:
        """What ordinary people send in a second."""
        end_us = time.time_ns() // 1000
        for number in range(turn % 4, 120, 4):
            key = f"u_ordinary{number}"
            batch, _ = planted.vectors(key, "message_flood", end_us, 1, share=0)
            self.take(FEATURES_COMPUTED, batch)
            tail = 10 ** -abs(math.sin(number * 1.7 + turn / 40) * 1.9)
            score = {"score": [1 - tail**0.2], "tail_probability": [tail], "severity": [0], "end_us": [end_us]}
            self.take(
                PREDICTIONS_SCORED,
                detection_pb2.PredictionBatch(stream="live", vector_id=batch.vector_id, user_key=[key], **score),
            )

    async def flood(self, rate: float) -> None:
        """Anomalies of many people, so many a second, with an incident each twentieth."""
        begun, before = time.monotonic(), self.flooded
        while True:
            for _ in range(max(0, round((time.monotonic() - begun) * rate) - self.flooded + before)):
                self.flooded += 1
                self.drop(self.flooded)
            await asyncio.sleep(0.02)

    def drop(self, number: int) -> None:
        """One anomaly of a flood; its words are made once for its kind."""
        kind = list(planted.KINDS)[number % len(planted.KINDS)]
        key, end_us = f"u_flood{number % 400}", time.time_ns() // 1000
        if kind not in self.drops:
            values = [planted.KINDS[kind].get(place, value) for place, value in enumerate(planted.USUAL)]
            found = planted.anomaly(key, kind, 3, "", end_us, values)
            told = planted.explanation(found, "")
            self.drops[kind] = told, planted.words(planted.alert("", found, kind, end_us, 0, 1), told)
        told, words = explanation_pb2.Explanation(), alert_pb2.EnrichedAlert()
        told.CopyFrom(self.drops[kind][0])
        told.user_key = told.anomaly.user_key = key
        told.vector_id = told.anomaly.vector_id = f"v_flood{number}"
        told.anomaly.end_us, told.anomaly.severity = end_us, 1 + number % 4
        told.anomaly.tail_probability = 10 ** -(1 + number % 60 / 10)
        for one in told.attributions:
            one.value *= 0.7 + number % 60 / 100
        self.take(ANOMALIES_DETECTED, told.anomaly)
        self.take(EXPLANATIONS_PRODUCED, told)
        if number % 20 == 0:
            words.CopyFrom(self.drops[kind][1])
            words.alert_id = words.alert.alert_id = f"al_{10**9 + number:032x}"
            words.alert.user_key, words.alert.opened_us = key, end_us
            self.take(ALERTS_RAISED, words.alert)
            self.take(ALERTS_ENRICHED, words)
