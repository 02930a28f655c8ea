"""The life of a service: settings, logs, probes, broker, topics, components, drain."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from typing import Any, Final

import uvloop
from aiokafka.errors import KafkaError

from resonance_contracts.topics import Service, topics_of
from resonance_runtime import logs, reconnecting, tracing
from resonance_runtime.collector import Cycles
from resonance_runtime.errors import RuntimeFault, SettingsError
from resonance_runtime.health import Condition
from resonance_runtime.heartbeat import Heartbeat
from resonance_runtime.probes import HttpServer, plainly
from resonance_runtime.retry import delays
from resonance_runtime.runtime import Component, Runtime
from resonance_runtime.settings import RuntimeSettings, load
from resonance_runtime.spans.otlp import exporter_of
from resonance_runtime.tls import Certificate, Renewal

log = logging.getLogger(__name__)

MOMENT_S: Final = 0.2
"""What each part has to stop in that is asked to when the drain time is over, seconds."""

Build = Callable[[Runtime[Any]], Sequence[Component]]


def run(service: Service, settings_type: type[RuntimeSettings], build: Build) -> None:
    """Runs a service until SIGTERM or SIGINT, then drains; the exit status says how it ended.

    0: asked to stop. 1: a part of it failed. 2: a setting is wrong.
    """
    try:
        settings = load(settings_type)
        logs.configure(service, settings.instance, settings.log_level)
        tracing.configure(service, settings.instance, settings.trace_sample, exporter_of(settings))
        reconnecting.install()
        # For every loop of the process, those that libraries make in threads of their own, too.
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        asyncio.run(_live_and_end(service, settings, build))
    except SettingsError as error:
        print(f"{service} did not start. {error}", file=sys.stderr)
        sys.exit(2)


async def _live_and_end(service: Service, settings: RuntimeSettings, build: Build) -> None:
    """As `_live`; does not return.

    Threads and tasks of libraries may be stuck in the very thing that failed, or pass over being cancelled: the exit
    must not wait for them.
    """
    status = 0
    try:
        await _live(service, settings, build)
    except SettingsError:
        raise
    except Exception:
        log.exception("stopped by a failure")
        status = 1
    logging.shutdown()
    os._exit(status)


async def _live(service: Service, settings: RuntimeSettings, build: Build) -> None:
    runtime: Runtime[Any] = Runtime(service, settings)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    components = [*build(runtime), Heartbeat(runtime, version(f"resonance-{service}")), Cycles()]
    # The gateway listens in its own way, with TLS of its own.
    if runtime.listen is plainly and (certificate := Certificate.of(settings)) is not None:
        runtime.listen = certificate.listen
        components.append(Renewal(certificate, runtime.health, runtime.spawn))
    http = HttpServer(service, settings, runtime.health)
    starting = runtime.health.wait_for("start", "Its parts are not started yet.")
    await http.start(runtime.routes, runtime.middlewares, runtime.listen)
    log.info("listening", extra={"host": settings.http_host, "port": http.port})
    started: list[Component] = []
    life = asyncio.create_task(_start(runtime, components, started, starting))
    try:
        await _first(life, stop, runtime)
        await _first(None, stop, runtime)
    finally:
        runtime.health.stopping = True
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await drain(runtime, started, http)
        await asyncio.to_thread(tracing.shut_down)
    log.info("stopped")


async def _first(life: asyncio.Task[None] | None, stop: asyncio.Event, runtime: Runtime[Any]) -> None:
    """Returns when started or asked to stop; raises when something failed."""
    stopping = asyncio.create_task(stop.wait())
    crashing = asyncio.create_task(runtime.until_crash())
    waits: list[asyncio.Task[Any]] = [stopping, crashing] + ([life] if life is not None else [])
    done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    crashing.cancel()
    for task in done:
        task.result()


async def _start(
    runtime: Runtime[Any], components: Sequence[Component], started: list[Component], starting: Condition
) -> None:
    await runtime.patiently("the producer", runtime.publisher.start)
    await _topics_exist(runtime)
    for component in components:
        await runtime.patiently(type(component).__name__, component.start)
        started.append(component)
    starting.met()
    log.info("started")


async def _topics_exist(runtime: Runtime[Any]) -> None:
    """Waits until every topic the service writes or reads is there."""
    condition = runtime.health.wait_for("topics", "Topics were not looked at yet.")
    for delay in delays(0.2, 2.0):
        missing = [t.name for t in topics_of(runtime.service) if not await runtime.publisher.partitions(t.name)]
        if not missing:
            return condition.met()
        condition.unmet(f"Topics are missing: {', '.join(missing)}. `python -m resonance_runtime.topics` makes them.")
        await asyncio.sleep(delay)


async def drain(runtime: Runtime[Any], started: Sequence[Component], http: HttpServer) -> None:
    """Stops what was started, the last one first, all within the drain time; what does not stop then is left."""
    end = asyncio.get_running_loop().time() + runtime.settings.drain_s
    for component in reversed(started):
        await _stopped(type(component).__name__, component.stop(), end)
    await runtime.cancel_tasks()
    await _stopped("Publisher", runtime.publisher.stop(), end)
    await _stopped("HttpServer", http.stop(), end)


async def _stopped(name: str, stop: Awaitable[None], end: float) -> None:
    """Waits until a part has stopped, until the end of the drain time or for a moment after it."""
    left = max(end - asyncio.get_running_loop().time(), MOMENT_S)
    try:
        await asyncio.wait_for(stop, left)
    except (TimeoutError, RuntimeFault, KafkaError) as fault:
        log.warning("a part did not stop in order", extra={"part": name, "reason": repr(fault)})


__all__ = ["Component", "Runtime", "run"]
