from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from resonance_client.backoff import Backoff
from resonance_client.connection import websocket_url
from resonance_client.errors import AuthenticationRefused, GatewayUnreachable, SessionClosed, UsageError
from resonance_client.frames import Authentication, Refused, ReplayIdentity, ServerFrame, message, publish
from resonance_client.session import Session
from resonance_client.tokens import TokenSigner

if TYPE_CHECKING:
    from conftest import FakeGateway

FAST = Backoff(0.01, 0.05)


def replayed(secret: str, source: str = "c1") -> Authentication:
    token = TokenSigner(secret).replay("anna", "t1")
    return Authentication(token, True, ReplayIdentity("s", source, 1_000_000, "192.0.2.1"))


def numbers(gateway: FakeGateway, source: str) -> list[object]:
    return [frame["data"] for _, frame in sorted(gateway.stored[source].items())]


async def test_frames_are_stored_in_order_and_bye_ends_the_session(gateway: FakeGateway, secret: str) -> None:
    async with Session(websocket_url(gateway.url, "/ws"), replayed(secret)) as session:
        for n in range(50):
            await session.send(message(n))
        await session.drained()
        assert session.acknowledged == 50
    assert numbers(gateway, "c1") == [*range(50)]
    assert "c1" in gateway.byes
    assert gateway.authentications[0]["claims"]["roles"] == ["replay"]


async def test_cut_connections_lose_and_double_nothing(gateway: FakeGateway, secret: str) -> None:
    gateway.cut_after = [7, 1, 20]
    async with Session(websocket_url(gateway.url, "/ws"), replayed(secret), backoff=FAST) as session:
        for n in range(100):
            await session.send(message(n))
    assert numbers(gateway, "c1") == [*range(100)]
    assert session.sockets_opened == 4
    assert gateway.resent > 0
    assert gateway.authentications[-1]["first_sequence"] > 1


async def test_a_bye_that_was_lost_is_said_again(gateway: FakeGateway, secret: str) -> None:
    gateway.lost_byes = 1
    session = Session(websocket_url(gateway.url, "/ws"), replayed(secret), backoff=FAST)
    session.start()
    await session.send(message(1))
    await session.close(9_000_000)
    assert gateway.byes == {"c1": 9.0}
    assert session.sockets_opened == 2
    assert gateway.authentications[1]["first_sequence"] == 2


async def test_a_gateway_that_restarts_is_waited_for(gateway: FakeGateway, secret: str) -> None:
    async with Session(websocket_url(gateway.url, "/ws"), replayed(secret), backoff=FAST) as session:
        await session.send(message(1))
        await session.drained()
        await gateway.stop()
        await session.send(message(2))
        await gateway.start()
        await session.drained()
    assert numbers(gateway, "c1") == [1, 2]


async def test_a_full_buffer_makes_the_sender_wait(gateway: FakeGateway, secret: str) -> None:
    async with Session(websocket_url(gateway.url, "/ws"), replayed(secret), buffer=3) as session:
        for n in range(40):
            await session.send(message(n))
            assert session.submitted - session.acknowledged <= 3
    assert gateway.count() == 40


async def test_a_token_that_is_not_accepted_ends_the_session_with_a_sentence(gateway: FakeGateway) -> None:
    wrong = replayed("another secret that is at least 32 bytes long")
    session = Session(websocket_url(gateway.url, "/ws"), wrong, backoff=FAST)
    session.start()
    await session.send(message(1))
    with pytest.raises(AuthenticationRefused, match="the signature does not match"):
        await session.drained()
    with pytest.raises(AuthenticationRefused):
        session.raise_if_failed()


async def test_a_session_that_is_closed_for_good_is_not_opened_again(gateway: FakeGateway, secret: str) -> None:
    gateway.close_with = 3501
    session = Session(websocket_url(gateway.url, "/ws"), replayed(secret), backoff=FAST)
    session.start()
    await session.send(message(1))
    with pytest.raises(SessionClosed, match="3501"):
        await session.drained()
    assert session.sockets_opened == 1


async def test_nobody_there_is_said_after_the_patience(secret: str) -> None:
    session = Session("ws://127.0.0.1:1/ws", replayed(secret), backoff=FAST, patience_s=0.1)
    session.start()
    await session.send(message(1))
    with pytest.raises(GatewayUnreachable, match="within 0 s"):
        await session.drained()


async def test_abort_gives_up_at_once(secret: str) -> None:
    session = Session("ws://127.0.0.1:1/ws", replayed(secret), backoff=FAST)
    session.start()
    await session.send(message(1))
    async with asyncio.timeout(1):
        await session.abort()
    assert session.acknowledged == 0


async def test_refusals_are_handed_to_the_caller(gateway: FakeGateway, secret: str) -> None:
    seen: list[ServerFrame] = []
    async with Session(websocket_url(gateway.url, "/ws"), replayed(secret), on_frame=seen.append) as session:
        await session.send(publish("admin.users", 1))
    assert [frame for frame in seen if isinstance(frame, Refused)] == [Refused("forbidden_channel", "No.")]
    assert gateway.count() == 1


@pytest.mark.parametrize(
    ("gateway_address", "expected"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws"),
        ("https://resonance.example/base/", "wss://resonance.example/base/ws"),
        ("ws://[::1]:8000", "ws://[::1]:8000/ws"),
    ],
)
def test_addresses_of_gateways(gateway_address: str, expected: str) -> None:
    assert websocket_url(gateway_address, "/ws") == expected


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://host", "", "http://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="http://host:port"):
        websocket_url(address, "/ws")


def test_waits_grow_to_their_bound_and_differ() -> None:
    waits = Backoff(0.1, 1.0).waits()
    drawn = [next(waits) for _ in range(50)]
    assert 0.05 <= drawn[0] <= 0.1
    assert all(0.5 <= wait <= 1.0 for wait in drawn[5:])
    assert len(set(drawn)) > 40
