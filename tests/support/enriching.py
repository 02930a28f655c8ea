"""What handlers of alerts have around them, in memory: what was published, and words that are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing


class Sent:
    """What was published; can be down."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []
        self.down = False

    async def __call__(self, records: Sequence[Outgoing]) -> None:
        """Takes records, as a publisher does."""
        if self.down:
            raise Unavailable("The broker is down.")
        self.records.extend(records)

    def bytes_of(self, id_: str) -> list[bytes | None]:
        """The records of an id."""
        return [record.encoded() for record in self.records if record.id == id_]


class MemoryStore:
    """Words in memory; can be down for reading, for writing, or both."""

    def __init__(self) -> None:
        self.words: dict[str, alert_pb2.EnrichedAlert] = {}
        self.kept_facts: dict[str, str] = {}
        self.down: set[str] = set()

    async def find(self, id_: str) -> alert_pb2.EnrichedAlert | None:
        """See `WordStore.find`."""
        self._answer("find")
        return self.words.get(id_)

    async def keep(
        self, id_: str, alert: alert_pb2.EnrichedAlert, facts: Mapping[str, Any] | None = None
    ) -> alert_pb2.EnrichedAlert:
        """See `WordStore.keep`."""
        self._answer("keep")
        if facts is not None:
            self.kept_facts.setdefault(id_, json.dumps(facts))
        return self.words.setdefault(id_, alert)

    async def facts(self, id_: str) -> Mapping[str, Any] | None:
        """See `WordStore.facts`."""
        self._answer("find")
        found = self.kept_facts.get(id_)
        facts: Mapping[str, Any] | None = None if found is None else json.loads(found)
        return facts

    async def forget(self, user_key: str) -> None:
        """See `WordStore.forget`."""
        self._answer("forget")
        gone = [id_ for id_, alert in self.words.items() if alert.alert.user_key == user_key]
        for id_ in gone:
            del self.words[id_]
            self.kept_facts.pop(id_, None)

    async def close(self) -> None:
        """Nothing to close."""

    def _answer(self, call: str) -> None:
        if call in self.down:
            raise Unavailable("The store is down.")
