"""`resonance status`: how the services are."""

from __future__ import annotations

import argparse
import time
from typing import Any, Final

from resonance_client.cli import exit_codes, options
from resonance_client.cli.output import Cell, say, say_json, table
from resonance_client.cli.target import Target, add_target, target
from resonance_client.errors import GatewayUnreachable

EXAMPLES = """\
examples:
  resonance status
  resonance status --wait 60s && resonance simulate     once everything is up
  resonance status --json | jq -r '.services[] | select(.state != "up") | .service'

exit codes: 0 everything is up, 1 something is not
"""
JSON = "GET /ml/status"
STYLES: Final = {"up": "green", "degraded": "yellow", "down": "red"}
POLL_S: Final = 0.5


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--wait", type=options.span, metavar="SPAN", help="until everything is up, at most so long")
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask and print; 0 where everything is up."""
    status = _asked(target(arguments), arguments.wait)
    if arguments.json:
        say_json(status)
    else:
        _print(status)
    return exit_codes.DONE if status["state"] == "up" else exit_codes.NO


def _asked(asked: Target, patience_s: float | None) -> dict[str, Any]:
    """The status now; with patience, the first in which everything is up, or the last within it."""
    give_up_at = time.monotonic() + (patience_s or 0.0)
    while True:
        try:
            status = asked.ask("GET", "/ml/status", role="operator")
            if status["state"] == "up" or time.monotonic() >= give_up_at:
                return status
        except GatewayUnreachable:
            if time.monotonic() >= give_up_at:
                raise
        time.sleep(POLL_S)


def _print(status: dict[str, Any]) -> None:
    rows = []
    for service in status["services"]:
        facts = [*service["reasons"], *(f"{name}: {value}" for name, value in sorted(service["details"].items()))]
        state = Cell(service["state"], STYLES.get(service["state"], ""))
        rows.append((service["service"], state, str(service["instances"]), "; ".join(facts)))
    table(("Service", "State", "Instances", "Why, and what else it says"), rows, whole=("Service", "State"))
    for model in status["models"]:
        say(f"{model['model_name']}/{model['alias']}: version {model['model_version'][:12]}")
    say(status["summary"])
