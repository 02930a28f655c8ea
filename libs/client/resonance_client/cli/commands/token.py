"""`resonance token`: a token to use with curl."""

from __future__ import annotations

import argparse
import sys

from resonance_client.cli import options

EXAMPLES = """\
examples:
  resonance token --user anna --role operator
  curl -H "Authorization: Bearer $(resonance token --user anna --role operator)" http://127.0.0.1:8000/ml/status
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    options.add_secret(parser)
    parser.add_argument("--user", required=True, help="user id: the claim `sub`")
    parser.add_argument(
        "--role", action="append", default=[], choices=("viewer", "operator", "admin", "replay"), help="may be repeated"
    )
    parser.add_argument("--hours", type=options.positive, default=1.0, help="how long it is valid (1)")


async def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    signer = options.signer(arguments)
    sys.stdout.write(signer.sign(arguments.user, roles=arguments.role, lifetime_s=round(arguments.hours * 3600)) + "\n")
    return 0
