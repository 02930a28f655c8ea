"""The gateway's parts as components of a service: what starts after what, and what drains before what."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from resonance_contracts.topics import ACTIONS_CHANGED, ACTIVITY_OBSERVED, LIMITS_ADJUSTED, USERS_ERASED
from resonance_gateway.app import Gateway
from resonance_gateway.edge.bodies import bodies_within
from resonance_gateway.edge.certificates import Certificates
from resonance_gateway.edge.listening import listen_at
from resonance_gateway.edge.renewal import Renewal
from resonance_gateway.ingestion.component import Ingestion
from resonance_gateway.news.readers import PASSING, REMEMBERED
from resonance_gateway.people.tombstones import Tombstones
from resonance_gateway.rest.problems import problems
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.sockets.directly import directly
from resonance_gateway.tracking.timekeeping import Timekeeping
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime.requests import Requester
from resonance_runtime.service import Component, Runtime
from resonance_runtime.tables import TopicReader

log = logging.getLogger(__name__)


# Lists of recent vectors may be so far behind.
_LISTS_S: Final = 0.25


class Tracking:
    """Begins to track once the topic is known, and drains the tracker.

    Args:
        tracker: The tracker.
        partitions: Asks how many partitions the activity topic has.
        drain_s: Longest wait for what is not stored yet.
    """

    def __init__(self, tracker: Tracker, partitions: Callable[[], Awaitable[int]], drain_s: float) -> None:
        self._tracker = tracker
        self._partitions = partitions
        self._drain_s = drain_s

    async def start(self) -> None:
        """Begins to send."""
        self._tracker.begin(await self._partitions())

    async def stop(self) -> None:
        """Sends what waits."""
        if not await self._tracker.stop(self._drain_s):
            log.error("events were not stored before the stop", extra={"events": self._tracker.unsent})


class Opening:
    """Lets operators in once a reader has caught up with the past."""

    def __init__(self, read: asyncio.Event, caught_up: asyncio.Event, runtime: Runtime[GatewaySettings]) -> None:
        self._read = read
        self._caught_up = caught_up
        self._runtime = runtime

    async def start(self) -> None:
        """Begins to wait."""
        self._runtime.spawn("catching up", self._wait())

    async def stop(self) -> None:
        """Nothing to end."""

    async def _wait(self) -> None:
        await self._read.wait()
        self._caught_up.set()


def build(runtime: Runtime[GatewaySettings]) -> Sequence[Component]:
    """The gateway's components, in the order they start; they stop in the reverse one.

    So at the end sockets close first, which makes the last events, and the tracker stops last, when they are stored.
    """
    settings = runtime.settings
    certificates = Certificates.of(settings)
    requester = Requester(runtime)
    gateway = Gateway(settings, runtime.publisher, requester, runtime.health, runtime.spawn)
    gateway.erasing.before.append(Tombstones(runtime.publisher).bury)
    erasures = TopicReader(runtime, [USERS_ERASED], gateway.erasing.handle, from_start=True, name="erasures")
    handle = gateway.newsroom.handle
    past = TopicReader(runtime, REMEMBERED, handle, from_start=True, name="news", traced=True)
    limits = TopicReader(runtime, [LIMITS_ADJUSTED], gateway.limits.handle, from_start=True, name="limits")
    actions = TopicReader(runtime, [ACTIONS_CHANGED], gateway.actions.handle, from_start=True, name="actions")
    passing = TopicReader(runtime, PASSING, handle, from_start=False, name="vectors", pause_s=_LISTS_S)
    tracking = Tracking(
        gateway.tracker, lambda: runtime.publisher.partitions(ACTIVITY_OBSERVED.name), settings.drain_s / 2
    )
    ingestion = Ingestion(runtime, gateway.intake, gateway.submitted(runtime.publisher, runtime.health))
    renewal = [] if certificates is None else [Renewal(certificates, runtime.health, runtime.spawn)]
    listen = listen_at(gateway.edge, settings, certificates)
    runtime.listen = listen if gateway.proxy is not None else directly(listen, "/ws", gateway.sockets.admit)
    runtime.middlewares += [problems, bodies_within(gateway.edge.patience.body_s)]
    runtime.routes += gateway.routes()
    proxy = [] if gateway.proxy is None else [gateway.proxy]
    relay = [] if gateway.relay is None else [gateway.relay]
    online = [] if gateway.online is None else [gateway.online]
    opening = Opening(past.caught_up, gateway.caught_up, runtime)
    return [
        *renewal,
        Timekeeping(runtime, gateway.clock),
        gateway.authentication,
        tracking,
        gateway.sharing,
        limits,
        ingestion,
        erasures,
        past,
        opening,
        actions,
        passing,
        requester,
        *relay,
        gateway.lag,
        *online,
        gateway.streams,
        gateway.sockets,
        *proxy,
    ]
