"""What an idle, authenticated connection costs in memory: `python -m tests.bench.gateway.idle` opens them."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from tests.bench import cores
from tests.bench.benchmark import Unmeasured
from tests.bench.gateway.clients import clients
from tests.bench.gateway.process import Process

WARM: Final = 200
_SETTLE_S: Final = 3.0
_CONNECTIONS: Final = "resonance_gateway_connections"


def main(arguments: Sequence[str]) -> None:
    """Opens connections, says so, and keeps them until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gateway.idle")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    given = parser.parse_args(arguments)
    with clients(given.port, given.connections, acks=False):
        print("open", flush=True)
        sys.stdin.read()


def held(process: Process, connections: int) -> dict[str, Any]:
    """Opens connections and looks at the gateway's resident memory before and after.

    Returns:
        connections: How many it held; bytes_each: Resident memory for each; open_seconds: Time to open all of them.

    Raises:
        Unmeasured: Not all could be opened.
    """
    _open(process, WARM)
    _gone(process)
    before = process.resident_bytes()
    return _open(process, connections, before)


def _open(process: Process, connections: int, before: int = 0) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.gateway.idle", "--port", str(process.port)]
    with cores.on(cores.others()):
        began = time.monotonic()
        child = subprocess.Popen(
            [*command, "--connections", str(connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    assert child.stdin is not None, "it is a pipe"
    assert child.stdout is not None, "it is a pipe"
    try:
        if not child.stdout.readline():
            raise Unmeasured(f"{connections:,} connections could not be opened.")
        seconds = time.monotonic() - began
        time.sleep(_SETTLE_S)
        open_now = process.metric(_CONNECTIONS)
        if open_now != connections:
            raise Unmeasured(f"Of {connections:,} connections {open_now:,.0f} were open.")
        used = process.resident_bytes() - before
        return {"connections": connections, "bytes_each": used / connections, "open_seconds": seconds}
    finally:
        child.stdin.close()
        child.wait()


def _gone(process: Process) -> None:
    deadline = time.monotonic() + 30
    while process.metric(_CONNECTIONS):
        if time.monotonic() > deadline:
            raise Unmeasured("Connections that were closed are still open at the gateway.")
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1:])
