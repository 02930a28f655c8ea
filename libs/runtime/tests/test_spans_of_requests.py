"""Spans of requests over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.trace import StatusCode

from resonance_runtime.spans.served import traced as middleware
from tests.support.spans import Kept, traced

PARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def kept() -> Iterator[Kept]:
    with traced(0.0) as found:
        yield found


async def answer(path: str, headers: dict[str, str]) -> int:
    async def handle(request: web.Request) -> web.Response:
        if "status" in request.query:
            raise web.HTTPNotFound
        return web.Response(status=503 if request.match_info.get("who") == "broken" else 200)

    app = web.Application(middlewares=[middleware])
    app.add_routes([web.get("/users/{who}", handle), web.get("/livez", handle)])
    async with TestClient(TestServer(app)) as client:
        return (await client.get(path, headers=headers)).status


async def test_a_request_goes_on_in_the_trace_of_whoever_asks_and_names_nobody(kept: Kept) -> None:
    await answer("/users/olga?token=secret", {"traceparent": PARENT})
    (span,) = kept.spans
    assert span.name == "GET /users/{who}"
    assert f"{span.context.trace_id:032x}" == "a" * 32
    assert span.parent is not None and f"{span.parent.span_id:016x}" == "b" * 16
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "http.route": "/users/{who}",
        "http.response.status_code": 200,
    }


@pytest.mark.parametrize(
    ("path", "status", "failed"),
    [("/users/broken", 503, True), ("/users/x?status", 404, False), ("/nowhere", 404, False)],
)
async def test_only_what_is_our_fault_is_an_error(kept: Kept, path: str, status: int, failed: bool) -> None:
    assert await answer(path, {"traceparent": PARENT}) == status
    (span,) = kept.spans
    assert (span.attributes or {})["http.response.status_code"] == status
    assert (span.status.status_code is StatusCode.ERROR) is failed


async def test_probes_have_no_span_and_what_is_not_drawn_neither(kept: Kept) -> None:
    assert await answer("/livez", {"traceparent": PARENT}) == 200
    assert await answer("/users/olga", {}) == 200
    assert kept.spans == ()
