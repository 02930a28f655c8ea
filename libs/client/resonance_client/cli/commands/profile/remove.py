"""`resonance profile remove`: forgets a profile."""

from __future__ import annotations

import argparse

from resonance_client.cli import options
from resonance_client.cli.completion import complete, profile_names
from resonance_client.cli.output import say, say_json
from resonance_client.profiles import Profiles

EXAMPLES = """\
examples:
  resonance profile remove staging
"""
JSON = {"name": "the profile", "current": "the profile that is used from now on; null where none is"}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    complete(parser.add_argument("name", metavar="NAME", help="the profile"), profile_names)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Does it."""
    profiles = Profiles()
    profiles.remove(arguments.name)
    if arguments.json:
        say_json({"name": arguments.name, "current": profiles.current()})
    else:
        say(f"The profile {arguments.name} is gone.")
    return 0
