from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from resonance_client.alerts.events import Alert
from resonance_client.alerts.watch import Arrival, Watcher
from resonance_client.backoff import Backoff
from resonance_client.errors import GatewayUnreachable, ProtocolViolation

if TYPE_CHECKING:
    from conftest import FakeGateway

FAST = Backoff(0.01, 0.05)
Until = Callable[[Callable[[], bool]], Awaitable[None]]


def alert(alert_id: str) -> dict[str, Any]:
    return {"type": "alert", "state": "open", "alert_id": alert_id, "kind": "k"}


async def test_events_arrive_with_the_time_of_their_arrival(gateway: FakeGateway, until: Until) -> None:
    watcher = Watcher(gateway.url, "token", "high")
    arrivals: list[Arrival] = []

    async def watch() -> None:
        async with aclosing(watcher.arrivals()) as received:
            async for arrival in received:
                arrivals.append(arrival)

    task = asyncio.create_task(watch())
    await watcher.connected.wait()
    await gateway.tell({"type": "weather"})
    await gateway.tell(alert("i1"))
    await until(lambda: len(arrivals) == 1)
    assert isinstance(arrivals[0].event, Alert)
    assert abs(arrivals[0].at_us - time.time() * 1e6) < 5e6
    assert len(gateway.handshakes) == 1
    assert gateway.handshakes[0].startswith(
        "/ws/alerts?min_severity=high&kinds=alert,enriched,explanation,verdict&after=&since="
    )
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Watching:
    """A watcher whose alerts a task reads."""

    def __init__(self, gateway: FakeGateway, **how: Any) -> None:
        self.watcher = Watcher(gateway.url, "token", backoff=FAST, **how)
        self.seen: list[str] = []
        self.task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        async for arrival in self.watcher.arrivals():
            assert isinstance(arrival.event, Alert)
            self.seen.append(arrival.event.alert_id)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def told_of_one(gateway: FakeGateway, until: Until) -> Watching:
    watching = Watching(gateway, since_s=12.5)
    await watching.watcher.connected.wait()
    await gateway.tell(alert("i1"))
    await until(lambda: watching.seen == ["i1"])
    return watching


async def test_after_a_cut_it_goes_on_behind_what_came(gateway: FakeGateway, until: Until) -> None:
    watching = await told_of_one(gateway, until)
    await gateway.restart(alert("i2"))
    await until(lambda: "i2" in watching.seen)
    assert watching.seen == ["i1", "i2"]
    assert gateway.handshakes[-1].endswith("&after=e1.1&since=12.5")
    await watching.stop()


async def test_a_gateway_that_was_restarted_tells_all_that_it_remembers(gateway: FakeGateway, until: Until) -> None:
    watching = await told_of_one(gateway, until)
    await gateway.restart(alert("i2"), epoch="e2")
    await until(lambda: "i2" in watching.seen)
    assert watching.seen == ["i1", "i1", "i2"]
    await until(lambda: watching.watcher.position == "e2.2")
    await watching.stop()


async def test_what_was_told_before_it_came_is_told_to_who_asks_for_the_past(
    gateway: FakeGateway, until: Until
) -> None:
    gateway.told.append(alert("i1"))
    new, old = Watching(gateway), Watching(gateway, past=True, since_s=0)
    await until(lambda: len(gateway._readers) == 2)
    await gateway.tell(alert("i2"))
    await until(lambda: bool(new.seen) and len(old.seen) == 2)
    assert (new.seen, old.seen) == (["i2"], ["i1", "i2"])
    await new.stop()
    await old.stop()


async def test_what_is_no_event_ends_the_watch(gateway: FakeGateway, until: Until) -> None:
    watcher = Watcher(gateway.url, "token")

    async def watch() -> None:
        async for _ in watcher.arrivals():
            pass

    task = asyncio.create_task(watch())
    await watcher.connected.wait()
    await until(lambda: len(gateway.handshakes) == 1)
    await gateway.tell({"type": "alert"})
    with pytest.raises(ProtocolViolation):
        await task


async def test_a_gateway_that_was_never_there_is_a_sentence_once_patience_ends() -> None:
    watcher = Watcher("http://127.0.0.1:1", "token", patience_s=0.1, backoff=FAST)
    with pytest.raises(GatewayUnreachable, match=r"within 0\.1 s"):
        await anext(watcher.arrivals())
