"""`resonance status`: how the services are."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from resonance_client.cli import options
from resonance_client.rest import GatewayRest, Status

EXAMPLES = """\
examples:
  resonance status
  resonance status --json

exit codes: 0 everything is up, 1 something is not
"""
STYLES = {"up": "green", "degraded": "yellow", "down": "red"}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_gateway(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


async def run(arguments: argparse.Namespace) -> int:
    """Ask and print; 0 where everything is up."""
    token = options.signer(arguments).sign("resonance-status", roles=["operator"])
    async with GatewayRest(arguments.gateway, token) as rest:
        status = await rest.status()
    if arguments.json:
        sys.stdout.write(status.model_dump_json() + "\n")
    else:
        _print(status)
    return 0 if status.state == "up" else 1


def _print(status: Status) -> None:
    table = Table("Service", "State", "Instances", "Why, and what else it says")
    for service in status.services:
        facts = [*service.reasons, *(f"{name}: {value}" for name, value in sorted(service.details.items()))]
        state = Text(service.state, style=STYLES.get(service.state, ""))
        table.add_row(service.service, state, str(service.instances), Text("\n".join(facts)))
    console = Console(highlight=False)
    console.print(table)
    for model in status.models:
        console.print(Text(f"{model.model_name}/{model.alias}: version {model.model_version[:12]}"))
    console.print(Text(status.summary))
