"""Channels while Redis, a gateway or the broker is away, and after."""

from __future__ import annotations

import asyncio

from resonance_gateway.channels import listener
from tests.support.channel_client import Client, data, position


async def test_without_redis_local_clients_go_on_and_with_it_everyone_does(
    start, make_token, redis_server, health, eventually
):
    one, two = await start("g1"), await start("g2")
    alice, bob = await Client.connect(one, make_token("alice")), await Client.connect(two, make_token("bob"))
    before = (await alice.subscribe("news"))["news"]
    await bob.subscribe("news")
    redis_server.kill()
    await eventually(lambda: "channels" in health.degradations())

    await alice.publish("news", "here")
    assert await alice.publications(1) == [{"type": "publication", "channel": "news", "data": "here"}]
    late = await Client.connect(one, make_token("late"))
    assert await late.subscribe("news", recover={"news": before}) == {"news": {"recovered": False}}

    redis_server.start()
    await eventually(lambda: one.gateway.relay.up and two.gateway.relay.up)
    # Everyone is told that what there was in between is lost.
    for client in (alice, bob, late):
        told = (await client.receive())["channels"]["news"]
        assert told["recovered"] is False and told["epoch"] != before["epoch"]
    await bob.publish("news", "everywhere")
    for client in (alice, bob, late):
        (frame,) = await client.publications(1)
        assert (frame["offset"], frame["data"], frame["epoch"]) == (1, "everywhere", told["epoch"])
    assert "channels" not in health.degradations()


async def test_a_gateway_that_was_cut_off_from_redis_catches_up(start, make_token, redis_server, eventually):
    one, two = await start("g1"), await start("g2")
    alice, bob = await Client.connect(one, make_token("alice")), await Client.connect(two, make_token("bob"))
    await alice.subscribe("news")
    await bob.publish("news", 1)
    await alice.publications(1)

    one.gateway.relay._listener._connection._writer.transport.abort()
    for n in (2, 3):
        await bob.publish("news", n)
    await eventually(lambda: one.gateway.relay.up)
    await bob.publish("news", 4)
    frames = await alice.publications(3)
    assert (data(frames), [f["offset"] for f in frames]) == ([2, 3, 4], [2, 3, 4])


async def test_a_redis_that_hangs_doubles_nothing_and_loses_nothing_here(
    start, make_token, redis_server, eventually, monkeypatch
):
    one = await start("g1")
    alice = await Client.connect(one, make_token("alice"))
    await alice.subscribe("news")
    redis_server.pause()
    await alice.publish("news", 1)
    assert data(await alice.publications(1)) == [1]
    await alice.publish("news", 2)
    assert data(await alice.publications(1)) == [2]
    # The first is in Redis now, since it was on its way.
    redis_server.resume()
    await eventually(lambda: one.gateway.relay.up)
    await alice.publish("news", 3)

    (frame,) = await alice.publications(1)
    assert (frame["data"], frame["offset"]) == (3, 2)


async def test_a_gateway_that_dies_costs_its_clients_nothing(start, make_token):
    one, two = await start("g1"), await start("g2")
    alice, bob = await Client.connect(one, make_token("alice")), await Client.connect(two, make_token("bob"))
    await alice.subscribe("news")
    await bob.publish("news", 1)
    (last,) = await alice.publications(1)
    await one.client.close()
    await bob.publish("news", 2)

    again = await Client.connect(two, make_token("alice"))
    await bob.publish("news", 3)
    said = await again.subscribe("news", recover={"news": position(last)})
    assert said["news"]["recovered"]
    assert data(await again.publications(2)) == [2, 3]


async def test_a_subscription_is_answered_when_nothing_is_missed_any_more(start, make_token, monkeypatch):
    one, two = await start("g1"), await start("g2")
    subscribe_to = listener.Listener.subscribe_to

    async def late(self, names):
        await asyncio.sleep(0.1)
        await subscribe_to(self, names)

    monkeypatch.setattr(listener.Listener, "subscribe_to", late)
    alice = await Client.connect(one, make_token("alice"))
    for channel in ("a", "b", "c"):
        await alice.subscribe(channel)
        await two.gateway.channels.publish(channel, channel)
        assert data(await alice.publications(1)) == [channel]


async def test_channels_go_on_without_the_broker(start, make_token, sender):
    one, two = await start("g1"), await start("g2")
    alice, bob = await Client.connect(one, make_token("alice")), await Client.connect(two, make_token("bob"))
    sender.open.clear()
    await alice.subscribe("news")
    await bob.publish("news", 1)
    assert data(await alice.publications(1)) == [1]
    sender.open.set()
