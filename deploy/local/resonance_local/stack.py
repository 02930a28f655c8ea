"""Everything that runs in embedded mode, started and stopped in order."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service
from resonance_local import parts
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_modeling.keys import make_pair

USUAL_PORTS: Final[Mapping[Service, int]] = {
    Service.GATEWAY: 8000,
    Service.FEATURE_EXTRACTOR: 8001,
    Service.PREDICTOR: 8002,
    Service.XAI: 8003,
    Service.LLM_ORCHESTRATOR: 8004,
    Service.AUTO_RETRAINER: 5000,
}
# The embedded broker answers a fetch only when its wait is over, and every fetch costs it: services on the way to an
# alert ask often, the others seldom; for an answer of the auto-retrainer somebody waits who rolls a model back.
FETCH_WAIT_MS: Final[Mapping[Service, int]] = {
    Service.GATEWAY: 50,
    Service.FEATURE_EXTRACTOR: 20,
    Service.PREDICTOR: 20,
    Service.XAI: 50,
    Service.LLM_ORCHESTRATOR: 100,
    Service.AUTO_RETRAINER: 100,
}
KEY: Final = "RESONANCE_MODEL_KEY"
BROKER_PORT: Final = 9092
STORE_PORT: Final = 9000
REDIS_PORT: Final = 6379
START_PATIENCE_S: Final = 90.0
STOP_PATIENCE_S: Final = 12.0
# The embedded parts keep nothing, so there is nothing to wait for.
PARTS_PATIENCE_S: Final = 1.0

Tell = Callable[[str], None]


class StartFailed(RuntimeError):
    """A part did not come up; the text says which, and the end of its log."""


@dataclass(slots=True)
class Stack:
    """The embedded parts and the six services.

    Attributes:
        tell: Called with a sentence for people at each step.
        settings: Further environment variables of the services.
        external: Addresses of a broker, store and Redis that run already; then only services are started.
        services: Which services to start.
    """

    tell: Tell
    settings: Mapping[str, str] = field(default_factory=dict)
    external: Mapping[str, str] | None = None
    services: Sequence[Service] = tuple(Service)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="resonance-")))
    ports: dict[str, int] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Starts everything and returns when all six services are ready.

        Raises:
            parts.Unsupported: The embedded parts do not run on this machine.
            StartFailed: Something did not come up; what was started is still to be stopped.
        """
        began = time.monotonic()
        choose = Ports()
        for service, port in USUAL_PORTS.items():
            self.ports[service] = choose.usual(service, port)
        addresses = self._embedded(choose) if self.external is None else dict(self.external)
        for sentence in choose.moved:
            self.tell(sentence)
        self.environment = self._environment(addresses)
        # Services wait for what they need, so they may begin to load beside the parts.
        for service in self.services:
            self.start_service(service)
        if self.external is None:
            self._await("broker, store and Redis", self._closed_ports)
        self._create_topics()
        self.wait_ready()
        self.tell(f"Everything is ready after {time.monotonic() - began:.0f} s.")

    def start_service(self, service: Service) -> None:
        """Starts one service, or starts it again."""
        module = f"resonance_{service.replace('-', '_')}"
        own = {"RESONANCE_HTTP_PORT": str(self.ports[service]), "RESONANCE_INSTANCE": f"{service}-1"}
        if service is Service.AUTO_RETRAINER:
            own |= self.signing
        if self.external is None:
            own["RESONANCE_KAFKA_FETCH_WAIT_MS"] = str(FETCH_WAIT_MS[service])
        self._run(Child(service, [sys.executable, "-m", module], {**self.environment, **own}, self._log(service)))

    def stop(self) -> None:
        """Stops everything that was started, services first, and removes its files."""
        services = [child for name, child in self.children.items() if name in set(Service)]
        others = [child for name, child in self.children.items() if name not in set(Service)]
        for group, patience_s in ((services, STOP_PATIENCE_S), (others, PARTS_PATIENCE_S)):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.stop(patience_s)
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_ready(self) -> None:
        """Returns when every service is ready, also after one was started again."""
        self._await(f"{len(self.services)} services", self._unready)

    def died(self) -> Child | None:
        """A part that ended by itself, if there is one."""
        return next((child for child in self.children.values() if child.exit_status is not None), None)

    def url(self, service: Service) -> str:
        """Address of a service."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def jwt_secret(self) -> str:
        """Secret that the gateway's tokens are signed with."""
        return self.environment["RESONANCE_JWT_SECRET"]

    @property
    def signing(self) -> dict[str, str]:
        """The variable that leads to the private key that models are signed with: for the auto-retrainer alone."""
        return {KEY: {KEY: str(self.folder / "keys/model.pem"), **(self.external or {}), **self.settings}[KEY]}

    def _embedded(self, choose: Ports) -> dict[str, str]:
        parts.check_machine()
        self.ports |= {
            "broker": choose.usual("the broker", BROKER_PORT),
            "store": choose.usual("the object store", STORE_PORT),
            "redis": choose.usual("Redis", REDIS_PORT),
        }
        access, secret = "resonance", secrets.token_hex(16)
        self.tell("Starting broker, object store, Redis and the services.")
        self._run(parts.broker(self.ports["broker"], self.folder))
        self._run(parts.store(self.ports["store"], access, secret, choose, self.folder))
        self._run(parts.redis(self.ports["redis"], self.folder))
        return {
            "RESONANCE_KAFKA_BOOTSTRAP": f"127.0.0.1:{self.ports['broker']}",
            # The embedded broker knows no idempotent producers; acks=all and one request in flight stay.
            "RESONANCE_KAFKA_IDEMPOTENT": "false",
            "RESONANCE_KAFKA_REBALANCE_MS": "3000",
            "RESONANCE_PARTITIONS": "4",
            "RESONANCE_S3_ENDPOINT": f"127.0.0.1:{self.ports['store']}",
            "RESONANCE_S3_ACCESS_KEY": access,
            "RESONANCE_S3_SECRET_KEY": secret,
            "RESONANCE_REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
        }

    def _environment(self, addresses: Mapping[str, str]) -> dict[str, str]:
        public = self.folder / "keys/public"
        make_pair(Path(self.signing[KEY]), public)
        environment = {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "RESONANCE_JWT_SECRET": secrets.token_hex(32),
            "RESONANCE_PSEUDONYM_KEY": secrets.token_hex(32),
            "RESONANCE_MODEL_PUBLIC_KEYS": str(public),
            **addresses,
            **self.settings,
        }
        environment.pop(KEY, None)
        return environment

    def _create_topics(self) -> None:
        child = Child(
            "topics", [sys.executable, "-m", "resonance_runtime.topics"], self.environment, self.folder / "topics.log"
        )
        child.start()
        deadline = time.monotonic() + START_PATIENCE_S
        while child.exit_status is None:
            if time.monotonic() > deadline:
                child.kill()
            time.sleep(0.05)
        if child.exit_status != 0:
            raise StartFailed(f"The topics could not be created:\n{child.last_words()}")

    def _run(self, child: Child) -> None:
        self.children[child.name] = child
        child.start()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _await(self, what: str, missing: Callable[[], Mapping[str, str]]) -> None:
        deadline = time.monotonic() + START_PATIENCE_S
        told: dict[str, str] = {}
        while waits := dict(missing()):
            if (dead := self.died()) is not None:
                raise StartFailed(f"{dead.name} ended with status {dead.exit_status}:\n{dead.last_words()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{what} did not come up in {START_PATIENCE_S:.0f} s; still waiting for {waits}.")
            if waits.keys() != told.keys():
                self.tell(f"Waiting for {', '.join(sorted(waits))}.")
                told = waits
            time.sleep(0.1)

    def _closed_ports(self) -> Mapping[str, str]:
        return {n: "its port" for n in ("broker", "store", "redis") if not parts.answers(self.ports[n])}

    def _unready(self) -> Mapping[str, str]:
        """Reasons of the services that are not ready."""
        return {s: reason for s in self.services if (reason := _not_ready(self.url(s)))}


def _not_ready(url: str) -> str:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2):  # noqa: S310  # a loopback address of ours
            return ""
    except urllib.error.HTTPError as answer:
        return "; ".join(json.load(answer).get("unready", {}).values())
    except OSError as error:
        return str(error)
