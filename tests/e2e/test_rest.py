"""What operators ask for, of the six services at work."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.request import Request, urlopen

import jwt
import pytest

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.topics import Service
from tests.support.demonstration import Demonstrated

pytestmark = [pytest.mark.embedded]

DEADLINE_S = 30
# Watermarks flow while nobody says anything, and services that keep state commit with their snapshots.
SMALL = 1000


@pytest.fixture(scope="module")
def ask(demonstrated: Demonstrated) -> Any:
    """Asks the gateway as an operator; the answer."""
    stack = demonstrated.stack
    claims = {"sub": "olga", "exp": time.time() + 600, "roles": ["operator"]}
    token = jwt.encode(claims, stack.environment["RESONANCE_JWT_SECRET"], "HS256")

    def answer(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with urlopen(Request(stack.url(Service.GATEWAY) + path, data, headers), timeout=20) as response:  # noqa: S310
            found: dict[str, Any] = json.load(response)
            return found

    return answer


def test_every_capability_is_up_and_has_given_something(ask: Any) -> None:
    status = ask("/ml/intelligence/status")

    given = {c["capability"]: c["remembered"] for c in status["capabilities"]}
    assert status["state"] == "up", status
    assert all(given[what] for what in ("features", "detection", "explanation", "narration")), given


def test_the_lag_of_every_service_that_consumes_in_a_group_is_known_and_small_in_the_end(ask: Any) -> None:
    deadline = time.monotonic() + DEADLINE_S
    services = {Service.FEATURE_EXTRACTOR, Service.PREDICTOR, Service.XAI, Service.LLM_ORCHESTRATOR}
    while True:
        status = ask("/ml/status")
        behind = {lag["service"]: lag["records"] for lag in status["lag"]}
        if status["lag_unknown"] is None and services <= behind.keys() and max(behind.values()) < SMALL:
            return
        assert time.monotonic() < deadline, (status["lag_unknown"], status["lag"])
        time.sleep(0.5)


def test_a_user_who_was_flagged_can_be_analysed(ask: Any) -> None:
    anomalies = ask("/ml/anomalies/recent?limit=3")
    following = ask(f"/ml/anomalies/recent?limit=3&cursor={anomalies['next_cursor']}")
    vectors = ask("/ml/features/recent?limit=1")
    answer = ask("/ml/anomalies/analyze", {"user_id": vectors["vectors"][0]["user_key"]})

    ids = [a["vector_id"] for page in (anomalies, following) for a in page["anomalies"]]
    assert len(set(ids)) == 6
    assert answer["vector_id"] and list(answer["features"]) == list(FEATURE_NAMES)
    assert len(answer["rules_version"]) == 64


def test_a_flood_is_found_in_values_that_are_given(ask: Any) -> None:
    answer = ask("/ml/anomalies/analyze", {"features": {"messages_per_minute": 5000.0}})

    assert answer["anomalous"] and answer["findings"][0]["kind"] == "message_flood"
