"""Which commit the running code is of, for the manifests of what it makes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from resonance_modeling.artifact import UNKNOWN_REVISION

VARIABLE: Final = "RESONANCE_GIT_REVISION"
_PATIENCE_S: Final = 10


@lru_cache(1)
def code_revision() -> str:
    """The commit of this process's code, looked up once; see `find_revision`."""
    return find_revision(os.environ, Path(__file__))


def find_revision(environ: Mapping[str, str], file: Path) -> str:
    """The commit that code is of.

    Args:
        environ: RESONANCE_GIT_REVISION in it decides, as images have it.
        file: A file of the code. Without the variable, and if the file is under version control, it is what Git says:
            40 hexadecimal digits, with "-dirty" where something was changed since.

    Returns:
        The commit; "unknown" where neither says.
    """
    if given := environ.get(VARIABLE, "").strip():
        return given[:100]
    # A file that Git does not know may lie in a checkout of something else, as a virtual environment does.
    if _git(file, "ls-files", "--error-unmatch", file.name) is None:
        return UNKNOWN_REVISION
    return _git(file, "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*") or UNKNOWN_REVISION


def _git(file: Path, *arguments: str) -> str | None:
    """What Git says, None where it says nothing."""
    command = ["git", "-C", str(file.resolve().parent), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)  # noqa: S603  # fixed words
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
