"""The `resonance` command: parses, runs, and turns errors into one sentence and an exit code."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Final

from resonance_client.cli.commands import demo, detect, replay, simulate, status, token, topics, watch
from resonance_client.errors import ClientError, UsageError

FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130

COMMANDS: Final[dict[str, tuple[ModuleType, str]]] = {
    "demo": (demo, "show it: traffic, incidents, explanations"),
    "simulate": (simulate, "send simulated traffic"),
    "replay": (replay, "send an access log and judge what is flagged"),
    "detect": (detect, "score the rows of a table or of a series"),
    "watch": (watch, "follow alerts and explanations"),
    "status": (status, "how the services are"),
    "topics": (topics, "topics that consumers can read"),
    "token": (token, "make a token for the gateway"),
}


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="resonance", description="Watch WebSocket traffic, find what is unusual, and say why."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (module, summary) in COMMANDS.items():
        sub = commands.add_parser(
            name, help=summary, description=module.__doc__, epilog=module.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        module.add(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    arguments = build_parser().parse_args(argv)
    module, _ = COMMANDS[arguments.command]
    try:
        return int(asyncio.run(module.run(arguments)))
    except UsageError as error:
        return _say(error, WRONG_USAGE)
    except ClientError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # The reader of a pipe has gone; there is nobody to tell.
        return FAILED


def _say(error: ClientError, code: int) -> int:
    sys.stderr.write(f"resonance: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
