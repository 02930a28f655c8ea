"""`resonance models rollback`: the champion before this one serves again at once, and trials end.

Who rolls back twice comes to two champions ago.
"""

from __future__ import annotations

import argparse

from resonance_client.cli import options
from resonance_client.cli.changing import add_change, tell
from resonance_client.cli.completion import complete, model_names
from resonance_client.cli.target import add_target, target

EXAMPLES = """\
examples:
  resonance models rollback anomaly_detection
  resonance models rollback anomaly_detection --reason "It flags everybody."
"""
JSON = "POST /ml/models/{name}/rollback"


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    complete(parser.add_argument("name", metavar="MODEL", help="the model"), model_names)
    add_change(parser)
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Does it and says what came of it."""
    path = f"/ml/models/{arguments.name}/rollback"
    answer = target(arguments).ask("POST", path, {"reason": arguments.reason}, role="operator")
    return tell(answer, as_json=arguments.json)
