"""`resonance models promote`: puts a version into service at once, past whatever trials say of it.

Without VERSION it is the one that is on trial. It takes an admin.
"""

from __future__ import annotations

import argparse
from typing import Any, Final

from resonance_client.cli import options
from resonance_client.cli.changing import add_change, tell
from resonance_client.cli.completion import complete, model_names, model_versions
from resonance_client.cli.target import Target, add_target, target
from resonance_client.errors import RequestRefused

EXAMPLES = """\
examples:
  resonance models promote anomaly_detection                    the version that is on trial
  resonance models promote anomaly_detection 3f9c2a71           any stored version
  resonance models promote anomaly_detection 3f9c2a71 --reason "What it finds is worth finding."
"""
JSON = "POST /ml/models/{name}/load"
ON_TRIAL: Final = ("challenger", "shadow")


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    complete(parser.add_argument("name", metavar="MODEL", help="the model"), model_names)
    complete(
        parser.add_argument(
            "version", metavar="VERSION", nargs="?", help="it, or its first eight digits or more (the one on trial)"
        ),
        model_versions,
    )  # fmt: skip
    add_change(parser)
    options.add_json(parser)
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Does it and says what came of it."""
    asked = target(arguments)
    version = arguments.version or _on_trial(asked, arguments.name)
    body = {"model_version": version, "reason": arguments.reason}
    return tell(asked.ask("POST", f"/ml/models/{arguments.name}/load", body, role="admin"), as_json=arguments.json)


def _on_trial(asked: Target, name: str) -> str:
    models: list[dict[str, Any]] = asked.ask("GET", "/ml/models", role="viewer")["models"]
    named = {
        alias["alias"]: alias["model_version"]
        for one in models
        if one["model_name"] == name
        for alias in one["aliases"]
    }
    version = next((named[alias] for alias in ON_TRIAL if alias in named), None)
    if version is None:
        raise RequestRefused(
            f"No version of {name} is on trial; expected `resonance models promote {name} VERSION`, and "
            "`resonance models list --json` has the versions that were heard of."
        )
    return str(version)
