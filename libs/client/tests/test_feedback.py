"""`resonance feedback`, against an address that takes verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from resonance_client.alerts.events import Alert
from resonance_client.terminal.telling import Teller
from tests.support.rest_api import Api, serving

ID = "al_" + "1" * 32
PATH = "POST /ml/feedback"


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        given = {"alert_id": ID, "verdict": "false", "alert_kind": "message_flood", "user_key": "u_1", "user_id": None}
        api.answers[PATH] = 200, given
        yield api


def test_it_gives_a_verdict_and_says_on_what(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert api.run("feedback", ID, "false", "--kind", "export", "--comment", "every night") == 0
    body = {"alert_id": ID, "verdict": "false", "kind": "export", "comment": "every night"}
    assert api.asked == [(PATH, ["operator"], body)]
    assert capsys.readouterr().out == "message_flood of u_1: false.\n"
    assert api.run("feedback", ID, "false", "--json") == 0
    assert json.loads(capsys.readouterr().out)["user_key"] == "u_1"


def test_what_the_gateway_refuses_is_said_with_its_reason(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.answers[PATH] = 404, {"title": "No such incident", "detail": "It is not known."}
    assert api.run("feedback", ID, "true") == 5
    assert capsys.readouterr().err == "resonance: No such incident: It is not known.\n"


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
