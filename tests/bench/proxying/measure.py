"""The time of an echo with and without the gateway between, in turn: `python -m tests.bench.proxying.measure`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from resonance_local.stack import Stack
from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.topics import create_with_patience
from tests.bench import cores, rounds
from tests.bench.benchmark import Unmeasured
from tests.bench.gateway.process import gateway
from tests.bench.real_parts import real_parts


def measure(
    environment: Mapping[str, str],
    *,
    connections: int = 100,
    rate: float = 2000.0,
    seconds: float = 10.0,
    turns: int = 2,
) -> dict[str, Any]:
    """Measures in turn, the backend alone and through the gateway, which has a core of its own.

    Args:
        environment: Variables that lead a gateway to its broker.
        connections: Open at once.
        rate: Messages a second of all together.
        seconds: Of each turn.
        turns: Of each side.

    Returns:
        Milliseconds of each side: p50, p99, of every turn and the middle of them, and what the gateway added;
        processor time of the gateway for a message there and back, microseconds.

    Raises:
        Unmeasured: A program ended badly.
    """
    with echo_backend() as backend, gateway({**environment, "UPSTREAM": f"ws://127.0.0.1:{backend}"}) as process:
        echo = partial(_echoes, connections=connections, rate=rate, seconds=seconds)
        meter = process.meter()
        meter.look()
        found = rounds.in_turn(
            turns, {"direct": partial(echo, backend), "gateway": partial(echo, process.port)}, lambda _: None
        )
        cpu_s = meter.total()
        dropped = process.metric("resonance_gateway_events_dropped_total")
    result: dict[str, Any] = {
        "turns": found,
        "cpu_us_per_message": cpu_s * 1e6 / (turns * rate * seconds),
        "dropped_events": dropped,
    }
    for percentile in ("p50_ms", "p99_ms"):
        sides = {side: rounds.middle([turn[percentile] for turn in each]) for side, each in found.items()}
        result[percentile] = {**sides, "added": sides["gateway"] - sides["direct"]}
    return result


@contextmanager
def echo_backend() -> Iterator[int]:
    """Port of a backend that echoes, a process of its own, beside the clients."""
    with cores.on(cores.others()):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.proxying.backend"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def _echoes(port: int, *, connections: int, rate: float, seconds: float) -> dict[str, float]:
    command = [
        sys.executable, "-m", "tests.bench.proxying.echoing", "--port", str(port),
        "--connections", str(connections), "--rate", str(rate), "--seconds", str(seconds),
    ]  # fmt: skip
    with cores.on(cores.others()):
        said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=seconds + 60)
    if said.returncode != 0:
        raise Unmeasured(f"The program that echoes ended with status {said.returncode}.")
    times = sorted(json.loads(said.stdout))
    return {
        "p50_ms": times[len(times) // 2] / 1000,
        "p99_ms": times[int(len(times) * 0.99)] / 1000,
        "most_ms": times[-1] / 1000,
    }


def main(arguments: Sequence[str]) -> None:
    """Measures with the real Kafka that SERVICES has, or an embedded broker where it is not set."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.proxying.measure")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--rate", type=float, default=2000.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--turns", type=int, default=2)
    given = vars(parser.parse_args(arguments))
    programs = os.environ.get("SERVICES")
    if programs is not None and Path(programs).is_dir():
        with real_parts(Path(programs)) as parts:
            asyncio.run(create_with_patience(RuntimeSettings(kafka_bootstrap=parts.kafka), 60))
            found = measure(parts.environment, **given)
    else:
        print("No real Kafka: SERVICES does not name its folder. An embedded broker is used.", file=sys.stderr)
        stack = Stack(lambda _: None, services=())
        try:
            with cores.on(cores.others()):
                stack.start()
            found = measure(stack.environment, **given)
        finally:
            stack.stop()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
