from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from resonance_client.cli.main import main
from resonance_client.cli.reference import fields_of
from resonance_client.cli.tree import COMMANDS, build_parser, command_of, completed, wanted_in
from resonance_client.simulation.plan import Scenario, frames, further, make_plan

if TYPE_CHECKING:
    from conftest import FakeGateway

LINE = '192.0.2.{} - - [17/May/2015:10:0{}:03 +0000] "GET {} HTTP/1.1" 200 10 "-" "{}"'
LOG = [
    LINE.format(1, 0, "/blog", "Mozilla/5.0 Firefox/3"), LINE.format(2, 1, "/blog", "Googlebot/2.1"), "nonsense",
    LINE.format(2, 2, "/", "Googlebot/2.1"), LINE.format(3, 3, "/robots.txt", "-"),
]  # fmt: skip


async def run(*argv: str) -> int:
    """A command, as `main` runs it, in the loop of the test."""
    words = completed(argv)
    name = wanted_in(words)
    assert name is not None
    outcome = command_of(name).run(build_parser(name).parse_args(words))
    return outcome if isinstance(outcome, int) else await outcome


def documented(command: str) -> set[str]:
    """The fields that the reference lists of what `--json` prints."""
    return {name for names in fields_of(command_of(command).JSON) for name in names.split(", ")}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert f"resonance {command}" in told.split("examples:")[1]
    assert "--json" in told


def test_a_missing_secret_is_one_sentence_and_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("resonance: Nothing opens the gateway: expected a token")
    assert error.count("\n") == 1


def test_an_unreachable_gateway_is_one_sentence(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    assert main(["status", "--secret", secret, "--gateway", "http://127.0.0.1:1"]) == 3
    error = capsys.readouterr().err
    assert "is the gateway running?" in error
    assert error.count("\n") == 1


def test_a_token_for_curl(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    assert main(["token", "--user", "anna", "--role", "operator", "--secret", secret]) == 0
    claims = jwt.decode(capsys.readouterr().out.strip(), secret, algorithms=["HS256"])
    assert (claims["sub"], claims["roles"]) == ("anna", ["operator"])
    assert main(["token", "--user", "anna", "--secret", secret, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == documented("token")


@pytest.mark.parametrize("wrong", [["--speed-up", "0"], ["--users", "x"], ["--learning-hours", "inf"]])
def test_wrong_numbers_are_wrong_usage(wrong: list[str], secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--secret", secret, *wrong])
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_a_stretch_too_short_for_incidents_is_wrong_usage(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--secret", secret, "--incident-hours", "0.1"]) == 2
    assert "would not fit" in capsys.readouterr().err


def test_topics_without_a_gateway(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", "--json"]) == 0
    topics = json.loads(capsys.readouterr().out)
    names = {topic["name"] for topic in topics}
    assert set(topics[0]) | {"[]"} == documented("topics list")
    assert "resonance.alerts.raised.v1" in names
    assert "resonance.activity.observed.v1" not in names
    assert main(["topics", "show", "resonance.alerts.raised.v1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert set(shown) == documented("topics show")
    assert {"name": "alert_id", "type": "string", "repeated": False} in shown["fields"]


def test_a_dry_run_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--dry-run", "--users", "5", "--learning-hours", "0.5"]) == 0
    assert len(json.loads(capsys.readouterr().out)["planted"]) == 7


async def test_simulate_tells_what_it_planted_and_sent(
    gateway: FakeGateway, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--gateway", gateway.url, "--secret", secret, "--stream", "x"]
    small = ["--users", "5", "--learning-hours", "0.3", "--incident-hours", "0.6", "--speed-up", "100000"]
    assert await run("simulate", *common, *small) == 0
    outcome = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert outcome["frames"] == gateway.count() > 2000
    assert outcome["stream"] == "replay:x"
    assert len(outcome["planted"]) == 7
    assert set(outcome) == documented("simulate")


async def test_endless_traffic_goes_on_after_the_plan(gateway: FakeGateway, secret: str) -> None:
    common = ["--gateway", gateway.url, "--secret", secret, "--stream", "x", "--endless"]
    small = ["--users", "5", "--learning-hours", "0.3", "--incident-hours", "0.6", "--speed-up", "100000"]
    plan = make_plan(Scenario(ordinary_users=5, learning_hours=0.3, incident_hours=0.6))
    whole = frames(plan.learning.actions) + frames(plan.incidents.actions)
    task = asyncio.create_task(run("simulate", *common, *small))
    try:
        async with asyncio.timeout(60):
            while gateway.count() < whole + frames(further(plan, 1).actions) + 1:
                await asyncio.sleep(0.05)
                assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_replay_sends_a_log_and_judges_it(
    gateway: FakeGateway, secret: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "access.log"
    log.write_text("\n".join(LOG) + "\n")
    telling: list[asyncio.Task[None]] = []

    def flag(source: str, frame: dict[str, Any]) -> None:
        user = source.split("@")[0]
        if user != "192.0.2.3" and source not in {t.get_name() for t in telling}:
            event = {"type": "alert", "state": "open", "alert_id": f"i-{user}", "user_id": user, "stream": "replay:x"}
            telling.append(asyncio.create_task(gateway.tell(event | {"kind": "clockwork_timing"}), name=source))

    gateway.on_frame = flag
    common = ["--gateway", gateway.url, "--secret", secret, "--stream", "x", "--speed-up", "100000"]
    assert await run("replay", str(log), "--settle", "0.3", *common) == 0
    output = capsys.readouterr().out
    outcome = json.loads(output.splitlines()[-1])
    assert gateway.count() == outcome["events"] == 4
    assert (outcome["precision"], outcome["recall"], outcome["ordinary_flagged"]) == (0.5, 0.5, 1)
    assert outcome["bad_lines"] == 1
    assert documented("replay") == set(outcome)
    assert "line 3: it is not in common or combined log format" in output


@pytest.mark.parametrize("content", [b"", b"nonsense\n", gzip.compress(b"x", mtime=0)])
def test_what_is_no_log_is_wrong_usage(
    content: bytes, tmp_path: Path, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(content)
    assert main(["replay", str(path), "--secret", secret]) == 2
    assert "no line in common or combined log format" in capsys.readouterr().err


def test_a_log_that_is_not_there(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "/nowhere/access.log", "--secret", secret]) == 2
    assert "cannot be read" in capsys.readouterr().err
