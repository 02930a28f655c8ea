"""The reference of the command line is current, and the commands are what it says of all of them."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from resonance_client.cli.exit_codes import MEANINGS, code_of
from resonance_client.cli.reference import fields_of, page
from resonance_client.cli.target import TARGET_GROUP
from resonance_client.cli.tree import COMMANDS, GROUPS, command_of
from resonance_client.errors import ClientError

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "reference" / "command-line.md"
ALONE = {"up", "detect", "logs", "topics list", "topics show", "token", "completion", "alerts tail"}
"""Commands that ask no gateway; so do those of profiles."""


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    command_of(name).add(parser)
    return parser


def test_the_published_one_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == page(), "run `make reference`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_print_json_and_says_what(name: str) -> None:
    assert "--json" in parser_of(name).format_help()
    shape = command_of(name).JSON
    parts = shape if isinstance(shape, tuple) else (shape,)
    assert fields_of(shape) or all(isinstance(part, str) and part.split()[1].startswith("/ml/") for part in parts)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ALONE and name.split()[0] != "profile"])
def test_every_command_that_asks_a_gateway_is_told_which_in_the_same_way(name: str) -> None:
    assert any(group.title == TARGET_GROUP for group in parser_of(name)._action_groups)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_says_what_it_is(name: str) -> None:
    unsaid = [action.dest for action in parser_of(name)._actions if not action.help and not action.choices]
    assert unsaid == []


def test_every_group_is_described_and_has_a_listing_where_it_is_called_alone() -> None:
    assert {name.split()[0] for name in COMMANDS if " " in name} == set(GROUPS)
    assert all(f"{group} list" in COMMANDS for group in GROUPS)


def test_every_error_has_a_code_that_is_documented() -> None:
    def tree(error: type[ClientError]) -> list[type[ClientError]]:
        return [error, *(deeper for below in error.__subclasses__() for deeper in tree(below))]

    assert {code_of(error("")) for error in tree(ClientError)} <= set(MEANINGS)
