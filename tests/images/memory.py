"""Most memory that each container of the stack takes under load, beside its limit."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.compose.stack import Stack, running
from tests.supply.outcome import ROOT, output

FILES: Final = ("docker-compose.ml.yml", "deploy/compose/load.yml")
ROOM: Final = 0.75
"""Share of its limit that a container may take, at most."""
EVERY_S: Final = 2.0
UNITS: Final = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


@dataclass(frozen=True, slots=True)
class Peak:
    """One container; sizes in bytes.

    Attributes:
        name: Of its Compose service.
        most: Most memory that was seen, without the cache of files that can be dropped.
        limit: What it may take.
    """

    name: str
    most: int
    limit: int

    @property
    def share(self) -> float:
        """Most of its limit that it took, 0 to 1."""
        return self.most / self.limit


def watched(seconds: float, speed_up: float, users: int) -> tuple[list[Peak], int]:
    """Peaks of a stack under load for so long, and the events that it took in the time."""
    stack = Stack(ROOT, files=FILES, variables={"LOAD_SPEED_UP": f"{speed_up:g}", "LOAD_USERS": str(users)})
    with running(stack):
        peaks: dict[str, Peak] = {}
        began, told = time.monotonic(), 0.0
        before = events(stack)
        while (passed := time.monotonic() - began) < seconds:
            for peak in seen(stack.project):
                if peak.name not in peaks or peaks[peak.name].most < peak.most:
                    peaks[peak.name] = peak
            if passed - told > 15:
                told = passed
                print(f"{passed:.0f} of {seconds:.0f} s, {events(stack) - before} events", flush=True)
            time.sleep(EVERY_S)
        if not stack.get("AUTO_RETRAINER_PORT", "/health")["details"].get("model_version"):
            raise RuntimeError(f"No model was trained within {seconds:.0f} s, so the auto-retrainer showed no peak.")
        states = stack.states()
        ill = {name: state for name, state in states.items() if state not in {"healthy", "exited 0", "running 0"}}
        if ill:
            raise RuntimeError(f"Not all is well under load: {ill}.")
        return sorted(peaks.values(), key=lambda peak: -peak.share), events(stack) - before


def events(stack: Stack) -> int:
    """Events that the gateway has stored."""
    command = ("exec", "-T", "gateway", "python", "-c")
    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8001/metrics').read().decode())"
    text = stack.compose(*command, ask)
    found = re.findall(r"^resonance_gateway_frames_total ([0-9.e+]+)$", text, re.MULTILINE)
    return round(sum(map(float, found)))


def seen(project: str) -> Iterator[Peak]:
    """What each container of a project takes now."""
    wanted = (
        output("docker", "ps", "--quiet", "--filter", f"label=com.docker.compose.project={project}").decode().split()
    )
    for line in output("docker", "stats", "--no-stream", "--format", "{{json .}}", *wanted).decode().splitlines():
        one = json.loads(line)
        used, limit = (size_of(text) for text in one["MemUsage"].split(" / "))
        yield Peak(re.sub(rf"^{project}-(.*)-\d+$", r"\1", one["Name"]), used, limit)


def size_of(text: str) -> int:
    """A size as docker writes it, bytes.

    Raises:
        ValueError: It is none.
    """
    match = re.fullmatch(r"([0-9.]+)([KMG]?i?B)", text)
    if match is None:
        raise ValueError(f"{text!r} is no size as docker writes it.")
    return round(float(match[1]) * UNITS[match[2]])
