"""The commit that a manifest names: as the image says, or as Git says of a checkout."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from resonance_modeling.code_revision import find_revision


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A file that was committed."""
    file = tmp_path / "code.py"
    file.write_text("1")
    (tmp_path / ".gitignore").write_text("venv")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in ("init --quiet", "add .", "commit --quiet --message one"):
        subprocess.run(git + command.split(), check=True)
    return file


def test_an_image_says_it(code: Path) -> None:
    assert find_revision({"RESONANCE_GIT_REVISION": " abc "}, code) == "abc"


def test_a_checkout_says_it_and_whether_something_was_changed(code: Path) -> None:
    head = find_revision({"RESONANCE_GIT_REVISION": ""}, code)
    assert re.fullmatch("[0-9a-f]{40}", head)
    code.write_text("2")
    assert find_revision({}, code) == f"{head}-dirty"


def test_a_checkout_of_something_else_does_not(code: Path) -> None:
    installed = code.parent / "venv/code.py"
    installed.parent.mkdir()
    installed.write_text("1")
    assert find_revision({}, installed) == "unknown"


def test_without_either_it_is_not_known(tmp_path: Path) -> None:
    assert find_revision({}, tmp_path / "code.py") == "unknown"
