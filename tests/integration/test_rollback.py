"""A rollback by hand: one command, and within a second the former champion scores everybody, without a break."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from resonance_contracts.topics import Service
from resonance_local.stack import Stack
from resonance_modeling.artifact import ANOMALY_DETECTION
from tests.support.addresses import external
from tests.support.ordinary_model import ordinary_model
from tests.support.promoting import promote
from tests.support.vector_flow import flowing

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DRILLS = 5
WITHIN_S = 1.0
# For machines that do other things at the same time; the measured times are printed.
BUSY = 2.0
COMMAND = Path(sys.executable).parent / "resonance"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The services between the command and a prediction."""
    services = (Service.GATEWAY, Service.PREDICTOR, Service.AUTO_RETRAINER)
    stack = Stack(lambda sentence: None, external=external(), services=services)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


async def resonance(stack: Stack, *words: str) -> tuple[int, dict[str, Any], str]:
    """Runs `resonance models`: exit code, what it printed, and what it said of errors."""
    settings = {"RESONANCE_JWT_SECRET": stack.jwt_secret, "RESONANCE_GATEWAY": stack.url(Service.GATEWAY)}
    process = await asyncio.create_subprocess_exec(
        COMMAND, "models", *words, "--json",
        env={**os.environ, **settings}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, faults = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(said) if said else {}, faults.decode()


async def done(stack: Stack, *words: str) -> dict[str, Any]:
    """The same of a command that must work."""
    code, said, faults = await resonance(stack, *words)
    assert code == 0, faults
    return said


async def test_a_rollback_is_served_within_a_second_and_predictions_never_stop(stack: Stack) -> None:
    first, second = ordinary_model(800, 1), ordinary_model(800, 2)
    former, newer = first.manifest.model_version, second.manifest.model_version
    environment, partitions = stack.environment, int(stack.environment["RESONANCE_PARTITIONS"])
    answered, served = [], []
    async with flowing(environment, partitions) as flow:
        for artifact in (first, second):
            await promote(artifact, {**environment, **stack.signing})
            await flow.served(artifact.manifest.model_version)
        for drill in range(DRILLS):
            pressed = time.monotonic()
            said = await done(stack, "rollback", ANOMALY_DETECTION, "--reason", f"Drill {drill}")
            answered.append(time.monotonic() - pressed)
            served.append(await flow.served(former) - pressed)
            assert (said["change"]["model_version"], said["change"]["previous_version"]) == (former, newer)
            assert re.fullmatch(rf"Rolled back by hand by u_\w+: Drill {drill}", said["change"]["reason"])
            if drill < DRILLS - 1:
                await done(stack, "promote", ANOMALY_DETECTION, newer[:8])
                await flow.served(newer)
        listed = await done(stack, "list")
        again = await resonance(stack, "rollback", ANOMALY_DETECTION)
    gap = max(flow.longest_gap_s.values())
    told = [f"{name}: {' '.join(f'{s:.3f}' for s in times)} s" for name, times in
            (("answered", answered), ("served", served))]  # fmt: skip
    print(f"\n{'; '.join(told)}; longest time without a prediction in a partition {gap:.3f} s")

    assert flow.scored == flow.sent, "every vector was scored once, in order"
    assert median(served) < WITHIN_S * BUSY, told
    (model,) = [one for one in listed["models"] if one["model_name"] == ANOMALY_DETECTION]
    assert [(alias["alias"], alias["model_version"]) for alias in model["aliases"]] == [("champion", former)]
    assert again[0] == 5
    assert "there is none before it to roll back to" in again[2]
