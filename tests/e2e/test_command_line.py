"""The command line against the six services at work: what it prints, how it exits, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from resonance_client.cli.tree import command_of
from resonance_contracts.topics import Service
from tests.support.demonstration import Demonstrated

pytestmark = [pytest.mark.embedded]

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("resonance"))
OPENAPI = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))
PATIENCE_S = 120


class Shell:
    """Runs commands against one system, which they find by the environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment, "LANG": "C.UTF-8", "COLUMNS": "100", "LINES": "30"}

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words], env={**self.environment, **more}, text=True, capture_output=True, timeout=PATIENCE_S
        )

    def done(self, *words: str) -> str:
        """What a command prints that must work."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *words: str) -> Any:
        """What it prints with --json: one line, and nothing beside it."""
        (line,) = self.done(*words, "--json").splitlines()
        return json.loads(line)

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        return subprocess.Popen([COMMAND, *words], env=self.environment, text=True, stdout=subprocess.PIPE, **more)


@pytest.fixture(scope="module")
def shell(demonstrated: Demonstrated, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    stack = demonstrated.stack
    return Shell({
        "RESONANCE_GATEWAY": stack.url(Service.GATEWAY), "RESONANCE_JWT_SECRET": stack.jwt_secret,
        "RESONANCE_KAFKA_BOOTSTRAP": stack.environment["RESONANCE_KAFKA_BOOTSTRAP"],
        "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("config")),
    })  # fmt: skip


@pytest.fixture(scope="module")
def incident(shell: Shell) -> dict[str, Any]:
    """The newest incident that is explained by the model."""
    found: dict[str, Any] = shell.json("alerts", "list", "--limit", "1")["incidents"][0]
    return found


def assert_documented(command: str, answer: Any) -> None:
    """The answer is what OpenAPI says of the route that the command's JSON names."""
    shape = command_of(command).JSON
    assert isinstance(shape, str)
    method, path = shape.split()
    responses = OPENAPI["paths"][path][method.lower()]["responses"]
    (schema,) = {
        json.dumps(one["content"]["application/json"]["schema"]) for code, one in responses.items() if code[0] == "2"
    }
    Draft202012Validator({**json.loads(schema), "components": OPENAPI["components"]}).validate(answer)


def test_json_is_what_is_documented(shell: Shell, incident: dict[str, Any]) -> None:
    alert_id = incident["alert_id"]
    for command, words in (
        ("status", ("status", "--wait", "30s")),
        ("models list", ("models",)),
        ("alerts list", ("alerts", "list", "--limit", "3")),
        ("alerts show", ("alerts", "show", alert_id)),
        ("explain", ("explain", alert_id)),
        ("feedback", ("feedback", alert_id, "true", "--comment", "seen")),
    ):
        assert_documented(command, shell.json(*words))
    assert shell.json("alerts", "list", "--verdict", "true")["incidents"][0]["alert_id"] == alert_id


def test_pages_are_put_together(shell: Shell) -> None:
    few = shell.json("alerts", "list", "--limit", "2")
    more = shell.json("alerts", "list", "--limit", "5")
    assert (few["count"], more["count"]) == (2, 5) and few["next_cursor"]
    ids = [one["alert_id"] for one in more["incidents"]]
    assert len(set(ids)) == 5 and ids[:2] == [one["alert_id"] for one in few["incidents"]]


def test_people_read_tables_and_sentences(shell: Shell, incident: dict[str, Any]) -> None:
    alert_id = incident["alert_id"]
    assert re.search(r"^gateway +up +1 ", shell.done("status"), re.MULTILINE)
    assert alert_id in shell.done("alerts")
    shown = shell.done("alerts", "show", alert_id)
    assert alert_id in shown and f"severity {incident['severity']}" in shown
    why = shell.done("explain", alert_id)
    assert "FEATURE" in why and "█" in why and "all of these come to" in why
    russian = shell.done("explain", alert_id, "--language", "ru")
    assert re.search("[а-я]{4}", russian)
    assert "champion" in shell.done("models")


def test_a_training_is_followed_to_its_end(shell: Shell) -> None:
    training = shell.json("train", "user_behavior", "--store-only")
    assert_documented("train", training)
    assert training["outcome"] == "stored", training


def test_alerts_from_kafka_are_those_of_the_gateway(shell: Shell) -> None:
    lines = shell.done("alerts", "tail", "--from-start", "--until-end", "--type", "alert").splitlines()
    alerts = [json.loads(line) for line in lines]
    opened = {one["alert_id"]: one for one in alerts if one["state"] == "open"}
    listed = shell.json("alerts", "list", "--limit", "20")["incidents"]
    assert {one["alert_id"] for one in listed} <= set(opened)
    for one in listed:
        assert opened[one["alert_id"]]["user_key"] == one["user_key"]
        assert opened[one["alert_id"]]["user_id"] is None


def test_what_follows_ends_by_ctrl_c_with_0(shell: Shell) -> None:
    for words in (("alerts", "tail", "--from-start"), ("watch", "--json", "--since", "3650d")):
        following = shell.start(*words)
        assert following.stdout is not None
        assert json.loads(following.stdout.readline())["type"] in ("alert", "explanation", "enriched", "verdict")
        following.send_signal(signal.SIGINT)
        following.stdout.read()
        assert following.wait(PATIENCE_S) == 0, words
        following.stdout.close()


def test_a_reader_that_goes_ends_it_without_a_word(shell: Shell) -> None:
    tail = f"{COMMAND} alerts tail --from-start --until-end --type explanation"
    script = f"{tail} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["/bin/bash", "-c", script], env=shell.environment, text=True, capture_output=True, timeout=PATIENCE_S
    )
    assert done.stdout.splitlines()[-1] == "141"
    # Tests of bad input write to this topic, too; of the pipe that is closed nothing is said.
    assert set(done.stderr.splitlines()) <= {"a record was passed over, since it is none of its topic"}


def test_on_a_terminal_watch_is_a_table_and_leaves_the_screen_as_it_was(shell: Shell) -> None:
    master, slave = pty.openpty()
    watching = subprocess.Popen(
        [COMMAND, "watch"], env={**shell.environment, "TERM": "xterm"}, stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    drawn = b""
    deadline = time.monotonic() + PATIENCE_S
    while b"Ctrl-C ends" not in drawn:
        assert time.monotonic() < deadline, drawn[-2000:]
        if select.select([master], [], [], 0.2)[0]:
            drawn += os.read(master, 65_536)
    watching.send_signal(signal.SIGINT)
    while True:
        try:
            drawn += os.read(master, 65_536)
        except OSError:
            break
    assert watching.wait(PATIENCE_S) == 0
    os.close(master)
    assert b"\x1b[?1049h" in drawn and drawn.rindex(b"\x1b[?1049l") > drawn.rindex(b"\x1b[?1049h")
    assert drawn.rindex(b"\x1b[?25h") > drawn.rindex(b"\x1b[?25l"), "the cursor is shown again"


@pytest.mark.parametrize(
    ("words", "more", "code", "says"),
    [
        (("status",), {"RESONANCE_GATEWAY": "http://127.0.0.1:1"}, 3, "is the gateway running?"),
        (("status",), {"RESONANCE_JWT_SECRET": "another secret that is at least 32 bytes"}, 4, "Not authenticated: "),
        (("alerts", "show", "al_0"), {}, 5, "No such incident: "),
        (("explain", "nobody-of-this-name"), {}, 5, "Nothing flagged: "),
        (("models", "rollback", "load_prediction"), {}, 5, "roll back"),
        (("alerts", "tail"), {"RESONANCE_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, 3, "No answer from the brokers"),
        (("topics", "show", "nothing"), {}, 2, "There is no topic nothing"),
    ],
)
def test_errors_are_one_sentence_with_a_code(
    shell: Shell, words: tuple[str, ...], more: dict[str, str], code: int, says: str
) -> None:
    done = shell.run(*words, **more)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("resonance: ") and done.stderr.count("\n") == 1
    assert says in done.stderr


def test_the_shell_completes_ids_of_incidents(shell: Shell, incident: dict[str, Any]) -> None:
    script = f"""
        source <({COMMAND} completion bash)
        PATH={Path(COMMAND).parent}:$PATH
        COMP_LINE="resonance explain al_" COMP_POINT=21 COMP_WORDS=(resonance explain al_) COMP_CWORD=2 COMP_TYPE=9
        _python_argcomplete resonance al_ explain
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["/bin/bash", "-c", script], env=shell.environment, text=True, capture_output=True, timeout=PATIENCE_S
    )
    assert incident["alert_id"] in [word.strip() for word in done.stdout.splitlines()]
