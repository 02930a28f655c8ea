"""What operators are told as it happens: alerts, explanations, and alerts in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.rendering import Resolve, plain

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

    def publish(self, text: str) -> None:
        """Queues a text without waiting for the reader."""


class NewsDesk:
    """Tells every reader what is severe enough for it."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._readers: dict[Reader, int] = {}

    def __len__(self) -> int:
        return len(self._readers)

    def subscribe(self, reader: Reader, min_severity: int) -> None:
        """Tell a reader from now on."""
        self._readers[reader] = min_severity

    def unsubscribe(self, reader: Reader) -> None:
        """Tell a reader no more."""
        self._readers.pop(reader, None)

    def tell(self, message: Message) -> None:
        """Tell everyone of an alert, an explanation or an enriched alert."""
        if not self._readers:
            return
        news = self.news_of(message)
        for reader, min_severity in self._readers.items():
            if news.severity >= min_severity:
                reader.publish(news.text)

    def news_of(self, message: Message) -> News:
        """The frame of a message, with its fields by name and `type` before them."""
        match message:
            case detection_pb2.Alert():
                time_us = message.resolved_us or message.opened_us
                return News(message.severity, time_us, self._frame("alert", message))
            case explanation_pb2.Explanation():
                anomaly = message.anomaly
                return News(anomaly.severity, anomaly.end_us, self._frame("explanation", message))
            case alert_pb2.EnrichedAlert():
                alert = message.alert
                return News(alert.severity, alert.resolved_us or alert.opened_us, self._frame("enriched", message))
        raise TypeError(f"Alerts, explanations and enriched alerts are news; {type(message).__name__} is not.")

    def since(self, recent: Recent, since_us: int, min_severity: int) -> Iterator[str]:
        """Frames of what is remembered from a time on: alerts, then explanations, then words, oldest first."""
        for items in (recent.alerts, recent.explanations, recent.enriched):
            messages: list[Message] = list(items.newest_first())
            for message in reversed(messages):
                news = self.news_of(message)
                if news.time_us >= since_us and news.severity >= min_severity:
                    yield news.text

    def _frame(self, kind: str, message: Message) -> str:
        frame: dict[str, Any] = {"type": kind, **plain(message, self._resolve)}
        return _encoder.encode(frame).decode()
