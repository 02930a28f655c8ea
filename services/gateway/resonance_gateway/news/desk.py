"""What operators are told as it happens: alerts, explanations, alerts in words, and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, operations_pb2
from resonance_contracts.rendering import Resolve, nobody, plain
from resonance_gateway.channels.policies import Policy
from resonance_gateway.channels.publication import Publication, framed
from resonance_gateway.news.kinds import EVERY, Kind, kind_of
from resonance_gateway.news.newest import Newest
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.told import Told

_encoder = msgspec.json.Encoder()
CAUGHT_UP: Final = "caught_up"


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
        kinds: Kinds of news.
        all_of_it: Whether the reader is rather disconnected, to go on later, than told less when it is slow.
    """

    min_severity: int
    by_name: bool
    kinds: frozenset[Kind] = EVERY
    all_of_it: bool = False

    @property
    def policy(self) -> Policy:
        """What happens when the reader is slow."""
        return Policy.DISCONNECT if self.all_of_it else Policy.DROP_OLDEST


class NewsDesk:
    """Tells every reader what is severe enough for it."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._readers: dict[Reader, Wish] = {}
        self._told = Told()

    def __len__(self) -> int:
        return len(self._readers)

    def subscribe(self, reader: Reader, wish: Wish) -> None:
        """Tell a reader from now on."""
        self._readers[reader] = wish

    def unsubscribe(self, reader: Reader) -> None:
        """Tell a reader no more."""
        self._readers.pop(reader, None)

    def forget(self, user_key: str) -> None:
        """Forgets what was told of a person."""
        self._told.forget(user_key)

    def tell(self, message: Message) -> None:
        """Tell everyone of an alert, an explanation, an enriched alert or a verdict."""
        kind = kind_of(message)
        self._told.put(kind, message)
        severity, _ = _severity_and_time(message)
        frames: dict[bool, bytes] = {}
        made: dict[tuple[bool, Policy], Publication] = {}
        for reader, wish in self._readers.items():
            if kind not in wish.kinds or severity < wish.min_severity:
                continue
            if wish.by_name not in frames:
                text = self.news_of(message, by_name=wish.by_name, position=self._told.position)
                frames[wish.by_name] = framed(text.encode())
            key = wish.by_name, wish.policy
            if key not in made:
                made[key] = Publication("alerts", wish.policy, frames[wish.by_name])
            reader.publish(made[key])

    def news_of(self, message: Message, *, by_name: bool, position: str | None = None) -> str:
        """The JSON frame of a message, with `type` and its position before its fields by name."""
        head = {"type": kind_of(message)} | ({} if position is None else {"position": position})
        return _encoder.encode({**head, **plain(message, self._resolve if by_name else nobody)}).decode()

    def since(self, recent: Recent, since_us: int, wish: Wish) -> Iterator[str]:
        """Frames of what is remembered from a time on: alerts, then explanations, words, verdicts, oldest first."""
        remembered: Mapping[Kind, Newest[Any]] = {
            Kind.ALERT: recent.alerts,
            Kind.EXPLANATION: recent.explanations,
            Kind.ENRICHED: recent.enriched,
            Kind.VERDICT: recent.verdicts,
        }
        for kind, items in remembered.items():
            if kind not in wish.kinds:
                continue
            messages: list[Message] = list(items.newest_first())
            for message in reversed(messages):
                severity, time_us = _severity_and_time(message)
                if time_us >= since_us and severity >= wish.min_severity:
                    yield self.news_of(message, by_name=wish.by_name)

    def after(self, recent: Recent, position: str, wish: Wish, since_us: int = 0) -> Iterator[str]:
        """Frames behind a position, or of what is remembered from a time on where that is not known; then a frame that
        says where the reader is."""
        missed = self._told.after(position, wish.kinds)
        if missed is None:
            yield from self.since(recent, since_us, wish)
        else:
            for place, message in missed:
                if _severity_and_time(message)[0] >= wish.min_severity:
                    yield self.news_of(message, by_name=wish.by_name, position=place)
        yield _encoder.encode(
            {"type": CAUGHT_UP, "position": self._told.position, "recovered": missed is not None}
        ).decode()


def _severity_and_time(message: Message) -> tuple[int, int]:
    """Number of its severity on the wire, and when the incident opened, became graver or was resolved, the vector ended
    or the verdict was given: for readers who ask for the past, microseconds."""
    match message:
        case detection_pb2.Alert():
            return message.severity, _time_us(message)
        case explanation_pb2.Explanation():
            return message.anomaly.severity, message.anomaly.end_us
        case alert_pb2.EnrichedAlert():
            return message.alert.severity, _time_us(message.alert)
        case operations_pb2.FeedbackGiven():
            return message.alert.severity, message.given_us
    raise TypeError(f"{type(message).__name__} has no severity.")


def _time_us(alert: detection_pb2.Alert) -> int:
    return alert.resolved_us or (alert.rises[-1].end_us if alert.rises else alert.opened_us)
