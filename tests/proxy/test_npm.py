"""A gateway in front of backends from npm: socket.io and ws. Run by `make proxy-test`, which installs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from resonance_local.stack import Stack
from tests.proxy.processes import gateway

HERE: Final = Path(__file__).parent
SCENARIO_S: Final = 30

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif("RESONANCE_PROXY_TEST" not in os.environ, reason="needs packages from npm: `make proxy-test`"),
]


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Ports of the two backends."""
    node = shutil.which("node")
    assert node is not None, "Node.js 20 or newer is needed."
    backend = subprocess.Popen(
        [node, "backend.mjs"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert backend.stdout is not None
    assert backend.stdin is not None
    try:
        yield json.loads(backend.stdout.readline())
    finally:
        backend.stdin.close()
        backend.wait(10)
        backend.stdout.close()


@pytest.fixture(scope="module")
def socket_io(parts: Stack, ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a gateway in front of socket.io."""
    upstream = f"http://127.0.0.1:{ports['socketio']}"
    with gateway(parts.environment, upstream, tmp_path_factory.mktemp("socketio")) as (address, _):
        yield f"http://{address}"


@pytest.fixture(scope="module")
def ws(parts: Stack, ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a gateway in front of ws."""
    with gateway(parts.environment, f"ws://127.0.0.1:{ports['ws']}", tmp_path_factory.mktemp("ws")) as (address, _):
        yield f"ws://{address}"


def seen(scenario: str, address: str) -> Any:
    """What the clients of a scenario saw."""
    done = subprocess.run(
        ["node", "clients.mjs", scenario, address],  # noqa: S607
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=SCENARIO_S,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("scenario", "begins", "ends"),
    [("polling", "polling", "polling"), ("upgrade", "polling", "websocket"), ("websocket", "websocket", "websocket")],
)
def test_socket_io(socket_io: str, scenario: str, begins: str, ends: str) -> None:
    told = seen(scenario, socket_io)

    assert told["welcome"] == {"transport": begins, "forwarded": "127.0.0.1", "auth": {"by": "test"}}
    assert told["echoed"] == ["текст ✓", {"deep": [1, None, True]}, [0, 255, 1]]
    assert (told["length"], told["connected"], told["transport"]) == (100_000, True, ends)
    assert told["reason"] == "io server disconnect"


def test_ws_echoes(ws: str) -> None:
    assert seen("echo", ws) == {
        "protocol": "v2.chat",
        "extensions": "",
        "pong": "are you there",
        "lengths": [5, 0, 7, 70_000, 100_000],
        "texts": ["hello", "", "текст ✓"],
    }


def test_close_codes_of_ws(ws: str) -> None:
    for asked, code, reason in seen("closes", ws):
        assert (code, reason) == (asked, "as asked")


def test_a_connection_that_ws_breaks_off(ws: str) -> None:
    assert seen("breaks", ws) == 1006


def test_close_codes_of_its_clients(ws: str) -> None:
    assert seen("leaves", ws) == 1005


def test_a_handshake_that_ws_refuses(ws: str) -> None:
    assert seen("refused", ws) == {"status": 403, "why": "private", "body": "Members only"}
