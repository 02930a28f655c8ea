"""What people copy from the pages: each block is of its language, and what it calls is there."""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import json
import re
import subprocess
import tomllib
from itertools import pairwise

import pytest
import yaml

from resonance_client.cli.tree import COMMANDS, GROUPS, command_of
from tests.documents.blocks import ROOT, Block, blocks
from tests.documents.commands import commands
from tests.documents.followed import ELSEWHERE, HERE, RUNBOOKS

ALL = list(blocks())
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE))
OURS = ("resonance_", "tests.", "deploy.")
FOLDERS = (
    "deploy/",
    "docs/",
    "grafana/",
    "libs/",
    "notebooks/",
    "proto-schemas/",
    "requirements/",
    "services/",
    "tests/",
)
SHELL = [block for block in ALL if block.language in ("sh", "bash")]
CALLS = [(block, words) for block in SHELL for words in commands(block.text)]


def of(*languages: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", [one for one in ALL if one.language in languages], ids=str)


@of("python")
def test_python_can_be_compiled_and_what_it_imports_of_ours_is_there(block: Block) -> None:
    tree = ast.parse(block.text)
    compile(block.text, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("resonance_"):
            module = importlib.import_module(str(node.module))
            assert [name.name for name in node.names if not hasattr(module, name.name)] == [], f"in {node.module}"


@of("json")
def test_json_is_one_value_after_the_other(block: Block) -> None:
    text = block.text.replace(": …", ": null").strip()
    while text:
        _, end = json.JSONDecoder().raw_decode(text)
        text = text[end:].lstrip()


@of("yaml")
def test_yaml_is_yaml(block: Block) -> None:
    assert list(yaml.safe_load_all(block.text))


@of("toml")
def test_toml_is_toml(block: Block) -> None:
    assert tomllib.loads(block.text)


def test_shell_is_shell() -> None:
    for block in SHELL:
        said = subprocess.run(["/bin/bash", "-n"], input=block.text, text=True, capture_output=True)
        assert said.returncode == 0, f"{block}: {said.stderr}"


def test_resonance_is_called_by_commands_and_options_that_it_has() -> None:
    seen = 0
    for block, words in CALLS:
        if words[0] not in ("resonance", ".venv/bin/resonance"):
            continue
        seen += 1
        name = " ".join(words[1:3]) if " ".join(words[1:3]) in COMMANDS else " ".join(words[1:2])
        if name in GROUPS:
            name = f"{name} list"
        if name.startswith("-") or not name:
            continue
        assert name in COMMANDS, f"{block}: there is no `resonance {' '.join(words[1:3])}`"
        parser = argparse.ArgumentParser()
        command_of(name).add(parser)
        known = {option for action in parser._actions for option in action.option_strings}
        asked = {word.split("=")[0] for word in words[1:] if word.startswith("--") and len(word) > 2}
        assert asked <= known, f"{block}: `resonance {name}` has no {', '.join(sorted(asked - known))}"
    assert seen > 50


def test_make_is_called_by_targets_that_it_has() -> None:
    for block, words in CALLS:
        if words[0] == "make":
            targets = {word for word in words[1:] if "=" not in word and not word.startswith("-")}
            assert targets <= TARGETS, f"{block}: make has no {', '.join(sorted(targets - TARGETS))}"


def test_modules_that_are_run_are_there() -> None:
    for block, words in CALLS:
        for before, module in pairwise(words):
            if before == "-m" and module.startswith(OURS):
                assert importlib.util.find_spec(module) is not None, f"{block}: there is no module {module}"


def test_files_of_the_repository_that_are_named_are_there() -> None:
    made = {words[-1] for _, words in CALLS if words[0] in ("cp", "mkdir")}
    for block, words in CALLS:
        # To kubectl, deploy/gateway is a deployment.
        named = [word for before, word in pairwise(words) if words[0] != "kubectl" or before in ("-k", "-f")]
        for word in set(named) - made:
            path = word.removeprefix("./").split("=")[-1].split(":")[0]
            # What is called "mine" is the reader's.
            known = not re.search(r"[*<>$…{}]|\.\.\.", path) and "mine" not in path.split("/")
            if known and path.startswith(FOLDERS):
                assert (ROOT / path).exists(), f"{block}: there is no {path}"


def test_every_page_with_commands_or_programs_is_followed_by_something() -> None:
    pages = {block.page for block in ALL if block.language in ("sh", "bash", "python")}
    assert {page for page in pages if not page.startswith(RUNBOOKS)} == HERE | ELSEWHERE.keys()
    assert [place for place in ELSEWHERE.values() if not (ROOT / place).exists()] == []
