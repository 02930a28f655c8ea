"""Kinds of news, by the `type` of their frames."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, operations_pb2


class Kind(StrEnum):
    """What is told, in the order in which the past is told."""

    ALERT = "alert"
    EXPLANATION = "explanation"
    ENRICHED = "enriched"
    VERDICT = "verdict"


MESSAGES: Final[dict[Kind, type[Message]]] = {
    Kind.ALERT: detection_pb2.Alert,
    Kind.EXPLANATION: explanation_pb2.Explanation,
    Kind.ENRICHED: alert_pb2.EnrichedAlert,
    Kind.VERDICT: operations_pb2.FeedbackGiven,
}
_BY_NAME: Final = {message.DESCRIPTOR.full_name: kind for kind, message in MESSAGES.items()}
EVERY: Final = frozenset(Kind)


def kind_of(message: Message) -> Kind:
    """The kind of a message; raises TypeError for one that is no news."""
    kind = _BY_NAME.get(message.DESCRIPTOR.full_name)
    if kind is None:
        raise TypeError(f"Alerts, their words, explanations and verdicts are news; {type(message).__name__} is not.")
    return kind


def kinds_of(text: str) -> frozenset[Kind]:
    """Kinds by name, separated by commas; raises ValueError with a sentence."""
    try:
        return frozenset(Kind(name.strip()) for name in text.split(","))
    except ValueError:
        raise ValueError(f"expected some of {', '.join(Kind)}, separated by commas") from None
