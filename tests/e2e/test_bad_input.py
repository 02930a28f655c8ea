"""Bad input at each edge: a clear error or a dead letter with the reason; nothing stops, nothing behind it is lost."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from resonance_client.tokens import TokenSigner
from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_contracts.topics import (
    ACTIVITY_OBSERVED,
    ALERTS_RAISED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    EXPLANATIONS_REQUESTED,
    FEATURES_COMPUTED,
    PREDICTIONS_SCORED,
    TASKS_REQUESTED,
    Service,
    Topic,
)
from resonance_local.stack import Stack
from tests.support.topic_scan import GARBAGE, scan

pytestmark = [pytest.mark.embedded]

DEADLINE_S = 120


def token(system: Stack, user: str = "tester", roles: Sequence[str] = ()) -> str:
    return TokenSigner(system.jwt_secret).sign(user, roles=roles)


@asynccontextmanager
async def connection(system: Stack, user: str = "tester") -> AsyncIterator[ClientConnection]:
    """An authenticated connection with acknowledgements."""
    async with connect(system.url(Service.GATEWAY).replace("http", "ws") + "/ws", max_size=None) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token(system, user), "acks": True}))
        assert json.loads(await socket.recv())["type"] == "ready"
        yield socket


async def answer(socket: ClientConnection, type_: str) -> dict[str, Any]:
    """The next frame of this type."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == type_:
                return frame


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[]",
        "null",
        '"text"',
        '{"type":"message","data":NaN}',
        '{"type":"message","data":-Infinity}',
        '{"type":"nonsense"}',
        '{"type":"message","data":1,"surprise":true}',
        '{"type":"subscribe","channels":"general"}',
        '{"type":"publish","channel":"' + "c" * 10_000 + '","data":1}',
        '{"type":"message","data":1,"time":1}',
        "\x00",
    ],
    ids=lambda frame: frame[:24].encode("unicode_escape").decode(),
)
async def test_a_bad_frame_is_answered_and_the_next_one_is_stored(system: Stack, frame: str) -> None:
    async with connection(system) as socket:
        await socket.send(frame)
        await socket.send(json.dumps({"type": "message", "data": "good"}))
        error = await answer(socket, "error")
        assert error["message"].endswith(".")
        assert (await answer(socket, "ack"))["sequence"] >= 1


async def test_a_binary_frame_and_one_that_is_too_large_are_refused(system: Stack) -> None:
    async with connection(system) as socket:
        await socket.send(b"\x00\x01")
        assert (await answer(socket, "error"))["code"]
    async with connection(system) as socket:
        await socket.send(json.dumps({"type": "message", "data": "x" * 70_000}))
        with pytest.raises(ConnectionClosed) as closed:
            await answer(socket, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize("user", ["", "x" * 10_000], ids=["empty", "10 kB"])
async def test_an_impossible_user_id_is_refused(system: Stack, user: str) -> None:
    async with connect(system.url(Service.GATEWAY).replace("http", "ws") + "/ws") as socket:
        await socket.send(json.dumps({"type": "auth", "token": token(system, user)}))
        with pytest.raises(ConnectionClosed) as closed:
            await answer(socket, "ready")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 3500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ml/explain/prediction", "{"),
        ("/ml/explain/prediction", '{"model_name":"anomaly_detection","features":{"messages_per_minute":NaN}}'),
        ("/ml/explain/prediction", '{"model_name":"anomaly_detection","features":{"messages_per_minute":"many"}}'),
        ("/ml/explain/prediction", '{"model_name":"anomaly_detection","features":{"no_such_feature":1}}'),
        ("/ml/explain/prediction", '{"model_name":"no_such_model","features":{"messages_per_minute":1}}'),
        ("/ml/explain/anomaly", '{"user_id":"nobody-ever-saw-them"}'),
        ("/ml/explain/anomaly", "{}"),
        ("/ml/alerts/smart", "{"),
        ("/ml/alerts/smart", '{"alert_data":{}}'),
        ("/ml/alerts/smart", '{"alert_data":{"value":NaN}}'),
        ("/ml/alerts/smart", '{"alert_data":{"value":1' + "0" * 400 + "}}"),
        ("/ml/alerts/smart", '{"alert_data":{"a":' + "[" * 500 + "]" * 500 + "}}"),
        ("/ml/alerts/smart", '{"alert_data":{"metric":"cpu"},"recipient_role":"president"}'),
        ("/ml/analyze/anomaly", '{"anomaly_data":{"features":{"error_rate":"many"}}}'),
        ("/ml/explain/words", '{"model_name":"m","features":{"a":1},"attributions":{}}'),
        ("/ml/incidents/plan", '{"alert_id":"no-such-incident"}'),
        ("/ml/incidents/plan", "{}"),
        ("/ml/analyze/performance", '{"time_series_data":{"a":[1,NaN]}}'),
        ("/ml/analyze/performance", '{"time_series_data":{"a":[1],"b":[[0,1]]}}'),
        ("/ml/assistant/lag", '{"player":{"rtt_ms":-1}}'),
        ("/ml/assistant/lag", "{}"),
        ("/ml/actions", '{"alert_id":"no-such-incident","kind":"limit_user"}'),
        ("/ml/actions", '{"alert_id":"x","kind":"delete_everything"}'),
        ("/ml/actions/ac_00000000000000000000000000000000/approve", "{}"),
        ("/ml/actions/x/approve", "{}"),
    ],
)
async def test_a_bad_question_is_answered_with_a_problem(system: Stack, path: str, body: str) -> None:
    headers = {"Authorization": f"Bearer {token(system, roles=['operator'])}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(system.url(Service.GATEWAY) + path, data=body) as response,
    ):
        assert 400 <= response.status < 500
        assert response.content_type == "application/problem+json"
        problem = await response.json()
        assert problem["title"]
        assert problem["detail"]


@pytest.mark.parametrize(
    "topic",
    [
        ACTIVITY_OBSERVED,
        FEATURES_COMPUTED,
        ANOMALIES_DETECTED,
        ALERTS_RAISED,
        EXPLANATIONS_PRODUCED,
        EXPLANATIONS_REQUESTED,
        TASKS_REQUESTED,
    ],
    ids=lambda t: t.name,
)
async def test_garbage_on_a_topic_becomes_a_dead_letter(system: Stack, topic: Topic) -> None:
    bootstrap = system.environment["RESONANCE_KAFKA_BOOTSTRAP"]
    mark = f"{GARBAGE}{time.time_ns()}"
    headers = [("ce_id", mark.encode()), ("ce_type", topic.type.encode()), ("ce_time", b"2026-01-01T00:00:00Z")]
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic.name, b"\xff\xff\xff", headers=headers)
        await producer.send_and_wait(topic.name, b"\xff\xff\xff", headers=[("ce_id", mark.encode())])
    finally:
        await producer.stop()
    async with asyncio.timeout(DEADLINE_S):  # each group that reads the topic writes letters of its own
        while not {"is not a ", "header ce_type is missing"} <= await causes(bootstrap, topic, mark):
            await asyncio.sleep(0.2)
    assert all(child.exit_status is None for child in system.children.values())


def vectors(mark: str, values: Sequence[float], user: str = "u_bad") -> features_pb2.VectorBatch:
    return features_pb2.VectorBatch(
        stream="replay:bad-input", catalogue_version=CATALOGUE_VERSION, width=WIDTH, vector_id=[mark], user_key=[user],
        ordinal=[1], start_us=[1], end_us=[1], values=values, reason=[1], first_received_us=[1], last_received_us=[1],
    )  # fmt: skip


@pytest.mark.parametrize(
    "batch",
    [
        vectors("v", [math.nan] * WIDTH),
        vectors("v", [math.inf] + [0.0] * (WIDTH - 1)),
        vectors("v", [0.0]),
        vectors("v", [0.0] * WIDTH, user="u" * 10_000),
    ],
    ids=["NaN", "infinity", "too few values", "user key of 10 kB"],
)
async def test_an_impossible_vector_becomes_a_dead_letter_and_the_next_is_scored(
    system: Stack, batch: features_pb2.VectorBatch
) -> None:
    bootstrap = system.environment["RESONANCE_KAFKA_BOOTSTRAP"]
    mark = f"{GARBAGE}{time.time_ns()}"
    good = vectors(f"{mark}-good", [0.0] * WIDTH, user=f"u_{mark}")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for id_, value in ((mark, batch), (f"{mark}-good", good)):
            kind = FEATURES_COMPUTED.type.encode()
            headers = [("ce_id", id_.encode()), ("ce_type", kind), ("ce_time", b"2026-01-01T00:00:00Z")]
            await producer.send_and_wait(
                FEATURES_COMPUTED.name, value.SerializeToString(), partition=0, headers=headers
            )
    finally:
        await producer.stop()
    async with asyncio.timeout(DEADLINE_S):
        while not (reasons := await reasons_for(bootstrap, FEATURES_COMPUTED, mark)):
            await asyncio.sleep(0.2)
        while not await scored(bootstrap, f"{mark}-good"):
            await asyncio.sleep(0.2)
    assert reasons[0]


async def scored(bootstrap: str, vector_id: str) -> bool:
    found = await scan(bootstrap, [PREDICTIONS_SCORED])
    return any(vector_id in r.message.vector_id for r in found[PREDICTIONS_SCORED.name])


async def causes(bootstrap: str, topic: Topic, mark: str) -> set[str]:
    """Which of the two causes a letter names so far."""
    reasons = await reasons_for(bootstrap, topic, mark)
    return {cause for cause in ("is not a ", "header ce_type is missing") if any(cause in reason for reason in reasons)}


async def reasons_for(bootstrap: str, topic: Topic, mark: str) -> list[str]:
    letters = replace(topic, name=topic.dead_letters)
    found = await scan(bootstrap, [letters])
    return [r.headers["dlq_reason"] for r in found[letters.name] if r.headers.get("ce_id") == mark]


async def test_every_service_is_ready_after_all_of_it(system: Stack) -> None:
    async with aiohttp.ClientSession() as session:
        for service in Service:
            async with (
                session.get(system.url(service) + "/readyz") as ready,
                session.get(system.url(service) + "/livez") as live,
            ):
                assert (service, ready.status, live.status) == (service, 200, 200)
