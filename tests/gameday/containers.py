"""What is done to a container: killed, held, cut off, replaced. All of it goes through the engine."""

from __future__ import annotations

import json
import os
import signal
import time
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
        self.stack.compose("pause", name)

    def unpause(self, name: str) -> None:
        """It goes on."""
        self.stack.compose("unpause", name)

    def disconnect(self, name: str) -> None:
        """It runs, and reaches nobody."""
        _docker("network", "disconnect", self._network, self._id(name))

    def connect(self, name: str) -> None:
        """It is on the network again, under the name by which the others ask for it."""
        _docker("network", "connect", "--alias", name, self._network, self._id(name))

    def replace(self, name: str) -> None:
        """It is stopped in order, removed, and made anew."""
        self.stack.compose("up", "--detach", "--no-deps", "--force-recreate", name)

    def limit(self, name: str, megabytes: int) -> None:
        """What its processes may use of memory, from now on."""
        _docker("update", "--memory", f"{megabytes}m", "--memory-swap", f"{megabytes}m", self._id(name))

    def memory_mb(self, name: str) -> tuple[int, int]:
        """What it uses of memory without what the system could drop, and what it may use."""
        said = _docker("stats", "--no-stream", "--format", "{{.MemUsage}}", self._id(name))
        used, most = (_megabytes(part) for part in said.split("/"))
        return used, most

    def run(self, name: str, *command: str, user: str = "") -> None:
        """Runs a command in it; whether that ends well is not asked."""
        as_user = ("--user", user) if user else ()
        docker("exec", *as_user, self._id(name), *command)

    def healthy(self, names: Sequence[str]) -> list[str]:
        """Which of these are not healthy by the engine."""
        states = self.stack.states()
        return [name for name in names if states.get(name) != "healthy"]

    def restarts(self, name: str) -> int:
        """How often the engine started it again by its policy."""
        return int(self._inspected(name)["RestartCount"])

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
        return self.stack.compose("ps", "--all", "--quiet", name).strip()

    def _inspected(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(_docker("inspect", self._id(name)))[0]
        return found


def _docker(*arguments: str) -> str:
    done = docker(*arguments)
    if done.returncode:
        raise EngineRefused(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _megabytes(text: str) -> int:
    units = {"GiB": 1024.0, "MiB": 1.0, "KiB": 1 / 1024, "B": 1 / 1024**2}
    unit = next(unit for unit in units if text.strip().endswith(unit))
    return round(float(text.strip().removesuffix(unit)) * units[unit])
