"""What commands share that change which version of a model serves."""

from __future__ import annotations

import argparse
from typing import Any

from resonance_client.cli.output import say, say_json


def add_change(parser: argparse.ArgumentParser) -> None:
    """--reason."""
    parser.add_argument("--reason", default="", help="why, to be read with the change; at most 500 characters")


def tell(answer: dict[str, Any], *, as_json: bool) -> int:
    """What is in force, and what was before."""
    if as_json:
        say_json(answer)
        return 0
    before = answer["change"]["previous_version"]
    say(answer["message"] + ("" if before is None else f" Before it was {before[:12]}."))
    return 0
