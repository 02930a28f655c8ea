"""One soak: the stack comes up, a crowd lives at it, samples are taken, and what is left is judged."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiokafka.errors import KafkaError

from resonance_client.tokens import TokenSigner
from tests.chaos.outcome import Outcome
from tests.compose.stack import Stack
from tests.crowd.people import Crowd
from tests.crowd.process import CrowdProcess
from tests.soak.asking import Asked, ask
from tests.soak.judging import judge, read
from tests.soak.models import Models
from tests.soak.sampling import Container, Gone, Usage, containers, redis_info, usage, volume_bytes

CROWD: Final = Crowd(users=2000, online=1000, rate=40.0, session_s=300.0, misbehave_s=15.0, abrupt=0.1, prefix="soak")
FILES: Final = ("docker-compose.ml.yml", "tests/soak/compose.yml")
SAMPLE_S: Final = 10.0
_FULL_S: Final = 60.0
_SETTLE_S: Final = 90.0
_LAG: Final = "sum by (group) (resonance_consumer_lag_records)"


@dataclass(slots=True)
class Soaked:
    """What came of it.

    Attributes:
        warm_s: Seconds of warm-up, which are not judged.
        times_s: When each sample was taken, seconds since the traffic began.
        usage: Samples by Compose service.
        limits: Bytes of memory that a container may use, by service.
        restarts: Containers that were started again, and how often.
        lag: Records that were not handled, of the group with the most; a sample where Prometheus answered.
        redis_bytes: What Redis says it uses; a sample where it answered.
        redis_keys: What it says of its keys, at the end.
        disk_bytes: What Kafka takes on the disk, at each sample.
        crowd: The crowd's last report.
        asked: What came of questions.
        outcomes: What was lost or doubled.
        model_turns, turns_refused: How often another model was put into service, and was not, though it should.
        sample_s: Seconds from one sample to the next.
    """

    warm_s: float
    times_s: list[float] = field(default_factory=list)
    usage: dict[str, list[Usage]] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    lag: list[float] = field(default_factory=list)
    redis_bytes: list[int] = field(default_factory=list)
    redis_keys: str = ""
    disk_bytes: list[int] = field(default_factory=list)
    crowd: Mapping[str, Any] = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)
    outcomes: Sequence[Outcome] = ()
    model_turns: int = 0
    turns_refused: int = 0
    sample_s: float = SAMPLE_S


def soak(root: Path, minutes: float, tell: Callable[[str], None]) -> Soaked:
    """Runs it; the stack is removed at the end.

    Raises:
        AssertionError: The stack does not come up.
        Unreadable: Processes of containers cannot be looked at.
    """
    soaked = Soaked(warm_s=_warm_s(minutes))
    with _running(Stack(root, files=FILES), tell) as stack:
        tell("Two models are made of the demonstration's traffic.")
        models = Models(stack)
        models.make_both()
        with CrowdProcess(CROWD, stack.ports["GATEWAY_PORT"], stack.jwt_secret) as crowd:
            crowd.until_full(_FULL_S)
            with _asking(stack, soaked.asked):
                _watch(stack, models, crowd, soaked, minutes * 60, tell)
            soaked.crowd = crowd.end()
            accounts = crowd.accounts()
        tell("The crowd has left; what lies on the topics is read.")
        deadline = time.monotonic() + _SETTLE_S
        while True:
            with suppress(KafkaError):
                left = asyncio.run(read(f"127.0.0.1:{stack.ports['KAFKA_PORT']}"))
                soaked.outcomes = judge(accounts, left)
            if (soaked.outcomes and all(one.passed for one in soaked.outcomes)) or time.monotonic() > deadline:
                return soaked
            time.sleep(2.0)


def _warm_s(minutes: float) -> float:
    """A third of a short soak, ten minutes of a long one: all users were there, caches are full, a model is trained."""
    return min(600.0, minutes * 60 / 3)


@contextmanager
def _running(stack: Stack, tell: Callable[[str], None]) -> Iterator[Stack]:
    tell("The stack is built and started.")
    try:
        stack.up()
        tell("Everything is healthy.")
        yield stack
    finally:
        stack.down()


@contextmanager
def _asking(stack: Stack, asked: Asked) -> Iterator[None]:
    token = TokenSigner(stack.jwt_secret).sign("soak-operator", roles=["operator"])
    loop, until = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(ask(stack.url("GATEWAY_PORT"), token, until, asked),), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join(timeout=60)


def _watch(
    stack: Stack, models: Models, crowd: CrowdProcess, soaked: Soaked, seconds: float, tell: Callable[[str], None]
) -> None:
    running = containers(stack)
    soaked.limits = {name: one.limit_bytes for name, one in running.items()}
    began = time.monotonic()
    while (at_s := time.monotonic() - began) < seconds:
        soaked.times_s.append(at_s)
        for name in list(running):
            soaked.usage.setdefault(name, []).append(_used(stack, running, name, soaked, tell))
        with suppress(OSError):
            soaked.lag.append(_lag(stack))
        with suppress(AssertionError):
            info = redis_info(stack)
            soaked.redis_bytes.append(int(info["used_memory"]))
            soaked.redis_keys = info.get("db0", "no keys")
        soaked.disk_bytes.append(volume_bytes(stack, "kafka-data"))
        models.turn()
        if len(soaked.times_s) % 6 == 1:
            tell(_said(soaked, crowd))
        time.sleep(max(0.0, SAMPLE_S - (time.monotonic() - began - at_s)))
    soaked.model_turns, soaked.turns_refused = models.turns, models.refused
    soaked.restarts = {name: one.restarts for name, one in containers(stack).items() if one.restarts}


def _used(stack: Stack, running: dict[str, Container], name: str, soaked: Soaked, tell: Callable[[str], None]) -> Usage:
    """What a container uses; of one that was started again, what the new process does, and why the old one ended."""
    for _ in range(3):
        try:
            return usage(running[name])
        except Gone:
            now = containers(stack).get(name)
            if now is not None and now.pid and now.pid != running[name].pid:
                running[name] = now
                tell(f"{name} was started again. {stack.compose('logs', '--tail', '30', name, check=False)}")
            else:
                time.sleep(1.0)
    return soaked.usage[name][-1]


def _lag(stack: Stack) -> float:
    found = stack.get("PROMETHEUS_PORT", "/api/v1/query?query=" + _LAG.replace(" ", "%20"))["data"]["result"]
    return max((float(one["value"][1]) for one in found), default=0.0)


def _said(soaked: Soaked, crowd: CrowdProcess) -> str:
    now = crowd.report()
    memory = ", ".join(f"{name} {samples[-1].resident_bytes / 2**20:.0f}" for name, samples in soaked.usage.items())
    return (
        f"{soaked.times_s[-1] / 60:4.1f} min: {now['sent']:,} frames, {now['acked']:,} stored; "
        f"lag {soaked.lag[-1]:.0f}; MiB: {memory}"
    )
