"""What operators are told as it happens: alerts, explanations, alerts in words, and verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, operations_pb2
from resonance_contracts.rendering import Resolve, nobody, plain
from resonance_gateway.channels.policies import Policy
from resonance_gateway.channels.publication import Publication, framed
from resonance_gateway.news.recent import Recent

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened.

    Attributes:
        severity: Number of its severity on the wire.
        time_us: When the incident opened or was resolved, or the vector ended: for readers who ask for the past.
        text: The JSON frame.
    """

    severity: int
    time_us: int
    text: str


class Reader(Protocol):
    """One operator's connection."""

    def publish(self, publication: Publication) -> None:
        """Queues a frame without waiting for the reader."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one reader is told.

    Attributes:
        min_severity: Number on the wire; less severe news is left out.
        by_name: Whether with the ids of users, or with their pseudonyms alone.
    """

    min_severity: int
    by_name: bool


class NewsDesk:
    """Tells every reader what is severe enough for it."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._readers: dict[Reader, Wish] = {}

    def __len__(self) -> int:
        return len(self._readers)

    def subscribe(self, reader: Reader, wish: Wish) -> None:
        """Tell a reader from now on."""
        self._readers[reader] = wish

    def unsubscribe(self, reader: Reader) -> None:
        """Tell a reader no more."""
        self._readers.pop(reader, None)

    def tell(self, message: Message) -> None:
        """Tell everyone of an alert, an explanation, an enriched alert or a verdict."""
        made: dict[bool, tuple[int, Publication]] = {}
        for reader, wish in self._readers.items():
            if wish.by_name not in made:
                news = self.news_of(message, by_name=wish.by_name)
                frame = framed(news.text.encode())
                made[wish.by_name] = news.severity, Publication("alerts", Policy.DROP_OLDEST, frame)
            severity, publication = made[wish.by_name]
            if severity >= wish.min_severity:
                reader.publish(publication)

    def news_of(self, message: Message, *, by_name: bool) -> News:
        """The frame of a message, with its fields by name and `type` before them."""
        match message:
            case detection_pb2.Alert():
                time_us = message.resolved_us or message.opened_us
                return News(message.severity, time_us, self._frame("alert", message, by_name))
            case explanation_pb2.Explanation():
                anomaly = message.anomaly
                return News(anomaly.severity, anomaly.end_us, self._frame("explanation", message, by_name))
            case alert_pb2.EnrichedAlert():
                alert = message.alert
                time_us = alert.resolved_us or alert.opened_us
                return News(alert.severity, time_us, self._frame("enriched", message, by_name))
            case operations_pb2.FeedbackGiven():
                return News(message.alert.severity, message.given_us, self._frame("verdict", message, by_name))
        raise TypeError(f"Alerts, their words, explanations and verdicts are news; {type(message).__name__} is not.")

    def since(self, recent: Recent, since_us: int, wish: Wish) -> Iterator[str]:
        """Frames of what is remembered from a time on: alerts, then explanations, words, verdicts, oldest first."""
        for items in (recent.alerts, recent.explanations, recent.enriched, recent.verdicts):
            messages: list[Message] = list(items.newest_first())
            for message in reversed(messages):
                news = self.news_of(message, by_name=wish.by_name)
                if news.time_us >= since_us and news.severity >= wish.min_severity:
                    yield news.text

    def _frame(self, kind: str, message: Message, by_name: bool) -> str:
        resolve = self._resolve if by_name else nobody
        frame: dict[str, Any] = {"type": kind, **plain(message, resolve)}
        return _encoder.encode(frame).decode()
