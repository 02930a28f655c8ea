"""The peers: small programs on other libraries, in an environment of their own outside the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.benchmark import Tell

REQUIREMENTS: Final = ("quixstreams==3.28.*", "faust-streaming==0.15.*", "aiokafka==0.14.*")
INSTALL_S: Final = 600
_VERSION: Final = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Peers:
    """The programs, and the Python that runs them."""

    folder: Path
    python: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        """Command line of one of the programs."""
        return [str(self.python), str(self.folder / program), *arguments]

    def version(self, distribution: str) -> str:
        """Version of a package in their environment."""
        command = [str(self.python), "-c", _VERSION, distribution]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def prepare(
    folder: Path | None, tell: Tell, name: str = "peers", requirements: Sequence[str] = REQUIREMENTS
) -> Peers | None:
    """The peers, installed where they are not yet; None, said so, where they cannot be had.

    Args:
        folder: Where their programs are.
        tell: Called with a sentence about each step.
        name: Of their environment.
        requirements: What it has.
    """
    if folder is None:
        tell("No folder with peers' programs: ours runs alone. Set PEERS to a folder that has them.")
        return None
    environment = _cache() / name
    python = environment / "bin" / "python"
    marker = environment / "installed.txt"
    wanted = "\n".join(requirements)
    if not marker.exists() or marker.read_text(encoding="utf-8") != wanted:
        tell(f"Installing the peers into {environment}.")
        try:
            _install(environment, python, requirements)
        except (OSError, subprocess.SubprocessError) as error:
            words = getattr(error, "stderr", None) or error
            tell(f"The peers could not be installed, so ours runs alone: {str(words).strip()[-400:]}")
            return None
        marker.write_text(wanted, encoding="utf-8")
    return Peers(folder.resolve(), python)


def _cache() -> Path:
    """The user's cache folder for this (XDG base directories)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "resonance-bench"


def _install(environment: Path, python: Path, requirements: Sequence[str]) -> None:
    uv = Path(sys.executable).parent / "uv"
    program = str(uv) if uv.exists() else shutil.which("uv") or "uv"
    for command in (
        [program, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)],
        [program, "pip", "install", "--quiet", "--python", str(python), *requirements],
    ):
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)
