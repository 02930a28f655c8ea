"""Everything that is measured, running: a Kafka, a MinIO, a Redis, and services as processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service
from resonance_local.parts import redis
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from tests.bench import cores
from tests.bench.end_to_end.services import RULES
from tests.bench.gateway.environment import ENVIRONMENT
from tests.bench.real_parts import real_parts
from tests.bench.usage import cpu_s, resident_bytes

PARTITIONS: Final = 8
# Incidents are over soon, so that what comes of their end is part of every run.
QUIET_S: Final = 15
STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What runs.

    Attributes:
        stack: The services.
        pids: Process of each service and part.
        folder: Data of the parts.
        redis_port: Where Redis listens.
    """

    stack: Stack
    pids: dict[str, int]
    folder: Path
    redis_port: int

    @property
    def kafka(self) -> str:
        """Address of the broker."""
        return self.stack.environment["RESONANCE_KAFKA_BOOTSTRAP"]

    def cpu(self) -> dict[str, float]:
        """Processor time of each process until now, seconds."""
        return {name: cpu_s(pid) for name, pid in self.pids.items()}

    def resident(self) -> dict[str, float]:
        """Memory of each process that is in RAM, bytes."""
        return {name: float(resident_bytes(pid)) for name, pid in self.pids.items()}


@contextmanager
def standing(programs: Path, services: Sequence[Service]) -> Iterator[Standing]:
    """Starts it empty; ends it.

    Args:
        programs: Folder with the programs kafka and minio.
        services: Which are started.
    """
    with real_parts(programs, cores.all_of_them()) as parts:
        port = Ports().any()
        online = redis(port, parts.folder)
        online.start()
        rules = parts.folder / "rules.yaml"
        rules.write_text(RULES, encoding="utf-8")
        addresses = {
            **parts.environment,
            "RESONANCE_REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "RESONANCE_PARTITIONS": str(PARTITIONS),
            # As deployed.
            "RESONANCE_KAFKA_REBALANCE_MS": "6000",
        }
        settings = {**ENVIRONMENT, "RESONANCE_RULES_FILE": str(rules), "RESONANCE_QUIET_S": str(QUIET_S)}
        stack = Stack(lambda sentence: None, settings=settings, external=addresses, services=services)
        try:
            stack.start()
            pids = {str(name): child.pid for name, child in stack.children.items() if child.pid is not None}
            pids |= {
                "redis": online.pid or 0,
                "kafka": _pid(parts.folder / "kafka/1"),
                "store": _pid(parts.folder / "minio"),
            }
            yield Standing(stack, pids, parts.folder, port)
        finally:
            stack.stop()
            online.stop(STOP_S)


def _pid(folder: Path) -> int:
    return int((folder / "pid").read_text(encoding="utf-8"))
