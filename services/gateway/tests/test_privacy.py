"""No id of a person, token or address in logs, labels or records: marked ones are sent everywhere, then looked for."""

from __future__ import annotations

import asyncio
import logging
import time
from math import nan

import aiohttp
import pytest
from prometheus_client import generate_latest

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ANOMALIES_DETECTED, Service
from resonance_gateway.edge.bodies import bodies_within
from resonance_gateway.edge.listening import listen_at
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.problems import problems
from resonance_runtime.logs import JsonFormatter
from resonance_runtime.probes import HttpServer

# Of one kind each, so that what is found says where it came from.
USER = "marked-user-q9xzw"
CHANNEL_USER = "marked-subscriber-q9xzw"
OPERATOR = "marked-operator-q9xzw"
TOKEN_ID = "marked-token-q9xzw"
ADDRESS = "127.54.17.99"
FORWARDED = "203.0.113.154"
STATED = "203.0.113.217"
MARKS = ("q9xzw", ADDRESS, FORWARDED, STATED)
KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user(USER)


@pytest.fixture
def log_lines(caplog):
    """What the log would have, at its most talkative, as it is written."""
    caplog.set_level(logging.DEBUG)
    # The test's own event loop and client are no part of the gateway.
    caplog.set_level(logging.INFO, "asyncio")
    formatter = JsonFormatter("gateway", "g1")
    return lambda: [formatter.format(record) for record in caplog.records]


@pytest.fixture
async def served(start_gateway):
    """A gateway behind the edge, as the service serves it, with a log line to prove that lines are seen."""
    running = await start_gateway(trusted_proxies="127.0.0.0/8")
    gateway = running.gateway
    settings = gateway._settings
    http = HttpServer(Service.GATEWAY, settings, gateway.tracker._health)
    middlewares = [problems, bodies_within(gateway.edge.patience.body_s)]
    await http.start(gateway.routes(), middlewares, listen_at(gateway.edge, settings, None))
    running.port = http.port
    yield running
    await http.stop()


@pytest.fixture
async def client(served):
    """One that comes from a marked address, through a proxy that tells another one."""
    connector = aiohttp.TCPConnector(local_addr=(ADDRESS, 0))
    headers = {"X-Forwarded-For": FORWARDED}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{served.port}", connector=connector, headers=headers) as http:
        yield http


async def test_nobody_is_named(served, client, make_token, log_lines, monkeypatch):
    served.gateway.newsroom.take(
        ANOMALIES_DETECTED,
        detection_pb2.Anomaly(vector_id="v1", user_key=KEY, values=[0.5] * WIDTH, score=nan, tail_probability=nan),
    )
    tokens = {
        "user": make_token(USER, jti=TOKEN_ID),
        "operator": make_token(OPERATOR, jti=f"{TOKEN_ID}-o", roles=["admin"]),
        "expired": make_token(USER, jti=TOKEN_ID, exp=time.time() - 1000),
        "forged": make_token(USER, jti=TOKEN_ID, secret="another secret, which is not the gateway's"),
        "nameless": make_token(None, jti=TOKEN_ID),
    }
    await _sockets(client, tokens)
    await _rest(client, tokens)
    await _what_fails(served, client, tokens, monkeypatch)
    logging.getLogger("resonance_gateway.probe").info("written last", extra={"proof": "of sight"})

    lines = log_lines()
    secrets = [*MARKS, *(token.rpartition(".")[2] for token in tokens.values())]
    assert any("of sight" in line for line in lines)
    assert [line for line in lines if any(mark in line for mark in secrets)] == []
    metrics = generate_latest().decode()
    assert "resonance_gateway_request_duration_seconds" in metrics
    assert [line for line in metrics.splitlines() if any(mark in line for mark in (*secrets, KEY))] == []
    sent = [repr((o.value, o.key, o.headers, o.id)) for o in served.sender.sent]
    assert sent
    assert [record[:200] for record in sent if any(mark in record for mark in secrets)] == []


async def _sockets(client, tokens):
    """Users who are let in, refused, limited and wrong, and a reader of alerts."""
    async with client.ws_connect("/ws") as socket:
        await socket.send_json({"type": "auth", "token": tokens["user"], "acks": True})
        for said in (
            {"type": "subscribe", "channels": [f"room-{CHANNEL_USER}"[:20]]},
            {"type": "message", "data": {"from": USER}},
            {"type": USER},
            {"type": "message", "data": 1, "address": STATED},
        ):
            await socket.send_json(said)
        for _ in range(150):
            await socket.send_json({"type": "message", "data": USER})
        await socket.send_json({"type": "bye"})
        async for _ in socket:
            pass
    for name in ("expired", "forged", "nameless"):
        async with client.ws_connect("/ws") as socket:
            await socket.send_json({"type": "auth", "token": tokens[name]})
            async for _ in socket:
                pass
    async with client.ws_connect(f"/ws/alerts?since=0&token={tokens['operator']}") as socket:
        await socket.close()


async def _rest(client, tokens):
    """Every address that takes an id, and answers to who may not ask."""
    headers = {"Authorization": f"Bearer {tokens['operator']}"}
    activity = {"source": "s", "events": [{"sequence": 1, "user_id": USER, "message_size": 1, "ip_address": STATED}]}
    asked = [
        ("GET", f"/ml/limits/{USER}", None),
        ("PUT", f"/ml/limits/{USER}", {"rate": 1.0, "burst": 1.0, "expires_s": 60, "reason": "a test"}),
        ("GET", f"/ml/limits/addresses/{STATED}", None),
        ("DELETE", f"/ml/limits/{USER}", None),
        ("POST", "/ml/anomalies/analyze", {"user_id": USER}),
        ("POST", "/ml/explain/anomaly", {"user_id": USER}),
        ("POST", "/ml/activity", activity),
        ("POST", f"/ml/channels/{CHANNEL_USER}/publish", {"data": USER}),
        ("DELETE", f"/ml/users/{USER}", None),
        ("GET", f"/ml/{USER}", None),
        ("PATCH", f"/ml/limits/{USER}", None),
        ("GET", f"/ml/features/recent?{USER}=1", None),
    ]
    for method, path, body in asked:
        for sent in (headers, {"Authorization": f"Bearer {tokens['forged']}"}, {"X-API-Key": f"rk_{TOKEN_ID}"}):
            async with client.request(method, path, json=body, headers=sent) as response:
                await response.read()
                assert response.status != 500, (method, path, await response.text())


async def _what_fails(served, client, tokens, monkeypatch):
    """A defect of ours on a path that names a person, and a request that is none."""
    monkeypatch.setattr(Pseudonyms, "user", lambda *_: 1 / 0)
    async with client.get(f"/ml/limits/{USER}", headers={"Authorization": f"Bearer {tokens['operator']}"}) as response:
        assert response.status == 500
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, local_addr=(ADDRESS, 0))
    writer.write(f"GET /{USER} HTTP/1.1\r\nHost: a\r\nX-{USER}: \x00\r\n\r\n".encode())
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
