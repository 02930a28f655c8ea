"""The `resonance` command: parses, runs, and turns errors into one sentence and an exit code.

A command's module is imported when the command is run: some need a second to load, and a rollback has none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Sequence

from resonance_client.cli import exit_codes
from resonance_client.cli.tree import build_parser, command_of, completed, wanted_in
from resonance_client.errors import ClientError


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code, one of `exit_codes.MEANINGS`."""
    if "_ARGCOMPLETE" in os.environ:
        return _complete()
    words = completed(sys.argv[1:] if argv is None else argv)
    wanted = wanted_in(words)
    arguments = build_parser(wanted).parse_args(words)
    if wanted is None:
        raise RuntimeError(f"{words} were taken for a command, but none is named so.")
    try:
        code = _finished(command_of(wanted).run(arguments))
        sys.stdout.flush()
        return code
    except ClientError as error:
        sys.stderr.write(f"resonance: {error}\n")
        return exit_codes.code_of(error)
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        # There is nobody to tell, not even at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.BROKEN_PIPE


def _finished(outcome: int | Awaitable[int]) -> int:
    if isinstance(outcome, int):
        return outcome
    import asyncio

    async def finish() -> int:
        return await outcome

    return asyncio.run(finish())


def _complete() -> int:
    """Answers the shell, which asks by variables; does not return where it asked in earnest."""
    from argcomplete import autocomplete

    line = os.environ.get("COMP_LINE", "")[: int(os.environ.get("COMP_POINT") or 0) or None]
    autocomplete(build_parser(wanted_in(line.split()[1:])), always_complete_options="long")
    return exit_codes.NO


if __name__ == "__main__":
    sys.exit(main())
