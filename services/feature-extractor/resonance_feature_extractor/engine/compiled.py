"""Compiles the engine's inner loops with Numba, once a machine.

Compiled code is cached in a folder named by the content of this package: Numba itself looks only at the file a
function stands in, not at those it calls, and would run stale code after a change.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

CACHE_VARIABLE: Final = "RESONANCE_COMPILED_DIR"


def compiled(function: F) -> F:
    """The function as machine code: it sees arrays and numbers only, and holds no interpreter lock."""
    _choose_cache()
    return cast(F, numba.jit(**_options(cache=True))(function))


def inner(function: F) -> F:
    """A function that only compiled ones call."""
    return cast(F, numba.jit(**_options(no_cpython_wrapper=True, no_cfunc_wrapper=True))(function))


def _options(**more: bool) -> dict[str, Any]:
    # Without _nrt every look at an array counts references: a third of the time and more. It forbids what we do not do
    # anyway, to make arrays.
    return {"nopython": True, "nogil": True, "forceinline": True, "_nrt": False, "boundscheck": _checked(), **more}


@cache
def _choose_cache() -> None:
    numba.config.CACHE_DIR = str(_usable(_folder() / _version()))  # type: ignore[attr-defined]  # set when it is imported


def _folder() -> Path:
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "resonance" / "compiled"


def _usable(folder: Path) -> Path:
    """The folder, or a writable copy of it: Numba takes no cache that it cannot write to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        writable = Path(tempfile.mkdtemp(prefix="resonance-compiled-"))
        if folder.is_dir():
            shutil.copytree(folder, writable, dirs_exist_ok=True)
        return writable


def _version() -> str:
    digest = hashlib.sha256(f"{numba.__version__} {_checked()}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _checked() -> bool:
    """Whether indices are checked: slower, for tests."""
    return os.environ.get("RESONANCE_CHECK_BOUNDS") == "1"
