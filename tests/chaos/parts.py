"""Three nodes of Kafka, a MinIO and a Redis on free loopback ports, which can be killed and brought back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from resonance_local.parts import answers, redis

NODES: Final = 3
START_S: Final = 300.0
STOP_S: Final = 2.0


class PartsAbsent(RuntimeError):
    """The programs that start Kafka and MinIO are not there; the text says what to do."""


@dataclass(slots=True)
class Parts:
    """Kafka, MinIO and Redis.

    Attributes:
        services: Folder with the programs `kafka` and `minio`.
        folder: Where they keep their data.
    """

    services: Path
    folder: Path
    _kafka_port: int = 0
    _minio_port: int = 0
    _redis: Child | None = None

    def check(self) -> None:
        """Raises PartsAbsent where one of the programs is not there."""
        for program in ("kafka", "minio"):
            if not os.access(self.services / program, os.X_OK):
                raise PartsAbsent(
                    f"No program {program} in {self.services}: chaos needs a real Kafka of three nodes and a MinIO. "
                    "Set SERVICES to a folder that has the programs kafka and minio."
                )

    def start(self) -> dict[str, str]:
        """Starts them; returns their addresses as settings of the services."""
        self._kafka_port, self._minio_port = free_ports(2 * NODES), free_ports(1)
        self._start_kafka()
        self._start_store()
        redis_port = free_ports(1)
        self._redis = redis(redis_port, self.folder)
        self._redis.start()
        return {
            "RESONANCE_KAFKA_BOOTSTRAP": ",".join(f"127.0.0.1:{self._kafka_port + 2 * i}" for i in range(NODES)),
            "RESONANCE_REPLICATION": str(NODES),
            "RESONANCE_S3_ENDPOINT": f"127.0.0.1:{self._minio_port}",
            "RESONANCE_S3_ACCESS_KEY": "minioadmin",
            "RESONANCE_S3_SECRET_KEY": "minioadmin",
            "RESONANCE_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        }

    def stop(self) -> None:
        """Stops them and removes their data."""
        if self._redis is not None:
            self._redis.stop(STOP_S)
        if self._kafka_port:
            self._run("kafka", "stop", "--dir", self._kafka)
        if self._minio_port:
            self._run("minio", "stop", "--dir", self._minio)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill_node(self, node: int) -> None:
        """SIGKILLs one node of Kafka, 1 to NODES."""
        self._run("kafka", "kill", str(node), "--dir", self._kafka)

    def restart_node(self, node: int) -> None:
        """Brings a killed node back; returns at once."""
        self._begin("kafka", "restart", str(node), "--dir", self._kafka)

    def node_answers(self, node: int) -> bool:
        """Whether a node accepts connections."""
        return answers(self._kafka_port + 2 * (node - 1))

    def kill_store(self) -> None:
        """SIGKILLs MinIO; its data stay."""
        os.kill(int((Path(self._minio) / "pid").read_text()), signal.SIGKILL)

    def kill_cache(self) -> None:
        """SIGKILLs Redis; what it held is gone."""
        if self._redis is not None:
            self._redis.kill()

    def restart_cache(self) -> None:
        """Brings Redis back, empty."""
        if self._redis is not None:
            self._redis.start()

    def restart_store(self) -> None:
        """Brings MinIO back; returns when it answers."""
        self._start_store()

    def begin_anew(self) -> None:
        """Kills Kafka, MinIO and Redis, removes all that they keep, and brings them back where they were, empty."""
        for node in range(1, NODES + 1):
            self.kill_node(node)
        self.kill_store()
        self.kill_cache()
        for folder in (self._kafka, self._minio):
            shutil.rmtree(folder)
        self._start_kafka()
        self._start_store()
        self.restart_cache()

    @property
    def _kafka(self) -> str:
        return str(self.folder / "kafka")

    @property
    def _minio(self) -> str:
        return str(self.folder / "minio")

    def _start_kafka(self) -> None:
        self._run("kafka", "start", "--nodes", str(NODES), "--port", str(self._kafka_port), "--dir", self._kafka)

    def _start_store(self) -> None:
        self._run("minio", "start", "--port", str(self._minio_port), "--dir", self._minio)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.services / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=START_S)

    def _begin(self, program: str, *arguments: str) -> None:
        subprocess.Popen(
            [str(self.services / program), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def free_ports(wanted: int) -> int:
    """The first of so many free loopback ports in a row."""
    while True:
        first = random.randrange(20_000, 32_000)
        probes = [socket.socket() for _ in range(wanted)]
        try:
            for i, probe in enumerate(probes):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", first + i))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in probes:
                probe.close()
