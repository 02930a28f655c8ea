"""Sends a timeline through real WebSocket connections, one for each of its connections, in event time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from resonance_client.connection import websocket_url
from resonance_client.frames import Authentication, Refused, ReplayIdentity, ServerFrame
from resonance_client.session import Session
from resonance_client.timeline import Action, Kind
from resonance_client.tokens import TokenSigner
from resonance_client.traffic.pacing import EventClock, Pace

TICK_S: Final = 0.002
REPORT_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the traffic is.

    Attributes:
        event_us: Event time, microseconds since the epoch.
        sent: Frames handed to a connection.
        acknowledged: Frames that the gateway has stored.
        refused: Frames it refused, by code.
        connections: Connections of the timeline that were opened.
        open: Those among them that are open.
        reconnects: Sockets that were opened again after a cut.
    """

    event_us: int
    sent: int
    acknowledged: int
    refused: dict[str, int]
    connections: int
    open: int
    reconnects: int


@dataclass(slots=True)
class _Tally:
    sent: int = 0
    acknowledged: int = 0
    connections: int = 0
    reconnects: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, session: Session) -> None:
        self.acknowledged += session.acknowledged
        self.reconnects += max(0, session.sockets_opened - 1)


class Driver:
    """Plays timelines of one replay stream. Survives restarts of the gateway: frames are resent until stored.

    Nobody runs ahead: an action waits until every frame that is `pace.lead_s` older is stored. So the traffic
    becomes slower where the gateway cannot keep up, and nobody's frames are late.

    Args:
        gateway: Address of the gateway, http or https.
        stream: Id of the replay; the event stream is "replay:<id>".
        signer: Signs the users' tokens, with the role `replay`.
        pace: How fast event time passes.
        on_progress: Called at most every 100 ms, and at the end of each `play`.
        patience_s: Seconds without any connection after which it gives up.
    """

    def __init__(
        self,
        gateway: str,
        stream: str,
        signer: TokenSigner,
        pace: Pace,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        patience_s: float = 120.0,
    ) -> None:
        self._url = websocket_url(gateway, "/ws")
        self._stream = stream
        self._signer = signer
        self._clock = EventClock(pace)
        self._on_progress = on_progress
        self._patience_s = patience_s
        self._open: dict[str, Session] = {}
        self._closing: dict[asyncio.Task[None], Session] = {}
        self._tally = _Tally()
        self._event_us = 0
        self._horizon_us = 0
        self._report_at = 0.0

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        tally = _Tally(self._tally.sent, self._tally.acknowledged, self._tally.connections, self._tally.reconnects)
        for session in self._sessions():
            tally.add(session)
        return Progress(
            self._event_us, tally.sent, tally.acknowledged, dict(self._tally.refused), tally.connections,
            len(self._open), tally.reconnects,
        )  # fmt: skip

    def set_pace(self, pace: Pace) -> None:
        """From the next `play` on, event time passes like this."""
        self._clock = EventClock(pace)

    async def play(self, actions: Sequence[Action]) -> None:
        """Do these actions, which are in order of time; returns when each of their frames is stored.

        Connections that they leave open stay open. Event time stands still until the next call.

        Raises:
            ClientError: A connection failed for good.
        """
        if not actions:
            return
        self._horizon_us = actions[0].time_us - 1
        self._clock.start(actions[0].time_us, self._now())
        for action in actions:
            if action.time_us > self._horizon_us:
                await self._reach(action.time_us)
            await self._do(action)
        await self._drained()
        self._report(force=True)

    async def finish(self) -> Progress:
        """End every connection that is still open; returns once all is stored."""
        for name in list(self._open):
            self._end(name, self._event_us)
        while self._closing:
            await self._reap()
        return self.progress

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self.finish()
            return
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*(session.abort() for session in self._sessions()), return_exceptions=True)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _sessions(self) -> list[Session]:
        return [*self._open.values(), *self._closing.values()]

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _reach(self, time_us: int) -> None:
        """Wait until actions of this event time may be done."""
        self._clock.settle(time_us, self._now())
        while True:
            await asyncio.sleep(0)
            self._horizon_us = self._clock.horizon_us(self._now(), self._oldest_us(time_us))
            if time_us <= self._horizon_us:
                return
            self._check()
            self._report()
            await asyncio.sleep(TICK_S)

    def _oldest_us(self, next_us: int) -> int:
        """Event time of the oldest thing that is not stored; the next action is at `next_us`."""
        waiting = (t for session in self._sessions() if (t := session.oldest_unstored_us) is not None)
        return min(waiting, default=next_us)

    async def _do(self, action: Action) -> None:
        self._event_us = action.time_us
        match action.kind:
            case Kind.CONNECT:
                self._begin(action)
            case Kind.DISCONNECT:
                self._end(action.connection, action.time_us)
            case _:
                await self._open[action.connection].send(action.frame())
                self._tally.sent += 1

    def _begin(self, action: Action) -> None:
        identity = ReplayIdentity(self._stream, action.connection, action.time_us, action.address)
        token = self._signer.replay(action.user, action.token)
        session = Session(
            self._url, Authentication(token, True, identity), patience_s=self._patience_s, on_frame=self._count
        )
        session.start()
        self._open[action.connection] = session
        self._tally.connections += 1

    def _end(self, name: str, time_us: int) -> None:
        session = self._open.pop(name)
        self._closing[asyncio.create_task(session.close(time_us))] = session

    def _count(self, frame: ServerFrame) -> None:
        if isinstance(frame, Refused):
            self._tally.refused[frame.code] += 1

    def _check(self) -> None:
        """Forget connections that ended; raise what any of them failed with."""
        for task in [task for task in self._closing if task.done()]:
            self._tally.add(self._closing.pop(task))
            task.result()
        for session in self._open.values():
            session.raise_if_failed()

    async def _drained(self) -> None:
        for session in list(self._open.values()):
            await session.drained()
        while self._closing:
            await self._reap()

    async def _reap(self) -> None:
        await asyncio.wait(self._closing, return_when=asyncio.FIRST_COMPLETED, timeout=REPORT_EVERY_S)
        self._check()
        self._report()

    def _report(self, *, force: bool = False) -> None:
        if self._on_progress is not None and (force or self._now() >= self._report_at):
            self._report_at = self._now() + REPORT_EVERY_S
            self._on_progress(self.progress)
