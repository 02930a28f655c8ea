"""One `subscribe` of a client: answered once, when it is known where all of its channels stand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from resonance_gateway.channels.publication import Position, framed, publication_text, subscribed_text
from resonance_gateway.channels.remote import Reading, Remote
from resonance_gateway.channels.topic import Subscriber, Topic
from resonance_runtime import metrics

_RECOVERED: Final = metrics.GATEWAY_RECOVERIES.labels(outcome="recovered")
_NOT_RECOVERED: Final = metrics.GATEWAY_RECOVERIES.labels(outcome="not_recovered")


class Joining:
    """Collects what is known of channels, then answers, brings what was missed, and lets publications through.

    Args:
        subscriber: Who subscribes.
        recover: Where it was in channels it had before.
    """

    def __init__(self, subscriber: Subscriber, recover: Mapping[str, Position]) -> None:
        self._subscriber = subscriber
        self._recover = recover
        self._readings: dict[Topic, Reading | None] = {}
        self._standing: list[Topic] = []
        self._awaited = 0

    def begin(self, topics: list[Topic], remote: Remote | None) -> None:
        """Joins topics; asks where they stand, if they are numbered."""
        self._standing = [topic for topic in topics if not topic.join(self._subscriber)]
        fresh = [topic for topic in topics if topic not in self._standing]
        self._awaited = len(fresh) + 1
        for topic in fresh:
            if remote is None:
                self._known(topic, None)
            else:
                remote.read(topic.channel, self._recover.get(topic.channel), partial(self._known, topic))
        self._one_less()

    def _known(self, topic: Topic, reading: Reading | None) -> None:
        self._readings[topic] = reading
        self._one_less()

    def _one_less(self) -> None:
        self._awaited -= 1
        if self._awaited == 0:
            self._finish()

    def _finish(self) -> None:
        room = self._subscriber.room
        answer: dict[str, dict[str, Any]] = {}
        missed: dict[Topic, list[bytes]] = {}
        for topic in self._standing:
            answer[topic.channel] = self._said(topic, topic.position, recovered=False)
        for topic, reading in self._readings.items():
            missed[topic] = texts = _missed(topic.channel, reading)
            size = sum(map(len, texts))
            recovered = reading is not None and reading.missed is not None and size <= room
            if recovered:
                room -= size
            else:
                texts.clear()
            answer[topic.channel] = self._said(topic, reading.position if reading else None, recovered=recovered)
        self._subscriber.answer_framed(framed(subscribed_text(answer)))
        for topic, reading in self._readings.items():
            if topic.is_joining(self._subscriber):
                for text in missed[topic]:
                    self._subscriber.answer_framed(framed(text))
                topic.admit(self._subscriber, reading.position if reading else None)

    def _said(self, topic: Topic, position: Position | None, *, recovered: bool) -> dict[str, Any]:
        said: dict[str, Any] = {} if position is None else position._asdict()
        if topic.channel in self._recover:
            said["recovered"] = recovered
            (_RECOVERED if recovered else _NOT_RECOVERED).inc()
        return said


def _missed(channel: str, reading: Reading | None) -> list[bytes]:
    """Frames of what was missed, in order."""
    if reading is None or reading.missed is None:
        return []
    (newest, epoch), values = reading.position, reading.missed
    first = newest - len(values) + 1
    return [
        publication_text(channel, value, Position(first + i, epoch))
        for i, value in enumerate(values)
        if value is not None
    ]
