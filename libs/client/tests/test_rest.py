from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from resonance_client.errors import (
    AuthenticationRefused,
    ClientError,
    GatewayUnreachable,
    ProtocolViolation,
    RequestRefused,
)
from resonance_client.rest import GatewayRest

if TYPE_CHECKING:
    from conftest import FakeGateway

STATUS: dict[str, Any] = {
    "state": "degraded",
    "summary": "Not everything is well; down: xai.",
    "services": [
        {"service": "gateway", "state": "up", "reasons": [], "instances": 1, "version": "0.1.0", "details": {"a": "b"}},
        {"service": "xai", "state": "down", "reasons": ["The xai has not reported yet."], "instances": 0},
        {"service": "predictor", "state": "degraded", "reasons": ["Slow.", "No model was promoted yet."]},
    ],
    "models": [],
    "tracking": {"unsent": 0},
}


async def test_the_status_says_what_is_missing(gateway: FakeGateway) -> None:
    gateway.answers["/ml/status"] = 200, STATUS
    async with GatewayRest(gateway.url + "/", "token") as rest:
        status = await rest.status()
    assert status.missing == ["The xai has not reported yet."]
    assert status.champion is None
    assert status.reason_of("predictor") == "Slow."
    assert status.reason_of("predictor", about="model") == "No model was promoted yet."
    assert status.reason_of("gateway") is None


async def test_the_champion_is_the_promoted_model(gateway: FakeGateway) -> None:
    model = {"model_name": "anomaly_detection", "alias": "champion", "model_version": "abc", "revision": 1}
    other = model | {"model_name": "load_prediction", "model_version": "def"}
    gateway.answers["/ml/status"] = 200, STATUS | {"models": [other, model | {"alias": "shadow"}, model]}
    async with GatewayRest(gateway.url, "token") as rest:
        assert (await rest.status()).champion == "abc"


@pytest.mark.parametrize(("code", "unready"), [(200, {}), (503, {"model": "No model was promoted yet."})])
async def test_readiness_is_an_answer_also_when_it_is_no(
    gateway: FakeGateway, code: int, unready: dict[str, str]
) -> None:
    gateway.answers["/readyz"] = code, {"unready": unready}
    async with GatewayRest(gateway.url, "token") as rest:
        assert await rest.unready() == unready


@pytest.mark.parametrize(
    ("code", "body", "error"),
    [
        (401, {}, AuthenticationRefused), (403, {}, AuthenticationRefused), (500, {}, RequestRefused),
        (200, {"state": []}, ProtocolViolation), (200, [1], ProtocolViolation),
    ],
)  # fmt: skip
async def test_other_answers_are_errors(gateway: FakeGateway, code: int, body: Any, error: type[ClientError]) -> None:
    gateway.answers["/ml/status"] = code, body
    async with GatewayRest(gateway.url, "token") as rest:
        with pytest.raises(error):
            await rest.status()


async def test_nobody_there() -> None:
    async with GatewayRest("http://127.0.0.1:1", "token") as rest:
        with pytest.raises(GatewayUnreachable, match="is the gateway running"):
            await rest.status()
