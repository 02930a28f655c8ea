"""Alerts over WebSocket: each at least once, through cuts and restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from resonance_client import Backoff, WebSocketAlerts
from resonance_client.alerts.position import OVERLAP_S, Position, read_position
from resonance_client.errors import UsageError

if TYPE_CHECKING:
    from conftest import FakeGateway

FAST = Backoff(0.01, 0.05)
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def alert(alert_id: str, opened_s: float = 10_000.0, **fields: Any) -> dict[str, Any]:
    known = {"type": "alert", "state": "open", "alert_id": alert_id, "kind": "k", "opened_us": int(opened_s * 1e6)}
    return known | fields


class Reading:
    """A subscription that a task reads."""

    def __init__(self, alerts: WebSocketAlerts, fail_at: str = "") -> None:
        self.ids: list[str] = []
        self._alerts = alerts
        self._fail_at = fail_at
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async with self._alerts:
            async for event in self._alerts:
                self.ids.append(event.key[1])
                if event.key[1] == self._fail_at:
                    raise ZeroDivisionError

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def connected(gateway: FakeGateway, until: Until, count: int = 1) -> None:
    await until(lambda: len(gateway.handshakes) == count and bool(gateway._readers))


async def test_after_a_cut_it_gives_what_was_missed_and_nothing_again(gateway: FakeGateway, until: Until) -> None:
    reading = Reading(WebSocketAlerts(gateway.url, "token", backoff=FAST))
    await connected(gateway, until)
    await gateway.tell(alert("i1"))
    await gateway.tell(alert("i1", state="resolved", resolved_us=10_600_000_000))
    await until(lambda: len(reading.ids) == 2)
    await gateway.restart(alert("i2"))
    await until(lambda: "i2" in reading.ids)
    assert reading.ids == ["i1", "i1", "i2"]
    assert "&after=&since=" in gateway.handshakes[0]
    assert gateway.handshakes[-1].endswith(f"&after=e1.2&since={10_600.0 - OVERLAP_S}")
    await reading.stop()


async def test_a_restarted_gateway_tells_again_and_what_was_handled_is_passed_over(
    gateway: FakeGateway, until: Until
) -> None:
    reading = Reading(WebSocketAlerts(gateway.url, "token", backoff=FAST))
    await connected(gateway, until)
    await gateway.tell(alert("i1"))
    await until(lambda: reading.ids == ["i1"])
    await gateway.restart(alert("i2"), epoch="e2")
    await until(lambda: "i2" in reading.ids)
    assert reading.ids == ["i1", "i2"]
    await reading.stop()


async def test_started_again_it_goes_on_behind_what_it_handled(
    gateway: FakeGateway, until: Until, tmp_path: Path
) -> None:
    file = tmp_path / "position"
    gateway.told += [alert("i1"), alert("i2")]
    first = Reading(WebSocketAlerts(gateway.url, "token", since=9_000, resume=file), fail_at="i2")
    with pytest.raises(ZeroDivisionError):
        await first.task
    assert first.ids == ["i1", "i2"]
    gateway.told.append(alert("i3"))
    again = Reading(WebSocketAlerts(gateway.url, "token", since=9_000, resume=file))
    await until(lambda: "i3" in again.ids)
    assert again.ids == ["i2", "i3"]
    await again.stop()
    third = Reading(WebSocketAlerts(gateway.url, "token", resume=file))
    await connected(gateway, until, 3)
    assert "&after=e1.3&" in gateway.handshakes[-1]
    await gateway.tell(alert("i4"))
    await until(lambda: "i4" in third.ids)
    assert third.ids == ["i4"]
    await third.stop()


async def test_what_was_in_hand_when_the_loop_is_left_counts_as_handled(gateway: FakeGateway, tmp_path: Path) -> None:
    file = tmp_path / "position"
    gateway.told += [alert("i1"), alert("i2")]
    async with WebSocketAlerts(gateway.url, "token", since=0, resume=file) as alerts:
        event = await anext(alerts)
    assert event in read_position(file)
    assert read_position(file).since_s == 10_000.0 - OVERLAP_S


async def test_only_types_that_are_wanted_come_and_the_token_is_fresh(gateway: FakeGateway, until: Until) -> None:
    signed: list[str] = []

    def token() -> str:
        signed.append("t")
        return f"token-{len(signed)}"

    reading = Reading(WebSocketAlerts(gateway.url, token, types=("explanation",), backoff=FAST))
    await connected(gateway, until)
    await gateway.tell(alert("i1"))
    await gateway.tell({"type": "explanation", "vector_id": "v1", "anomaly": {"end_us": 5, "severity": "high"}})
    await until(lambda: reading.ids == ["v1"])
    await gateway.restart()
    await connected(gateway, until, 2)
    assert len(signed) >= 2
    await reading.stop()


def test_a_position_is_bounded_and_asks_from_before_the_oldest_stream() -> None:
    from resonance_client.alerts.events import event_of

    position = Position()
    assert position.since_s is None
    for number in range(6):
        event = event_of(alert(f"i{number}", 10_000 + number, stream=f"replay:{number}"))
        assert event is not None
        position.handled(event)
    assert position.since_s == 10_002 - OVERLAP_S
    assert Position.of_json(json.loads(json.dumps(position.as_json()))).since_s == position.since_s


def test_a_type_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="expected some of alert, enriched, explanation, verdict"):
        WebSocketAlerts("http://127.0.0.1:1", "token", types=("alarm",))


def test_a_file_of_something_else_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    for text in ("x", "[]", '{"times_us": 1, "handled": []}'):
        file.write_text(text)
        with pytest.raises(UsageError, match="is not the position of a reader of alerts"):
            WebSocketAlerts("http://127.0.0.1:1", "token", resume=file)
