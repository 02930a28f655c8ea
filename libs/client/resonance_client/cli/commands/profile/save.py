"""`resonance profile save`: saves a gateway, and what opens it, by a name, in a file that only you can read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from resonance_client.cli import options
from resonance_client.cli.output import say, say_json
from resonance_client.errors import UsageError
from resonance_client.profiles import LOCAL, Profile, Profiles

EXAMPLES = """\
examples:
  resonance profile save production --gateway https://resonance.example --token-stdin < token
  resonance profile save staging --gateway https://staging.example --token-file ~/.staging-token --use
  resonance profile save lab --gateway http://10.0.0.5:8000 --secret-file /run/secrets/jwt --kafka 10.0.0.5:9092
"""
JSON = {"name": "its name", "file": "where it is", "current": "whether it is used from now on"}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits, - and _")
    parser.add_argument("--gateway", metavar="URL", required=True, help="address of the gateway")
    parser.add_argument("--kafka", metavar="HOST:PORT", help="its brokers")
    opened = parser.add_mutually_exclusive_group()
    opened.add_argument(
        "--token-file", type=Path, metavar="PATH", help="file of a token or an API key, read at each call"
    )
    opened.add_argument(
        "--token-stdin", action="store_true", help="a token or an API key from standard input, kept here"
    )
    opened.add_argument("--secret-file", type=Path, metavar="PATH", help="file of the gateway's JWT secret")
    opened.add_argument("--secret-stdin", action="store_true", help="that secret from standard input, kept here")
    parser.add_argument("--use", action="store_true", help="use it where no other is asked for")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Saves it."""
    if arguments.name == LOCAL:
        raise UsageError(f"The profile {LOCAL} is made by `resonance up`; expected another name.")
    read = sys.stdin.read().strip() if arguments.token_stdin or arguments.secret_stdin else None
    if read == "":
        raise UsageError("Standard input is empty; expected what opens the gateway.")
    profile = Profile(
        arguments.name, arguments.gateway, arguments.kafka,
        token=read if arguments.token_stdin else None, token_file=_whole(arguments.token_file),
        secret=read if arguments.secret_stdin else None, secret_file=_whole(arguments.secret_file),
    )  # fmt: skip
    profiles = Profiles()
    file = profiles.save(profile)
    if arguments.use:
        profiles.use(profile.name)
    if arguments.json:
        say_json({"name": profile.name, "file": str(file), "current": profiles.current() == profile.name})
    else:
        say(f"Saved in {file}." + ("" if arguments.use else f" `--profile {profile.name}` uses it."))
    return 0


def _whole(path: Path | None) -> str | None:
    return None if path is None else str(path.expanduser().absolute())
