"""`resonance token`: a token to use with curl."""

from __future__ import annotations

import argparse
import time

from resonance_client.cli import options
from resonance_client.cli.output import say, say_json
from resonance_client.cli.target import add_profile, add_secret, target

EXAMPLES = """\
examples:
  resonance token --user anna --role operator
  curl -H "Authorization: Bearer $(resonance token --user anna --role operator)" http://127.0.0.1:8000/ml/status
"""
JSON = {
    "token": "the token",
    "user": "whose it is",
    "roles": "what it opens",
    "expires": "when it ends, seconds since the epoch",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--user", required=True, help="user id: the claim `sub`")
    parser.add_argument(
        "--role", action="append", default=[], choices=("viewer", "operator", "admin", "backend", "replay"),
        help="may be repeated",
    )  # fmt: skip
    parser.add_argument("--hours", type=options.positive, default=1.0, help="how long it is valid (1)")
    options.add_json(parser)
    add_profile(parser)
    add_secret(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    lifetime_s = round(arguments.hours * 3600)
    expires = int(time.time()) + lifetime_s
    token = target(arguments).signer().sign(arguments.user, roles=arguments.role, lifetime_s=lifetime_s)
    if arguments.json:
        say_json({"token": token, "user": arguments.user, "roles": arguments.role, "expires": expires})
    else:
        say(token)
    return 0
