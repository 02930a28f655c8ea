"""Log files: plain or compressed by gzip, from a path or standard input, with what was read of them so far."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from resonance_client.errors import UsageError

STANDARD_INPUT: Final = Path("-")
_GZIP: Final = b"\x1f\x8b"


class LogFile:
    """The bytes of a log, decompressed, and how many of the file's own were read.

    Args:
        file: The file as it is stored.
        name: What it is called in errors.
        size: Bytes of it as stored; None where nobody knows.
    """

    def __init__(self, file: io.BufferedReader, name: str, size: int | None) -> None:
        self.name = name
        self.size = size
        self.done = 0
        compressed = file.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
        counted = io.BufferedReader(_Counted(file, self))
        self._bytes = gzip.GzipFile(fileobj=counted) if compressed else counted

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            UsageError: It cannot be read, or is no whole gzip file.
        """
        try:
            return self._bytes.read(size)
        except EOFError:
            raise UsageError(f"{self.name} ends in the middle of its compressed data: the file was cut.") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise UsageError(f"{self.name} begins like a gzip file and is none: {error}.") from error
        except OSError as error:
            raise UsageError(f"{self.name} cannot be read: {error.strerror or error}.") from error


class _Counted(io.RawIOBase):
    def __init__(self, file: io.BufferedReader, owner: LogFile) -> None:
        self._file = file
        self._owner = owner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        found = self._file.read1(len(view))
        view[: len(found)] = found
        self._owner.done += len(found)
        return len(found)


@contextmanager
def opened(path: Path) -> Iterator[LogFile]:
    """A log file, or standard input for `-`.

    Raises:
        UsageError: It cannot be opened.
    """
    if path == STANDARD_INPUT:
        yield LogFile(cast("io.BufferedReader", sys.stdin.buffer), "standard input", None)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield LogFile(file, str(path), path.stat().st_size if path.is_file() else None)
