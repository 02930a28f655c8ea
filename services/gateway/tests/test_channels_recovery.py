"""What a client missed comes when it is back: in order, without gap and without double."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.channel_client import WAIT_S, Client, data, position


async def test_a_client_that_was_away_gets_what_it_missed_on_another_gateway(start, make_token):
    one, two = await start("g1"), await start("g2")
    alice, bob = await Client.connect(one, make_token("alice")), await Client.connect(two, make_token("bob"))
    await alice.subscribe("news", "quiet")
    await bob.publish("news", 1)
    last = (await alice.publications(1))[0]
    await alice.close()
    for n in range(2, 7):
        await bob.publish("news", n)
    await bob.subscribe("news")

    again = await Client.connect(two, make_token("alice"))
    said = await again.subscribe("news", "quiet", recover={"news": position(last)})
    assert said["news"] == {"offset": 6, "epoch": last["epoch"], "recovered": True}
    assert "recovered" not in said["quiet"]
    assert data(await again.publications(5)) == [2, 3, 4, 5, 6]
    await bob.publish("news", 7)
    assert data(await again.publications(1)) == [7]


@pytest.mark.parametrize(
    ("known", "recovered"),
    [
        ({"offset": 10}, True),
        ({"offset": 8}, True),
        ({"offset": 7}, True),
        ({"offset": 6}, False),
        ({"offset": 11}, False),
        ({"offset": 9, "epoch": "another"}, False),
    ],
)
async def test_history_reaches_back_so_far(start, make_token, known, recovered):
    one = await start("g1", history_size=3)
    alice = await Client.connect(one, make_token("alice"))
    epoch = (await alice.subscribe("news"))["news"]["epoch"]
    for n in range(1, 11):
        await alice.publish("news", n)
    await alice.publications(10)
    await alice.socket.send_json({"type": "unsubscribe", "channels": ["news"]})

    said = await alice.subscribe("news", recover={"news": {"epoch": epoch, **known}})
    assert said["news"] == {"offset": 10, "epoch": epoch, "recovered": recovered}
    if recovered:
        missed = 10 - known["offset"]
        assert data(await alice.publications(missed)) == list(range(11 - missed, 11))


async def test_more_than_may_wait_for_a_client_is_not_recovered(start, make_token):
    one = await start("g1", max_queue_bytes=131_072)
    alice = await Client.connect(one, make_token("alice"))
    epoch = (await alice.subscribe("news"))["news"]["epoch"]
    for _ in range(7):
        await alice.publish("news", "x" * 20_000)
    await alice.publications(7)
    await alice.socket.send_json({"type": "unsubscribe", "channels": ["news"]})
    assert not (await alice.subscribe("news", recover={"news": {"offset": 0, "epoch": epoch}}))["news"]["recovered"]


async def test_clients_that_come_and_go_during_a_storm_miss_nothing_and_get_nothing_twice(start, make_token):
    """Subscriptions race publications from two gateways; every client goes on from its last offset, once over each."""
    gateways = [await start("g1", history_size=5000), await start("g2", history_size=5000)]
    publishers = [await Client.connect(g, make_token(f"p{i}")) for i, g in enumerate(gateways)]
    done = asyncio.Event()

    async def storm(publisher, n):
        for i in range(600):
            await publisher.publish("news", [n, i])
            await asyncio.sleep(0.001)

    async def wanderer(n):
        heard, known, turn = [], None, n
        while True:
            last_round = done.is_set()
            client = await Client.connect(gateways[turn % 2], make_token(f"w{n}"))
            turn += 1
            said = await client.subscribe("news", recover=None if known is None else {"news": known})
            if known is None:
                known = {"offset": said["news"]["offset"], "epoch": said["news"]["epoch"]}
                first = known["offset"]
            else:
                assert said["news"]["recovered"] is True
            while heard[-1]["offset"] < 1200 if heard and last_round else len(heard) < (turn - n) * 40:
                if done.is_set() and not last_round:
                    break
                try:
                    frame = await client.socket.receive_json(timeout=WAIT_S if last_round else 0.5)
                except TimeoutError:
                    break
                heard.append(frame)
                known = position(frame)
            await client.close()
            if last_round:
                return first, [frame["offset"] for frame in heard]

    wanderers = [asyncio.create_task(wanderer(n)) for n in range(6)]
    await asyncio.gather(*(storm(publisher, n) for n, publisher in enumerate(publishers)))
    done.set()
    for first, offsets in await asyncio.gather(*wanderers):
        assert offsets == list(range(first + 1, 1201))
