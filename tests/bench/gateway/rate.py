"""How many messages a second one gateway brings into Kafka."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

from tests.bench import cores
from tests.bench.benchmark import Unmeasured
from tests.bench.gateway.process import Process

STORED: Final = "resonance_gateway_events_stored_total"
DROPPED: Final = "resonance_gateway_events_dropped_total"
# Connect and login of each connection are stored, too.
_OF_A_CONNECTION: Final = 2
_LOOK_S: Final = 0.02
_TAIL_S: Final = 120


@dataclass(frozen=True, slots=True)
class Load:
    """How messages are sent.

    Attributes:
        connections: How many there are, one user each.
        frames_a_write: Frames that leave in one write.
        seconds: How long is sent.
        rate: Messages a second of all together; 0 for as fast as the gateway takes them.
        acks: Whether clients ask for acknowledgements.
    """

    connections: int
    frames_a_write: int
    seconds: float
    rate: float = 0.0
    acks: bool = False

    def command(self, port: int) -> list[str]:
        """Command line of the program that sends so."""
        return [
            sys.executable, "-m", "tests.bench.gateway.load", "--port", str(port),
            "--connections", str(self.connections), "--frames-a-write", str(self.frames_a_write),
            "--seconds", str(self.seconds), "--rate", str(self.rate), *(["--acks"] if self.acks else []),
        ]  # fmt: skip


class Sending:
    """Messages being sent by a process of its own; on the cores that are not measured, where none are named."""

    def __init__(self, load: Load, port: int, on: set[int] | None = None) -> None:
        with cores.on(on or cores.others()):
            self._child = subprocess.Popen(
                load.command(port), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )  # fmt: skip

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None, "it is a pipe"
        self._child.stdin.close()
        try:
            self._child.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def sent(self) -> dict[str, Any]:
        """What was sent, once all was; raises Unmeasured where the program failed."""
        assert self._child.stdout is not None, "it is a pipe"
        line = self._child.stdout.readline()
        if not line:
            raise Unmeasured(f"The program that sends messages ended with status {self._child.wait()}.")
        answer: dict[str, Any] = json.loads(line)
        return answer


def tracked(process: Process, load: Load) -> dict[str, Any]:
    """Sends messages, waits until all are stored, and says how fast that went.

    Returns:
        messages: How many; per_second: From the first that was sent to the last that was stored, by all in-sync
        replicas; cpu_us: Processor time of the gateway for one, microseconds.

    Raises:
        Unmeasured: Some were dropped, or not stored in time.
    """
    before, meter = process.metrics((STORED, DROPPED)), process.meter()
    meter.look()
    with Sending(load, process.port) as sending:
        sent = sending.sent()
        wanted = before[STORED] + sent["sent"] + _OF_A_CONNECTION * load.connections
        deadline = time.monotonic() + _TAIL_S
        while (stored := process.metric(STORED)) < wanted:
            if time.monotonic() > deadline or process.metric(DROPPED) > before[DROPPED]:
                raise Unmeasured(f"Of {sent['sent']:,} messages {wanted - stored:,.0f} were not stored.")
            time.sleep(_LOOK_S)
        ended_s, used_s = time.time(), meter.total()
    return {
        "messages": sent["sent"],
        "per_second": sent["sent"] / (ended_s - sent["began_s"]),
        "cpu_us": used_s / sent["sent"] * 1e6,
        "seconds": ended_s - sent["began_s"],
    }
