"""`resonance feedback`: says whether there was a reason to be told of an incident."""

from __future__ import annotations

import argparse
import sys

from resonance_client.cli import options
from resonance_client.rest import GatewayRest

EXAMPLES = """\
examples:
  resonance feedback al_0123456789abcdef0123456789abcdef false --comment "the nightly export"
  resonance feedback al_0123456789abcdef0123456789abcdef true --kind token_sharing
  resonance feedback al_0123456789abcdef0123456789abcdef withdrawn

`resonance watch` prints the ids. What is called false is asked for more before it is told again, and is learned from
as ordinary; what is called true is left out of training.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("alert_id", metavar="ALERT", help="id of the incident")
    parser.add_argument("verdict", choices=("true", "false", "withdrawn"), help="withdrawn: takes back what was said")
    parser.add_argument("--kind", help="what it was, where that is something else than its kind says")
    parser.add_argument("--comment", default="", help="in your words, at most 500 characters")
    parser.add_argument("--user", default="resonance-feedback", help="name of the operator (resonance-feedback)")
    options.add_gateway(parser)


async def run(arguments: argparse.Namespace) -> int:
    """Give it; 0 once it is stored."""
    token = options.signer(arguments).sign(arguments.user, roles=["operator"])
    async with GatewayRest(arguments.gateway, token) as rest:
        given = await rest.give_verdict(arguments.alert_id, arguments.verdict, arguments.kind, arguments.comment)
    sys.stdout.write(f"{given.alert_kind} of {given.who}: {given.verdict}.\n")
    return 0
