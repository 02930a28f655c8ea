"""What the parts of one service share, and what a part is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web
from aiokafka.errors import KafkaError

from resonance_contracts.topics import Service
from resonance_runtime.beginning import begin_writing
from resonance_runtime.dependencies import DEPENDENCIES
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Condition, Health
from resonance_runtime.probes import Listen, plainly
from resonance_runtime.publisher import Publisher
from resonance_runtime.retry import delays
from resonance_runtime.settings import RuntimeSettings

log = logging.getLogger(__name__)

SettingsT = TypeVar("SettingsT", bound=RuntimeSettings, covariant=True)
T = TypeVar("T")


class Component(Protocol):
    """A part of a service that is started with it and drained when it stops."""

    async def start(self) -> None:
        """Begins; returns when it works. Called again after it raised `Unavailable`."""

    async def stop(self) -> None:
        """Ends what is in work, then stops."""


class Runtime(Generic[SettingsT]):
    """What a service's parts share.

    Attributes:
        service: Which of the six this is.
        settings: Its settings.
        health: What decides its probes; conditions are added before the start.
        publisher: Its one producer; usable once components are started.
        routes: Routes served beside the probes; filled before the start.
        middlewares: aiohttp middlewares around all routes.
        listen: Makes what listens for HTTP; replaced before the start where it is more than a plain port.
    """

    def __init__(self, service: Service, settings: SettingsT) -> None:
        self.service = service
        self.settings = settings
        self.health = Health(settings.stall_s)
        self.health.watch(DEPENDENCIES.silent)
        self.publisher = Publisher(service, settings)
        begin_writing(service)
        self.routes: list[web.AbstractRouteDef] = []
        self.middlewares: list[Any] = []
        self.listen: Listen = plainly
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs work beside; if it fails, the service stops with its error."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def crash(self, name: str, fault: BaseException) -> None:
        """Ends the service: a part of it cannot go on."""
        log.critical("a part of the service failed", extra={"part": name}, exc_info=fault)
        if not self._crashed.done():
            self._crashed.set_exception(fault)

    async def patiently(self, what: str, call: Callable[[], Awaitable[T]], *, needed: bool = True) -> T:
        """Repeats a call until the broker or store it needs is there; the service is not ready before.

        Args:
            what: What is started; readiness names it. Waits side by side have different names.
            call: The call.
            needed: Whether readiness waits for it.
        """
        reason = "Not connected yet."
        waiting = self.health.wait_for(f"connection of {what}", reason) if needed else Condition(what, reason)
        for delay in delays():
            try:
                result = await call()
                waiting.met()
                return result
            except (Unavailable, KafkaError, OSError) as fault:
                waiting.unmet(f"Waiting for a connection: {fault}")
                log.warning("waiting for a connection", extra={"reason": str(fault)})
                await asyncio.sleep(delay)
        raise AssertionError("delays() has no end")

    async def until_crash(self) -> None:
        """Never returns; raises when a part of the service failed."""
        await asyncio.shield(self._crashed)

    async def cancel_tasks(self) -> None:
        """Ends what was spawned."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self.crash(task.get_name(), fault)
