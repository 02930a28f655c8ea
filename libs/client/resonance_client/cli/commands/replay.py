"""`resonance replay`: an access log as traffic, and how well what is flagged agrees with who says to be a robot."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Final

from resonance_client.cli import options
from resonance_client.cli.output import say, say_json, table
from resonance_client.cli.target import add_target, target
from resonance_client.errors import UsageError
from resonance_client.replay.judge import Verdict
from resonance_client.replay.log_format import BadLine, Entry, parse
from resonance_client.replay.run import ReplayOptions, replay
from resonance_client.terminal.screen import Screen, screen_for
from resonance_client.terminal.telling import Teller
from resonance_client.traffic.driver import Progress

EXAMPLES = """\
examples:
  resonance replay access.log
  resonance replay access.log --speed-up 600 --quiet
  zcat access.log.*.gz | resonance replay -

Each address is a user, each visit a connection, each request a message at its own time. User agents are not sent:
an address that names itself as a robot in one, or reads /robots.txt, is one in truth. The last line is JSON.
"""
JSON = (Verdict, {"bad_lines": "Lines that could not be read.", "stream": "The stream of the replay."})
BAD_LINES_SHOWN: Final = 5


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("log", help="access log in common or combined format; - for standard input")
    options.add_language(parser)
    parser.add_argument("--speed-up", type=options.positive, default=3600.0, help="event seconds per second (3600)")
    parser.add_argument("--stream", help="id of the replay stream (log-…, new with every run)")
    parser.add_argument(
        "--settle", type=options.positive, default=4.0, help="seconds without alerts after which all are in (4)"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print alerts as they come")
    options.add_json(parser, "only the JSON on standard output, all else on standard error")
    add_target(parser)


async def run(arguments: argparse.Namespace) -> int:
    """Replay and judge; 0 once every request is stored and judged."""
    asked = target(arguments)
    signer = asked.signer()
    entries, bad = _read(arguments.log)
    stream = arguments.stream or f"log-{token_hex(4)}"
    chosen = ReplayOptions(asked.gateway, stream, arguments.speed_up, arguments.settle)
    first_us = min(entry.time_us for entry in entries)
    span_us = max(1, max(entry.time_us for entry in entries) - first_us)
    with screen_for(lines_beside=arguments.json) as screen:
        _tell_bad(bad, screen)
        teller = Teller(screen, arguments.language)

        def tell(progress: Progress) -> None:
            share = min(1.0, (progress.event_us - first_us) / span_us)
            screen.progress("Replay", f"{progress.acknowledged} of {len(entries)} requests stored", share)

        verdict = await replay(
            entries, chosen, signer, tell, lambda arrival: None if arguments.quiet else teller.tell(arrival.event)
        )
    if not arguments.json:
        _print(verdict)
    say_json(verdict.as_json() | {"bad_lines": len(bad), "stream": f"replay:{chosen.stream}"})
    return 0


def _read(name: str) -> tuple[list[Entry], list[BadLine]]:
    try:
        if name == "-":
            parsed = list(parse(sys.stdin))
        else:
            with Path(name).open(encoding="utf-8", errors="replace") as lines:
                parsed = list(parse(lines))
    except OSError as error:
        raise UsageError(f"The log cannot be read: {error}.") from error
    entries = [line for line in parsed if isinstance(line, Entry)]
    if not entries:
        raise UsageError(f"{name} has no line in common or combined log format.")
    return entries, [line for line in parsed if isinstance(line, BadLine)]


def _tell_bad(bad: Sequence[BadLine], screen: Screen) -> None:
    if not bad:
        return
    shown = "; ".join(f"line {line.number}: {line.reason}" for line in bad[:BAD_LINES_SHOWN])
    more = f"; and {len(bad) - BAD_LINES_SHOWN} more" if len(bad) > BAD_LINES_SHOWN else ""
    screen.line(f"{len(bad)} lines were left out ({shown}{more}).", "yellow")


def _print(verdict: Verdict) -> None:
    table(
        ("Addresses", "Of them", "Flagged"),
        [
            ("robots, by their own word", str(verdict.robots), str(verdict.robots_flagged)),
            ("ordinary", str(verdict.ordinary), str(verdict.ordinary_flagged)),
            ("all", str(verdict.addresses), str(verdict.flagged)),
        ],
    )
    for kind, counts in verdict.kinds.items():
        say(f"  {kind}: {counts['robots']} robots, {counts['ordinary']} ordinary")
    say(
        f"Precision {_percent(verdict.precision)}, recall {_percent(verdict.recall)} of robots, "
        f"{_percent(verdict.recall_of_requests)} of their requests."
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"
