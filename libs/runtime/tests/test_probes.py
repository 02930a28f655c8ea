"""Probes over HTTP."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web

from resonance_contracts.topics import Service
from resonance_runtime.errors import SettingsError
from resonance_runtime.health import Health
from resonance_runtime.probes import HttpServer
from resonance_runtime.settings import RuntimeSettings


async def test_probes_say_what_health_says() -> None:
    health = Health(30)
    topics = health.wait_for("topics", "Topics are missing.")
    server = HttpServer(Service.XAI, RuntimeSettings(), health)
    await server.start([], [])
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:

            async def get(path: str) -> tuple[int, str]:
                async with session.get(path) as response:
                    return response.status, await response.text()

            assert (await get("/livez"))[0] == 200
            status, text = await get("/readyz")
            assert status == 503
            assert "Topics are missing." in text
            topics.met()
            health.degraded("model", "No model yet.")
            assert (await get("/readyz"))[0] == 200
            assert '"degraded"' in (await get("/health"))[1]
            assert 'resonance_service_degraded{service="xai",what="model"} 1.0' in (await get("/metrics"))[1]
            health.clear("model")
            assert "resonance_service_degraded{" not in (await get("/metrics"))[1]
    finally:
        await server.stop()


async def test_a_port_that_is_taken_is_a_sentence() -> None:
    first = HttpServer(Service.XAI, RuntimeSettings(), Health(30))
    await first.start([], [])
    second = HttpServer(Service.XAI, RuntimeSettings(http_port=first.port), Health(30))
    try:
        with pytest.raises(SettingsError, match=f"RESONANCE_HTTP_PORT is {first.port}, which cannot be listened on"):
            await second.start([], [])
    finally:
        await second.stop()
        await first.stop()


async def test_probes_may_have_a_port_of_their_own() -> None:
    async def own(_: web.Request) -> web.Response:
        return web.Response(text="own")

    server = HttpServer(Service.XAI, RuntimeSettings(probe_port=0), Health(30))
    await server.start([web.get("/own", own)], [])
    try:
        async with aiohttp.ClientSession() as session:

            async def status(port: int | None, path: str) -> int:
                async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                    return response.status

            assert [await status(server.port, path) for path in ("/livez", "/own")] == [200, 200]
            assert [await status(server.probe_port, path) for path in ("/livez", "/own")] == [200, 404]
            assert server.probe_port != server.port
    finally:
        await server.stop()


async def test_probes_may_listen_where_nothing_else_does() -> None:
    server = HttpServer(Service.XAI, RuntimeSettings(probe_port=0, probe_host="127.0.0.2"), Health(30))
    await server.start([], [])
    try:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.2:{server.probe_port}/livez") as response:
                assert response.status == 200
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"http://127.0.0.1:{server.probe_port}/livez")
    finally:
        await server.stop()


async def test_a_port_for_probes_that_is_taken_is_a_sentence() -> None:
    first = HttpServer(Service.XAI, RuntimeSettings(), Health(30))
    await first.start([], [])
    second = HttpServer(Service.XAI, RuntimeSettings(probe_port=first.port), Health(30))
    try:
        with pytest.raises(SettingsError, match=f"RESONANCE_PROBE_PORT is {first.port}, which cannot be listened on"):
            await second.start([], [])
    finally:
        await second.stop()
        await first.stop()
