"""The examples of the client library, as they are, against the six services at work."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from resonance_client import TokenSigner
from resonance_client.blocking import request
from resonance_contracts.topics import Service
from tests.support.demonstration import Demonstrated
from tests.support.notebooks import executed, printed

pytestmark = [pytest.mark.long]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "libs" / "client" / "examples"
PATIENCE_S = 90
SAID = 25


@pytest.fixture(scope="module")
def environment(demonstrated: Demonstrated) -> dict[str, str]:
    """What the README of the examples has people export."""
    stack = demonstrated.stack
    return {
        **os.environ,
        "RESONANCE_GATEWAY": stack.url(Service.GATEWAY),
        "RESONANCE_KAFKA_BOOTSTRAP": stack.environment["RESONANCE_KAFKA_BOOTSTRAP"],
        "RESONANCE_TOKEN": TokenSigner(stack.jwt_secret).sign("chat", roles=["backend"]),
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts an example; it is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, *words]
        process = subprocess.Popen(
            command, env={**environment, **more}, cwd=EXAMPLES, text=True, stdout=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_what_users_of_the_chat_do_becomes_their_vectors(run: Any, demonstrated: Demonstrated) -> None:
    port, user = free_port(), f"visitor-{os.getpid()}"
    backend = run("chat_backend.py", str(port))
    assert backend.stdout.readline() == f"ws://127.0.0.1:{port}/chat\n"
    async with aiohttp.ClientSession() as http, http.ws_connect(f"http://127.0.0.1:{port}/chat?user={user}") as chat:
        for number in range(SAID):
            await chat.send_str(f"hello {number}")
            assert (await chat.receive_str(timeout=PATIENCE_S)) == f"{user}: hello {number}"
    stack = demonstrated.stack
    token = TokenSigner(stack.jwt_secret).sign("olga", roles=["operator"])
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = request(stack.url(Service.GATEWAY), token, "GET", "/ml/features/recent?limit=1000")
        theirs = [one for one in answer["vectors"] if one["user_id"] == user]
        if theirs and max(one["features"]["messages_per_minute"] for one in theirs) >= SAID - 10:
            break
        assert time.monotonic() < deadline, theirs
        await asyncio.sleep(0.2)
    backend.send_signal(signal.SIGINT)
    assert backend.wait(PATIENCE_S) == 0


class Tickets:
    """A system of tickets that is out of order for its first requests."""

    def __init__(self, out_of_order: int) -> None:
        self.tickets: dict[str, dict[str, Any]] = {}
        self._out_of_order = out_of_order

    async def put(self, asked: web.Request) -> web.Response:
        if self._out_of_order:
            self._out_of_order -= 1
            return web.Response(status=503)
        self.tickets.setdefault(asked.match_info["id"], {}).update(await asked.json())
        return web.Response(status=204)


async def test_every_incident_has_its_ticket_though_the_consumer_is_killed(
    run: Any, environment: dict[str, str], demonstrated: Demonstrated
) -> None:
    tickets, app = Tickets(out_of_order=2), web.Application()
    app.router.add_put("/tickets/{id}", tickets.put)
    async with TestServer(app) as server:
        address = str(server.make_url("/tickets"))
        first = run("open_tickets.py", TICKETS_URL=address)
        await _until(lambda: len(tickets.tickets) >= 3)
        first.kill()
        first.wait()
        run("open_tickets.py", TICKETS_URL=address)
        incidents = _incidents(demonstrated)
        # What is said of an incident comes from three topics, in any order.
        await _until(
            lambda: all({"what", "text"} <= set(tickets.tickets.get(one["alert_id"], ())) for one in incidents)
        )
        over = [one["alert_id"] for one in incidents if one["state"] == "resolved"]
        await _until(lambda: all("closed_us" in tickets.tickets[one] for one in over))
    assert incidents and all(tickets.tickets[one["alert_id"]]["what"] for one in incidents)


def _incidents(demonstrated: Demonstrated) -> list[dict[str, Any]]:
    stack = demonstrated.stack
    token = TokenSigner(stack.jwt_secret).sign("olga", roles=["operator"])
    found: list[dict[str, Any]] = request(stack.url(Service.GATEWAY), token, "GET", "/ml/incidents?limit=100")[
        "incidents"
    ]
    return found


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.1)


def test_the_notebook_runs_and_shows_what_it_says(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    cells = executed(EXAMPLES / "first_look.ipynb", PATIENCE_S)
    assert re.fullmatch(r"[1-9]\d* incidents, [1-9]\d* explanations\n", printed(cells["read"]))
    assert printed(cells["strongest"]).strip()
    assert "image/png" in cells["draw"][-1].data
    total, score = map(float, re.findall(r"-?\d+\.\d{6}", printed(cells["check"])))
    assert abs(total - score) < 1e-4
