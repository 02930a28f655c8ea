"""Clients that leave before they are answered: no fault of ours, so neither an error in the log nor an answer 5xx."""

from __future__ import annotations

import asyncio
import logging

import pytest
from prometheus_client import REGISTRY

from services.gateway.tests.issuers import RSA_KEY, signed

KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
HANDSHAKE = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
BODY = ["Content-Type: application/json", "Content-Length: 1000"]


def answered(route, status):
    """How often a route was answered with a status."""
    labels = {"route": route, "status": str(status)}
    return REGISTRY.get_sample_value("resonance_gateway_request_duration_seconds_count", labels) or 0


@pytest.fixture
async def gateway(start_gateway, issuer):
    running = await start_gateway(jwt_secret=None, jwks_url=issuer.url)
    # aiohttp's server of tests ends handlers of clients that left; that of services lets them go on.
    running.client.server.runner.server.handler_cancellation = False
    return running


@pytest.mark.parametrize(
    ("method", "path", "headers"), [("GET", "/ws/alerts", HANDSHAKE), ("POST", "/ml/activity", BODY)]
)
async def test_one_who_leaves_meanwhile_is_no_error(gateway, issuer, eventually, caplog, method, path, headers):
    issuer.open.clear()
    before = {status: answered(path, status) for status in (499, 500)}
    server = gateway.client.server
    _, writer = await asyncio.open_connection(server.host, server.port)
    token = signed(RSA_KEY, "RS256", "one", roles=["admin"])
    lines = [f"{method} {path} HTTP/1.1", "Host: resonance", f"Authorization: Bearer {token}", *headers, "", ""]
    writer.write("\r\n".join(lines).encode())
    await eventually(lambda: issuer.fetches)

    writer.transport.abort()
    await eventually(lambda: not any(one.connected for one in server.runner.server.connections))
    issuer.open.set()
    await eventually(lambda: any(answered(path, status) > n for status, n in before.items()))

    assert answered(path, 499) == before[499] + 1 and answered(path, 500) == before[500]
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]
