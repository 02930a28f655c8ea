from __future__ import annotations

import asyncio
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest

from resonance_client.errors import AuthenticationRefused
from resonance_client.simulation.plan import Scenario, frames, make_plan
from resonance_client.timeline import Action, Kind
from resonance_client.tokens import TokenSigner
from resonance_client.traffic.driver import Driver, Progress
from resonance_client.traffic.pacing import EventClock, Pace

if TYPE_CHECKING:
    from conftest import FakeGateway

SECOND = 1_000_000
SMALL = Scenario(seed=2, ordinary_users=15, learning_hours=0.5, incident_hours=0.7)
AS_FAST_AS_IT_GOES = Pace(1e9)


def test_event_time_follows_real_time() -> None:
    clock = EventClock(Pace(100.0, 5.0))
    clock.start(50 * SECOND, 10.0)
    assert clock.horizon_us(10.0, 50 * SECOND) == 50 * SECOND
    assert clock.horizon_us(10.5, 99 * SECOND) == 100 * SECOND


def test_nobody_runs_further_ahead_than_the_lead() -> None:
    clock = EventClock(Pace(100.0, 5.0))
    clock.start(0, 0.0)
    assert clock.horizon_us(1.0, 20 * SECOND) == 25 * SECOND
    assert clock.horizon_us(0.1, 20 * SECOND) == 10 * SECOND


def test_a_clock_that_was_held_up_for_long_is_set_back() -> None:
    clock = EventClock(Pace(100.0, 5.0))
    clock.start(0, 0.0)
    clock.settle(17 * SECOND, 0.2)
    assert clock.horizon_us(0.2, 17 * SECOND) == 20 * SECOND
    clock.settle(17 * SECOND, 5.0)
    assert clock.horizon_us(5.0, 17 * SECOND) == 17 * SECOND


async def test_every_frame_of_a_plan_is_stored_once(gateway: FakeGateway, secret: str) -> None:
    plan = make_plan(SMALL)
    seen: list[Progress] = []
    async with Driver(gateway.url, "s", TokenSigner(secret), AS_FAST_AS_IT_GOES, on_progress=seen.append) as driver:
        await driver.play(plan.learning.actions)
        assert gateway.count() == frames(plan.learning.actions)
        await driver.play(plan.incidents.actions)
        progress = await driver.finish()
    expected = frames(plan.learning.actions) + frames(plan.incidents.actions)
    assert gateway.count() == progress.sent == progress.acknowledged == expected
    assert gateway.resent == progress.open == progress.reconnects == 0
    assert seen[-1] == progress
    assert [p.event_us for p in seen] == sorted(p.event_us for p in seen)
    connects = [a for a in (*plan.learning.actions, *plan.incidents.actions) if a.kind is Kind.CONNECT]
    assert {auth["source"] for auth in gateway.authentications} == {a.connection for a in connects}
    assert {auth["stream"] for auth in gateway.authentications} == {"s"}
    assert set(gateway.byes) == {a.connection for a in connects}
    assert progress.refused["forbidden_channel"] > 0


async def test_frames_carry_what_the_timeline_says(gateway: FakeGateway, secret: str) -> None:
    actions = [
        Action(10 * SECOND, "anna", "c1", Kind.CONNECT, "192.0.2.1", "t1"),
        Action(11 * SECOND, "anna", "c1", Kind.SUBSCRIBE, "192.0.2.1", "t1", ("general", "dev")),
        Action(12 * SECOND, "anna", "c1", Kind.MESSAGE, "192.0.2.1", "t1", ("general",), 77, True),
        Action(13 * SECOND, "anna", "c1", Kind.DISCONNECT, "192.0.2.1", "t1"),
    ]
    async with Driver(gateway.url, "s", TokenSigner(secret), AS_FAST_AS_IT_GOES) as driver:
        await driver.play(actions)
    (auth,) = gateway.authentications
    assert (auth["claims"]["sub"], auth["claims"]["jti"], auth["time"]) == ("anna", "t1", 10.0)
    assert gateway.stored["c1"][1]["channels"] == ["general", "dev"]
    message = gateway.stored["c1"][2]
    assert (message["time"], message["size"], message["error"], message["address"]) == (12.0, 77, True, "192.0.2.1")
    assert gateway.byes == {"c1": 13.0}


async def test_users_stay_in_step(gateway: FakeGateway, secret: str) -> None:
    """No frame arrives that the gateway would call late."""
    plan = make_plan(SMALL)
    async with Driver(gateway.url, "s", TokenSigner(secret), Pace(20_000.0)) as driver:
        await driver.play(plan.learning.actions)
    times = [frame["time"] for _, frame in gateway.arrivals]
    late = max(newest - time for newest, time in zip(accumulate(times, max), times, strict=True))
    assert late <= Pace(1.0).lead_s


async def test_cuts_and_restarts_lose_and_double_nothing(gateway: FakeGateway, secret: str) -> None:
    plan = make_plan(SMALL)
    gateway.cut_after = [5, 1, 3, 8, 2] * 4
    expected = frames(plan.learning.actions)
    restarts = 0

    def come_back() -> None:
        gateway.down = False

    def restart_half_way(source: str, frame: dict[str, Any]) -> None:
        nonlocal restarts
        if gateway.count() == expected // 2:
            restarts += 1
            gateway.go_down()
            asyncio.get_running_loop().call_later(0.2, come_back)

    gateway.on_frame = restart_half_way
    async with Driver(gateway.url, "s", TokenSigner(secret), AS_FAST_AS_IT_GOES) as driver:
        await driver.play(plan.learning.actions)
        progress = await driver.finish()
    assert restarts == 1
    assert gateway.count() == progress.acknowledged == expected
    assert gateway.resent > 0
    assert progress.reconnects > 0
    for source, stored in gateway.stored.items():
        mine = [a for a in plan.learning.actions if a.connection == source and a.is_frame]
        assert [round(frame["time"] * SECOND) for _, frame in sorted(stored.items())] == [a.time_us for a in mine]


async def test_a_wrong_secret_ends_it_with_a_sentence(gateway: FakeGateway) -> None:
    signer = TokenSigner("another secret that is at least 32 bytes long")
    with pytest.raises(AuthenticationRefused, match="RESONANCE_JWT_SECRET"):
        async with Driver(gateway.url, "s", signer, AS_FAST_AS_IT_GOES) as driver:
            await driver.play(make_plan(SMALL).learning.actions)
    assert gateway.count() == 0
