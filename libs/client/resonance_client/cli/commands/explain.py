"""`resonance explain`: why an incident, or a user's latest anomaly, was flagged, and what would be ordinary."""

from __future__ import annotations

import argparse
from typing import Any, Final

from resonance_client.cli import options
from resonance_client.cli.completion import alert_ids, complete
from resonance_client.cli.output import Cell, say, say_json, table, when
from resonance_client.cli.target import add_target, target
from resonance_client.terminal.plain_text import printable

EXAMPLES = """\
examples:
  resonance explain al_0123456789abcdef0123456789abcdef
  resonance explain anna                                    her latest anomaly
  resonance explain anna --method lime --deadline 10s       a line fitted beside it, too
  resonance explain anna --json | jq .feature_importance
"""
JSON = "POST /ml/explain/anomaly"
INCIDENT: Final = "al_"
BAR: Final = 24


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    complete(
        parser.add_argument("what", metavar="ALERT|USER", help="id of an incident (al_…), or a user's id or pseudonym"),
        alert_ids,
    )
    parser.add_argument(
        "--method", action="append", choices=("lime", "plots"), default=[], dest="methods",
        help="what is wanted beside the rest; may be repeated",
    )  # fmt: skip
    parser.add_argument("--deadline", type=options.span, metavar="SPAN", help="how long may be worked on it: 10s")
    options.add_language(parser)
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Asks and prints."""
    body: dict[str, Any] = {"language": arguments.language}
    body["alert_id" if arguments.what.startswith(INCIDENT) else "user_id"] = arguments.what
    if arguments.methods:
        body["methods"] = ["shap", "counterfactual", *dict.fromkeys(arguments.methods)]
    deadline_s = arguments.deadline
    if deadline_s is not None:
        body["deadline_ms"] = round(1000 * deadline_s)
    answer = target(arguments).ask(
        "POST", "/ml/explain/anomaly", body, role="operator", timeout_s=15.0 + (deadline_s or 0.0)
    )
    if arguments.json:
        say_json(answer)
    else:
        _print(answer)
    return 0


def _print(answer: dict[str, Any]) -> None:
    who = answer["user_id"] or answer["user_key"]
    head = f"{who}, {when(answer['start_us'])} to {when(answer['end_us'])} UTC, severity {answer['severity']}"
    say(printable(head if not answer["alert_ids"] else f"{head}: {', '.join(answer['alert_ids'])}"))
    say("")
    say(printable(" ".join(answer["natural_explanation"].split())))
    say("")
    _waterfall(answer)
    counterfactual = answer["counterfactual"] or {}
    suggestions = counterfactual.get("suggestions") or []
    if suggestions:
        say("\nWhat would have made it ordinary, each enough alone:")
        for one in suggestions:
            say(printable(f"  - {one if isinstance(one, str) else one.get('text', '')}"))
    if (lime := answer["lime"]) is not None and "r2" in lime:
        say(f"\nLIME: r² {lime['r2']:.2f}, stability {lime['stability']:.2f}.")
    if answer["unfinished"]:
        say(f"There was no time for {', '.join(answer['unfinished'])}: ask again, or with a longer --deadline.")


def _waterfall(answer: dict[str, Any]) -> None:
    """What each feature adds, largest first, under the number that all of them come to."""
    values = dict(zip(answer["feature_importance"], answer["shap_values"], strict=True))
    widest = max((abs(value) for value in values.values()), default=0.0)
    rows = []
    for feature, value in values.items():
        if widest and abs(value) >= widest / 200:
            bar = "█" * max(1, round(BAR * abs(value) / widest))
            seen = answer["features"].get(feature)
            colour = "red" if value > 0 else "blue"
            rows.append((feature, _number(seen), f"{value:+.4g}", Cell(bar, colour)))
    table(("Feature", "Value", "Adds", ""), rows, whole=("Feature", "Value", "Adds"))
    if answer["score"] is not None and answer["base_value"] is not None:
        of, by = f"{answer['base_value']:.4g}", f"{answer['unit']}, {answer['method']}"
        say(f"{of} and all of these come to {answer['score']:.4g} ({by}).")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
