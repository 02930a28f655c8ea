"""`resonance feedback`: says whether there was a reason to be told of an incident."""

from __future__ import annotations

import argparse

from resonance_client.cli import options
from resonance_client.cli.completion import alert_ids, complete
from resonance_client.cli.output import say, say_json
from resonance_client.cli.target import add_target, target

EXAMPLES = """\
examples:
  resonance feedback al_0123456789abcdef0123456789abcdef false --comment "the nightly export"
  resonance feedback al_0123456789abcdef0123456789abcdef true --kind token_sharing
  resonance feedback al_0123456789abcdef0123456789abcdef withdrawn

`resonance watch` and `resonance alerts` print the ids. What is called false is asked for more before it is told again,
and is learned from as ordinary; what is called true is left out of training.
"""
JSON = "POST /ml/feedback"


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    complete(parser.add_argument("alert_id", metavar="ALERT", help="id of the incident"), alert_ids)
    parser.add_argument("verdict", choices=("true", "false", "withdrawn"), help="withdrawn: takes back what was said")
    parser.add_argument("--kind", help="what it was, where that is something else than its kind says")
    parser.add_argument("--comment", default="", help="in your words, at most 500 characters")
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Give it; 0 once it is stored."""
    body = {
        "alert_id": arguments.alert_id, "verdict": arguments.verdict, "kind": arguments.kind,
        "comment": arguments.comment,
    }  # fmt: skip
    given = target(arguments).ask("POST", "/ml/feedback", body, role="operator")
    if arguments.json:
        say_json(given)
    else:
        say(f"{given['alert_kind']} of {given.get('user_id') or given['user_key']}: {given['verdict']}.")
    return 0
