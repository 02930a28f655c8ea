"""Writes the reference of the command line in Markdown: `python -m resonance_client.cli.reference`."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from resonance_client.cli.exit_codes import MEANINGS
from resonance_client.cli.target import TARGET_GROUP, add_target
from resonance_client.cli.tree import COMMANDS, Part, Shape, command_of
from resonance_client.docstrings import sections

VARIABLES: Final = {
    "RESONANCE_GATEWAY": "address of the gateway",
    "RESONANCE_PROFILE": "a gateway that was saved by name",
    "RESONANCE_TOKEN, RESONANCE_TOKEN_FILE": "a token or an API key, or a file that holds it",
    "RESONANCE_JWT_SECRET, RESONANCE_JWT_SECRET_FILE": (
        "the secret that the gateway's tokens are signed with, or a file that holds it: tokens are signed when they "
        "are needed, for the role that is needed"
    ),
    "RESONANCE_KAFKA_BOOTSTRAP": "brokers, as host:port[,host:port]",
    "RESONANCE_KAFKA_PROTOCOL, _CA_FILE, _CERT_FILE, _KEY_FILE, _SASL_MECHANISM, _USER, _PASSWORD, _PASSWORD_FILE": (
        "how they are spoken to, as of the services"
    ),
    "XDG_CONFIG_HOME": "profiles are in its folder `resonance/profiles`; else in `~/.config/resonance/profiles`",
    "LANG, LC_ALL": "language of explanations, English or Russian",
    "NO_COLOR": "no colours, also on a terminal",
}

HEAD: Final = """# The command line

<!-- Made by `make reference` from libs/client/resonance_client/cli: do not edit. -->

`resonance COMMAND --help` says the same in the terminal. `resonance completion --help` says how to have commands,
options, incidents, models and topics completed by TAB.

## Which system, and as whom

Options come before variables, and variables before the profile that is in use; a profile that is asked for by
`--profile` comes before variables, too. Without any of them it is the profile `local`, which is there while
`resonance up` runs, and without that the usual address. What opens the gateway of a profile is not sent to another
gateway. Where a source has a token and a secret, the token is sent.
"""
SHARED: Final = """## What all commands share

- `--json` prints JSON and nothing else on standard output: one value, or one a line where something is followed. What
  it holds stands with each command. Fields may be added; none is renamed or removed without a word in the changelog.
- Tables fit the terminal. In a pipe they are a line a row, aligned by spaces, nothing is cut, and there are no colours.
- Progress and remarks go to standard error. Errors are one sentence there, behind `resonance: `.
- Ctrl-C ends a command cleanly. `resonance GROUP` alone is `resonance GROUP list`.

## Exit codes
"""


def page() -> str:
    """The document."""
    parts = [HEAD, *_options(_target()), "", "| variable | is |", "|---|---|"]
    parts += [f"| {_code(names)} | {says} |" for names, says in VARIABLES.items()]
    parts += [
        "",
        SHARED,
        "| code | says |",
        "|---|---|",
        *(f"| {code} | {says} |" for code, says in MEANINGS.items()),
        "",
    ]
    parts += [
        "## Commands",
        "",
        *(f"- [`resonance {name}`](#{_anchor(name)}): {says}" for name, says in COMMANDS.items()),
    ]
    for name in COMMANDS:
        parts += ["", *_command(name)]
    return "\n".join(parts) + "\n"


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _anchor(name: str) -> str:
    return f"resonance-{name.replace(' ', '-')}"


def _target() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    add_target(parser)
    return parser


def _command(name: str) -> Iterator[str]:
    """The section of one command."""
    command = command_of(name)
    parser = argparse.ArgumentParser(add_help=False)
    command.add(parser)
    arguments = " ".join(_placeholder(action) for action in _actions(parser) if not action.option_strings)
    text = re.sub(r"^`resonance [a-z ]+`: ", "", inspect.cleandoc(command.__doc__ or ""))
    yield f"### resonance {name}"
    yield ""
    yield f"`resonance {name}{f' {arguments}' if arguments else ''} [options]`"
    yield ""
    yield text[:1].upper() + text[1:]
    yield ""
    if options := [*_options(parser)]:
        yield from (*options, "")
    if any(group.title == TARGET_GROUP for group in _groups(parser)):
        yield "And [which system, and as whom](#which-system-and-as-whom)."
        yield ""
    examples, *rest = command.EXAMPLES.strip().split("\n\n")
    yield "```sh"
    yield re.sub(r"(?<=\S) {2,}(?=\S)", "  # ", inspect.cleandoc(examples.removeprefix("examples:\n")))
    yield "```"
    for paragraph in rest:
        yield ""
        yield paragraph[:1].upper() + paragraph[1:]
    yield ""
    yield from _json(command.JSON)


def _groups(parser: argparse.ArgumentParser) -> list[Any]:
    return list(parser._action_groups)  # noqa: SLF001 - argparse has no other way to be asked.


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Its arguments, without those that are described once for all."""
    once = [one for one in _groups(parser) if one.title == TARGET_GROUP]
    shared = {id(action) for group in once for action in group._group_actions}  # noqa: SLF001
    own = [action for action in parser._actions if id(action) not in shared]  # noqa: SLF001
    return own or parser._actions  # noqa: SLF001


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """A table of arguments and options; nothing where there are none."""
    actions = _actions(parser)
    if not actions:
        return
    yield "| argument or option | is |"
    yield "|---|---|"
    for action in actions:
        names = ", ".join(f"`{name}`" for name in action.option_strings) or f"`{_placeholder(action)}`"
        takes = "" if action.nargs == 0 or not action.option_strings else f" `{_placeholder(action)}`"
        cell = f"{names}{takes}".replace("|", "\\|")
        yield f"| {cell} | {(action.help or _choices(action)).replace('|', chr(92) + '|')} |"


def _choices(action: argparse.Action) -> str:
    return f"one of {', '.join(map(str, action.choices))}" if action.choices else ""


def _placeholder(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else None
    named = metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper())
    return f"[{named}]" if action.nargs == "?" else named


def _json(shape: Shape) -> Iterator[str]:
    parts = shape if isinstance(shape, tuple) else (shape,)
    for part in parts:
        if isinstance(part, str):
            yield f"`--json` prints what the gateway answers to `{part}`: see [OpenAPI](openapi.json)."
    fields = fields_of(shape)
    if fields:
        yield "`--json` prints:"
        yield ""
        yield "| field | is |"
        yield "|---|---|"
        yield from (f"| {_code(name)} | {says} |" for name, says in fields.items())


def fields_of(shape: Shape) -> dict[str, str]:
    """Names of the fields of what `--json` prints, with what they are; none where it is an answer of the gateway."""
    if isinstance(shape, tuple):
        return {name: says for part in shape for name, says in _fields(part).items()}
    return _fields(shape)


def _fields(part: Part) -> dict[str, str]:
    if isinstance(part, Mapping):
        return dict(part)
    return _attributes(part) if isinstance(part, type) else {}


def _attributes(described: type) -> dict[str, str]:
    """The section `Attributes` of a docstring."""
    entries = dict(sections(inspect.getdoc(described) or "")).get("Attributes", [])
    return {name: re.sub(r"\bNone\b", "null", says) for name, says in entries if name}


if __name__ == "__main__":
    sys.stdout.write(page())
