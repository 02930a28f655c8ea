"""A client that does not read costs the others nothing."""

from __future__ import annotations

import asyncio
import json

from aiohttp import WSMsgType

from resonance_runtime import metrics
from tests.support.channel_client import WAIT_S, Client, data


def slow_readers(policy):
    return metrics.GATEWAY_SLOW_READERS.labels(endpoint="ws", policy=policy)._value.get()


async def test_a_slow_reader_is_cut_off_and_recovers(start, make_token, eventually):
    one = await start("g1", max_queue_bytes=131_072, channel_policies={"orders.*": "disconnect"}, history_size=10_000)
    slow = await Client.connect(one, make_token("slow"))
    other = await Client.connect(one, make_token("other"))
    epoch = (await slow.subscribe("orders.1"))["orders.1"]["epoch"]
    await other.subscribe("orders.1")
    stuck = slow.socket._response.connection.transport
    stuck.pause_reading()
    sent, before = 0, slow_readers("disconnect")
    while slow_readers("disconnect") == before:
        assert sent < 5000
        await asyncio.gather(*(one.gateway.channels.publish("orders.1", "x" * 5000) for _ in range(50)))
        sent += 50
    assert len(await other.publications(sent)) == sent
    stuck.resume_reading()
    heard = []
    while (message := await slow.socket.receive(timeout=WAIT_S)).type is WSMsgType.TEXT:
        heard.append(json.loads(message.data))
    assert (message.type, message.data) == (WSMsgType.CLOSE, 3002)
    assert [frame["offset"] for frame in heard] == list(range(1, len(heard) + 1))
    assert len(heard) < sent
    await eventually(lambda: len(one.gateway.sockets) == 1)

    # What it did not get, it gets when it comes again.
    known, again = len(heard), await Client.connect(one, make_token("slow"))
    await other.close()
    while known < sent:
        said = await again.subscribe("orders.1", recover={"orders.1": {"offset": known, "epoch": epoch}})
        if not said["orders.1"]["recovered"]:
            known = sent - 10
        else:
            found = await again.publications(sent - known)
            assert [frame["offset"] for frame in found] == list(range(known + 1, sent + 1))
            known = sent
        await again.socket.send_json({"type": "unsubscribe", "channels": ["orders.1"]})


async def test_one_that_does_not_read_costs_the_others_nothing_and_may_go_on_itself(start, make_token):
    one = await start("g1", max_queue_bytes=131_072)
    stuck = await Client.connect(one, make_token("stuck"))
    others = [await Client.connect(one, make_token(f"u{n}")) for n in range(20)]
    for client in (stuck, *others):
        await client.subscribe("news")
    transport = stuck.socket._response.connection.transport
    transport.pause_reading()
    before = slow_readers("drop_oldest")
    sent = 0
    while slow_readers("drop_oldest") < before + 100:
        assert sent < 20_000
        await asyncio.gather(*(one.gateway.channels.publish("news", "x" * 20_000) for _ in range(20)))
        sent += 20
        for client in others:
            await client.publications(20)
            client.frames.clear()
    # What it says itself is heard, though it does not read.
    await stuck.publish("news", "still here")
    for client in others:
        assert data(await client.publications(1)) == ["still here"]

    transport.resume_reading()
    heard = []
    while not heard or heard[-1]["data"] != "still here":
        heard += await stuck.publications(1)
    offsets = [frame["offset"] for frame in heard]
    assert offsets == sorted(set(offsets)) and offsets[-1] == sent + 1
    assert len(offsets) <= sent + 1 - 100
