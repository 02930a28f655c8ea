"""A backend that is not there."""

from __future__ import annotations


async def test_a_backend_that_is_away_is_said_and_back_again(start_gateway, health):
    running = await start_gateway(upstream="ws://127.0.0.1:9", upstream_timeout_s=1.0)
    answer = await running.client.get("/chat", headers={"Connection": "Upgrade", "Upgrade": "websocket"})

    assert answer.status == 502
    assert answer.content_type == "application/problem+json"
    assert "upstream" in health.degradations()
    assert "127.0.0.1:9 cannot be reached" in health.degradations()["upstream"]
