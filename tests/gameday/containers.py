"""What is done to a container: killed, held, cut off, replaced. All of it goes through the engine."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.compose.stack import docker
from tests.gameday.stage import GameStack


class EngineRefused(Exception):
    """The container engine did not do what it was asked for; with its own words."""


@dataclass(frozen=True, slots=True)
class Containers:
    """The containers of a stack, by the names of their services."""

    stack: GameStack

    def kill(self, name: str) -> None:
        """SIGKILL to its process, from the machine's side: the engine sees that it died, and starts it by its policy.

        A kill by the engine's own command would count as a stop that somebody wanted.
        """
        os.kill(int(self._inspected(name)["State"]["Pid"]), signal.SIGKILL)

    def pause(self, name: str) -> None:
        """It stands still, with its connections open."""
        _docker("pause", self._id(name))

    def unpause(self, name: str) -> None:
        """It goes on."""
        _docker("unpause", self._id(name))

    def disconnect(self, name: str) -> None:
        """It runs, and reaches nobody."""
        _docker("network", "disconnect", self._network, self._id(name))

    def connect(self, name: str) -> None:
        """It is on the network again, under the name by which the others ask for it."""
        _docker("network", "connect", "--alias", name, self._network, self._id(name))

    def replace(self, name: str) -> None:
        """It is stopped in order, removed, and made anew."""
        self.stack.compose("up", "--detach", "--no-deps", "--force-recreate", name)

    def run(self, name: str, *command: str) -> None:
        """Runs a command in it; whether that ends well is not asked."""
        docker("exec", self._id(name), *command)

    def unhealthy(self, names: Sequence[str]) -> list[str]:
        """Which of these are not healthy by the engine."""
        said = _docker("inspect", "--format", "{{.State.Health.Status}}", *map(self._id, names)).split()
        return [name for name, health in zip(names, said, strict=True) if health != "healthy"]

    def restarts(self, names: Sequence[str]) -> Counter[str]:
        """How often the engine started each of these again by its policy."""
        said = _docker("inspect", "--format", "{{.RestartCount}}", *map(self._id, names)).split()
        return Counter(dict(zip(names, map(int, said), strict=True)))

    def wait_running(self, name: str, seconds: float = 30.0) -> None:
        """Returns when its process is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(EngineRefused):
                if self._inspected(name)["State"]["Running"]:
                    return
            time.sleep(0.1)
        raise TimeoutError(f"The container of {name} does not run {seconds:.0f} s after it should.")

    @property
    def _network(self) -> str:
        return f"{self.stack.project}_default"

    def _id(self, name: str) -> str:
        return f"{self.stack.project}-{name}-1"

    def _inspected(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(_docker("inspect", self._id(name)))[0]
        return found


def _docker(*arguments: str) -> str:
    done = docker(*arguments)
    if done.returncode:
        raise EngineRefused(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
