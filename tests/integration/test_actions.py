"""An operator approves at the gateway, the orchestrator carries out, the gateway limits: processes of their own."""

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
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import detection_pb2, operations_pb2
from resonance_contracts.topics import ALERTS_RAISED, LIMITS_ADJUSTED, Service, Topic
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120
ALERT_ID = "al_of_the_test_of_actions"
USER = "u_abcdefghijklmnopqrstuvwx27"


@pytest.fixture
def gateway(parts: Stack, tmp_path: Path) -> Iterator[str]:
    """Where a gateway listens, with two orchestrators behind its broker."""
    children, found = [], {}
    for name in ("gateway", "llm_orchestrator", "llm_orchestrator"):
        port = Ports().any()
        instance = f"actions-{name}-{len(children)}"
        settings = {**parts.environment, "RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": instance}
        child = Child(instance, [sys.executable, "-m", f"resonance_{name}"], settings, tmp_path / f"{instance}.log")
        child.start()
        children.append(child)
        found[name] = f"http://127.0.0.1:{port}"
    yield found["gateway"]
    for child in children:
        child.stop(15)


async def until(ask: Callable[[], Awaitable[Any]], good: Callable[[Any], bool]) -> Any:
    """What is answered once it is good."""
    deadline, said = time.monotonic() + DEADLINE_S, None
    while time.monotonic() < deadline:
        try:
            said = await ask()
            if good(said):
                return said
        except aiohttp.ClientError as error:
            said = error
        await asyncio.sleep(0.1)
    raise AssertionError(f"It came to nothing: {said}")


async def test_what_an_operator_approves_is_in_force_at_the_gateway_and_is_taken_back(
    parts: Stack, gateway: str
) -> None:
    claims = {"sub": "olga", "exp": time.time() + 600, "jti": "olga", "roles": ["operator"]}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, parts.jwt_secret, 'HS256')}"}
    async with aiohttp.ClientSession(headers=headers) as http:

        async def call(method: str, path: str, body: Any = None) -> dict[str, Any]:
            async with http.request(method, gateway + path, json=body) as answer:
                return {"status": answer.status, **json.loads(await answer.text() or "{}")}

        await until(partial(call, "GET", "/ml/actions"), lambda said: said["status"] == 200)
        await raise_alert(parts)
        listed = partial(call, "GET", f"/ml/actions?alert_id={ALERT_ID}&state=proposed")
        plan = (await until(listed, lambda said: said.get("count") == 5))["actions"]
        limit = next(one for one in plan if one["kind"] == "limit_user")
        await send(parts, LIMITS_ADJUSTED, models_limit(), f"user/{USER}/model")
        one, limits = f"/ml/actions/{limit['action_id']}", partial(call, "GET", f"/ml/limits/{USER}")
        await until(limits, lambda said: said["source"] == "model")
        approved = await call("POST", f"{one}/approve", {"reason": "It is spam."})
        assert (approved["status"], approved["decided_why"]) == (200, "It is spam.")
        await until(partial(call, "GET", one), lambda said: said["state"] == "succeeded")
        in_force = await until(limits, lambda said: said["source"] == "action")
        assert (in_force["rate"], in_force["burst"]) == (1, 5)
        # What the model says later is noted, and stays behind; what an operator says comes first.
        await send(parts, LIMITS_ADJUSTED, models_limit(rate=60), f"user/{USER}/model")
        later = await until(limits, lambda said: 60 in [one["rate"] for one in said["adjustments"]])
        assert (later["source"], [one["source"] for one in later["adjustments"]]) == ("action", ["action", "model"])
        by_hand = await call("PUT", f"/ml/limits/{USER}", {"rate": 7, "burst": 7, "reason": "Looked at it."})
        assert (by_hand["source"], by_hand["rate"]) == ("operator", 7)
        await until(limits, lambda said: said["source"] == "operator")
        assert (await call("DELETE", f"/ml/limits/{USER}"))["status"] == 204
        await until(limits, lambda said: said["source"] == "action")
        assert (await call("POST", f"{one}/approve", {}))["status"] == 409
        found = partial(call, "GET", "/ml/incidents?action=limit_user&action_state=succeeded")
        (incident,) = (await until(found, lambda said: said.get("count") == 1))["incidents"]
        done = next(one for one in incident["actions"] if one["kind"] == "limit_user")
        assert (incident["alert_id"], done["decided_why"]) == (ALERT_ID, "It is spam.")
        assert (await call("POST", f"{one}/undo", {"reason": "It was a test."}))["status"] == 200
        undone = await until(partial(call, "GET", one), lambda said: said["state"] == "undone")
        assert (undone["decided_why"], undone["attempts"]) == ("It was a test.", 1)
        await until(limits, lambda said: said["source"] == "model")
        await until(found, lambda said: said["count"] == 0)


async def raise_alert(parts: Stack) -> None:
    """As the predictor would."""
    now_us = time.time_ns() // 1000
    alert = detection_pb2.Alert(
        alert_id=ALERT_ID,
        revision=1,
        state=detection_pb2.ALERT_STATE_OPEN,
        user_key=USER,
        stream="live",
        kind="message_flood",
        severity=detection_pb2.SEVERITY_CRITICAL,
        detector=detection_pb2.DETECTOR_RULE,
        vector_id="v1",
        opened_us=now_us,
        last_seen_us=now_us,
        last_received_us=now_us,
        vectors=1,
    )
    await send(parts, ALERTS_RAISED, alert)


def models_limit(rate: float = 50) -> operations_pb2.LimitAdjusted:
    """As the predictor would limit the user, for a while longer than the test lasts."""
    now_us = time.time_ns() // 1000
    return operations_pb2.LimitAdjusted(
        user_key=USER, source=operations_pb2.LIMIT_SOURCE_MODEL, rate=rate, burst=100, reason="The model's.",
        adjusted_us=now_us, expires_us=now_us + 600_000_000,
    )  # fmt: skip


async def send(parts: Stack, topic: Topic, message: Message, key: str = "") -> None:
    """A record of the predictor's, keyed by the user where no key is given."""
    publisher = Publisher(Service.PREDICTOR, load(RuntimeSettings, parts.environment))
    await publisher.start()
    now_us = time.time_ns() // 1000
    user_key, own = (None, key.encode()) if key else (USER, None)
    record = Outgoing(topic, message, f"{topic.name}/{now_us}", now_us, user_key=user_key, key=own)
    await publisher.send(record)
    await publisher.stop()
