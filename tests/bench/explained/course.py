"""One course: anomalies flow, xai is killed in the middle and started again, and everything is looked at afterwards."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_contracts.topics import ANOMALIES_DETECTED, Service
from resonance_modeling.artifact import Artifact
from resonance_runtime.settings import RuntimeSettings, load
from resonance_runtime.topics import create_with_patience
from tests.bench.benchmark import Unmeasured
from tests.bench.explained.judging import Judged, judged
from tests.bench.explained.reading import read, stamp_by_broker
from tests.bench.explained.replicas import await_ready, kill_and_start_again, replicas
from tests.bench.explained.sending import write
from tests.bench.usage import Meter, busy_s
from tests.support.promoting import promote
from tests.support.topic_scan import left

GROUP: Final = f"{Service.XAI}.anomalies"
TOPICS_S: Final = 60
SETTLE_S: Final = 60
"""Longest time that is waited for explanations after the last anomaly."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is done.

    Attributes:
        rate: Anomalies a second.
        seconds: How long.
        kill_at_s: When one xai is killed, after the first anomaly; None where none is.
        replicas: How many run.
    """

    rate: float
    seconds: float
    kill_at_s: float | None
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it.

    Attributes:
        judged: Of the anomalies.
        ready_s: From the kill until the killed one says again that it is ready, seconds; 0 without a kill.
        xai_cores: Processor time of all xai that were not killed, over that of the clock.
        all_cores: The same of everything on this machine.
    """

    judged: Judged
    ready_s: float
    xai_cores: float
    all_cores: float


def run(
    course: Course, environment: Mapping[str, str], artifact: Artifact, anomalies: Sequence[Anomaly], folder: Path
) -> Ran:
    """Runs it on the broker and the store that variables lead to.

    Args:
        course: What is done.
        environment: Variables of services, and the key that models are signed with, where they are.
        artifact: The model that scored the anomalies.
        anomalies: Sent in turn.
        folder: For logs and what is sent.

    Raises:
        Unmeasured: A part did not start.
    """
    asyncio.run(_prepare(environment, artifact))
    file = folder / "anomalies"
    write(anomalies, file)
    of_services = {name: value for name, value in environment.items() if name != "RESONANCE_MODEL_KEY"}
    bootstrap, killed_s, ready_s = environment["RESONANCE_KAFKA_BOOTSTRAP"], None, 0.0
    with replicas(of_services, course.replicas, folder) as children:
        meters = [Meter(child.pid) for child in children if child.pid is not None]
        sending = _sending(file, course, of_services)
        try:
            began, busy = time.monotonic(), busy_s()
            for meter in meters:
                meter.look()
            if course.kill_at_s is not None:
                time.sleep(course.kill_at_s)
                used, meters = meters[0].total(), meters[1:]
                killed_s = kill_and_start_again(children[0])
                assert children[0].pid is not None, "it was started"
                meters.append(Meter(children[0].pid))
                meters[-1].look()
                await_ready(children[0])
                ready_s = time.time() - killed_s
            else:
                used = 0.0
            sending.communicate()
            elapsed = time.monotonic() - began
            used, busy = used + sum(meter.total() for meter in meters), busy_s() - busy
        finally:
            sending.kill()
            sending.wait()
        asyncio.run(_settle(bootstrap))
    topics = asyncio.run(read(bootstrap))
    return Ran(judged(topics, killed_s), ready_s, used / elapsed, busy / elapsed)


async def _prepare(environment: Mapping[str, str], artifact: Artifact) -> None:
    await create_with_patience(load(RuntimeSettings, environment), TOPICS_S)
    await stamp_by_broker(environment["RESONANCE_KAFKA_BOOTSTRAP"])
    await promote(artifact, environment)


def _sending(file: Path, course: Course, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.explained.sending", str(file)]
    process = subprocess.Popen(
        [*command, "--rate", str(course.rate), "--seconds", str(course.seconds)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdout is None or process.stdout.readline().strip() != "sends":
        process.kill()
        raise Unmeasured("The program that sends anomalies did not start.")
    return process


async def _settle(bootstrap: str) -> None:
    """Waits until everything is explained, as far as it is."""
    deadline = time.monotonic() + SETTLE_S
    while await left(bootstrap, GROUP, ANOMALIES_DETECTED) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
