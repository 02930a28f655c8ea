"""The containers of Compose: renewed one by one under traffic, backed up, destroyed with their volumes, restored."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from resonance_client import Authentication, Session, TokenSigner
from resonance_client.backoff import Backoff
from resonance_client.frames import message
from resonance_contracts.topics import TOPICS, Service
from tests.chaos.ledger import dead_letters
from tests.chaos.outcome import Outcome
from tests.chaos.report import Report
from tests.compose.stack import Stack, running
from tests.upgrades.scenarios import ORDER
from tests.upgrades.trees import ROOT

PERSON: Final = "somebody-who-is-erased"
PATIENCE_S: Final = 90.0
DEMONSTRATION: Final = ("--users", "60", "--learning-hours", "1.2", "--incident-hours", "0.5")
TRAINED_SOON: Final = {"RESONANCE_TRAIN_MIN_VECTORS": "1500", "RESONANCE_TRAIN_MIN_SPAN": "60"}
"""There is to be a model in force, not a good one."""
EVERY_S: Final = 0.05
KEYS: Final = ("model-key", "model-public-keys")
TOOL: Final = ("run", "--rm", "--no-deps", "--user", str(os.getuid()))
"""A command of the runtime in a container of its own, as whoever owns the folder of backups."""


@dataclass
class Talking:
    """Somebody who sends a frame every twentieth of a second, whatever becomes of the gateway.

    Attributes:
        sent, acknowledged: Frames.
        sockets: Connections that it took.
        longest_s: Longest time without an acknowledgement, seconds.
    """

    url: str
    secret: str
    user: str
    sent: int = 0
    acknowledged: int = 0
    sockets: int = 0
    longest_s: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._talk()), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Returns when everything is acknowledged."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)

    async def _talk(self) -> None:
        token = TokenSigner(self.secret).sign(self.user)
        session = Session(self.url, Authentication(token), backoff=Backoff(0.1, 1.0))
        async with session:
            last, known = time.monotonic(), 0
            while not self._stop.is_set():
                await session.send(message("hello", "lobby"))
                self.sent += 1
                await asyncio.sleep(EVERY_S)
                if session.acknowledged > known:
                    known, last = session.acknowledged, time.monotonic()
                self.longest_s = max(self.longest_s, time.monotonic() - last)
            await session.drained()
        self.acknowledged, self.sockets = session.acknowledged, session.sockets_opened


@dataclass
class Containers:
    """One run.

    Attributes:
        stack: The containers.
        facts: What was measured, for the report.
        outcomes: What must be so.
    """

    stack: Stack
    facts: list[tuple[str, str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="resonance-backup-")))

    def run(self) -> None:
        """Does it all with containers that are up; they are to be removed afterwards."""
        tell("The containers are healthy. People come, and incidents among them.")
        self._demonstrate()
        alert = self._wait_for("an incident", lambda: self._ask("/ml/incidents")["incidents"])[0]["alert_id"]
        self._ask("/ml/feedback", {"alert_id": alert, "verdict": "true", "comment": "kept over a restore"})
        self._roll()
        self._wait_for("the verdict", lambda: self._ask("/ml/feedback")["verdicts"])
        before = self._known()
        self._back_up()
        self._erase()
        self._destroy_and_restore()
        self._compare(before)

    def _demonstrate(self) -> None:
        command = [
            sys.executable, "-m", "resonance_client.cli.main", "demo", "--once",
            "--gateway", self.stack.url("GATEWAY_PORT"), *DEMONSTRATION,
        ]  # fmt: skip
        done = subprocess.run(command, env=self.stack.environment, capture_output=True, text=True, timeout=420)
        if not done.stdout.strip():
            raise RuntimeError(done.stderr[-2000:])
        found = json.loads(done.stdout.splitlines()[-1])
        self.facts.append(("incidents planted, and found", f"{found['incidents']}, {found['detected']}"))

    def _roll(self) -> None:
        """Each container anew, one after the other, while somebody talks."""
        talking = Talking(self.stack.url("GATEWAY_PORT").replace("http", "ws") + "/ws", self.stack.jwt_secret, PERSON)
        talking.start()
        slowest = 0.0
        for service in ORDER:
            began = time.monotonic()
            self.stack.compose("up", "--detach", "--no-deps", "--force-recreate", "--wait", service)
            slowest = max(slowest, time.monotonic() - began)
            tell(f"{service} is a new container after {time.monotonic() - began:.0f} s.")
        talking.end()
        self.facts.append(("slowest container to be healthy again", f"{slowest:.1f} s"))
        self.facts.append(("longest time without an acknowledgement", f"{talking.longest_s:.1f} s"))
        faults = [] if talking.sent == talking.acknowledged else ["not every frame was acknowledged"]
        self.outcomes.append(
            Outcome(
                "every frame is acknowledged while all containers are renewed",
                f"{talking.acknowledged:,} frames over {talking.sockets} connections",
                faults,
            )
        )
        self._no_dead_letters("no topic has dead letters")

    def _back_up(self) -> None:
        began = time.monotonic()
        self._tool("backup", "--to", "/backup/b")
        self.facts.append(("the backup", f"{time.monotonic() - began:.1f} s, with a container of its own"))
        for volume in KEYS:
            self._copy(f"{self.stack.project}_{volume}", "/from", f"cp -a /from/. /backup/{volume}")

    def _erase(self) -> None:
        self._ask(f"/ml/users/{PERSON}", method="DELETE")
        self._tool("backup", "--to", "/backup/b", "--erasures")

    def _destroy_and_restore(self) -> None:
        self.stack.compose("down", "--volumes")
        tell("The containers and their volumes are gone.")
        began = time.monotonic()
        for volume in KEYS:
            name = f"{self.stack.project}_{volume}"
            self._copy(name, "/to", f"cp -a /backup/{volume}/. /to")
        self.stack.compose("up", "--detach", "--wait", "kafka", "minio", "redis")
        self.stack.compose("run", "--rm", "buckets")
        restoring = time.monotonic()
        self._tool("restore", "--from", "/backup/b")
        restored = time.monotonic()
        self.stack.compose("up", "--detach", "--wait", "--wait-timeout", "300", *ORDER)
        self.facts += [
            ("the restore", f"{restored - restoring:.1f} s, with a container of its own"),
            ("time to restore (RTO), from nothing until healthy", f"{time.monotonic() - began:.1f} s"),
        ]

    def _compare(self, before: dict[str, Any]) -> None:
        after: dict[str, Any] = {}

        def same() -> bool:
            after.update(self._known())
            return after == before

        with suppress(TimeoutError):
            self._wait_for("what was known before", same)
        for name, wanted in before.items():
            faults = [] if after.get(name) == wanted else [f"it was {wanted}, and is {after.get(name)}"]
            self.outcomes.append(Outcome(f"{name} are what they were", f"{len(wanted)}", faults))
        health = self.stack.get("PREDICTOR_PORT", "/health")
        faults = [f"{what}: {why}" for what, why in health["degraded"].items()]
        self.outcomes.append(
            Outcome(
                "the restored model is trusted, by its signature", str(health["details"].get("signatures", "")), faults
            )
        )
        self._no_dead_letters("no topic has dead letters after the restore")

    def _known(self) -> dict[str, Any]:
        incidents = self._ask("/ml/incidents?limit=100")["incidents"]
        verdicts = self._ask("/ml/feedback")["verdicts"]
        models = self._ask("/ml/models")["models"]
        return {
            "incidents": sorted(one["alert_id"] for one in incidents),
            "verdicts": sorted((one["alert_id"], one["verdict"]) for one in verdicts),
            "models in force": {
                one["model_name"]: {alias["alias"]: alias["model_version"] for alias in one["aliases"]}
                for one in models
            },
        }

    def _no_dead_letters(self, what: str) -> None:
        bootstrap = f"127.0.0.1:{self.stack.ports['KAFKA_PORT']}"
        found = asyncio.run(dead_letters([topic.dead_letters for topic in TOPICS], bootstrap))
        self.outcomes.append(Outcome(what, f"{len(TOPICS)} topics", found))

    def _tool(self, module: str, *arguments: str) -> None:
        self.stack.compose(
            *TOOL,
            "--volume",
            f"{self.folder}:/backup",
            "topics",
            "python",
            "-m",
            f"resonance_runtime.{module}",
            *arguments,
        )

    def _copy(self, volume: str, at: str, command: str) -> None:
        words = ["docker", "run", "--rm", "--user", "0", "-v", f"{volume}:{at}", "-v", f"{self.folder}:/backup"]
        image = f"resonance/gateway:{self.stack.project}"
        subprocess.run([*words, image, "sh", "-c", command], check=True, capture_output=True)

    def _ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        token = TokenSigner(self.stack.jwt_secret).sign("root", roles=["admin", "operator", "viewer"])
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.stack.url("GATEWAY_PORT") + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def _wait_for(self, what: str, so: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while not (found := so()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come within {PATIENCE_S:.0f} s")
            time.sleep(1)
        return found


def tell(sentence: str) -> None:
    """A line for people; standard output stays for the result."""
    print(sentence, file=sys.stderr, flush=True)


def run(command: str) -> Report:
    """Does it all, and removes the containers."""
    began = time.time()
    os.environ.update(TRAINED_SOON)
    containers = Containers(Stack(ROOT, wanted=tuple(str(service) for service in Service)))
    try:
        with running(containers.stack):
            containers.run()
    finally:
        shutil.rmtree(containers.folder, ignore_errors=True)
    return Report(command, containers.facts, [], [], containers.outcomes, began)
