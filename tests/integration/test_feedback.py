"""A verdict at the gateway moves the predictor's terms and the auto-retrainer's window, and taken back it does not."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import numpy as np
import pytest

from resonance_contracts.features import CATALOGUE_VERSION, INDEX, WIDTH
from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert
from resonance_contracts.pb.resonance.v1.features_pb2 import EMISSION_REASON_TIME, VectorBatch
from resonance_contracts.topics import ALERTS_RAISED, FEATURES_COMPUTED, Service
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load
from tests.support.ordinary_model import ordinary_vectors
from tests.support.topic_scan import scan_ours

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120
USER = "u_of_the_test_of_feedback"
VECTORS = 6
STEADY = 25
SERVICES = ("gateway", "predictor", "auto_retrainer")


@pytest.fixture
def urls(parts: Stack, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where a gateway, a predictor and an auto-retrainer listen, processes of their own."""
    children, found = [], {}
    for name in SERVICES:
        port = Ports().any()
        settings = {**parts.environment, "RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": f"feedback-{name}"}
        settings |= parts.signing if name == "auto_retrainer" else {}
        child = Child(name, [sys.executable, "-m", f"resonance_{name}"], settings, tmp_path / f"{name}.log")
        child.start()
        children.append(child)
        found[name] = f"http://127.0.0.1:{port}"
    yield found
    for child in children:
        child.stop(15)


async def until(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """What is answered once that holds."""
    deadline, said = time.monotonic() + DEADLINE_S, None
    while time.monotonic() < deadline:
        try:
            if holds(said := await ask()):
                return said
        except aiohttp.ClientError as error:
            said = error
        await asyncio.sleep(0.1)
    raise AssertionError(f"It came to nothing: {said}")


async def unchanged(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """What is answered once that holds and nothing comes any more: others may have used the same broker before."""
    same: list[Any] = []

    async def again() -> list[Any]:
        same.append(await ask())
        del same[:-STEADY]
        return same

    said = await until(again, lambda last: len(last) == STEADY and holds(last[-1]) and len(set(last)) == 1)
    return said[-1]


async def flood(parts: Stack) -> None:
    """Vectors of somebody who sends too much, of which each counts into one incident."""
    now_us = time.time_ns() // 1000
    values = np.repeat(ordinary_vectors(1, 1), VECTORS, axis=0)
    values[:, INDEX["jwt_token_reuse"]] = values[:, INDEX["ip_entropy"]] = 1.0
    values[:, INDEX["messages_per_minute"]] = 150.0
    ends = [now_us + 10_000_000 * i for i in range(VECTORS)]
    batch = VectorBatch(
        catalogue_version=CATALOGUE_VERSION,
        stream="live",
        width=WIDTH,
        vector_id=[f"{USER}-{i}" for i in range(VECTORS)],
        user_key=[USER] * VECTORS,
        ordinal=list(range(1, VECTORS + 1)),
        start_us=[end - 60_000_000 for end in ends],
        end_us=ends,
        values=values.ravel().tolist(),
        watermark_us=ends[-1],
        first_received_us=[now_us] * VECTORS,
        last_received_us=[now_us] * VECTORS,
        reason=[EMISSION_REASON_TIME] * VECTORS,
    )
    publisher = Publisher(Service.FEATURE_EXTRACTOR, load(RuntimeSettings, parts.environment))
    await publisher.start()
    await publisher.send(Outgoing(FEATURES_COMPUTED, batch, USER, ends[0], partition=0))
    await publisher.stop()


async def test_a_verdict_is_heard_by_detection_and_training_and_can_be_taken_back(
    parts: Stack, urls: dict[str, str]
) -> None:
    claims = {"sub": "olga", "exp": time.time() + 600, "jti": "olga", "roles": ["operator"]}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, parts.jwt_secret, 'HS256')}"}
    async with aiohttp.ClientSession() as http:

        async def leaves() -> float:
            async with http.get(f"{urls['predictor']}/metrics") as answer:
                lines = (await answer.text()).splitlines()
            return next((float(line.split()[1]) for line in lines if line.startswith("resonance_predictor_leaves ")), 0)

        async def window() -> tuple[int, int]:
            async with http.get(f"{urls['auto_retrainer']}/train") as answer:
                shown = json.loads(await answer.text())
            return shown["vectors"], shown["flagged"]

        async def alerts() -> list[Alert]:
            found = await scan_ours(parts.environment["RESONANCE_KAFKA_BOOTSTRAP"], [ALERTS_RAISED])
            return [one.message for one in found[ALERTS_RAISED.name] if one.message.user_key == USER]

        async def say(verdict: str) -> None:
            async def ask() -> int:
                body = {"alert_id": alert.alert_id, "verdict": verdict}
                async with http.post(f"{urls['gateway']}/ml/feedback", json=body, headers=headers) as answer:
                    return answer.status

            await until(ask, lambda status: status == 200)

        await until(window, lambda _: True)
        await flood(parts)
        (alert,) = await until(alerts, lambda found: len(found) == 1)
        assert (alert.kind, alert.grounds) == ("message_flood", "rule")
        before = await unchanged(window, lambda held: held[1] >= VECTORS)
        await say("false")
        await until(leaves, lambda number: number == 1)
        await until(window, lambda held: held == (before[0] + VECTORS, before[1] - VECTORS))
        await say("withdrawn")
        await until(leaves, lambda number: number == 0)
        await until(window, lambda held: held == before)
