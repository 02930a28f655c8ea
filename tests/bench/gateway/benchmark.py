"""The benchmark `gateway`."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.topics import create_with_patience
from tests.bench import cores, rounds
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.gateway import idle, libraries
from tests.bench.gateway.process import Process, gateway
from tests.bench.gateway.rate import Load, Sending, tracked
from tests.bench.real_parts import RealParts, kafka_version, real_parts

ROUNDS: Final = 3
FULL: Final = Load(connections=50, frames_a_write=64, seconds=8)
FURTHER: Final = {
    "tracked_per_second_16": Load(200, 16, 8),
    "tracked_per_second_1": Load(200, 1, 8),
    "tracked_per_second_acks": Load(50, 64, 8, acks=True),
}
# Echoes are measured at half of this.
HALVED: Final = "tracked_per_second_16"
LIBRARIES: Final = Load(50, 64, 6)
LIBRARY_IDLE: Final = 1_000
IDLE: Final = 8_000
ECHO_CONNECTIONS: Final = 50
ECHO_EACH_S: Final = 0.25
ECHO_S: Final = 20.0
TOPICS_S: Final = 60
# A trial sends for this long and opens this share of connections.
TRIAL_S: Final = 1.0
TRIAL: Final = 40

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "tracked_per_second",
        "messages/s",
        "into Kafka, 50 connections, 64 frames a write",
        bar=Bar(100_000, Of.OURS),
    ),
    Figure("cpu_us_per_message", "µs", "processor time of the gateway for one of them", Better.LOWER),
    Figure("tracked_per_second_16", "messages/s", "200 connections, 16 frames a write"),
    Figure("tracked_per_second_1", "messages/s", "200 connections, every frame in a write of its own"),
    Figure("tracked_per_second_acks", "messages/s", "50 connections that ask for acknowledgements, 64 frames a write"),
    Figure(
        "kib_per_connection",
        "KiB",
        "resident memory for each idle, authenticated connection",
        Better.LOWER,
        Bar(16, Of.OURS),
    ),
    Figure("connections_held", "connections", "of one process, open at once", bar=Bar(IDLE, Of.OURS)),
    Figure(
        "echo_p99_ms",
        "ms",
        "from a publication to its coming back, at half the load of 16 frames a write, sent the same way",
        Better.LOWER,
        Bar(10, Of.OURS),
    ),
    Figure("echo_p50_ms", "ms", "the same, half of all", Better.LOWER),
    Figure("library_per_second", "messages/s", "the bare server, ours on aiohttp, beside websockets"),
    Figure("library_kib_per_connection", "KiB", "its memory for an idle connection", Better.LOWER),
)


def run(surroundings: Surroundings) -> Measured:
    """Measures everything that can be measured here."""
    bare = rounds.in_turn(
        _rounds(surroundings),
        {
            name: partial(
                libraries.measured, name, _shorter(LIBRARIES, surroundings), _share(LIBRARY_IDLE, surroundings)
            )
            for name in ("aiohttp", "websockets")
        },
        surroundings.tell,
    )
    values, details = _of_libraries(bare), {"libraries": bare}
    notes = []
    versions = {}
    if surroundings.services is None:
        surroundings.tell("No programs kafka and minio: the gateway itself is left out. Set SERVICES to their folder.")
        notes.append("The gateway itself was left out: there was no Kafka.")
    else:
        versions["kafka"] = kafka_version(surroundings.services)
        found, runs = _whole(surroundings.services, surroundings)
        values |= found
        details |= runs
    return Measured(values, "websockets", versions, {**details, "notes": notes})


def _of_libraries(bare: dict[str, list[dict[str, Any]]]) -> dict[str, Value]:
    def middle(library: str, what: str) -> float:
        return rounds.middle([found[what] for found in bare[library]])

    return {
        "library_per_second": Value(middle("aiohttp", "per_second"), middle("websockets", "per_second")),
        "library_kib_per_connection": Value(
            middle("aiohttp", "bytes_each") / 1024, middle("websockets", "bytes_each") / 1024
        ),
    }


def _whole(programs: Path, surroundings: Surroundings) -> tuple[dict[str, Value], dict[str, Any]]:
    with real_parts(programs) as parts:
        asyncio.run(create_with_patience(RuntimeSettings(kafka_bootstrap=parts.kafka), TOPICS_S))
        loads = {"tracked_per_second": FULL, **FURTHER}
        runs = rounds.in_turn(
            _rounds(surroundings),
            {name: partial(_tracked, parts, _shorter(load, surroundings)) for name, load in loads.items()},
            surroundings.tell,
        )
        values = {name: Value(rounds.middle([run["per_second"] for run in each])) for name, each in runs.items()}
        values["cpu_us_per_message"] = Value(rounds.middle([run["cpu_us"] for run in runs["tracked_per_second"]]))
        surroundings.tell("Idle connections.")
        with gateway(parts.environment) as process:
            held = idle.held(process, _share(IDLE, surroundings))
        values["kib_per_connection"] = Value(held["bytes_each"] / 1024)
        values["connections_held"] = Value(held["connections"])
        half = values[HALVED].ours / 2
        surroundings.tell(f"Echoes while {half:,.0f} messages/s are tracked.")
        with gateway(parts.environment) as process:
            echoes = _echoes(process, half, surroundings)
    values["echo_p50_ms"], values["echo_p99_ms"] = Value(echoes["p50_ms"]), Value(echoes["p99_ms"])
    return values, {"runs": runs, "idle": held, "echo": echoes}


def _tracked(parts: RealParts, load: Load) -> dict[str, Any]:
    with gateway(parts.environment) as process:
        return tracked(process, load)


def _echoes(process: Process, rate: float, surroundings: Surroundings) -> dict[str, Any]:
    seconds = TRIAL_S if surroundings.trial else ECHO_S
    # The load begins before the first echo and ends after the last.
    shape = FURTHER[HALVED]
    load = Load(shape.connections, shape.frames_a_write, seconds + 6, rate)
    with Sending(load, process.port) as sending:
        command = [
            sys.executable, "-m", "tests.bench.gateway.echo", "--port", str(process.port),
            "--connections", str(ECHO_CONNECTIONS), "--each-s", str(ECHO_EACH_S), "--seconds", str(seconds),
        ]  # fmt: skip
        with cores.on(cores.others()):
            said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=seconds + 120)
        if said.returncode != 0:
            raise Unmeasured(f"The program that echoes ended with status {said.returncode}.")
        times = sorted(json.loads(said.stdout))
        sent = sending.sent()
    return {
        "echoes": len(times),
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[int(len(times) * 0.99)],
        "most_ms": times[-1],
        "load_per_second": sent["sent"] / (sent["ended_s"] - sent["began_s"]),
    }


def _shorter(load: Load, surroundings: Surroundings) -> Load:
    if not surroundings.trial:
        return load
    return Load(load.connections, load.frames_a_write, TRIAL_S, load.rate, load.acks)


def _share(number: int, surroundings: Surroundings) -> int:
    return max(1, number // TRIAL) if surroundings.trial else number


def _rounds(surroundings: Surroundings) -> int:
    return 1 if surroundings.trial else ROUNDS


GATEWAY: Final = Benchmark(
    "gateway",
    "Messages of authenticated clients over WebSocket, tracked and stored by a real Kafka (acks=all). The gateway has "
    "one core for itself; the clients and Kafka share the other. Frames are encoded once and sent again and again, "
    "since a Python client cannot encode them as fast as they are read; the rate is that from the first message sent "
    "to the last one stored, and none may be dropped. Beside it the bare libraries: each parses JSON frames, takes a "
    "token from a bucket and appends to columns. Memory is the growth of the process by idle connections, compression "
    "off, after some were opened and closed. Echoes are sent at a steady pace by clients that do not wait for them.",
    FIGURES,
    ("resonance-gateway", "aiohttp", "websockets", "uvloop", "msgspec", "aiokafka", "protobuf"),
    run,
)
