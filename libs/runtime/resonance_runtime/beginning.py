"""Counters whose labels are known where work begins: they are there at 0, so that their first increase is one."""

from __future__ import annotations

from collections.abc import Iterable

from resonance_contracts.topics import TOPICS, Service
from resonance_runtime import metrics


def begin_group(group: str, topics: Iterable[str]) -> None:
    """A group, or a reader without one, is about to read some topics."""
    for topic in topics:
        metrics.RECORDS_CONSUMED.labels(topic=topic, group=group)
        metrics.DEAD_LETTERS.labels(topic=topic, group=group)
    for cause in ("unavailable", "error"):
        metrics.RETRIES.labels(group=group, cause=cause)


def begin_writing(service: Service) -> None:
    """A service is about to write its topics."""
    for topic in TOPICS:
        if service in topic.owners:
            metrics.RECORDS_PRODUCED.labels(topic=topic.name)


def begin_online(kind: str) -> None:
    """The newest values of a kind are about to be kept."""
    for outcome in ("written", "older", "dropped"):
        metrics.ONLINE_VALUES.labels(kind=kind, outcome=outcome)
    for metric in (metrics.ONLINE_BATCHES_DROPPED, metrics.ONLINE_FAILURES, metrics.ONLINE_WRITE_SECONDS):
        metric.labels(kind=kind)
    metrics.ONLINE_WAITING.labels(kind=kind)
