"""Events from the records of public topics, with the fields that `/ws/alerts` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from google.protobuf.message import DecodeError

from resonance_client.alerts.events import AlertEvent, event_of
from resonance_client.errors import ProtocolViolation
from resonance_contracts.rendering import nobody, plain
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    FEEDBACK_GIVEN,
    Topic,
)

TOPICS_OF: Final[Mapping[str, tuple[Topic, ...]]] = {
    "alert": (ALERTS_RAISED, ALERTS_ESCALATED, ALERTS_RESOLVED),
    "explanation": (EXPLANATIONS_PRODUCED,),
    "enriched": (ALERTS_ENRICHED,),
    "verdict": (FEEDBACK_GIVEN,),
}
_TYPE_OF: Final = {topic.name: (kind, topic) for kind, topics in TOPICS_OF.items() for topic in topics}


def event_of_record(topic: str, value: bytes) -> AlertEvent | None:
    """What a record tells; None where this version knows no such event.

    Args:
        topic: Its topic, one of those of `TOPICS_OF`.
        value: Its value.

    Raises:
        ProtocolViolation: It is no message of that topic.
    """
    kind, described = _TYPE_OF[topic]
    try:
        message = described.message.FromString(value)
    except DecodeError as error:
        raise ProtocolViolation(f"Expected a {described.type} in a record of {topic}, got something else.") from error
    return event_of({"type": kind, **plain(message, nobody)})
