"""`resonance profile list`: gateways that were saved by name; the current one has a star."""

from __future__ import annotations

import argparse
import os

from resonance_client.cli import options
from resonance_client.cli.output import say, say_json, table
from resonance_client.cli.target import PROFILE
from resonance_client.profiles import Profile, Profiles

EXAMPLES = """\
examples:
  resonance profile
  resonance profile list --json | jq -r '.[] | select(.current) | .gateway'

`local` is there while `resonance up` runs, and is used where nothing else says which gateway is meant. An option or a
variable of the environment comes before a profile.
"""
JSON = {
    "[]": "a list, of each profile:",
    "name": "its name",
    "current": "whether it is used where no other is asked for",
    "gateway": "address of the gateway",
    "kafka": "its brokers; null where they are not known",
    "opened_by": "what opens it: token, token_file, secret, secret_file, or null",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints them, without what opens them."""
    profiles = Profiles()
    current = os.environ.get(PROFILE) or profiles.current()
    found = [profiles.read(name) for name in profiles.names()]
    if arguments.json:
        say_json([
            {"name": one.name, "current": one.name == current, "gateway": one.gateway, "kafka": one.kafka,
             "opened_by": _opened_by(one)} for one in found
        ])  # fmt: skip
        return 0
    if not found:
        say("There is none yet: `resonance profile save NAME --gateway URL` makes one, `resonance up` makes `local`.")
        return 0
    table(
        ("", "Profile", "Gateway", "Kafka", "Opened by"),
        [
            ("*" if one.name == current else "", one.name, one.gateway, one.kafka or "", _opened_by(one) or "nothing")
            for one in found
        ],
        whole=("Profile", "Gateway"),
    )
    return 0


def _opened_by(profile: Profile) -> str | None:
    names = ("token", "token_file", "secret", "secret_file")
    return next((name for name in names if getattr(profile, name)), None)
