"""A broker that is away is tried ever less often, and at once when it is back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiokafka.client
import aiokafka.conn
import pytest
import uvloop
from aiokafka.conn import CloseReason
from aiokafka.errors import KafkaConnectionError

from resonance_runtime.reconnecting import LONGEST_S, Connection, Reconnecting, install


class Broker:
    """A broker at one address, and the clock; notes when somebody tried to connect."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.away = True
        self.tried: list[float] = []
        self.connect = Reconnecting(self._connect, lambda: self.now_s)

    async def _connect(self, host: str, port: int, **how: Any) -> Any:
        self.tried.append(self.now_s)
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionRefusedError
        return f"{host}:{port}"

    async def loops(self, count: int, lasts_s: float) -> None:
        """So many loops of clients, each of which tries every tenth of a second."""
        until = self.now_s + lasts_s
        while self.now_s < until:
            for _ in range(count):
                with contextlib.suppress(OSError, KafkaConnectionError):
                    await self.connect("kafka", 9092, on_close=None)
            self.now_s += 0.1


async def test_many_loops_try_about_once_a_second_together() -> None:
    broker = Broker()
    await broker.loops(30, 20.0)
    assert len(broker.tried) < 50, "without pauses it would be 6,000"
    late = [b - a for a, b in zip(broker.tried, broker.tried[1:], strict=False)][-10:]
    assert all(LONGEST_S / 2 <= pause <= LONGEST_S + 0.15 for pause in late)


async def test_what_failed_together_is_one_failure() -> None:
    broker = Broker()
    await asyncio.gather(*(broker.connect("kafka", 9092, on_close=None) for _ in range(30)), return_exceptions=True)
    assert len(broker.tried) == 30
    broker.now_s += 0.051
    with pytest.raises(ConnectionRefusedError):
        await broker.connect("kafka", 9092, on_close=None)


async def test_when_it_is_back_nothing_is_held_back_any_more() -> None:
    broker = Broker()
    await broker.loops(1, 5.0)
    broker.away = False
    broker.now_s += LONGEST_S
    for _ in range(3):
        assert await broker.connect("kafka", 9092, on_close=None) == "kafka:9092"
    broker.away = True
    with pytest.raises(ConnectionRefusedError):
        await broker.connect("kafka", 9092, on_close=None)
    broker.now_s += 0.051
    with pytest.raises(ConnectionRefusedError):
        await broker.connect("kafka", 9092, on_close=None)


async def test_other_brokers_and_clients_that_start_are_not_held_back() -> None:
    broker = Broker()
    with pytest.raises(ConnectionRefusedError):
        await broker.connect("kafka", 9092, on_close=None)
    with pytest.raises(KafkaConnectionError):
        await broker.connect("kafka", 9092, on_close=None)
    for held in (broker.connect("other", 9092, on_close=None), broker.connect("kafka", 9092)):
        with pytest.raises(ConnectionRefusedError):
            await held


class Request:
    """What a connection asks of a request that it sends."""

    def prepare(self, _: Any) -> Request:
        return self

    def build_request_header(self, **_: Any) -> Request:
        return self

    def encode(self) -> bytes:
        return b"anything"


async def send_after_the_connection_was_lost() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        closed: list[Any] = []
        connection = Connection("127.0.0.1", port, on_close=lambda _, reason: closed.append(reason))
        connection._reader, connection._writer = await asyncio.open_connection("127.0.0.1", port)
        connection._read_task = asyncio.create_task(asyncio.sleep(0))
        connection._writer.transport.abort()
        await asyncio.sleep(0)
        with pytest.raises(KafkaConnectionError):
            connection.send(Request())
        assert closed == [CloseReason.CONNECTION_BROKEN]


def test_to_send_on_a_connection_that_was_lost_a_moment_ago_is_an_error_of_kafka() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(send_after_the_connection_was_lost())


def test_aiokafka_is_given_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiokafka.client, "create_conn", aiokafka.client.create_conn)
    monkeypatch.setattr(aiokafka.conn, "AIOKafkaConnection", aiokafka.conn.AIOKafkaConnection)
    install()
    assert aiokafka.conn.AIOKafkaConnection is Connection
    installed = aiokafka.client.create_conn
    install()
    assert aiokafka.client.create_conn is installed
    assert isinstance(installed, Reconnecting)
