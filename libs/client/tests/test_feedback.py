"""`resonance feedback`, against an address that takes verdicts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from resonance_client.alerts.events import Alert
from resonance_client.cli.commands import feedback
from resonance_client.cli.main import build_parser
from resonance_client.errors import RequestRefused
from resonance_client.terminal.telling import Teller

ID = "al_" + "1" * 32


class Gateway:
    """Answers verdicts with what it was told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        told = {"alert_id": ID, "verdict": self.asked[-1]["verdict"], "alert_kind": "message_flood", "user_key": "u_1"}
        return web.json_response(told if self.status == 200 else {"detail": "not known"}, status=self.status)


@pytest.fixture
async def served() -> AsyncIterator[tuple[Gateway, str]]:
    gateway, app = Gateway(), web.Application()
    app.router.add_post("/ml/feedback", gateway.take)
    server = TestServer(app)
    await server.start_server()
    yield gateway, str(server.make_url(""))
    await server.close()


def arguments(url: str, secret: str, *more: str) -> Any:
    return build_parser("feedback").parse_args(["feedback", ID, *more, "--gateway", url, "--secret", secret])


async def test_it_gives_a_verdict_and_says_on_what(served, secret, capsys) -> None:
    gateway, url = served
    assert await feedback.run(arguments(url, secret, "false", "--kind", "export", "--comment", "every night")) == 0
    assert gateway.asked == [{"alert_id": ID, "verdict": "false", "kind": "export", "comment": "every night"}]
    assert capsys.readouterr().out == "message_flood of u_1: false.\n"


async def test_what_the_gateway_refuses_is_said_with_its_reason(served, secret) -> None:
    gateway, url = served
    gateway.status = 404
    with pytest.raises(RequestRefused, match=r"answered 404 to POST /ml/feedback.*not known"):
        await feedback.run(arguments(url, secret, "true"))


def test_an_alert_is_told_with_its_id_so_that_it_can_be_answered() -> None:
    lines: list[str] = []

    class Screen:
        def line(self, text: str, style: str = "") -> None:
            lines.append(text)

        def progress(self, what: str, detail: str, share: float | None = None) -> None:
            pass

    event = Alert(state="open", alert_id=ID, kind="message_flood", severity="high", user_key="u_1")
    Teller(Screen(), "en").tell(event, event.alert_id)
    assert lines == [f"00:00:00  u_1 — message_flood, severity high  ({ID})"]
