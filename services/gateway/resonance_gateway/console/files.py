"""The files of the console as they are sent: each plain, and compressed where a client takes that."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

INDEX: Final = "index.html"
BROTLI: Final = "br"
GZIP: Final = "gzip"
_SUFFIX: Final = ".br"
_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """One file.

    Attributes:
        content_type: As HTTP names it.
        encodings: Its bytes by content coding, the smallest first, without `identity`.
        plain: Its bytes.
    """

    content_type: str
    encodings: Mapping[str, bytes]
    plain: bytes

    def encoded_for(self, accepted: str) -> tuple[bytes, str | None]:
        """What is sent to whoever sent a header `Accept-Encoding` (RFC 9110, section 12.5.3), and its coding."""
        taken = _taken(accepted)
        for coding, content in self.encodings.items():
            if taken.get(coding, taken.get("*", False)):
                return content, coding
        return self.plain, None


@cache
def console_files() -> Mapping[str, ConsoleFile]:
    """The files that come with this package, by path below the console; read once a process.

    Raises:
        RuntimeError: There is no page among them: the package was not built as it should be.
    """
    found = dict(_read(files(__package__) / "built", PurePosixPath()))
    if INDEX not in found:
        raise RuntimeError("The console was not built into this package: run `make console`.")
    return found


def _read(folder: Traversable, below: PurePosixPath) -> list[tuple[str, ConsoleFile]]:
    found: list[tuple[str, ConsoleFile]] = []
    entries = {entry.name: entry for entry in folder.iterdir()} if folder.is_dir() else {}
    for name, entry in entries.items():
        if entry.is_dir():
            found += _read(entry, below / name)
        elif not name.endswith(_SUFFIX):
            packed = entries.get(name + _SUFFIX)
            found.append((str(below / name), _file(entry, packed)))
    return found


def _file(entry: Traversable, packed: Traversable | None) -> ConsoleFile:
    plain = entry.read_bytes()
    encodings = {} if packed is None else {BROTLI: packed.read_bytes()}
    encodings[GZIP] = gzip.compress(plain, mtime=0)
    return ConsoleFile(_TYPES.get(PurePosixPath(entry.name).suffix, "application/octet-stream"), encodings, plain)


def _taken(accepted: str) -> dict[str, bool]:
    taken = {}
    for part in accepted.split(","):
        coding, _, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=").strip() or "1"
        taken[coding.strip().lower()] = weight.rstrip("0") not in ("", "0.", ".")
    return taken
