"""Every task over HTTP at the gateway, through Kafka, answered by the orchestrator: processes of their own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED, Service
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load
from resonance_tasks.catalogue import TASKS

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120
USER = "u_of_the_test_of_tasks"


@pytest.fixture
def gateway(parts: Stack, tmp_path: Path) -> Iterator[str]:
    """Where a gateway listens, with an orchestrator behind its broker."""
    children, found = [], {}
    for name in ("gateway", "llm_orchestrator"):
        port = Ports().any()
        settings = {**parts.environment, "RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": f"tasks-{name}"}
        child = Child(name, [sys.executable, "-m", f"resonance_{name}"], settings, tmp_path / f"{name}.log")
        child.start()
        children.append(child)
        found[name] = f"http://127.0.0.1:{port}"
    yield found["gateway"]
    for child in children:
        child.stop(15)


async def until(ask: Callable[[], Awaitable[tuple[int, Any]]], status: int) -> Any:
    """What is answered with this status, once it is."""
    deadline, said = time.monotonic() + DEADLINE_S, None
    while time.monotonic() < deadline:
        try:
            said = await ask()
            if said[0] == status:
                return said[1]
        except aiohttp.ClientError as error:
            said = (0, error)
        await asyncio.sleep(0.1)
    raise AssertionError(f"It came to nothing: {said}")


async def test_every_task_is_asked_at_the_gateway_and_answered_by_the_orchestrator(parts: Stack, gateway: str) -> None:
    claims = {"sub": "olga", "exp": time.time() + 600, "jti": "olga", "roles": ["operator"]}
    headers = {
        "Authorization": f"Bearer {jwt.encode(claims, parts.jwt_secret, 'HS256')}",
        "Accept-Language": "ru",
    }
    async with aiohttp.ClientSession(headers=headers) as http:

        async def post(path: str, body: Any) -> tuple[int, Any]:
            async with http.post(gateway + path, json=body) as answer:
                return answer.status, json.loads(await answer.text())

        async def get(path: str) -> tuple[int, Any]:
            async with http.get(gateway + path) as answer:
                return answer.status, json.loads(await answer.text())

        for task in TASKS:
            if task.path is None:
                continue
            (example,) = task.question.model_json_schema()["examples"]
            answer = await until(partial(post, task.path, example), 200)
            said = task.answer.model_validate(answer)
            assert (said.language, said.written.provider) == ("ru", "offline")
            assert said.summary and said.recommendations

        assert (await post("/ml/incidents/plan", {"alert_id": "nowhere"}))[0] == 404
        assert (await post("/ml/incidents/plan", {}))[0] == 422
        await raise_alert(parts)
        plan = await until(partial(post, "/ml/incidents/plan", {"alert_id": "of-tasks"}), 200)
        assert (plan["severity"], plan["steps"][0]["role"]) == ("critical", "security")

        for path in ("/ml/health/openai", "/ml/claude/health"):
            health = await until(partial(get, path), 200)
            assert (health["state"], health["configured"]) == ("down", False)
        async with asyncio.timeout(30):
            # The orchestrator's first heartbeat may still be on its way.
            while (together := (await get("/ml/multi-llm/health"))[1])["state"] != "up":
                await asyncio.sleep(0.2)
        assert (together["state"], [one["state"] for one in together["providers"]]) == ("up", ["down", "down"])
        assert (await get("/ml/health/xai"))[1]["service"] == "xai"


async def raise_alert(parts: Stack) -> None:
    """As the predictor would."""
    now_us = time.time_ns() // 1000
    alert = detection_pb2.Alert(
        alert_id="of-tasks",
        revision=1,
        state=detection_pb2.ALERT_STATE_OPEN,
        user_key=USER,
        stream="live",
        kind="token_sharing",
        severity=detection_pb2.SEVERITY_CRITICAL,
        detector=detection_pb2.DETECTOR_RULE,
        vector_id="v1",
        opened_us=now_us,
        last_seen_us=now_us,
        vectors=1,
    )
    publisher = Publisher(Service.PREDICTOR, load(RuntimeSettings, parts.environment))
    await publisher.start()
    await publisher.send(Outgoing(ALERTS_RAISED, alert, "of-tasks", now_us, user_key=USER))
    await publisher.stop()
