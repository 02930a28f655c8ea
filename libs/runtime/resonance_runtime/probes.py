"""The HTTP side of every service: /livez, /readyz, /health, /metrics, and the service's own routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from resonance_contracts.topics import Service
from resonance_runtime import machine, metrics
from resonance_runtime.declaring import Exposed
from resonance_runtime.dependencies import DEPENDENCIES
from resonance_runtime.errors import SettingsError
from resonance_runtime.health import Health
from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.spans.served import traced

MAX_BODY_BYTES = 4 * 1024 * 1024


class Site(Protocol):
    """What listens on the port of a service."""

    @property
    def port(self) -> int:
        """The port, once it listens."""

    async def start(self) -> None:
        """Begins to listen; `OSError` where the port cannot be had."""


# Makes what listens, of the application's runner, host and port.
Listen = Callable[[web.AppRunner, str, int], Site]


def plainly(runner: web.AppRunner, host: str, port: int) -> Site:
    """Listens for plain HTTP."""
    return web.TCPSite(runner, host, port, backlog=1024)


def report(health: Health) -> dict[str, Any]:
    """What `/health` answers."""
    unready, stalled, degraded = health.unready(), health.stalled(), health.degradations()
    state = "stalled" if stalled else "unready" if unready else "degraded" if degraded else "ready"
    return {
        "state": state,
        "unready": dict(unready),
        "degraded": dict(degraded),
        "stalled": dict(stalled),
        "details": health.details,
    }


class HttpServer:
    """Serves probes and routes; starts before anything else, so that `/livez` answers while others wait."""

    def __init__(self, service: Service, settings: RuntimeSettings, health: Health) -> None:
        self._service = service
        self._settings = settings
        self._health = health
        self._exposed = Exposed(service)
        self._runners: list[web.AppRunner] = []
        self.port = settings.http_port
        self.probe_port = settings.probe_port

    async def start(
        self, routes: Sequence[web.AbstractRouteDef], middlewares: Sequence[Any], listen: Listen = plainly
    ) -> None:
        """Begins to listen.

        Args:
            routes: Served beside the probes.
            middlewares: Around all routes.
            listen: Makes what listens.

        Raises:
            SettingsError: A port is taken.
        """
        probes = [
            web.get("/livez", self._livez),
            web.get("/readyz", self._readyz),
            web.get("/health", self._show),
            web.get("/metrics", self._metrics),
        ]
        settings = self._settings
        host = settings.http_host
        self.port = await self._serve([*probes, *routes], middlewares, listen, "RESONANCE_HTTP_PORT", host, self.port)
        if settings.probe_port is not None:
            host = settings.probe_host or host
            self.probe_port = await self._serve(probes, (), plainly, "RESONANCE_PROBE_PORT", host, settings.probe_port)

    async def stop(self) -> None:
        """Stops listening and ends open requests within the drain time."""
        for runner in self._runners:
            await runner.cleanup()

    async def _serve(
        self,
        routes: Sequence[web.AbstractRouteDef],
        middlewares: Sequence[Any],
        listen: Listen,
        variable: str,
        host: str,
        port: int,
    ) -> int:
        """The port that routes are served on from now on."""
        app = web.Application(middlewares=[traced, *middlewares], client_max_size=MAX_BODY_BYTES)
        app.add_routes(routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=self._settings.drain_s)
        self._runners.append(runner)
        await runner.setup()
        site = listen(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise SettingsError(
                f"{variable} is {port}, which cannot be listened on at {host}: {error.strerror}. Choose a free port, "
                "or 0 for any."
            ) from error
        return site.port

    async def _livez(self, _: web.Request) -> web.Response:
        stalled = self._health.stalled()
        return web.json_response({"stalled": dict(stalled)}, status=503 if stalled else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        unready = self._health.unready()
        return web.json_response({"unready": dict(unready)}, status=503 if unready else 200)

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response({"service": self._service, **report(self._health)})

    async def _metrics(self, _: web.Request) -> web.Response:
        metrics.SERVICE_READY.labels(service=self._service).set(0 if self._health.unready() else 1)
        machine.observe()
        DEPENDENCIES.observe()
        metrics.SERVICE_DEGRADED.clear()
        for what in self._health.degradations():
            metrics.SERVICE_DEGRADED.labels(service=self._service, what=what).set(1)
        return web.Response(body=generate_latest(self._exposed), headers={"Content-Type": CONTENT_TYPE_LATEST})
