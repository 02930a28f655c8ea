"""Async client of Resonance's gateway.

from resonance_client import Authentication, Session, message, websocket_url

url = websocket_url("https://resonance.example", "/ws")
async with Session(url, Authentication(token)) as session:
    await session.send(message({"text": "hello"}, "general"))
"""

from resonance_client.alerts.events import Alert, AlertEvent, Enriched, Explanation
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
    Publication,
    Ready,
    Refused,
    ReplayIdentity,
    ServerFrame,
    Stamp,
    message,
    publish,
    subscribe,
    unsubscribe,
)
from resonance_client.protocol import ClientProtocol
from resonance_client.rest import GatewayRest, Status
from resonance_client.session import Session
from resonance_client.tokens import TokenSigner

__all__ = [
    "Ack",
    "Alert",
    "AlertEvent",
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
    "Other",
    "ProtocolViolation",
    "Publication",
    "Ready",
    "Refused",
    "ReplayIdentity",
    "RequestRefused",
    "ServerFrame",
    "Session",
    "SessionClosed",
    "Stamp",
    "Status",
    "TokenSigner",
    "UsageError",
    "Watcher",
    "message",
    "publish",
    "subscribe",
    "unsubscribe",
    "websocket_url",
]
