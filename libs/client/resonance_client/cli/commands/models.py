"""`resonance models`: which versions of each model are in use; train one, load one, roll one back."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any, Final

from resonance_client.blocking import request
from resonance_client.cli import options
from resonance_client.errors import UsageError

EXAMPLES = """\
examples:
  resonance models                                      every model, its versions, since when and why
  resonance models train anomaly_detection --wait       train it; what comes out goes on trial
  resonance models train user_behavior --store-only     train it and only store what comes out
  resonance models load anomaly_detection 3f9c2a71      put a stored version into service at once
  resonance models rollback anomaly_detection           put the champion before this one into service at once
  resonance models rollback anomaly_detection --reason "It flags everybody."

exit codes: 0 done, 1 refused, or the training came to nothing
"""

ACTIONS: Final = ("list", "train", "load", "rollback")
POLL_S: Final = 0.5
GOOD: Final = ("promoted", "trial", "stored", "unchanged")


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="what to do (list)")
    parser.add_argument("name", nargs="?", help="the model")
    parser.add_argument("version", nargs="?", help="of `load`: the version, or its first eight digits or more")
    options.add_gateway(parser)
    parser.add_argument("--reason", default="", help="of `load` and `rollback`: why, to be read with the change")
    parser.add_argument("--store-only", action="store_true", help="of `train`: neither trial nor service")
    parser.add_argument("--wait", action="store_true", help="of `train`: until it has ended")
    parser.add_argument("--json", action="store_true", help="answers as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Does it and says what came of it."""
    _check(arguments)
    return {"list": _list, "train": _train, "load": _load, "rollback": _roll_back}[arguments.action](arguments)


def _check(arguments: argparse.Namespace) -> None:
    """Each action takes what it needs and nothing else; raises UsageError."""
    action, needed = arguments.action, {"list": 0, "train": 1, "load": 2, "rollback": 1}[arguments.action]
    given = [value for value in (arguments.name, arguments.version) if value is not None]
    if len(given) != needed:
        what = ("nothing more", "the name of a model", "the name of a model and a version")[needed]
        raise UsageError(f"`resonance models {action}` takes {what}, but {len(given)} were given.")


def _list(arguments: argparse.Namespace) -> int:
    answer = _ask(arguments, "GET", "/ml/models", role="viewer")
    if arguments.json:
        return _json(answer)
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Model", "In use", "Version", "Since (UTC)", "Why")
    console = Console(highlight=False)
    for model in answer["models"]:
        name = f"{model['model_name']}\n{model['type'] or ''}"
        for alias in model["aliases"]:
            share = "" if alias["share"] is None else f" for {alias['share']:.0%}"
            version = f"{alias['model_version'][:12]}, revision {alias['revision']}"
            table.add_row(name, f"{alias['alias']}{share}", version, _time(alias["since_us"]), Text(alias["reason"]))
            name = ""
        if not model["aliases"]:
            table.add_row(name, "none yet", "", "", "")
    console.print(table)
    for model in answer["models"]:
        if (training := model["training"]) is not None:
            console.print(Text(f"{model['model_name']} is being trained, {training['state']}: {training['message']}"))
        if model["drift"]:
            features = ", ".join("-".join(change["features"]) for change in model["drift"])
            console.print(Text(f"{model['model_name']} has drifted since it was trained: {features}"))
    return 0


def _train(arguments: argparse.Namespace) -> int:
    body = {
        "model_name": arguments.name, "data_source": "recent_features", "auto_deploy": not arguments.store_only
    }  # fmt: skip
    begun = _ask(arguments, "POST", "/ml/models/train", body)
    if not arguments.wait:
        return _json(begun) if arguments.json else _say(begun["message"])
    return _follow(arguments, begun["training_id"])


def _follow(arguments: argparse.Namespace, training_id: str) -> int:
    """Tells how a training goes until it has ended."""
    told = ""
    while True:
        training = _ask(arguments, "GET", f"/ml/models/train/{training_id}", role="viewer")
        if arguments.json and training["state"] == "ended":
            _json(training)
        line = f"{training['progress']:4.0%} {training['state']}: {training['message']}"
        if not arguments.json and line != told:
            _say(told := line)
        if training["state"] == "ended":
            return 0 if training["outcome"] in GOOD else 1
        time.sleep(POLL_S)


def _load(arguments: argparse.Namespace) -> int:
    body = {"model_version": arguments.version, "reason": arguments.reason}
    return _changed(arguments, _ask(arguments, "POST", f"/ml/models/{arguments.name}/load", body, "admin"))


def _roll_back(arguments: argparse.Namespace) -> int:
    path = f"/ml/models/{arguments.name}/rollback"
    return _changed(arguments, _ask(arguments, "POST", path, {"reason": arguments.reason}))


def _changed(arguments: argparse.Namespace, answer: dict[str, Any]) -> int:
    if arguments.json:
        return _json(answer)
    before = answer["change"]["previous_version"]
    return _say(answer["message"] + ("" if before is None else f" Before it was {before[:12]}."))


def _ask(
    arguments: argparse.Namespace, method: str, path: str, body: dict[str, Any] | None = None, role: str = "operator"
) -> dict[str, Any]:
    token = options.signer(arguments).sign("resonance-models", roles=[role])
    return request(arguments.gateway, token, method, path, body)


def _time(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _json(answer: dict[str, Any]) -> int:
    return _say(json.dumps(answer, ensure_ascii=False))


def _say(line: str) -> int:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    return 0
