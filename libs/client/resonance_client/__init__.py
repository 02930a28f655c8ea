"""Async client of Resonance's gateway.

from resonance_client import ActivityTracker, Authentication, Session, message, websocket_url

url = websocket_url("https://resonance.example", "/ws")
async with Session(url, Authentication(token)) as session:
    await session.send(message({"text": "hello"}, "general"))

async with ActivityTracker("https://resonance.example", backend_token) as tracker:
    await tracker.track_user_activity("anna", 120, ["general"], "192.0.2.7")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from resonance_client.alerts.events import Alert, AlertEvent, Enriched, Explanation, VerdictGiven
    from resonance_client.alerts.over_kafka import KafkaAlerts
    from resonance_client.alerts.over_websocket import WebSocketAlerts
    from resonance_client.alerts.subscription import AlertSubscription
    from resonance_client.alerts.watch import Arrival, Watcher
    from resonance_client.backoff import Backoff
    from resonance_client.connection import websocket_url
    from resonance_client.errors import (
        AuthenticationRefused,
        BufferFull,
        ClientError,
        GatewayUnreachable,
        ProtocolViolation,
        RequestRefused,
        SessionClosed,
        UsageError,
    )
    from resonance_client.frames import (
        Ack,
        Authentication,
        ClientFrame,
        Other,
        Position,
        Publication,
        Ready,
        Refused,
        ReplayIdentity,
        ServerFrame,
        Stamp,
        Standing,
        Subscribed,
        message,
        publish,
        subscribe,
        unsubscribe,
    )
    from resonance_client.kafka_connection import KafkaConnection
    from resonance_client.protocol import ClientProtocol
    from resonance_client.rest import GatewayRest, Status
    from resonance_client.session import Session
    from resonance_client.tokens import TokenSigner
    from resonance_client.tracking.events import Activity, RefusedActivity
    from resonance_client.tracking.tracker import ActivityTracker, Overflow

# Imported when they are used: together they take half a second to load, and the command line needs few of them.
_HOMES: Final = {
    "alerts.events": (
        "Alert",
        "AlertEvent",
        "Enriched",
        "Explanation",
        "VerdictGiven",
    ),
    "alerts.over_kafka": ("KafkaAlerts",),
    "alerts.over_websocket": ("WebSocketAlerts",),
    "alerts.subscription": ("AlertSubscription",),
    "alerts.watch": (
        "Arrival",
        "Watcher",
    ),
    "backoff": ("Backoff",),
    "connection": ("websocket_url",),
    "errors": (
        "AuthenticationRefused",
        "BufferFull",
        "ClientError",
        "GatewayUnreachable",
        "ProtocolViolation",
        "RequestRefused",
        "SessionClosed",
        "UsageError",
    ),
    "frames": (
        "Ack",
        "Authentication",
        "ClientFrame",
        "Other",
        "Position",
        "Publication",
        "Ready",
        "Refused",
        "ReplayIdentity",
        "ServerFrame",
        "Stamp",
        "Standing",
        "Subscribed",
        "message",
        "publish",
        "subscribe",
        "unsubscribe",
    ),
    "kafka_connection": ("KafkaConnection",),
    "protocol": ("ClientProtocol",),
    "rest": (
        "GatewayRest",
        "Status",
    ),
    "session": ("Session",),
    "tokens": ("TokenSigner",),
    "tracking.events": (
        "Activity",
        "RefusedActivity",
    ),
    "tracking.tracker": (
        "ActivityTracker",
        "Overflow",
    ),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A name of the interface, from the module that has it."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "Ack",
    "Activity",
    "ActivityTracker",
    "Alert",
    "AlertEvent",
    "AlertSubscription",
    "Arrival",
    "Authentication",
    "AuthenticationRefused",
    "Backoff",
    "BufferFull",
    "ClientError",
    "ClientFrame",
    "ClientProtocol",
    "Enriched",
    "Explanation",
    "GatewayRest",
    "GatewayUnreachable",
    "KafkaAlerts",
    "KafkaConnection",
    "Other",
    "Overflow",
    "Position",
    "ProtocolViolation",
    "Publication",
    "Ready",
    "Refused",
    "RefusedActivity",
    "ReplayIdentity",
    "RequestRefused",
    "ServerFrame",
    "Session",
    "SessionClosed",
    "Stamp",
    "Standing",
    "Status",
    "Subscribed",
    "TokenSigner",
    "UsageError",
    "VerdictGiven",
    "Watcher",
    "WebSocketAlerts",
    "message",
    "publish",
    "subscribe",
    "unsubscribe",
    "websocket_url",
]
