"""Replays a log through a gateway and gathers the alerts it raises."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from resonance_client.alerts.events import Alert, Explanation
from resonance_client.alerts.watch import Arrival, Watcher
from resonance_client.errors import GatewayUnreachable
from resonance_client.frames import MICROSECONDS
from resonance_client.replay.judge import Verdict, judge
from resonance_client.replay.log_format import Entry
from resonance_client.replay.sessions import timeline
from resonance_client.replay.truth import truth_of
from resonance_client.tokens import TokenSigner
from resonance_client.traffic.driver import Driver, Progress
from resonance_client.traffic.pacing import Pace

POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How a log is replayed.

    Attributes:
        gateway: Address of the gateway.
        stream: Id of the replay; a second run under the same id repeats the first and changes nothing.
        speed_up: Event seconds per real second.
        quiet_s: Alerts are in when none arrived for so long after the last frame was stored.
        patience_s: Longest wait for that.
    """

    gateway: str
    stream: str
    speed_up: float = 3600.0
    quiet_s: float = 4.0
    patience_s: float = 60.0


async def replay(
    entries: Sequence[Entry],
    options: ReplayOptions,
    signer: TokenSigner,
    on_progress: Callable[[Progress], None],
    on_arrival: Callable[[Arrival], None],
) -> Verdict:
    """Send every entry, wait until the alerts are in, and compare them with the truth.

    Raises:
        ClientError: The gateway cannot be reached, or does not accept the tokens.
    """
    began_s = min(entry.time_us for entry in entries) / MICROSECONDS
    operator = signer.sign("resonance-replay", roles=["operator"])
    gathering = _Gathering(options, Watcher(options.gateway, operator, since_s=began_s), on_arrival)
    async with gathering:
        async with Driver(
            options.gateway, options.stream, signer, Pace(options.speed_up), on_progress=on_progress
        ) as driver:
            await driver.play(timeline(entries))
        await gathering.settle()
    return judge(truth_of(entries), gathering.alerts, Counter(entry.address for entry in entries))


class _Gathering:
    """Alerts of one stream, from before the first frame until they stop coming."""

    def __init__(self, options: ReplayOptions, watcher: Watcher, on_arrival: Callable[[Arrival], None]) -> None:
        self._options = options
        self._watcher = watcher
        self._on_arrival = on_arrival
        self._task: asyncio.Task[None] | None = None
        self._last = 0.0
        self.alerts: list[Alert] = []

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._gather())
        connected = asyncio.create_task(self._watcher.connected.wait())
        await asyncio.wait({connected, self._task}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        connected.cancel()
        if self._task.done():
            self._task.result()
        if not self._watcher.connected.is_set():
            self._task.cancel()
            raise GatewayUnreachable(f"No alerts from {self._options.gateway} within 30 s; is the gateway running?")

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def settle(self) -> None:
        """Until nothing arrived for a while."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - max(self._last, began) < self._options.quiet_s:
            if loop.time() - began > self._options.patience_s:
                return
            await asyncio.sleep(POLL_S)

    async def _gather(self) -> None:
        async for arrival in self._watcher.arrivals():
            if (
                isinstance(arrival.event, Alert | Explanation)
                and arrival.event.stream == f"replay:{self._options.stream}"
            ):
                self._last = asyncio.get_running_loop().time()
                self._on_arrival(arrival)
                if isinstance(arrival.event, Alert):
                    self.alerts.append(arrival.event)
