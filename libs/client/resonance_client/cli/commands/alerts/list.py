"""`resonance alerts list`: incidents, newest first, with what was told of each."""

from __future__ import annotations

import argparse
from typing import Any, Final
from urllib.parse import urlencode

from resonance_client.cli import options
from resonance_client.cli.output import Cell, lasted, note, say_json, table, when
from resonance_client.cli.target import Target, add_target, target

EXAMPLES = """\
examples:
  resonance alerts                                 the newest
  resonance alerts list --state open --severity critical
  resonance alerts list --user anna --since 7d
  resonance alerts list --since 1d --limit 1000 --json | jq -r '.incidents[].kind' | sort | uniq -c
"""
JSON = "GET /ml/incidents"
PAGE: Final = 100
MOST: Final = 10_000
STYLES: Final = {"low": "cyan", "medium": "yellow", "high": "red", "critical": "bold red"}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--state", choices=("open", "resolved"), help="only these")
    parser.add_argument("--severity", choices=("low", "medium", "high", "critical"), help="exactly this one")
    parser.add_argument("--kind", help="such as message_flood")
    parser.add_argument("--user", help="a user id, or its pseudonym")
    parser.add_argument("--stream", help="`live`, or replay:ID")
    parser.add_argument("--verdict", choices=("true", "false", "withdrawn"), help="what its newest verdict says")
    parser.add_argument(
        "--since", type=options.span, metavar="SPAN", help="opened in the last 15m, 6h, 2d, by event time"
    )
    options.add_limit(parser, 30, MOST)
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Asks and prints; no incident is an answer, too."""
    incidents, more = _asked(target(arguments), arguments)
    if arguments.json:
        say_json({"count": len(incidents), "incidents": incidents, "next_cursor": more})
        return 0
    table(
        ("Incident", "Severity", "Kind", "Who", "Opened (UTC)", "Lasted", "State", "Verdict"),
        [_row(one) for one in incidents],
        whole=("Incident",),
    )
    if more:
        note(f"There are more; --limit {min(MOST, 10 * arguments.limit)} shows more of them.")
    return 0


def _asked(asked: Target, arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], str | None]:
    """Incidents of as many pages as it takes, and where the next begins."""
    wanted: dict[str, Any] = {
        name: value
        for name in ("state", "severity", "kind", "user", "stream", "verdict")
        if (value := getattr(arguments, name)) is not None
    }
    if arguments.since is not None:
        wanted["from_us"] = round((options.ago(arguments.since)) * 1e6)
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = wanted | {"limit": min(PAGE, arguments.limit - len(found))} | ({"cursor": cursor} if cursor else {})
        page = asked.ask("GET", f"/ml/incidents?{urlencode(query)}", role="operator")
        found += page["incidents"]
        cursor = page["next_cursor"]
        if not cursor or len(found) >= arguments.limit:
            return found, cursor


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    end_us = one["resolved_us"] or one["last_seen_us"]
    return (
        one["alert_id"], Cell(one["severity"], STYLES.get(one["severity"], "")), one["kind"],
        one["user_id"] or one["user_key"], when(one["opened_us"]), lasted((end_us - one["opened_us"]) / 1e6),
        one["state"], newest_verdict(one),
    )  # fmt: skip


def newest_verdict(one: dict[str, Any]) -> str:
    """What was said last of an incident; empty where nothing was."""
    last = max(one["verdicts"], key=lambda verdict: verdict["given_us"], default=None)
    return "" if last is None else str(last["verdict"])
