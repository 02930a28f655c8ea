"""Plain HTTP through the gateway, and handshakes that the backend refuses."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from resonance_gateway.proxy.passing import while_there


class Backend:
    """A backend of HTTP, and of WebSocket for those it likes."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.left = asyncio.Event()
        self.seen: list[web.Request] = []
        self.server = TestServer(self.app())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def app(self) -> web.Application:
        app = web.Application(client_max_size=0)
        app.add_routes(
            [
                web.get("/stream", self.stream),
                web.get("/wait", self.wait),
                web.get("/moved", self.moved),
                web.get("/packed", self.packed),
                web.get("/broken", self.broken),
                web.post("/read", self.read),
                web.get("/gone", self.gone),
                web.get("/socket", self.socket),
                web.get("/refused", self.refused),
                web.route("*", "/{rest:.*}", self.echo),
            ]
        )
        return app

    async def echo(self, request: web.Request) -> web.StreamResponse:
        """Sends the body back while it comes."""
        self.seen.append(request)
        response = web.StreamResponse(status=201, reason="Made", headers={"X-Method": request.method})
        response.headers.add("Set-Cookie", "a=1")
        response.headers.add("Set-Cookie", "b=2")
        await response.prepare(request)
        async for chunk in request.content.iter_any():
            await response.write(chunk)
        return response

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: 1\n\n")
        await self.go_on.wait()
        await response.write(b"data: 2\n\n")
        return response

    async def wait(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()
        return web.Response()

    async def moved(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/elsewhere")

    async def packed(self, request: web.Request) -> web.StreamResponse:
        body = gzip.compress(b"x" * 10_000)
        return web.Response(body=body, headers={"Content-Encoding": "gzip", "ETag": '"1"'})

    async def broken(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    async def read(self, request: web.Request) -> web.StreamResponse:
        """Answers when the body is whole."""
        self.seen.append(request)
        try:
            return web.Response(body=await request.read())
        finally:
            self.left.set()

    async def gone(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("json", "text"), compress=True)
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"{socket.ws_protocol}: {message.data}")
        return socket

    async def refused(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=418, reason="Teapot", text="no " * 1000, headers={"X-Why": "tea"})


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    backend = Backend()
    await backend.server.start_server()
    yield backend
    await backend.server.close()


@pytest.fixture
async def client(start_gateway: Any, backend: Backend) -> Any:
    running = await start_gateway(upstream=backend.address)
    return running.client


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
async def test_requests_and_answers_pass_as_they_are(client, backend, method):
    answer = await client.request(method, "/socket.io/?EIO=4&t=x", data=b"body", headers={"X-Own": "1"})

    assert (answer.status, answer.reason, answer.headers["X-Method"]) == (201, "Made", method)
    assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
    assert await answer.read() == b"body"
    (request,) = backend.seen
    assert request.raw_path == "/socket.io/?EIO=4&t=x"
    assert request.headers["X-Own"] == "1"
    assert request.headers["X-Forwarded-For"] == "127.0.0.1"


async def test_bodies_of_any_size_are_streamed(client):
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 50_000

    answer = await client.post("/upload", data=chunks())

    assert len(await answer.read()) == 10_000_000


async def test_what_comes_slowly_is_passed_on_at_once(client, backend):
    async with client.get("/stream") as answer:
        assert await asyncio.wait_for(answer.content.readany(), 5) == b"data: 1\n\n"
        backend.go_on.set()
        assert await asyncio.wait_for(answer.content.readany(), 5) == b"data: 2\n\n"


async def test_a_client_that_leaves_takes_its_request_with_it(client, backend, eventually):
    asking = asyncio.create_task(client.get("/wait"))
    await eventually(lambda: backend.seen)
    asking.cancel()

    await asyncio.wait_for(backend.left.wait(), 5)


async def test_work_for_a_client_that_left_is_given_up():
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def handle(request: web.Request) -> web.StreamResponse:
        await while_there(request, work())
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/", handle)])
    # As the service runs it: unlike a test server, it does not cancel handlers when a client leaves.
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    writer.close()

    await asyncio.wait_for(cancelled.wait(), 5)
    await runner.cleanup()


async def test_a_client_that_breaks_off_its_body_is_not_the_backends_fault(client, backend, health, eventually):
    _, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
    writer.write(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    await eventually(lambda: backend.seen)
    writer.transport.abort()
    await asyncio.wait_for(backend.left.wait(), 5)

    assert (await client.get("/")).status == 201
    assert health.degradations() == {}


async def test_an_answer_that_never_comes_is_502(client, backend, health):
    answer = await client.get("/gone")

    assert (answer.status, answer.content_type) == (502, "application/problem+json")
    assert health.degradations() == {}


async def test_redirects_go_to_the_client(client):
    answer = await client.get("/moved", allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (302, "/elsewhere")


async def test_compressed_bodies_are_left_as_they_are(client, backend):
    async with aiohttp.ClientSession(auto_decompress=False) as raw:
        answer = await raw.get(client.make_url("/packed"))
        body = await answer.read()
        head = await raw.head(client.make_url("/packed"))

    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == b"x" * 10_000
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(body)))


async def test_an_answer_that_breaks_off_breaks_off(client):
    answer = await client.get("/broken")

    with pytest.raises(aiohttp.ClientPayloadError):
        await answer.read()


async def test_the_backend_agrees_to_websocket_without_compression(client):
    socket = await client.ws_connect("/socket", protocols=("text", "json"), compress=15)
    await socket.send_str("hello")

    assert await socket.receive_str(timeout=5) == "text: hello"
    assert (socket.protocol, socket.compress) == ("text", 0)
    await socket.close()


async def test_a_handshake_that_the_backend_refuses_is_passed_back(client, backend):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect("/refused")
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
    answer = await client.get("/refused", headers=headers)

    assert refused.value.status == 418
    assert (answer.reason, answer.headers["X-Why"], await answer.text()) == ("Teapot", "tea", "no " * 1000)


@pytest.mark.parametrize("path", ["/ml/nothing", "/livez/x", "/ws/alerts/x", "/health"])
async def test_what_is_the_gateways_own_never_goes_to_the_backend(client, backend, path):
    answer = await client.post(path)

    assert answer.status == 404
    assert answer.content_type == "application/problem+json"
    assert backend.seen == []


async def test_a_method_that_a_path_of_ours_does_not_take_is_said(client, backend):
    answer = await client.delete("/ml/status")

    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]
    assert backend.seen == []


async def test_the_backend_gets_its_own_host_where_that_is_set(start_gateway, backend):
    running = await start_gateway(upstream=backend.address, upstream_host="upstream")
    await running.client.get("/", headers={"Host": "public.example.com"})

    assert backend.seen[0].host == f"127.0.0.1:{backend.server.port}"
    assert backend.seen[0].headers["X-Forwarded-Host"] == "public.example.com"


async def test_the_front_page_and_ws_are_the_backends(client, backend):
    await client.get("/")
    await client.get("/ws")

    assert [request.path for request in backend.seen] == ["/", "/ws"]
