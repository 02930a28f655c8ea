"""What the gateway's parts need of the runtime's publisher, beside the tracker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from resonance_runtime.records import Outgoing


class Publishes(Protocol):
    """Sends single records."""

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Returns once the records are stored by all in-sync replicas; raises Unavailable or Reject."""
