"""Files of a backup: whole or not there, and never outside its folder."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from resonance_runtime.errors import RuntimeFault


class BrokenBackup(RuntimeFault):
    """A file of a backup is missing, or is not what it should be; the text names it."""


def write(path: Path, data: bytes) -> None:
    """Writes a file as a whole: whoever sees its name sees all of it, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name[:40]}.unfinished")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def digest(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        BrokenBackup: It is not there.
    """
    try:
        with path.open("rb") as file:
            whole = sha256()
            while part := file.read(1 << 20):
                whole.update(part)
    except OSError as error:
        raise BrokenBackup(f"{path} cannot be read: {error.strerror}.") from error
    return whole.hexdigest()


def inside(folder: Path, name: str) -> Path:
    """A file of the backup by the name that a manifest gives it.

    Raises:
        BrokenBackup: It would be outside.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BrokenBackup(f"{name!r} is no name of a file of this backup.")
    return path
