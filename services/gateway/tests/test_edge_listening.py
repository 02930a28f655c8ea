"""The edge on a real port: PROXY headers, limits on connections, slow and malformed requests; on both event loops."""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from contextlib import asynccontextmanager

import pytest
import uvloop
from aiohttp import web

from resonance_gateway.edge.addresses import client_address
from resonance_gateway.edge.bodies import bodies_within
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.edge.listening import listen_at
from resonance_gateway.edge.origins import Origins
from resonance_gateway.edge.patience import Patience
from resonance_gateway.edge.proxy_header import SIGNATURE
from resonance_gateway.edge.seats import Seats
from resonance_gateway.edge.settings import EdgeSettings
from resonance_gateway.edge.trust import Trust, networks
from resonance_gateway.rest.problems import problems
from resonance_runtime.errors import SettingsError
from tests.support.wire import TEXT, Wire, frame, request

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
LOCAL = "127.0.0.0/8"
GET = request("GET", "/", Host="gateway.test")


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def run(request):
    """Runs a scenario on one of the event loops."""

    def go(scenario):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(scenario)

    return go


@pytest.fixture
def run_on_uvloop():
    """Runs a scenario on the event loop that the gateway runs on, where it does not depend on which."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner.run


def edge_of(trusted="", total=100, each=100, **patience):
    return Edge(Trust(networks(trusted)), Origins(""), Seats(total, each), Patience(**patience))


@asynccontextmanager
async def served(edge, certificates=None, **settings):
    """Serves who a client is at /, what it sends at /body, and an echo at /ws; the port."""
    entrance = Entrance(edge)

    async def who(asked):
        return web.json_response({"address": client_address(asked), "seats": len(edge.seats)})

    async def body(asked):
        return web.Response(body=await asked.read())

    async def socket(asked):
        entrance.admit(asked)
        answer = web.WebSocketResponse()
        await answer.prepare(asked)
        async for message in answer:
            await answer.send_str(message.data)
        return answer

    app = web.Application(middlewares=[problems, bodies_within(edge.patience.body_s)])
    app.add_routes([web.get("/", who), web.post("/body", body), web.get("/ws", socket)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = listen_at(edge, EdgeSettings(**settings), certificates)(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield site.port
    finally:
        await runner.cleanup()


async def asked(wire, sent=GET):
    await wire.send(sent)
    status, body = await wire.answer()
    assert status == 200, body
    return json.loads(body)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


def v2(source="192.0.2.9", tlvs=b"", command=0x21):
    rest = bytes(map(int, source.split("."))) + bytes([10, 0, 0, 1]) + struct.pack("!HH", 4660, 80) + tlvs
    return SIGNATURE + struct.pack("!BBH", command, 0x11, len(rest)) + rest


V1 = b"PROXY TCP4 192.0.2.9 10.0.0.1 4660 80\r\n"
HEADERS = {
    "v1": V1,
    "v2": v2(),
    "v2 with TLVs": v2(tlvs=b"\x05\x00\x80" + bytes(128)),
    "v2 as large as is read": v2(tlvs=bytes(16_384 - 12)),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("split", [False, True], ids=["at once", "byte by byte"])
def test_a_proxy_header_names_the_client(run, header, split):
    async def scenario():
        edge = edge_of(LOCAL)
        async with served(edge, proxy_protocol="on", trusted_proxies=LOCAL) as port, await Wire.to(port) as wire:
            if split:
                await wire.send(*(bytes([byte]) for byte in header[:200]), header[200:])
            assert (await asked(wire, GET if split else header + GET))["address"] == "192.0.2.9"
            assert (await asked(wire))["address"] == "192.0.2.9", "of the whole connection"
            assert edge.seats._of == {"192.0.2.9": 1}
        await until(lambda: len(edge.seats) == 0)

    run(scenario())


@pytest.mark.parametrize("header", [v2(command=0x20), b"PROXY UNKNOWN\r\n"], ids=["LOCAL", "UNKNOWN"])
def test_a_proxy_may_speak_for_itself(run, header):
    async def scenario():
        async with (
            served(edge_of(LOCAL), proxy_protocol="on", trusted_proxies=LOCAL) as port,
            await Wire.to(port) as wire,
        ):
            assert (await asked(wire, header + GET))["address"] == "127.0.0.1"

    run(scenario())


def test_behind_a_proxy_header_headers_of_proxies_that_it_names_are_believed(run):
    async def scenario():
        told = request("GET", "/", Host="gateway.test", X_Forwarded_For="198.51.100.7")
        async with served(edge_of(f"{LOCAL}, 192.0.2.9"), proxy_protocol="on", trusted_proxies=LOCAL) as port:
            async with await Wire.to(port) as wire:
                assert (await asked(wire, v2("192.0.2.9") + told))["address"] == "198.51.100.7"
            async with await Wire.to(port) as wire:
                assert (await asked(wire, v2("192.0.2.10") + told))["address"] == "192.0.2.10"

    run(scenario())


@pytest.mark.parametrize(
    "sent",
    [
        GET,
        V1[:-2] + b"\n" + GET,
        b"PROXY TCP4 " + b"1" * 200,
        SIGNATURE + b"\x21\x11\xff\xff" + bytes(1000),
        bytes(64),
        v2()[:20],
    ],
    ids=["no header", "no CR", "endless", "oversized", "zeros", "slow"],
)
def test_what_is_no_proxy_header_ends_the_connection_in_time(run, sent):
    async def scenario():
        edge = edge_of(LOCAL, handshake_s=0.5)
        async with served(edge, proxy_protocol="on", trusted_proxies=LOCAL) as port, await Wire.to(port) as wire:
            await wire.send(sent)
            assert await wire.ended() == b""
            await until(lambda: len(edge.seats) == 0)
            async with await Wire.to(port) as other:
                assert (await asked(other, V1 + GET))["address"] == "192.0.2.9"

    run(scenario())


def test_a_stranger_may_not_say_that_it_is_a_proxy(run):
    async def scenario():
        edge = edge_of("192.0.2.0/24")
        async with served(edge, proxy_protocol="on", trusted_proxies=LOCAL) as port, await Wire.to(port) as wire:
            await wire.send(V1 + GET)
            assert await wire.ended() == b""
            assert len(edge.seats) == 0

    run(scenario())


def test_proxy_headers_of_nobody_are_a_wrong_setting():
    with pytest.raises(SettingsError, match="RESONANCE_TRUSTED_PROXIES is empty, so nobody could connect"):
        listen_at(edge_of(), EdgeSettings(proxy_protocol="on"), None)


@pytest.mark.parametrize("proxied", ["off", "on"])
def test_connections_of_one_address_are_limited(run, proxied):
    async def scenario():
        edge = edge_of(LOCAL if proxied == "on" else "", each=2)
        first = V1 if proxied == "on" else b""
        async with served(edge, proxy_protocol=proxied, trusted_proxies=LOCAL) as port:
            async with await Wire.to(port) as one, await Wire.to(port) as two, await Wire.to(port) as three:
                await asked(one, first + GET)
                await asked(two, first + GET)
                await three.send(first + GET)
                refusal = await three.ended()
                assert refusal == b"" if proxied == "on" else b"Too many connections" in refusal
                if proxied == "on":
                    async with await Wire.to(port) as other:
                        await asked(other, v2("192.0.2.10") + GET)
            await until(lambda: len(edge.seats) == 0)
            async with await Wire.to(port) as again:
                await asked(again, first + GET)

    run(scenario())


def test_connections_in_all_are_limited(run_on_uvloop):
    async def scenario():
        edge = edge_of(LOCAL, total=2)
        async with (
            served(edge) as port,
            await Wire.to(port) as one,
            await Wire.to(port) as two,
            await Wire.to(port) as three,
        ):
            await asked(one)
            await asked(two)
            status, body = await three.answer()
            assert (status, json.loads(body)["status"]) == (503, 503)

    run_on_uvloop(scenario())


def test_websockets_through_a_proxy_are_limited_by_the_address_it_tells(run_on_uvloop):
    async def scenario():
        edge = edge_of(LOCAL, each=1)
        async with served(edge) as port, await Wire.to(port) as one, await Wire.to(port) as two:
            assert (await one.open(X_Forwarded_For="192.0.2.1")).split()[1] == "101"
            await two.send(request("GET", "/", Host="gateway.test", X_Forwarded_For="192.0.2.1"))
            assert (await two.answer())[0] == 200, "requests are not connections of clients"
            async with await Wire.to(port) as three:
                assert (await three.open(X_Forwarded_For="192.0.2.1")).split()[1] == "503"
            assert (await two.open(X_Forwarded_For="192.0.2.2")).split()[1] == "101"
            one.writer.transport.abort()
            await until(lambda: "192.0.2.1" not in edge.seats._of)
            async with await Wire.to(port) as again:
                assert (await again.open(X_Forwarded_For="192.0.2.1")).split()[1] == "101"

    run_on_uvloop(scenario())


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n"], ids=["nothing", "half a head"])
def test_who_does_not_finish_a_head_is_not_waited_for(run, sent):
    async def scenario():
        edge = edge_of(head_s=0.3)
        async with served(edge) as port, await Wire.to(port) as wire:
            await wire.send(sent)
            assert await wire.ended() == b""
            await until(lambda: len(edge.seats) == 0)

    run(scenario())


def test_between_requests_a_connection_may_be_idle_for_longer(run_on_uvloop):
    async def scenario():
        async with served(edge_of(head_s=0.3, idle_s=60.0)) as port, await Wire.to(port) as wire:
            await asked(wire)
            await asyncio.sleep(0.5)
            await asked(wire)

    run_on_uvloop(scenario())


def test_idle_connections_end(run_on_uvloop):
    async def scenario():
        async with served(edge_of(head_s=0.3, idle_s=0.4)) as port, await Wire.to(port) as wire:
            await asked(wire)
            assert await wire.ended() == b""

    run_on_uvloop(scenario())


def test_a_websocket_may_be_quiet_for_ever(run_on_uvloop):
    async def scenario():
        async with served(edge_of(head_s=0.3, idle_s=0.3)) as port, await Wire.to(port) as wire:
            assert "101" in await wire.open()
            await asyncio.sleep(0.6)
            await wire.send(frame(TEXT, b"hi"))
            assert await wire.frame() == (TEXT, b"hi")

    run_on_uvloop(scenario())


@pytest.mark.parametrize("requests", [0, 1], ids=["first", "second"])
def test_a_head_that_does_not_end_is_not_kept(run_on_uvloop, requests):
    async def scenario():
        async with served(edge_of()) as port, await Wire.to(port) as wire:
            for _ in range(requests):
                await asked(wire)
            field = b"X: " + b"x" * 8000 + b"\r\n"
            await wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n", *[field] * 8)
            # The first of it may have come before the server began to wait.
            await asyncio.sleep(0.05)
            await wire.send(*[field] * 2)
            status, body = await wire.answer()
            assert (status, json.loads(body)["title"]) == (400, "Not a request")

    run_on_uvloop(scenario())


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_body_may_be_larger_than_a_head(run_on_uvloop, size):
    async def scenario():
        async with served(edge_of()) as port, await Wire.to(port) as wire:
            for _ in range(2):
                body = [b"x" * 10_000] * (size // 10_000)
                await wire.send(request("POST", "/body", Host="a", Content_Length=str(size)), *body)
                assert await wire.answer() == (200, b"".join(body))

    run_on_uvloop(scenario())


@pytest.mark.parametrize(
    "sent",
    [
        request("GET", "/", Host="a", X="x" * 9000),
        request("GET", "/" + "x" * 9000, Host="a"),
        request("GET", "/", Host="a", **{f"X{i}": "1" for i in range(120)}),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["long field", "long line", "many fields", "TLS", "two lengths"],
)
def test_what_is_no_request_is_a_problem_and_no_line_in_the_log(run_on_uvloop, sent, caplog):
    async def scenario():
        async with served(edge_of()) as port, await Wire.to(port) as wire:
            await wire.send(sent)
            status, body = await wire.answer()
            assert status == 400
            assert json.loads(body)["title"] == "Not a request"
            assert await wire.ended() == b""

    with caplog.at_level(logging.INFO):
        run_on_uvloop(scenario())
    assert caplog.records == []


def test_a_body_has_to_come_in_time(run, caplog):
    async def scenario():
        async with served(edge_of(body_s=0.1)) as port:
            async with await Wire.to(port) as wire:
                await wire.send(request("POST", "/body", b"whole", Host="a", Content_Length="5"))
                assert await wire.answer() == (200, b"whole")
            async with await Wire.to(port) as wire:
                await wire.send(request("POST", "/body", b"half", Host="a", Content_Length="8"))
                status, body = await wire.answer()
                assert (status, json.loads(body)["detail"]) == (408, "The body has to come within 0.1 s.")
                assert await wire.ended() == b""

    run(scenario())
    assert caplog.records == []


def test_half_open_connections_end(run):
    async def scenario():
        edge = edge_of()
        async with served(edge) as port, await Wire.to(port) as wire:
            assert "101" in await wire.open()
            wire.writer.write_eof()
            await until(lambda: len(edge.seats) == 0)

    run(scenario())
