"""What is written to a client: at once where it reads; in order and within bounds where it does not."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from resonance_gateway.channels.outbox import Outbox, Queueing
from resonance_gateway.channels.policies import Policies, Policy
from resonance_gateway.channels.publication import Publication, framed
from resonance_runtime import metrics


class Wire(asyncio.Protocol):
    """The gateway's side of a connection, paused and resumed by its transport."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def writing_paused(self) -> bool:
        return not self._writable.is_set()

    async def drain(self) -> None:
        await self._writable.wait()
        if self.transport is None:
            raise ConnectionResetError("gone")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()


class Client:
    """The other side: reads when it is told to."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._seen = b""

    async def read(self) -> list[str]:
        """Texts of all frames that come until nothing does for a moment."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                async with asyncio.timeout(0.2):
                    chunk = await loop.sock_recv(self._socket, 1 << 20)
                if not chunk:
                    break
                self._seen += chunk
        except TimeoutError:
            pass
        texts, seen = [], self._seen
        while seen:
            size, head = seen[1], 2
            if size == 126:
                size, head = int.from_bytes(seen[2:4]), 4
            elif size == 127:
                size, head = int.from_bytes(seen[2:10]), 10
            if len(seen) < head + size:
                break
            texts.append(seen[head : head + size].decode())
            seen = seen[head + size :]
        self._seen = seen
        return texts

    def close(self) -> None:
        self._socket.close()


class Owner:
    def __init__(self) -> None:
        self.told = 0

    def too_slow(self) -> None:
        self.told += 1


@pytest.fixture
async def ends():
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    transport, wire = await asyncio.get_running_loop().create_connection(Wire, sock=ours)
    yield wire, Client(theirs)
    transport.abort()
    theirs.close()
    await asyncio.sleep(0)


@pytest.fixture
def owner():
    return Owner()


LIMIT = 200_000


@pytest.fixture
def outbox(ends, owner):
    return Outbox(ends[0], ends[0], Queueing("test", LIMIT), owner)


@pytest.fixture
def client(ends):
    return ends[1]


def publication(text: str, policy: Policy = Policy.DROP_OLDEST, channel: str = "c") -> Publication:
    return Publication(channel, policy, framed(json.dumps(text).encode()))


def left_out(policy: Policy) -> float:
    return metrics.GATEWAY_SLOW_READERS.labels(endpoint="test", policy=policy)._value.get()


def numbers(texts: list[str]) -> list[int]:
    return [int(json.loads(text).split()[0]) for text in texts]


def filled(n: int) -> str:
    return f"{n} " + "x" * 10_000


async def test_what_a_client_reads_is_written_at_once_without_a_task(outbox, client):
    before = asyncio.all_tasks()
    outbox.answer("a")
    outbox.publish(publication("b"))
    outbox.ack(3)

    assert asyncio.all_tasks() == before
    assert await client.read() == ["a", '"b"', '{"type":"ack","sequence":3}']


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
async def test_frames_of_every_size_are_whole(outbox, client, size):
    outbox.answer("y" * size)
    reading = asyncio.create_task(client.read())
    await outbox.flush()

    assert await reading == ["y" * size]


async def test_a_slow_client_loses_the_oldest_and_gets_the_rest_in_order(outbox, client):
    before = left_out(Policy.DROP_OLDEST)
    for n in range(100):
        outbox.publish(publication(filled(n)))

    got = numbers(await client.read())
    lost = left_out(Policy.DROP_OLDEST) - before
    assert got == sorted(got) and got[-1] == 99
    assert len(got) == 100 - lost and lost >= 100 - LIMIT / 10_000 - 2
    # What follows goes straight on.
    outbox.publish(publication(filled(100)))
    assert numbers(await client.read()) == [100]


async def test_what_waits_is_bounded_in_bytes_with_what_is_in_the_transport(outbox, ends):
    for n in range(100):
        outbox.publish(publication(filled(n)))
        assert 0 <= outbox.room <= LIMIT
    assert ends[0].transport.get_write_buffer_size() > 0
    assert outbox.room < 20_100


async def test_a_bound_below_what_the_transport_holds_drops_and_does_not_disconnect(ends, owner):
    outbox = Outbox(ends[0], ends[0], Queueing("test", 10_000), owner)
    for n in range(100):
        outbox.publish(publication(filled(n), (Policy.DROP_OLDEST, Policy.CONFLATE)[n % 2]))

    assert owner.told == 0
    assert outbox.room <= 0
    outbox.publish(publication("never dropped", Policy.DISCONNECT))
    assert owner.told == 1


async def test_a_conflated_channel_keeps_the_newest_alone(outbox, client, owner):
    before = left_out(Policy.CONFLATE)
    for n in range(1000):
        for channel in ("prices.a", "prices.b"):
            outbox.publish(publication(filled(n), Policy.CONFLATE, channel))

    assert outbox.room > LIMIT - 120_000
    got = numbers(await client.read())
    assert got[-2:] == [999, 999] and len(got) < 30
    assert left_out(Policy.CONFLATE) - before == 2000 - len(got)
    assert owner.told == 0


async def test_a_newest_value_stays_while_others_are_dropped(outbox, client):
    for n in range(10):
        outbox.publish(publication(filled(n)))
    outbox.publish(publication("7 price", Policy.CONFLATE, "prices.a"))
    for n in range(10, 100):
        outbox.publish(publication(filled(n)))

    assert numbers(await client.read()).count(7) == 1 + 1


async def test_a_channel_that_does_not_drop_disconnects_and_tells_once(outbox, client, owner):
    before = left_out(Policy.DISCONNECT)
    for n in range(100):
        outbox.publish(publication(filled(n), Policy.DISCONNECT))

    assert owner.told == 1
    assert left_out(Policy.DISCONNECT) - before == 1
    got = numbers(await client.read())
    assert got == list(range(len(got)))


async def test_answers_and_acks_go_before_publications_that_wait(outbox, client):
    for n in range(15):
        outbox.publish(publication(filled(n)))
    outbox.answer("answer")
    for sequence in (1, 5, 9):
        outbox.ack(sequence)
    texts = await client.read()

    place = texts.index("answer")
    assert texts[place + 1] == '{"type":"ack","sequence":9}'
    assert 0 < place < 14
    assert [text for text in texts if "ack" in text] == ['{"type":"ack","sequence":9}']


async def test_flush_waits_until_answers_are_taken(outbox, client):
    for _ in range(30):
        outbox.answer("z" * 10_000)
    flushing = asyncio.create_task(outbox.flush())
    await asyncio.sleep(0.05)
    assert not flushing.done()

    assert len(await client.read()) == 30
    await flushing


async def test_a_client_that_is_gone_is_written_no_more(outbox, client):
    for _ in range(30):
        outbox.answer("z" * 10_000)
    flushing = asyncio.create_task(outbox.flush())
    await asyncio.sleep(0)
    client.close()
    async with asyncio.timeout(5):
        await flushing
    outbox.publish(publication("b"))
    outbox.ack(4)
    assert outbox.room == LIMIT


async def test_after_discard_nothing_is_written(outbox, client):
    for n in range(30):
        outbox.publish(publication(filled(n)))
    outbox.discard()
    outbox.answer("late")
    await outbox.flush()

    assert "late" not in await client.read()


@pytest.mark.parametrize(
    ("channel", "policy"),
    [
        ("prices.eur", Policy.CONFLATE),
        ("orders.7", Policy.DISCONNECT),
        ("orders", Policy.DROP_OLDEST),
        ("orders.vip.1", Policy.DISCONNECT),
        ("a\nprices.x", Policy.DROP_OLDEST),
    ],
)
def test_the_first_pattern_that_matches_holds(channel, policy):
    policies = Policies({"prices.*": Policy.CONFLATE, "orders.*": Policy.DISCONNECT, "orders.vip.*": Policy.CONFLATE})
    assert policies.of(channel) is policy
