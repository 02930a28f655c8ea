"""`resonance models list`: which versions of each model are in use, since when and why."""

from __future__ import annotations

import argparse

from resonance_client.cli import options
from resonance_client.cli.output import say, say_json, table, when
from resonance_client.cli.target import add_target, target

EXAMPLES = """\
examples:
  resonance models
  resonance models list --json | jq -r '.models[].aliases[] | select(.alias == "champion") | .model_version'

The champion serves, a challenger serves a share of the users, a shadow is scored and tells nobody.
"""
JSON = "GET /ml/models"


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Asks and prints."""
    answer = target(arguments).ask("GET", "/ml/models", role="viewer")
    if arguments.json:
        say_json(answer)
        return 0
    rows = []
    for model in answer["models"]:
        name = model["model_name"]
        for alias in model["aliases"]:
            share = "" if alias["share"] is None else f" for {alias['share']:.0%}"
            version = f"{alias['model_version'][:12]}, revision {alias['revision']}"
            rows.append((name, f"{alias['alias']}{share}", version, when(alias["since_us"]), alias["reason"]))
        if not model["aliases"]:
            rows.append((name, "none yet", "", "", ""))
    table(("Model", "In use", "Version", "Since (UTC)", "Why"), rows, whole=("Model", "Version"))
    for model in answer["models"]:
        if (training := model["training"]) is not None:
            say(f"{model['model_name']} is being trained, {training['state']}: {training['message']}")
        if model["drift"]:
            features = ", ".join("-".join(change["features"]) for change in model["drift"])
            say(f"{model['model_name']} has drifted since it was trained: {features}")
    return 0
