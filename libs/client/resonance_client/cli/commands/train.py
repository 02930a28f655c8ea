"""`resonance train`: trains a model from what was gathered of late, and follows it to its end."""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from typing import Any, Final

from resonance_client.cli import exit_codes, options
from resonance_client.cli.completion import complete, model_names
from resonance_client.cli.output import note, say, say_json
from resonance_client.cli.target import Target, add_target, target
from resonance_client.terminal.screen import screen_for

EXAMPLES = """\
examples:
  resonance train anomaly_detection              what comes out goes on trial, or into service where nothing is
  resonance train user_behavior --store-only     what comes out is only stored
  resonance train anomaly_detection --no-wait    begin it, and print its id
  resonance train --follow TRAINING              follow one that was begun

Ctrl-C stops following; the training goes on.

exit codes: 0 something came out, or nothing better than what there is; 1 it came to nothing
"""
JSON = "GET /ml/models/train/{id}"
POLL_S: Final = 0.5
GOOD: Final = ("promoted", "trial", "stored", "unchanged")


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    which = parser.add_mutually_exclusive_group(required=True)
    complete(which.add_argument("name", metavar="MODEL", nargs="?", help="the model"), model_names)
    which.add_argument("--follow", metavar="TRAINING", help="id of a training that was begun, instead of a model")
    parser.add_argument("--store-only", action="store_true", help="neither trial nor service")
    parser.add_argument(
        "--no-wait", action="store_true", help="begin it and leave it; JSON is then its id and a message"
    )
    options.add_json(parser, "how it ended as JSON")
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Begins and follows it; 0 where something came of it."""
    asked = target(arguments)
    if arguments.follow is not None:
        return _follow(asked, arguments.follow, as_json=arguments.json)
    body = {
        "model_name": arguments.name, "data_source": "recent_features", "auto_deploy": not arguments.store_only
    }  # fmt: skip
    begun = asked.ask("POST", "/ml/models/train", body, role="operator")
    if not arguments.no_wait:
        return _follow(asked, begun["training_id"], as_json=arguments.json)
    if arguments.json:
        say_json(begun)
    else:
        say(f"{begun['message']} Follow it by `resonance train --follow {begun['training_id']}`.")
    return exit_codes.DONE


def _follow(asked: Target, training_id: str, *, as_json: bool) -> int:
    with suppress(KeyboardInterrupt):
        training = _ended(asked, training_id)
        if as_json:
            say_json(training)
        else:
            say(f"{training['outcome']}: {training['message']}")
        return exit_codes.DONE if training["outcome"] in GOOD else exit_codes.NO
    note(f"The training goes on; `resonance train --follow {training_id}` follows it again.")
    return exit_codes.INTERRUPTED


def _ended(asked: Target, training_id: str) -> dict[str, Any]:
    """The training once it has ended; how it goes is told on standard error until then."""
    with screen_for(lines_beside=True) as screen:
        while True:
            training = asked.ask("GET", f"/ml/models/train/{training_id}", role="viewer")
            screen.progress(training["state"].capitalize(), training["message"], training["progress"])
            if training["state"] == "ended":
                return training
            time.sleep(POLL_S)
