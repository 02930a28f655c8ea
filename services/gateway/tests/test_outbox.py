"""What is written to a client: in order, never more than it can wait for."""

from __future__ import annotations

import asyncio
import json

import pytest

from resonance_gateway.channels.outbox import Outbox


class Client:
    """Takes texts, and holds or breaks on demand."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.gone = False

    async def write(self, text: str) -> None:
        await self.reading.wait()
        if self.gone:
            raise ConnectionResetError("gone")
        self.read.append(text)


@pytest.fixture
async def client():
    return Client()


@pytest.fixture
def drops():
    return []


@pytest.fixture
async def outbox(client, drops):
    return Outbox(client.write, lambda: drops.append(1), limit=3)


async def test_answers_are_written_in_order_by_flush(outbox, client):
    for text in "abc":
        outbox.answer(text)
    await outbox.flush()

    assert client.read == ["a", "b", "c"]


async def test_a_slow_client_loses_the_oldest_publications(outbox, client, drops, eventually):
    client.reading.clear()
    for text in "abcdefg":
        outbox.publish(text)
        await asyncio.sleep(0)
    client.reading.set()

    # The first was in the middle of being written.
    await eventually(lambda: client.read == ["a", "e", "f", "g"])
    assert len(drops) == 3


async def test_an_answer_goes_before_publications(outbox, client, eventually):
    outbox.publish("p1")
    outbox.publish("p2")
    outbox.answer("answer")
    await outbox.flush()

    assert client.read[0] == "answer"
    await eventually(lambda: len(client.read) == 3)


async def test_acks_that_wait_are_one(outbox, client, eventually):
    client.reading.clear()
    for sequence in (1, 5, 9):
        outbox.ack(sequence)
        await asyncio.sleep(0)
    client.reading.set()

    await eventually(lambda: len(client.read) == 2)
    assert [json.loads(text)["sequence"] for text in client.read] == [1, 9]


async def test_a_client_that_is_gone_is_written_no_more(outbox, client):
    client.gone = True
    outbox.answer("a")
    await outbox.flush()
    client.gone = False
    outbox.publish("b")
    outbox.ack(4)
    await asyncio.sleep(0)

    assert client.read == []
