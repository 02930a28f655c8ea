"""`resonance alerts show`: one incident: what happened, who was told, what is done about it, what was said of it."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from resonance_client.cli import options
from resonance_client.cli.completion import alert_ids, complete
from resonance_client.cli.output import lasted, say, say_json, when
from resonance_client.cli.target import add_target, target
from resonance_client.terminal.plain_text import printable

EXAMPLES = """\
examples:
  resonance alerts show al_0123456789abcdef0123456789abcdef
  resonance explain al_0123456789abcdef0123456789abcdef         why it was flagged, in numbers
"""
JSON = "GET /ml/incidents/{alert_id}"


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    complete(parser.add_argument("alert_id", metavar="ALERT", help="id of the incident"), alert_ids)
    options.add_language(parser)
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Asks and prints."""
    one = target(arguments).ask("GET", f"/ml/incidents/{quote(arguments.alert_id, safe='')}", role="operator")
    if arguments.json:
        say_json(one)
        return 0
    for line in _lines(one, arguments.language):
        say(printable(line))
    return 0


def _lines(one: dict[str, Any], language: str) -> list[str]:
    words = _words(one["texts"], language)
    over_us = one["resolved_us"] or one["last_seen_us"]
    lines = [
        words.get("title") or f"{one['kind']} of {one['user_id'] or one['user_key']}",
        f"{one['alert_id']}, severity {one['severity']}, {one['state']}, {one['vectors']} anomalous vectors",
        f"opened {when(one['opened_us'])} UTC, lasted {lasted((over_us - one['opened_us']) / 1e6)}, {one['stream']}",
    ]
    if words:
        lines += ["", " ".join(words["summary"].split())]
        lines += [f"  - {' '.join(advice.split())}" for advice in words["recommendations"]]
    if one["written"] is not None:
        lines.append(f"Written by {one['written']['provider']}.")
    lines += [f"Told {told['receiver']} at {when(told['sent_us'])}: {told['reason']}." for told in one["told"]]
    lines += [
        f"Action {action['action_id']}: {action['kind']}, {action['state']}. {action['outcome']}".rstrip()
        for action in one["actions"]
    ]
    for verdict in one["verdicts"]:
        kind = f", it was {verdict['right_kind']}" if verdict["right_kind"] else ""
        comment = f": {verdict['comment']}" if verdict["comment"] else ""
        lines.append(f"Called {verdict['verdict']} at {when(verdict['given_us'])}{kind}{comment}")
    if held := [*one["silenced_by"], *one["inhibited_by"]]:
        lines.append(f"Nobody is told of it at present, because of {', '.join(held)}.")
    return lines


def _words(texts: list[dict[str, Any]], language: str) -> dict[str, Any]:
    return next((text for text in texts if text["language"] == language), next(iter(texts), {}))
