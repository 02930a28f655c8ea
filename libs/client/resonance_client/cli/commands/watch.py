"""`resonance watch`: alerts, explanations and resolutions as they come."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import aclosing, suppress

from rich.console import Console

from resonance_client.alerts.events import Alert
from resonance_client.alerts.watch import Watcher
from resonance_client.cli import options
from resonance_client.terminal.screen import Terminal, screen_for
from resonance_client.terminal.telling import Teller

EXAMPLES = """\
examples:
  resonance watch --min-severity high
  resonance feedback ID false                    the id stands behind each alert
  resonance watch --json | jq 'select(.type == "alert")'
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_gateway(parser)
    options.add_language(parser)
    parser.add_argument("--min-severity", choices=("low", "medium", "high", "critical"), default="low")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--user", default="resonance-watch", help="name of the operator (resonance-watch)")


async def run(arguments: argparse.Namespace) -> int:
    """Watch until Ctrl-C, which is a proper end."""
    token = options.signer(arguments).sign(arguments.user, roles=["operator"])
    watcher = Watcher(arguments.gateway, token, arguments.min_severity)
    with suppress(asyncio.CancelledError):
        await _follow(watcher, arguments)
    return 0


async def _follow(watcher: Watcher, arguments: argparse.Namespace) -> None:
    with screen_for(Console(highlight=False)) as screen:
        teller = Teller(screen, arguments.language)
        if isinstance(screen, Terminal) and not arguments.json:
            screen.progress("Watching", arguments.gateway)
        async with aclosing(watcher.arrivals()) as arrivals:
            async for arrival in arrivals:
                if arguments.json:
                    sys.stdout.write(arrival.event.model_dump_json() + "\n")
                    sys.stdout.flush()
                else:
                    note = arrival.event.alert_id if isinstance(arrival.event, Alert) else ""
                    teller.tell(arrival.event, note)
