"""Channels of several gateways that share a Redis, with clients over real sockets."""

from __future__ import annotations

import asyncio

from tests.support.channel_client import WAIT_S, Client, data


async def test_publications_reach_subscribers_of_every_gateway_in_one_order(start, make_token):
    one, two = await start("g1"), await start("g2")
    alice, bob = await Client.connect(one, make_token("alice")), await Client.connect(two, make_token("bob"))
    standing = [await client.subscribe("news") for client in (alice, bob)]
    assert standing[0] == standing[1] and standing[0]["news"]["offset"] == 0

    await asyncio.gather(*(client.publish("news", [n, i]) for i in range(50) for n, client in enumerate((alice, bob))))
    heard = [await client.publications(100) for client in (alice, bob)]

    assert heard[0] == heard[1]
    assert [frame["offset"] for frame in heard[0]] == list(range(1, 101))
    for n in (0, 1):
        assert [i for who, i in data(heard[0]) if who == n] == list(range(50))
    assert {frame["epoch"] for frame in heard[0]} == {standing[0]["news"]["epoch"]}


async def test_a_replay_stays_on_its_gateway_and_in_its_stream(start, make_token):
    one = await start("g1")
    alice = await Client.connect(one, make_token("alice"))
    await alice.subscribe("news")
    socket = await one.client.ws_connect("/ws")
    token = make_token("r", roles=["replay"])
    await socket.send_json({"type": "auth", "token": token, "stream": "s", "source": "c", "time": 1.0})
    assert (await socket.receive_json(timeout=WAIT_S))["type"] == "ready"
    replay = Client(socket)
    assert await replay.subscribe("news") == {"news": {}}
    await replay.publish("news", "then")
    assert await replay.publications(1) == [{"type": "publication", "channel": "news", "data": "then"}]

    await alice.publish("news", "now")
    assert data(await alice.publications(1)) == ["now"]


async def test_backends_publish_by_rest(start, make_token):
    one, two = await start("g1"), await start("g2")
    alice = await Client.connect(two, make_token("alice"))
    epoch = (await alice.subscribe("news/и"))["news/и"]["epoch"]
    backend = {"Authorization": f"Bearer {make_token('shop', roles=['backend'])}"}
    path = "/ml/channels/news%2F%D0%B8/publish"
    async with one.client.post(path, json={"data": {"x": [1.5, None]}}, headers=backend) as answer:
        assert answer.status == 200, await answer.text()
        assert await answer.json() == {"offset": 1, "epoch": epoch}
    assert data(await alice.publications(1)) == [{"x": [1.5, None]}]

    for roles, channel, body, status in (
        ([], "news", {"data": 1}, 403),
        (["viewer"], "news", {"data": 1}, 403),
        (["operator"], "news", {"data": 1}, 200),
        (["backend"], "news", {}, 422),
        (["backend"], "x" * 129, {"data": 1}, 400),
        (["backend"], "admin.x", {"data": 1}, 403),
    ):
        headers = {"Authorization": f"Bearer {make_token('shop', roles=roles)}"}
        async with one.client.post(f"/ml/channels/{channel}/publish", json=body, headers=headers) as answer:
            assert answer.status == status, (roles, channel, await answer.text())


async def test_a_client_may_have_so_many_channels(start, make_token):
    one = await start("g1", max_channels=2)
    alice = await Client.connect(one, make_token("alice"))
    await alice.subscribe("a", "b")
    await alice.socket.send_json({"type": "subscribe", "channels": ["c"]})
    assert (await alice.receive())["code"] == "too_many_channels"


async def test_nothing_is_left_of_channels_that_everyone_left(start, make_token, eventually):
    one = await start("g1")
    alice = await Client.connect(one, make_token("alice"))
    await alice.subscribe("a", "b", "c")
    await alice.socket.send_json({"type": "unsubscribe", "channels": ["a"]})
    await eventually(lambda: len(one.gateway.channels) == 2)
    await alice.close()
    await eventually(lambda: len(one.gateway.channels) == 0)
    await eventually(lambda: not one.gateway.relay._listener._subscribed)
