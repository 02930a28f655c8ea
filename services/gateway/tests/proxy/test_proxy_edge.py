"""Proxy mode behind the gateway's edge, on both event loops: TLS on both legs, PROXY headers, trusted proxies."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus

from resonance_gateway.app import Gateway
from resonance_gateway.edge.certificates import Certificates
from resonance_gateway.edge.listening import listen_at
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.problems import problems
from resonance_gateway.settings import GatewaySettings
from resonance_runtime.health import Health
from resonance_runtime.records import Outgoing

KEY = "a key of pseudonyms for tests, long enough"
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Any], None]:
    """Runs a scenario on one of the event loops."""

    def go(scenario: Any) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(scenario)

    return go


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key").write_bytes(pem)
    return folder / "crt", folder / "key"


class Sender:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.users: set[str] = set()

    async def send_together(self, outgoing: Sequence[Outgoing]) -> int:
        for one in outgoing:
            value: Any = one.value
            self.users |= {value.strings[i] for i in value.user}
        return len(outgoing)


@asynccontextmanager
async def both(
    tls: tuple[Path, Path] | None = None, **settings: Any
) -> AsyncIterator[tuple[int, list[ServerConnection], Sender]]:
    """A gateway on a port, as the service listens, the connections of the backend behind it, and what was tracked."""
    seen: list[ServerConnection] = []

    async def echo(connection: ServerConnection) -> None:
        seen.append(connection)
        async for message in connection:
            await connection.send(message)

    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        settings |= {"tls_cert_file": tls[0], "tls_key_file": tls[1], "upstream_ca_file": tls[0]}
    tasks: list[asyncio.Task[None]] = []

    def spawn(name: str, work: Any) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(work, name=name))
        return tasks[-1]

    async with serve(echo, "127.0.0.1", 0, ssl=context) as server:
        upstream = f"{'ws' if tls is None else 'wss'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        chosen = GatewaySettings(jwt_secret="s" * 40, pseudonym_key=KEY, instance="g1", upstream=upstream, **settings)
        sender = Sender()
        gateway = Gateway(chosen, sender, Any, Health(30), spawn)  # type: ignore[arg-type]
        gateway.tracker.begin(2)
        assert gateway.proxy is not None
        await gateway.proxy.start()
        app = web.Application(middlewares=[problems])
        app.add_routes(gateway.routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = listen_at(gateway.edge, chosen, Certificates.of(chosen))(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield site.port, seen, sender
        finally:
            await gateway.proxy.stop()
            await gateway.tracker.stop(5)
            await runner.cleanup()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    assert len(gateway.edge.seats) == 0


async def echoed(connection: Any) -> None:
    for message in ("hello", "x" * 200_000, b"y" * 70_000):
        await connection.send(message)
        assert await asyncio.wait_for(connection.recv(), 5) == message


def test_tls_on_both_legs(run, certificate):
    async def scenario() -> None:
        async with both(certificate) as (port, seen, _):
            trusting = ssl.create_default_context(cafile=certificate[0])
            async with connect(f"wss://127.0.0.1:{port}/", ssl=trusting, proxy=None, max_size=None) as connection:
                await echoed(connection)
                assert seen[0].request.headers["X-Forwarded-Proto"] == "https"
                await seen[0].close(4001, "enough")
                await asyncio.wait_for(connection.wait_closed(), 5)
                assert (connection.close_code, connection.close_reason) == (4001, "enough")

    run(scenario())


def test_what_trusted_proxies_say_is_passed_on_and_believed(run):
    said = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-User": "alice"}

    async def scenario() -> None:
        settings = {"trusted_proxies": "127.0.0.0/8", "upstream_user_header": "X-User"}
        async with both(**settings) as (port, seen, sender):
            async with connect(f"ws://127.0.0.1:{port}/", additional_headers=said, proxy=None) as connection:
                await echoed_small(connection)
                headers = seen[0].request.headers
            assert headers["X-Forwarded-For"] == "192.0.2.7, 127.0.0.1"
            assert (headers["X-Forwarded-Proto"], headers["X-User"]) == ("https", "alice")
            assert "Forwarded" not in headers
        assert sender.users == {Pseudonyms(KEY).user("alice")}

    run(scenario())


def test_what_others_say_is_neither_passed_on_nor_believed(run):
    said = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-User": "alice"}

    async def scenario() -> None:
        async with both(trusted_proxies="10.0.0.0/8", upstream_user_header="x-user") as (port, seen, sender):
            async with connect(f"ws://127.0.0.1:{port}/", additional_headers=said, proxy=None) as connection:
                await echoed_small(connection)
                headers = seen[0].request.headers
            assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
            assert "X-User" not in headers
        assert sender.users == {Pseudonyms(KEY).user("anonymous@127.0.0.1")}

    run(scenario())


def test_the_client_of_a_proxy_header_is_named_to_the_backend(run):
    async def scenario() -> None:
        async with both(trusted_proxies="127.0.0.0/8", proxy_protocol="on") as (port, seen, sender):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"PROXY TCP4 192.0.2.9 10.0.0.1 4660 80\r\n")
            writer.write(
                b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
                # A frame that comes with the handshake is not lost.
                b"\x81\x83\x00\x00\x00\x00abc"
            )
            assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 101 ")
            assert await asyncio.wait_for(reader.readexactly(5), 5) == b"\x81\x03abc"
            assert seen[0].request.headers["X-Forwarded-For"] == "192.0.2.9"
            writer.close()
        assert sender.users == {Pseudonyms(KEY).user("anonymous@192.0.2.9")}

    run(scenario())


def test_pages_of_other_origins_are_refused_only_where_origins_are_named(run):
    async def scenario() -> None:
        async with (
            both() as (port, _, _),
            connect(f"ws://127.0.0.1:{port}/", origin="https://elsewhere.example", proxy=None) as connection,
        ):
            await echoed_small(connection)
        async with both(allowed_origins="https://app.example.com") as (port, seen, _):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}/", origin="https://elsewhere.example", proxy=None)
            assert refused.value.response.status_code == 403
            assert seen == []

    run(scenario())


async def echoed_small(connection: Any) -> None:
    await connection.send("hello")
    assert await asyncio.wait_for(connection.recv(), 5) == "hello"
