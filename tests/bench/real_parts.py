"""A real Kafka and a real MinIO for one run, on free loopback ports, ended and removed with it."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench import cores
from tests.bench.benchmark import Unmeasured

START_S: Final = 300
STOP_S: Final = 60


@dataclass(frozen=True, slots=True)
class RealParts:
    """The parts that run.

    Attributes:
        kafka, minio: Their addresses, as host:port.
        folder: Where they keep their data and the numbers of their processes: `kafka/1` and `minio`.
    """

    kafka: str
    minio: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead a service to them."""
        return {
            "RESONANCE_KAFKA_BOOTSTRAP": self.kafka,
            "RESONANCE_KAFKA_REBALANCE_MS": "3000",
            "RESONANCE_S3_ENDPOINT": self.minio,
            "RESONANCE_S3_ACCESS_KEY": "minioadmin",
            "RESONANCE_S3_SECRET_KEY": "minioadmin",
        }


@contextmanager
def real_parts(programs: Path, on: set[int] | None = None) -> Iterator[RealParts]:
    """Starts them empty.

    Args:
        programs: Folder with the programs that start them.
        on: Their cores; those that are not measured where none are named.

    Raises:
        Unmeasured: One did not start.
    """
    with tempfile.TemporaryDirectory(prefix="resonance-bench-") as folder, ExitStack() as running:
        ports = {"kafka": _free_port(2), "minio": _free_port(1)}
        for name, port in ports.items():
            program, data = str(programs / name), f"{folder}/{name}"
            running.callback(_stop, program, data)
            with cores.on(on or cores.others()):
                _start(program, port, data)
        kafka, minio = (f"127.0.0.1:{port}" for port in ports.values())
        yield RealParts(kafka, minio, Path(folder))


def kafka_version(programs: Path) -> str:
    """Version of the Kafka that the program starts, "" where it does not say."""
    found = re.search(r"kafka-(\d+(?:\.\d+)+)", (programs / "kafka").read_text(encoding="utf-8"))
    return found[1] if found else ""


def _start(program: str, port: int, data: str) -> None:
    try:
        # What they start keeps the streams open, so these are files of nobody.
        subprocess.run(
            [program, "start", "--port", str(port), "--dir", data],
            check=True, timeout=START_S, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise Unmeasured(f"{Path(program).name} did not start: {error}.") from error


def _stop(program: str, data: str) -> None:
    subprocess.run(
        [program, "stop", "--dir", data],
        check=False, timeout=STOP_S, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _free_port(count: int) -> int:
    """First of some free ports in a row, below those that the kernel gives to connections."""
    while True:
        first = random.randrange(20_000, 32_000)
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
