"""The client library's tracker against the gateway itself."""

from __future__ import annotations

from typing import Any

from resonance_client import ActivityTracker, Backoff, RefusedActivity
from resonance_client.tracking.events import Activity


async def test_what_the_client_tracks_is_stored_once(running: Any, make_token: Any) -> None:
    refused: list[RefusedActivity] = []
    tracker = ActivityTracker(
        str(running.client.make_url("/")),
        make_token("shop", roles=["backend"]),
        batch=50,
        on_refused=refused.append,
        backoff=Backoff(0.01, 0.1),
    )
    running.gateway.submissions.stored_within_s = 0.02
    running.sender.failures = 3
    async with tracker:
        for n in range(120):
            await tracker.track_user_activity(f"u{n % 5}", n, ["a", "b"], "192.0.2.1")
        tracker.offer(Activity("late", time=1.0))
    assert [(r.activity.user_id, r.reason) for r in refused] == [("late", "time")]
    stored = [e for e in running.sender.events() if not e["source"].endswith("#channels")]
    assert sorted(e["sequence"] for e in stored) == list(range(1, 121))
    assert sorted(e["size"] for e in stored) == list(range(120))
    assert len({e["source"] for e in stored}) == 1
    assert tracker.counts.stored == 120
