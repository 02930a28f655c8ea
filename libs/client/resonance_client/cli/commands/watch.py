"""`resonance watch`: what is open now, live: on a terminal as a table, elsewhere as a line for each thing told."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from typing import Final

from rich.console import Console

from resonance_client.alerts.board import Board
from resonance_client.alerts.events import Alert
from resonance_client.alerts.over_websocket import WebSocketAlerts
from resonance_client.cli import options
from resonance_client.cli.output import say
from resonance_client.cli.target import Target, add_target, target
from resonance_client.terminal.board_view import BoardView
from resonance_client.terminal.screen import screen_for
from resonance_client.terminal.telling import Teller

EXAMPLES = """\
examples:
  resonance watch                                a table of what is open, the most severe first
  resonance watch --lines --min-severity high    a line for each alert, explanation and end
  resonance watch --json | jq 'select(.type == "alert")'
  resonance feedback ALERT false                 the id stands behind each alert

Ctrl-C ends it, with exit code 0. After a cut it connects again and shows what it missed.
"""
JSON = {
    "type": "alert, explanation, enriched or verdict; the other fields are those of frames of /ws/alerts",
    "…": "docs/reference/asyncapi.json has the fields of each; times are microseconds since the epoch",
}
ALL: Final = 0.0
PATIENCE_S: Final = 10.0


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_language(parser)
    options.add_least(parser)
    parser.add_argument("--lines", action="store_true", help="a line for each thing told, also on a terminal")
    parser.add_argument("--since", type=options.span, metavar="SPAN", help="lines and JSON: begin so long ago (now)")
    options.add_json(parser, "everything that is told, one JSON object a line")
    add_target(parser)


async def run(arguments: argparse.Namespace) -> int:
    """Watch until Ctrl-C, which is a proper end."""
    asked = target(arguments)
    drawn = sys.stdout.isatty() and not arguments.lines and not arguments.json
    since = ALL if drawn else None if arguments.since is None else options.ago(arguments.since)
    alerts = WebSocketAlerts(
        asked.gateway,
        lambda: asked.token("operator"),
        min_severity=arguments.min_severity,
        since=since,
        patience_s=PATIENCE_S,
    )
    with suppress(asyncio.CancelledError):
        if drawn:
            await _draw(alerts, asked, arguments)
        else:
            await _tell(alerts, arguments)
    return 0


async def _draw(alerts: WebSocketAlerts, asked: Target, arguments: argparse.Namespace) -> None:
    board = Board(arguments.language, arguments.min_severity)
    async with alerts:
        with BoardView(board, asked.gateway, Console(highlight=False), lambda: alerts.connected):
            async for event in alerts:
                board.take(event)


async def _tell(alerts: WebSocketAlerts, arguments: argparse.Namespace) -> None:
    async with alerts:
        with screen_for(lines_beside=arguments.json) as screen:
            teller = Teller(screen, arguments.language)
            async for event in alerts:
                if arguments.json:
                    say(event.model_dump_json())
                else:
                    teller.tell(event, event.alert_id if isinstance(event, Alert) else "")
