"""Which commands there are; the module of each is imported when it is run."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Mapping, Sequence
from importlib import import_module
from typing import Final, Protocol

COMMANDS: Final[dict[str, str]] = {
    "up": "start everything on this machine, until Ctrl-C",
    "demo": "show it: traffic, incidents, explanations",
    "status": "how the services are",
    "watch": "follow incidents, live",
    "alerts list": "incidents, newest first",
    "alerts show": "one incident: what happened, who was told, what was done",
    "alerts tail": "alerts from Kafka as they come, one JSON object a line",
    "explain": "why an incident or a user was flagged",
    "feedback": "say whether an alert was true or false",
    "models list": "every model: which versions are in use, since when and why",
    "models promote": "put a version into service at once",
    "models rollback": "put the champion before this one into service at once",
    "train": "train a model, and follow it to its end",
    "simulate": "send simulated traffic",
    "replay": "send an access log and judge what is flagged",
    "detect": "score the rows of a table or of a series",
    "logs": "templates of a log file: counts, what is new or rare",
    "topics list": "topics that consumers can read",
    "topics show": "one topic: what its records hold",
    "token": "make a token for the gateway",
    "profile list": "gateways that were saved by name",
    "profile save": "save a gateway, and what opens it, by a name",
    "profile use": "use a profile where no other is asked for",
    "profile remove": "forget a profile",
    "completion": "what lets the shell complete commands by TAB",
}
GROUPS: Final[dict[str, str]] = {
    "alerts": "incidents: list, show, follow on Kafka",
    "models": "versions of the models: list, promote, roll back",
    "topics": "topics: list, show",
    "profile": "gateways by name: list, save, use, remove",
}
LISTING: Final = "list"
"""What a group does where no action is named."""

Part = Mapping[str, str] | type | str
Shape = Part | tuple[Part, ...]
"""What `--json` prints: fields with what they are, a class whose docstring says it, the route of the gateway whose
answer it is, or several of these, whose fields stand together."""


class Command(Protocol):
    """What the module of a command has.

    Attributes:
        EXAMPLES: Lines of examples, and what else is good to know.
        JSON: What `--json` prints.
    """

    __doc__: str | None
    EXAMPLES: str
    JSON: Shape

    def add(self, parser: argparse.ArgumentParser, /) -> None:
        """Adds its options."""

    def run(self, arguments: argparse.Namespace, /) -> int | Awaitable[int]:
        """Does it; the exit code."""


def command_of(name: str) -> Command:
    """A command by name."""
    module: Command = import_module(f"resonance_client.cli.commands.{name.replace(' ', '.')}")
    return module


def completed(words: Sequence[str]) -> list[str]:
    """The words of a call with the action that a group does where none is named."""
    first, rest = words[:1], words[1:]
    if first and first[0] in GROUPS and not (rest and (rest[0] in ("-h", "--help") or not rest[0].startswith("-"))):
        return [*first, LISTING, *rest]
    return [*words]


def wanted_in(words: Sequence[str]) -> str | None:
    """The command that a call names; None where it names none."""
    return next((name for name in (" ".join(words[:2]), *words[:1]) if name in COMMANDS), None)


def build_parser(wanted: str | None = None) -> argparse.ArgumentParser:
    """The parser of one command, which only names the others."""
    parser = argparse.ArgumentParser(
        prog="resonance", description="Watch WebSocket traffic, find what is unusual, and say why.",
        epilog="`resonance COMMAND --help` has examples; docs/reference/command-line.md says what --json prints.",
    )  # fmt: skip
    parser.add_argument("--version", action=_Version, nargs=0, help="which version this is")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for top in dict.fromkeys(name.split()[0] for name in COMMANDS):
        if top in GROUPS:
            group = commands.add_parser(top, help=GROUPS[top], description=f"{GROUPS[top].capitalize()}.")
            _add_group(group, top, wanted)
        else:
            _add(commands, top, top, wanted)
    return parser


def _add_group(group: argparse.ArgumentParser, top: str, wanted: str | None) -> None:
    actions = group.add_subparsers(dest="action", required=True, metavar="action")
    for name in (name for name in COMMANDS if name.split()[0] == top):
        _add(actions, name.split()[1], name, wanted)


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], word: str, name: str, wanted: str | None
) -> None:
    if name != wanted:
        commands.add_parser(word, help=COMMANDS[name])
        return
    command = command_of(name)
    sub = commands.add_parser(
        word, help=COMMANDS[name], description=command.__doc__, epilog=command.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    command.add(sub)


class _Version(argparse.Action):
    """Says the version, which takes a look at what is installed, when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(0, f"resonance {version('resonance-client')}\n")
