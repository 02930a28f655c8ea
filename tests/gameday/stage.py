"""The Compose project of a game day: which files are laid over it, and what is known of it from outside."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service
from tests.chaos.rules import QUIET_S, rules_of
from tests.compose.stack import Stack, free_ports
from tests.gameday.planting import RULE

ROOT: Final = Path(__file__).resolve().parents[2]
OVERLAYS: Final = "tests/gameday/compose/{}.yml"
PROXY: Final = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0"
PARTITIONS: Final = 8
PORTS: Final[Mapping[Service, str]] = {service: f"{service.upper().replace('-', '_')}_PORT" for service in Service}
KAFKA_DISK_MB: Final = 256
STORE_DISK_MB: Final = 96
UPSTREAMS: Final[Mapping[str, str]] = {
    "kafka": "kafka:9095",
    "minio": "minio:9000",
    "redis": "redis:6379",
    "clients": "gateway:8000",
}


class StageMissing(Exception):
    """Something that a game day needs is not there; the text says what."""


@dataclass
class GameStack(Stack):
    """The Compose project with the files of a game day laid over it.

    Attributes:
        settings: Variables of its own.
    """

    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Environment of every command."""
        return super().environment | self.settings


@dataclass(slots=True)
class Stage:
    """What a game day is played on.

    Attributes:
        folder: Where the files are that the containers see.
        overlays: Which files are laid over the project.
    """

    folder: Path
    overlays: Sequence[str]
    stack: GameStack = field(init=False)

    def __post_init__(self) -> None:
        store, proxy, clients = free_ports(3)
        settings = {
            "RESONANCE_PSEUDONYM_KEY": secrets.token_hex(32),
            "GAME_DAY_FOLDER": str(self.folder),
            "GAME_DAY_QUIET_S": str(QUIET_S),
            "GAME_DAY_STORE_PORT": str(store),
            "GAME_DAY_PROXY_PORT": str(proxy),
            "GAME_DAY_CLIENTS_PORT": str(clients),
            "GAME_DAY_KAFKA_DISK": f"{KAFKA_DISK_MB}m",
            "GAME_DAY_STORE_DISK": f"{STORE_DISK_MB}m",
        }
        files = ("docker-compose.ml.yml", *(OVERLAYS.format(name) for name in ("watched", *self.overlays)))
        self.stack = GameStack(ROOT, files=files, wanted=tuple(Service), settings=settings)

    def prepare(self, pace: float) -> None:
        """Writes the files that the containers see.

        Args:
            pace: Frames a minute of each user.

        Raises:
            StageMissing: The proxy cannot be made.
        """
        self.folder.chmod(0o755)
        rules = json.loads(rules_of(pace))
        rules["rules"].append(RULE)
        _write(self.folder / "rules.json", json.dumps(rules))
        for service in Service:
            (self.folder / "clocks" / service).mkdir(parents=True)
            _write(self.folder / "clocks" / service / "offset", "+0\n")
        if "proxied" in self.overlays:
            self._make_proxy()

    @property
    def bootstrap(self) -> str:
        """The broker, from outside."""
        return f"127.0.0.1:{self.stack.ports['KAFKA_PORT']}"

    @property
    def gateway_port(self) -> int:
        """Where clients connect: at the proxy, if there is one."""
        if "proxied" in self.overlays:
            return int(self.stack.settings["GAME_DAY_CLIENTS_PORT"])
        return self.stack.ports["GATEWAY_PORT"]

    @property
    def proxy_url(self) -> str:
        """Where the proxy is told what to do."""
        return f"http://127.0.0.1:{self.stack.settings['GAME_DAY_PROXY_PORT']}"

    def url(self, service: Service) -> str:
        """A service's probes and metrics."""
        return self.stack.url(PORTS[service])

    @property
    def variables(self) -> dict[str, str]:
        """What a process outside goes by to reach the broker and the store, and to detect as the predictor does."""
        example = dict(
            line.split("=", 1)
            for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
            if "=" in line and not line.startswith("#")
        )
        return {
            "RESONANCE_KAFKA_BOOTSTRAP": self.bootstrap,
            "RESONANCE_S3_ENDPOINT": f"127.0.0.1:{self.stack.settings['GAME_DAY_STORE_PORT']}",
            "RESONANCE_S3_ACCESS_KEY": example["RESONANCE_S3_ACCESS_KEY"],
            "RESONANCE_S3_SECRET_KEY": example["RESONANCE_S3_SECRET_KEY"],
            "RESONANCE_PSEUDONYM_KEY": self.stack.settings["RESONANCE_PSEUDONYM_KEY"],
            "RESONANCE_JWT_SECRET": self.stack.jwt_secret,
            "RESONANCE_RULES_FILE": str(self.folder / "rules.json"),
            "RESONANCE_QUIET_S": str(QUIET_S),
        }

    def _make_proxy(self) -> None:
        go = shutil.which("go")
        if go is None:
            raise StageMissing(
                "There is no `go`, which the proxy of slow and cut connections is built with: install Go."
            )
        folder = self.folder / "proxy"
        folder.mkdir()
        environment = self.stack.environment | {"GOBIN": str(folder), "CGO_ENABLED": "0"}
        built = subprocess.run([go, "install", PROXY], env=environment, capture_output=True, text=True)
        if built.returncode:
            raise StageMissing(f"The proxy could not be built: {built.stderr.strip().splitlines()[-1]}")
        (folder / "server").chmod(0o755)
        proxies = [
            {"name": name, "listen": f"0.0.0.0:{upstream.rsplit(':', 1)[1]}", "upstream": upstream}
            for name, upstream in UPSTREAMS.items()
        ]
        _write(folder / "proxies.json", json.dumps(proxies))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)
