"""Makes API keys: `python -m resonance_gateway.auth.keys new --name grafana --role viewer >> keys.toml`.

The entry for the file goes to the standard output, the key itself, once, to the standard error.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Final

from resonance_gateway.auth.api_keys import NAME, new_key
from resonance_gateway.auth.roles import Role

_LONGEST_DAYS: Final = 36_500


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes one key; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m resonance_gateway.auth.keys", description="Makes API keys.")
    new = parser.add_subparsers(dest="command", required=True).add_parser("new", help="make a key")
    new.add_argument("--name", required=True, help="of what it is for, 1 to 64 letters, digits, `.`, `_`, `-`")
    new.add_argument("--role", required=True, action="append", choices=[*Role], help="may be given again")
    new.add_argument("--days", type=int, help="how long it is accepted; for ever where left out")
    given = parser.parse_args(arguments)
    if given.days is not None and not 1 <= given.days <= _LONGEST_DAYS:
        parser.error(f"--days is {given.days}, expected 1 to {_LONGEST_DAYS}")
    if not re.fullmatch(NAME, given.name):
        parser.error(f"--name is {given.name!r}, expected 1 to 64 letters, digits, dots, underscores or dashes")
    key, entry = new_key(given.name, [Role(role) for role in given.role], given.days)
    print(entry)
    print(f"The key, which is not kept anywhere and not shown again:\n{key}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
