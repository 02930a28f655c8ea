"""The `resonance` command: parses, runs, and turns errors into one sentence and an exit code.

A command's module is imported when the command is run: some need a second to load, and a rollback has none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Sequence
from importlib import import_module
from typing import Final, Protocol

from resonance_client.errors import ClientError, UsageError

FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130

COMMANDS: Final[dict[str, str]] = {
    "demo": "show it: traffic, incidents, explanations",
    "simulate": "send simulated traffic",
    "replay": "send an access log and judge what is flagged",
    "detect": "score the rows of a table or of a series",
    "logs": "templates of a log file: counts, what is new or rare",
    "watch": "follow alerts and explanations",
    "feedback": "say whether an alert was true or false",
    "status": "how the services are",
    "models": "versions of the models: list, train, load, roll back",
    "topics": "topics that consumers can read",
    "token": "make a token for the gateway",
}


class Command(Protocol):
    """What the module of a command has."""

    __doc__: str | None
    EXAMPLES: str

    def add(self, parser: argparse.ArgumentParser, /) -> None:
        """Adds its options."""

    def run(self, arguments: argparse.Namespace, /) -> int | Awaitable[int]:
        """Does it; the exit code."""


def command_of(name: str) -> Command:
    """A command by name."""
    module: Command = import_module(f"resonance_client.cli.commands.{name}")
    return module


def build_parser(wanted: str | None = None) -> argparse.ArgumentParser:
    """The parser of one command, which only names the others."""
    parser = argparse.ArgumentParser(
        prog="resonance", description="Watch WebSocket traffic, find what is unusual, and say why."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, summary in COMMANDS.items():
        if name != wanted:
            commands.add_parser(name, help=summary)
            continue
        command = command_of(name)
        sub = commands.add_parser(
            name, help=summary, description=command.__doc__, epilog=command.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        command.add(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    given = sys.argv[1:] if argv is None else argv
    arguments = build_parser(next((word for word in given if word in COMMANDS), None)).parse_args(given)
    try:
        return _finished(command_of(arguments.command).run(arguments))
    except UsageError as error:
        return _say(error, WRONG_USAGE)
    except ClientError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # The reader of a pipe has gone; there is nobody to tell.
        return FAILED


def _finished(outcome: int | Awaitable[int]) -> int:
    if isinstance(outcome, int):
        return outcome
    import asyncio

    async def finish() -> int:
        return await outcome

    return asyncio.run(finish())


def _say(error: ClientError, code: int) -> int:
    sys.stderr.write(f"resonance: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
