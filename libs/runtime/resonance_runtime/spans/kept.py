"""For services that hear of no alerts: what is kept of the trace of an alert goes to the collector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from resonance_contracts.topics import TOPICS
from resonance_runtime.records import Record
from resonance_runtime.runtime import Component, Runtime
from resonance_runtime.tables import TopicReader
from resonance_runtime.tracing import here

PAUSE_S: Final = 0.5


def kept_traces(runtime: Runtime[Any]) -> list[Component]:
    """Reads the topics whose traces are kept, from now on; nothing where nothing is exported."""
    if here.stages is None:
        return []
    topics = [topic for topic in TOPICS if topic.traced]
    return [TopicReader(runtime, topics, _nothing, from_start=False, name="traces", pause_s=PAUSE_S)]


async def _nothing(_: Sequence[Record[Any]]) -> None:
    """The reader itself wants the traces of what it reads."""
