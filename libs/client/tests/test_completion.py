"""What TAB offers, as bash asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resonance_client.cli.main import main

COMMAND = Path(sys.executable).with_name("resonance")


def offered(line: str, tmp_path: Path) -> set[str]:
    """The words that are offered behind a line."""
    out = tmp_path / "offered"
    environment = {
        **os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(out), "_ARGCOMPLETE_SHELL": "bash",
    }  # fmt: skip
    done = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("", "")
    return {word.strip() for word in out.read_text().split("\n")} - {""}


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("resonance ", {"status", "models", "completion"}),
        ("resonance models ", {"list", "promote", "rollback"}),
        ("resonance models rollback ", {"anomaly_detection", "user_behavior"}),
        ("resonance alerts list --st", {"--state", "--stream"}),
        ("resonance alerts list --state ", {"open", "resolved"}),
        ("resonance topics show resonance.alerts.ra", {"resonance.alerts.raised.v1"}),
        ("resonance feedback al_1 ", {"true", "false", "withdrawn"}),
    ],
)
def test_words_are_offered(line: str, some: set[str], tmp_path: Path) -> None:
    assert some <= offered(line, tmp_path)


def test_where_nobody_answers_nothing_is_offered_and_nothing_said(tmp_path: Path) -> None:
    assert not {word for word in offered("resonance explain al_", tmp_path) if word.startswith("al_")}


def test_profiles_are_offered_by_name(tmp_path: Path) -> None:
    assert main(["profile", "save", "far", "--gateway", "https://resonance.example"]) == 0
    assert offered("resonance status --profile ", tmp_path) == {"far"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_told_how(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    code = capsys.readouterr().out
    assert "resonance" in code and "_ARGCOMPLETE" in code
    if shell == "bash":
        subprocess.run(["/bin/bash", "-n"], input=code, text=True, check=True)
