"""The tracker against a gateway that stores, refuses, breaks and comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from resonance_client import (
    Activity,
    ActivityTracker,
    AuthenticationRefused,
    Backoff,
    BufferFull,
    GatewayUnreachable,
    Overflow,
    RefusedActivity,
    SessionClosed,
    UsageError,
)
from resonance_client.tracking.waiting import Waiting

QUICK = Backoff(0.001, 0.01)


class Store:
    """A gateway: keeps each numbered event once, and answers as it is told to.

    Attributes:
        events: What is stored, by source and number.
        bodies: Every request, in order.
        failures: What to answer first: a status, or None for a connection that is cut after the batch was stored.
        refuse: Gives the reason why an event is refused, None for none.
        tokens: Tokens that are accepted, all where it is empty.
        most_bytes: Largest body.
    """

    def __init__(self) -> None:
        self.events: dict[tuple[str, int], dict[str, Any]] = {}
        self.bodies: list[dict[str, Any]] = []
        self.failures: list[int | None] = []
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda event: None
        self.tokens: set[str] = set()
        self.most_bytes = 10**6
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        assert request.path == "/ml/activity" and request.content_type == "application/json"
        if self.tokens and request.headers["Authorization"].removeprefix("Bearer ") not in self.tokens:
            return web.json_response({"detail": "The token has expired."}, status=401)
        text = await request.read()
        if len(text) > self.most_bytes:
            return web.json_response({"detail": "Body too large."}, status=413)
        body = json.loads(text)
        self.bodies.append(body)
        failure = self.failures.pop(0) if self.failures else 200
        if failure not in (200, None):
            return web.json_response({"detail": "Not now."}, status=failure, headers={"Retry-After": "0"})
        refused = []
        for index, event in enumerate(body["events"]):
            reason = self.refuse(event)
            if reason is None:
                self.events.setdefault((body["source"], event["sequence"]), event)
            else:
                refused.append({"index": index, "reason": reason, "detail": "Otherwise, please."})
        if failure is None:
            assert request.transport is not None
            request.transport.close()
        return web.json_response({"accepted": len(body["events"]) - len(refused), "refused": refused})


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    app = web.Application()
    app.router.add_post("/ml/activity", store.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    store.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield store
    await runner.cleanup()


async def test_what_users_did_is_stored_when_the_tracker_closes(store: Store) -> None:
    async with ActivityTracker(store.url, "token", source="shop-1") as tracker:
        for n in range(1200):
            assert await tracker.track_user_activity(f"u{n % 7}", n, ["a", "b"], "192.0.2.1")
    assert sorted(store.events) == [("shop-1", n) for n in range(1, 1201)]
    event = store.events["shop-1", 3]
    time = event.pop("time")
    assert isinstance(time, float)
    assert event == {
        "sequence": 3, "user_id": "u2", "kind": "message", "message_size": 2, "channels": ["a", "b"],
        "ip_address": "192.0.2.1",
    }  # fmt: skip
    assert [len(body["events"]) for body in store.bodies] == [500, 500, 200]
    assert (tracker.counts.stored, tracker.counts.refused, tracker.waiting) == (1200, 0, 0)


async def test_it_sends_the_same_batch_again_until_it_is_stored(store: Store) -> None:
    store.failures = [503, None, 429, 500, None]
    async with ActivityTracker(store.url, "token", batch=10, backoff=QUICK) as tracker:
        for n in range(30):
            await tracker.track_user_activity("anna", n)
    assert sorted(n for _, n in store.events) == list(range(1, 31))
    assert store.bodies[:6] == [store.bodies[0]] * 6
    assert tracker.counts.stored == 30
    assert len({source for source, _ in store.events}) == 1


async def test_events_travel_together_though_nobody_waits_for_them(store: Store) -> None:
    async with ActivityTracker(store.url, "token", linger_s=0.01) as tracker:
        for n in range(20):
            tracker.offer(Activity("anna", n))
        async with asyncio.timeout(5):
            while tracker.waiting:
                await asyncio.sleep(0.001)
        assert len(store.bodies) == 1


async def test_flushed_waits_no_longer_than_it_must(store: Store) -> None:
    async with ActivityTracker(store.url, "token", linger_s=3600) as tracker:
        await tracker.track_user_activity("anna", 1)
        await asyncio.wait_for(tracker.flushed(), 5)
        assert len(store.events) == 1


async def test_who_is_refused_is_told_and_the_rest_is_stored(store: Store) -> None:
    store.refuse = lambda event: "time" if event["message_size"] % 2 else None
    told: list[RefusedActivity] = []

    def fail(refused: RefusedActivity) -> None:
        told.append(refused)
        raise RuntimeError("a callback that fails")

    async with ActivityTracker(store.url, "token", on_refused=fail) as tracker:
        for n in range(6):
            await tracker.track_user_activity(f"u{n}", n)
    assert [(r.activity.user_id, r.reason, r.detail) for r in told] == [
        (f"u{n}", "time", "Otherwise, please.") for n in (1, 3, 5)
    ]
    assert (tracker.counts.stored, tracker.counts.refused) == (3, 3)


async def test_a_request_that_is_too_large_goes_in_pieces(store: Store) -> None:
    store.most_bytes = 1000
    told: list[RefusedActivity] = []
    async with ActivityTracker(store.url, "token", on_refused=told.append) as tracker:
        for n in range(40):
            await tracker.track_user_activity("anna" if n != 20 else "x" * 2000, n)
    assert sorted(n for _, n in store.events) == [n for n in range(1, 41) if n != 21]
    assert [(r.activity.message_size, r.reason) for r in told] == [(20, "refused")] and "413" in told[0].detail


async def test_no_more_wait_than_may(store: Store) -> None:
    store.failures = [503] * 10**4
    tracker = ActivityTracker(store.url, "token", capacity=5, patience_s=0.05, backoff=QUICK)
    with pytest.raises(GatewayUnreachable, match="5 events were not stored within"):
        async with tracker:
            for n in range(5):
                await tracker.track_user_activity("anna", n)
            with pytest.raises(BufferFull, match="5 events wait"):
                await tracker.track_user_activity("anna", 5)
    dropping = ActivityTracker(store.url, "token", capacity=5, patience_s=0.05, backoff=QUICK, overflow=Overflow.DROP)
    with pytest.raises(GatewayUnreachable):
        async with dropping:
            assert [await dropping.track_user_activity("anna", n) for n in range(8)] == [True] * 5 + [False] * 3
    assert dropping.counts.dropped == 3


async def test_a_token_that_is_not_accepted_ends_it(store: Store) -> None:
    store.tokens = {"good"}
    tracker = ActivityTracker(store.url, "bad")
    with pytest.raises(AuthenticationRefused, match="401"):
        async with tracker:
            await tracker.track_user_activity("anna", 1)
            await tracker.flushed()


async def test_a_token_can_be_a_fresh_one_each_time(store: Store) -> None:
    store.tokens = {"t3"}
    given = iter(["t1", "t2", "t3"])
    async with ActivityTracker(store.url, lambda: next(given), backoff=QUICK) as tracker:
        await tracker.track_user_activity("anna", 1)
    assert tracker.counts.stored == 1


async def test_what_cannot_be_sent_is_refused_at_once(store: Store) -> None:
    async with ActivityTracker(store.url, "token") as tracker:
        for bad in (Activity("\ud800"), Activity("a", time=float("nan")), Activity("a", message_size=object())):  # type: ignore[arg-type]
            with pytest.raises(UsageError):
                tracker.offer(bad)
        tracker.offer(Activity("anna", channels="general"))
    assert [(n, e["channels"]) for (_, n), e in store.events.items()] == [(1, ["general"])]
    with pytest.raises(SessionClosed):
        await tracker.track_user_activity("anna", 1)
    with pytest.raises(UsageError, match="1 to 128 letters"):
        ActivityTracker(store.url, "token", source="a b")


def test_a_batch_that_was_sent_stays_as_it_is_until_it_is_settled() -> None:
    waiting = Waiting("s", 100, 10)
    waiting.add(Activity("a"))
    first = waiting.batch()
    waiting.add(Activity("b"))
    assert waiting.batch() == first
    assert [a.user_id for a in waiting.settle()] == ["a"]
    assert json.loads(waiting.batch())["events"][0]["sequence"] == 2
