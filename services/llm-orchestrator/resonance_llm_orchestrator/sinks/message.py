"""A notification with the incidents it names: what every protocol makes its body from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resonance_contracts.pb.resonance.v1 import alert_pb2, incident_pb2
from resonance_llm_orchestrator.notifying.decision import Decision
from resonance_llm_orchestrator.notifying.reasons import Reason


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    Attributes:
        decision: The notification.
        incidents: Those it names, in its order; fewer where somebody was erased meanwhile.
        external_url: Where people find this Resonance; may be empty.
    """

    decision: Decision
    incidents: Sequence[incident_pb2.Incident]
    external_url: str = ""

    @property
    def resolved(self) -> bool:
        """Whether nothing of it is open."""
        return not self.decision.firing

    @property
    def all_resolved(self) -> bool:
        """Whether it says that the group is over."""
        return self.decision.reason is Reason.RESOLVED

    @property
    def titles(self) -> Mapping[str, str]:
        """In one line, by language: an incident's own title where it is the only one."""
        if len(self.decision.firing) + len(self.decision.resolved) == 1 and len(self.incidents) == 1:
            own = {text.language: text.title for text in self.incidents[0].enriched.texts if text.title}
            return {**self.decision.titles, **own}
        return self.decision.titles

    def link(self, incident: incident_pb2.Incident) -> str:
        """Where an incident is found; empty where nobody said where this Resonance is."""
        return f"{self.external_url}/ml/incidents/{incident.alert_id}" if self.external_url else ""


def words(incident: incident_pb2.Incident, language: str) -> alert_pb2.AlertText:
    """An incident's words in a language, or in another where there are none."""
    texts = {text.language: text for text in incident.enriched.texts}
    return texts.get(language) or next(iter(texts.values()), alert_pb2.AlertText(title=incident.enriched.alert.kind))
