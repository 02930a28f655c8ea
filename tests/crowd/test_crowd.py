"""Frames by hand are those of the protocol, and a crowd keeps account of each connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from resonance_contracts.topics import Service
from resonance_local.stack import Stack
from tests.crowd.people import Crowd, person
from tests.crowd.process import CrowdProcess
from tests.crowd.visit import Stage, Visit
from tests.crowd.wire import PONG, TEXT, Incoming, frame, request

HEADERS = {"X-Forwarded-For": "198.18.0.1"}


def shaken_hands() -> tuple[ServerProtocol, Incoming]:
    """A server by a library, and a client by hand, after the handshake."""
    server, client = ServerProtocol(), Incoming()
    server.receive_data(request("127.0.0.1:8000", "/ws", HEADERS))
    asked = server.events_received()[0]
    assert asked.headers["X-Forwarded-For"] == "198.18.0.1"
    server.send_response(server.accept(asked))
    assert list(client.take(b"".join(server.data_to_send()))) == []
    assert client.status == 101
    return server, client


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_library_reads_what_is_framed_by_hand(size: int) -> None:
    server, _ = shaken_hands()
    server.receive_data(frame(b"x" * size))
    heard = server.events_received()[0]
    assert isinstance(heard, Frame) and (heard.opcode, heard.data) == (Opcode.TEXT, b"x" * size)


def test_frames_of_a_library_are_read_however_they_are_cut() -> None:
    server, client = shaken_hands()
    sizes = [0, 125, 126, 70_000]
    for size in sizes:
        server.send_text(b"y" * size)
    data = b"".join(server.data_to_send())
    found = [one for at in range(0, len(data), 1000) for one in client.take(data[at : at + 1000])]
    assert found == [(TEXT, b"y" * size) for size in sizes]


def test_a_pong_is_a_pong() -> None:
    server, _ = shaken_hands()
    server.receive_data(frame(b"beat", PONG))
    assert server.events_received()[0].opcode is Opcode.PONG


def test_a_refused_handshake_says_its_status() -> None:
    with pytest.raises(ConnectionError, match="503"):
        list(Incoming().take(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"))


def test_who_is_turned_away_at_the_door_says_nothing_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        visit = Visit(door.getsockname()[1], "user-1", "token", HEADERS)
        visitor, _ = door.accept()
        # What was not read is answered with a reset.
        visitor.close()
        deadline = time.monotonic() + 10
        while visit.stage is not Stage.OVER:
            assert time.monotonic() < deadline
            visit.hear()
        assert not visit.say(b"x") and visit.sent == 0
        visit.leave()


def test_people_are_the_same_every_time_and_have_addresses_of_their_own() -> None:
    crowd = Crowd(users=70_000, online=1, rate=1.0)
    assert person(crowd, 7) == person(crowd, 7)
    assert len({person(crowd, n).address for n in range(0, 70_000, 100)}) == 700


@pytest.fixture(scope="module")
def gateway() -> Iterator[Stack]:
    """A gateway with a broker, a store and a Redis."""
    stack = Stack(lambda _: None, {"RESONANCE_TRUSTED_PROXIES": "127.0.0.1"}, services=[Service.GATEWAY])
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.mark.long
def test_a_crowd_comes_writes_goes_and_every_frame_is_accounted_for(gateway: Stack) -> None:
    crowd = Crowd(users=20, online=10, rate=100.0, session_s=1.0, misbehave_s=0.5, abrupt=0.2)
    with CrowdProcess(crowd, gateway.ports[Service.GATEWAY], gateway.jwt_secret) as process:
        process.until_full(20)
        _until(lambda: process.report()["opened"] > 30)
        process.rate(400.0)
        _until(lambda: process.report()["sent"] > 1_000)
        process.hold(5)
        _until(lambda: process.report()["online"] == 5)
        process.hold(20)
        _until(lambda: process.report()["online"] == 20)
        ended = process.end()
        accounts = process.accounts()
    assert ended["sent"] == sum(a.sent for a in accounts) and ended["acked"] == sum(a.acked for a in accounts)
    assert ended["sent"] + ended["held_back"] == ended["offered"] and ended["misdeeds"] > 0
    assert {a.ended for a in accounts} == {"closed 1000", "left without a farewell"}
    assert all(a.acked == a.sent for a in accounts if a.ended == "closed 1000")


def _until(so: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
