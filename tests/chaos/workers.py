"""The processes of gateway, feature-extractor and predictor: started, killed, suspended, started again at their end."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import _not_ready as not_ready
from tests.chaos.rules import QUIET_S

PARTITIONS: Final = 8
STOP_S: Final = 30.0
CONNECTIONS: Final = re.compile(r'^resonance_gateway_connections\{endpoint="ws"\} (\S+)', re.MULTILINE)


@dataclass(slots=True)
class Worker:
    """One process.

    Attributes:
        service: Which service.
        number: Which of its workers, from 1.
        port: Where its probes listen, and a gateway's clients connect.
        wanted: Whether it should run.
        suspended: Whether it was stopped with SIGSTOP.
        lives: How often it was started.
    """

    service: Service
    number: int
    port: int
    child: Child
    wanted: bool = False
    suspended: bool = False
    lives: int = 0

    @property
    def name(self) -> str:
        """Its name among the services, and of its log."""
        return f"{self.service}-{self.number}"

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self.child.pid is not None and self.child.exit_status is None

    @property
    def ready(self) -> bool:
        """Whether it says that it is ready."""
        return self.runs and not self.suspended and not not_ready(f"http://127.0.0.1:{self.port}")

    @property
    def connections(self) -> float:
        """How many clients a gateway has; 0 where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as answer:
                found = CONNECTIONS.search(answer.read().decode())
        except OSError:
            return 0.0
        return float(found[1]) if found else 0.0

    def start(self) -> None:
        """Starts it, or starts it again."""
        self.wanted, self.suspended = True, False
        self.lives += 1
        self.child.start()

    def kill(self) -> None:
        """SIGKILL."""
        self.wanted = False
        self.child.kill()

    def drain(self) -> None:
        """SIGTERM; it ends by itself."""
        self.wanted = False
        self.child.ask_to_stop()

    def suspend(self) -> None:
        """SIGSTOP: it neither works nor dies."""
        self.suspended = True
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)
        self.suspended = False

    def _signal(self, number: signal.Signals) -> None:
        if self.child.pid is not None and self.runs:
            os.kill(self.child.pid, number)


@dataclass(slots=True)
class Workers:
    """All processes of ours.

    Attributes:
        environment: Variables of all of them.
        detecting: Those of the predictors beside.
    """

    addresses: Mapping[str, str]
    folder: Path
    gateways: list[Worker] = field(default_factory=list)
    extractors: list[Worker] = field(default_factory=list)
    predictors: list[Worker] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    detecting: dict[str, str] = field(default_factory=dict)

    def prepare(self, gateways: int, extractors: int, predictors: int, rules: str) -> None:
        """Creates the topics and gives every worker its port.

        Args:
            gateways, extractors, predictors: How many of each there may be.
            rules: Document of the predictors' rules.
        """
        self.environment = {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "RESONANCE_JWT_SECRET": secrets.token_hex(32),
            "RESONANCE_PSEUDONYM_KEY": secrets.token_hex(32),
            "RESONANCE_PARTITIONS": str(PARTITIONS),
            # No frame is refused: the totals are of the plan, not of the limiter.
            "RESONANCE_RATE": "1000000",
            "RESONANCE_BURST": "1000000",
            "RESONANCE_ADDRESS_RATE": "1000000",
            "RESONANCE_ADDRESS_BURST": "1000000",
            "RESONANCE_MAX_CONNECTIONS_PER_ADDRESS": "20000",
            **self.addresses,
        }
        subprocess.run(
            [sys.executable, "-m", "resonance_runtime.topics"],
            env={**os.environ, **self.environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        file = self.folder / "rules.json"
        file.write_text(rules, encoding="utf-8")
        self.detecting = {"RESONANCE_RULES_FILE": str(file), "RESONANCE_QUIET_S": str(QUIET_S)}
        ports = Ports()
        self.gateways = [self._worker(Service.GATEWAY, i + 1, ports.any()) for i in range(gateways)]
        self.extractors = [self._worker(Service.FEATURE_EXTRACTOR, i + 1, ports.any()) for i in range(extractors)]
        self.predictors = [self._worker(Service.PREDICTOR, i + 1, ports.any()) for i in range(predictors)]

    @property
    def all(self) -> list[Worker]:
        """Every worker, whether it runs or not."""
        return [*self.gateways, *self.extractors, *self.predictors]

    def ended(self) -> list[Worker]:
        """Workers that ended although they should run."""
        return [worker for worker in self.all if worker.wanted and not worker.runs]

    def stop(self, some: Sequence[Worker]) -> None:
        """Stops some workers."""
        for worker in some:
            worker.resume()
            worker.drain()
        deadline = time.monotonic() + STOP_S
        for worker in some:
            worker.child.stop(max(0.0, deadline - time.monotonic()))

    def _worker(self, service: Service, number: int, port: int) -> Worker:
        name = f"{service}-{number}"
        own = {"RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": name}
        own |= self.detecting if service is Service.PREDICTOR else {}
        command = [sys.executable, "-m", f"resonance_{service.replace('-', '_')}"]
        return Worker(
            service, number, port, Child(name, command, {**self.environment, **own}, self.folder / f"{name}.log")
        )
