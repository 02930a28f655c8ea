"""`resonance models`, against a server of HTTP alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest

from resonance_client.cli.main import main

CHANGE = {
    "alias": "champion", "model_version": "a" * 64, "previous_version": "b" * 64, "share": None, "revision": 3,
    "since_us": 1_800_000_000_000_000, "reason": "Rolled back by hand.",
}  # fmt: skip
MODEL = {
    "model_name": "anomaly_detection", "type": "classification", "purpose": "", "features": [], "versions": [],
    "aliases": [CHANGE, CHANGE | {"alias": "challenger", "share": 0.2}],
    "drift": [{"features": ["error_rate"]}],
    "training": {"state": "training", "message": "Training on 600 vectors."},
}  # fmt: skip


class Api:
    """A server that answers what it was told to, and remembers what it was asked.

    Attributes:
        answers: Status and body by method and path; a list is answered one after the other.
        asked: Method, path, roles of the token and body of each request.
    """

    def __init__(self, secret: str) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, list[str], Any]] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                asked = f"{self.command} {self.path}"
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                token = self.headers["Authorization"].removeprefix("Bearer ")
                roles = jwt.decode(token, secret, algorithms=["HS256"])["roles"]
                api.asked.append((asked, roles, json.loads(body) if body else None))
                found = api.answers.get(asked, (404, {"title": "Not Found", "detail": f"Nothing at {asked}."}))
                status, content = found.pop(0) if isinstance(found, list) else found
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.common = ["--gateway", f"http://127.0.0.1:{self._server.server_port}", "--secret", secret]

    def run(self, *words: str) -> int:
        return main(["models", *words, *self.common])

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def api(secret: str) -> Iterator[Api]:
    api = Api(secret)
    yield api
    api.stop()


def test_models_are_a_table_or_json(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    empty = MODEL | {"model_name": "user_behavior", "aliases": [], "drift": [], "training": None}
    api.answers["GET /ml/models"] = 200, {"count": 2, "models": [MODEL, empty]}
    assert api.run() == 0
    table = capsys.readouterr().out
    for said in ("aaaaaaaaaaaa", "for 20%", "2027-01-15", "none yet", "Training on 600 vectors.", "error_rate"):
        assert said in table
    assert api.run("list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["count"] == 2
    assert [roles for _, roles, _ in api.asked] == [["viewer"]] * 2


def test_a_rollback_says_what_is_in_force_and_what_was(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    path = "POST /ml/models/anomaly_detection/rollback"
    api.answers[path] = 200, {"message": "It is done.", "change": CHANGE}
    assert api.run("rollback", "anomaly_detection", "--reason", "It flags everybody.") == 0
    assert capsys.readouterr().out == "It is done. Before it was bbbbbbbbbbbb.\n"
    assert api.asked == [(path, ["operator"], {"reason": "It flags everybody."})]


def test_a_load_needs_an_admin(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    path = "POST /ml/models/user_behavior/load"
    api.answers[path] = 200, {"message": "It is done.", "change": CHANGE | {"previous_version": None}}
    assert api.run("load", "user_behavior", "aaaaaaaa", "--json") == 0
    assert json.loads(capsys.readouterr().out)["change"]["revision"] == 3
    assert api.asked == [(path, ["admin"], {"model_version": "aaaaaaaa", "reason": ""})]


@pytest.mark.parametrize(("outcome", "code"), [("promoted", 0), ("trial", 0), ("stored", 0), ("refused", 1)])
def test_a_training_is_followed_to_its_end(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, outcome: str, code: int
) -> None:
    monkeypatch.setattr("resonance_client.cli.commands.models.POLL_S", 0.001)
    api.answers["POST /ml/models/train"] = 202, {"training_id": "t1", "message": "Begun."}
    states = [("waiting", 0.0, None), ("training", 0.4, None), ("training", 0.4, None), ("ended", 1.0, outcome)]
    api.answers["GET /ml/models/train/t1"] = [
        (200, {"state": state, "progress": progress, "message": "So.", "outcome": ended})
        for state, progress, ended in states
    ]
    assert api.run("train", "anomaly_detection", "--wait") == code
    lines = ["  0% waiting: So.", " 40% training: So.", "100% ended: So."]
    assert capsys.readouterr().out.splitlines() == lines
    assert api.asked[0][2] == {
        "model_name": "anomaly_detection", "data_source": "recent_features", "auto_deploy": True,
    }  # fmt: skip


def test_a_training_that_is_only_stored_need_not_be_waited_for(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.answers["POST /ml/models/train"] = 202, {"training_id": "t1", "message": "Begun."}
    assert api.run("train", "user_behavior", "--store-only") == 0
    assert capsys.readouterr().out == "Begun.\n"
    assert api.asked[0][2]["auto_deploy"] is False


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (409, {"title": "No champion before", "detail": "There is none."}, "No champion before: There is none."),
        (
            422,
            {"title": "Wrong body", "detail": "No.", "errors": [{"pointer": "#/reason", "detail": "too long"}]},
            "Wrong body: No.; #/reason: too long",
        ),
        (403, {"title": "Forbidden", "detail": "Not you."}, "Forbidden: Not you."),
        (502, b"<html>", "The gateway answered 502 to POST /ml/models/m/rollback."),
        (200, b"<html>", "is it a gateway?"),
        (200, [], "is it a gateway?"),
    ],
)
def test_a_refusal_is_one_sentence(
    api: Api, capsys: pytest.CaptureFixture[str], status: int, body: Any, says: str
) -> None:
    api.answers["POST /ml/models/m/rollback"] = status, body
    assert api.run("rollback", "m") == 1
    error = capsys.readouterr().err
    assert says in error and error.startswith("resonance: ") and error.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["rollback"], ["load", "m"], ["train"], ["list", "m"], ["rollback", "m", "aaaaaaaa"]]
)
def test_an_action_with_too_much_or_too_little_is_wrong_usage(
    api: Api, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert api.run(*words) == 2
    assert "takes" in capsys.readouterr().err
    assert api.asked == []


def test_nobody_there_and_no_address_are_sentences(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--secret", secret, "--gateway", "http://127.0.0.1:1"]) == 1
    assert "is the gateway running?" in capsys.readouterr().err
    assert main(["models", "--secret", secret, "--gateway", "127.0.0.1"]) == 2
    assert "expected one such as" in capsys.readouterr().err


def test_a_rollback_loads_nothing_that_takes_long() -> None:
    heavy = ("aiohttp", "asyncio", "google", "jwt", "numpy", "pydantic", "rich", "websockets")
    code = (
        "import sys; from resonance_client.cli.main import main; "
        "main(['models', 'rollback', 'm', '--gateway', 'http://127.0.0.1:1', '--secret', 's' * 32]); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
