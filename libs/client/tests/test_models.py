"""`resonance models` and `resonance train`, against a server of HTTP alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from resonance_client.cli.main import main
from tests.support.rest_api import Api, serving

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


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        yield api


def test_models_are_a_table_or_json(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    empty = MODEL | {"model_name": "user_behavior", "aliases": [], "drift": [], "training": None}
    api.answers["GET /ml/models"] = 200, {"count": 2, "models": [MODEL, empty]}
    assert api.run("models") == 0
    table = capsys.readouterr().out
    for said in ("aaaaaaaaaaaa", "for 20%", "2027-01-15", "none yet", "Training on 600 vectors.", "error_rate"):
        assert said in table
    assert api.run("models", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["count"] == 2
    assert [roles for _, roles, _ in api.asked] == [["viewer"]] * 2


def test_a_rollback_says_what_is_in_force_and_what_was(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    path = "POST /ml/models/anomaly_detection/rollback"
    api.answers[path] = 200, {"message": "It is done.", "change": CHANGE}
    assert api.run("models", "rollback", "anomaly_detection", "--reason", "It flags everybody.") == 0
    assert capsys.readouterr().out == "It is done. Before it was bbbbbbbbbbbb.\n"
    assert api.asked == [(path, ["operator"], {"reason": "It flags everybody."})]


def test_a_promotion_needs_an_admin(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    path = "POST /ml/models/user_behavior/load"
    api.answers[path] = 200, {"message": "It is done.", "change": CHANGE | {"previous_version": None}}
    assert api.run("models", "promote", "user_behavior", "aaaaaaaa", "--json") == 0
    assert json.loads(capsys.readouterr().out)["change"]["revision"] == 3
    assert api.asked == [(path, ["admin"], {"model_version": "aaaaaaaa", "reason": ""})]


def test_without_a_version_the_one_on_trial_is_promoted(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    shadow = {**CHANGE, "alias": "shadow", "model_version": "c" * 64}
    challenger = {**CHANGE, "alias": "challenger", "model_version": "d" * 64}
    api.answers["GET /ml/models"] = 200, {"models": [MODEL | {"aliases": [CHANGE, shadow, challenger]}]}
    api.answers["POST /ml/models/anomaly_detection/load"] = 200, {"message": "It is done.", "change": CHANGE}
    assert api.run("models", "promote", "anomaly_detection") == 0
    assert api.asked[-1][2] == {"model_version": "d" * 64, "reason": ""}
    api.answers["GET /ml/models"] = 200, {"models": [MODEL | {"aliases": [CHANGE]}]}
    assert api.run("models", "promote", "anomaly_detection") == 5
    assert "No version of anomaly_detection is on trial" in capsys.readouterr().err


@pytest.mark.parametrize(("outcome", "code"), [("promoted", 0), ("trial", 0), ("stored", 0), ("refused", 1)])
def test_a_training_is_followed_to_its_end(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, outcome: str, code: int
) -> None:
    monkeypatch.setattr("resonance_client.cli.commands.train.POLL_S", 0.001)
    api.answers["POST /ml/models/train"] = 202, {"training_id": "t1", "message": "Begun."}
    states = [("waiting", 0.0, None), ("training", 0.4, None), ("training", 0.4, None), ("ended", 1.0, outcome)]
    api.answers["GET /ml/models/train/t1"] = [
        (200, {"state": state, "progress": progress, "message": "So.", "outcome": ended})
        for state, progress, ended in states
    ]
    assert api.run("train", "anomaly_detection") == code
    told = capsys.readouterr()
    assert told.err.splitlines() == ["Waiting: 0% So.", "Training: 40% So.", "Ended: 100% So."]
    assert told.out == f"{outcome}: So.\n"
    assert api.asked[0][2] == {
        "model_name": "anomaly_detection", "data_source": "recent_features", "auto_deploy": True,
    }  # fmt: skip


def test_ctrl_c_leaves_a_training_and_says_how_to_follow_it(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resonance_client.cli.commands.train.time.sleep", interrupted)
    going = {"state": "training", "progress": 0.4, "message": "So.", "outcome": None}
    api.answers["GET /ml/models/train/t1"] = 200, going
    assert api.run("train", "--follow", "t1") == 130
    assert "`resonance train --follow t1`" in capsys.readouterr().err


def test_a_training_need_not_be_waited_for(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.answers["POST /ml/models/train"] = 202, {"training_id": "t1", "message": "Begun."}
    assert api.run("train", "user_behavior", "--store-only", "--no-wait") == 0
    assert capsys.readouterr().out == "Begun. Follow it by `resonance train --follow t1`.\n"
    assert api.asked[0][2]["auto_deploy"] is False


@pytest.mark.parametrize(
    ("status", "body", "says", "code"),
    [
        (409, {"title": "No champion before", "detail": "There is none."}, "No champion before: There is none.", 5),
        (
            422,
            {"title": "Wrong body", "detail": "No.", "errors": [{"pointer": "#/reason", "detail": "too long"}]},
            "Wrong body: No.; #/reason: too long",
            5,
        ),
        (403, {"title": "Forbidden", "detail": "Not you."}, "Forbidden: Not you.", 4),
        (502, b"<html>", "The gateway answered 502 to POST /ml/models/m/rollback.", 3),
        (200, b"<html>", "is it a gateway?", 1),
        (200, [], "is it a gateway?", 1),
    ],
)
def test_a_refusal_is_one_sentence(
    api: Api, capsys: pytest.CaptureFixture[str], status: int, body: Any, says: str, code: int
) -> None:
    api.answers["POST /ml/models/m/rollback"] = status, body
    assert api.run("models", "rollback", "m") == code
    error = capsys.readouterr().err
    assert says in error and error.startswith("resonance: ") and error.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [["models", "rollback"], ["models", "promote"], ["train"], ["train", "m", "--follow", "t"], ["models", "list", "m"],
     ["models", "rollback", "m", "aaaaaaaa"], ["models", "load", "m"]],
)  # fmt: skip
def test_a_command_with_too_much_or_too_little_is_wrong_usage(
    api: Api, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        api.run(*words)
    assert ended.value.code == 2
    assert "usage: resonance" in capsys.readouterr().err
    assert api.asked == []


def test_nobody_there_and_no_address_are_sentences(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--secret", secret, "--gateway", "http://127.0.0.1:1"]) == 3
    assert "is the gateway running?" in capsys.readouterr().err
    assert main(["models", "--secret", secret, "--gateway", "127.0.0.1"]) == 2
    assert "expected one such as" in capsys.readouterr().err


def test_a_rollback_loads_nothing_that_takes_long() -> None:
    heavy = ("aiohttp", "argcomplete", "asyncio", "google", "jwt", "numpy", "pydantic", "rich", "websockets")
    code = (
        "import sys; from resonance_client.cli.main import main; "
        "main(['models', 'rollback', 'm', '--gateway', 'http://127.0.0.1:1', '--secret', 's' * 32]); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
