"""Lines of a byte stream: any encoding, any length, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

LONGEST_LINE: Final = 16_384
CHUNK: Final = 1 << 16
_ESCAPE: Final = "\x1b"
_COLOUR: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CONTROL: Final = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) != "\t"} | {
    # What hides text or turns its direction.
    code: None for code in (0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))
}  # fmt: skip


class Readable(Protocol):
    """What bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def lines_of(file: Readable) -> Iterator[str]:
    """Lines without their ends, cut to `LONGEST_LINE` bytes; what is no UTF-8 becomes U+FFFD.

    A byte order mark of UTF-16 is understood: the file is then decoded so.
    """
    waiting, cut = b"", False
    chunk = file.read(CHUNK)
    if chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from _wide(file, chunk)
        return
    while chunk:
        parts = (waiting + chunk).split(b"\n")
        waiting = parts.pop()
        for part in parts:
            if cut:
                cut = False
                continue
            yield _text(part)
        if len(waiting) > LONGEST_LINE:
            if not cut:
                yield _text(waiting)
            waiting, cut = b"", True
        chunk = file.read(CHUNK)
    if waiting and not cut:
        yield _text(waiting)


def clean(text: str) -> str:
    """A line without colours, control characters and what hides or turns text."""
    if text.isascii() and text.isprintable():
        return text
    return (_COLOUR.sub("", text) if _ESCAPE in text else text).translate(_CONTROL)


def _text(line: bytes) -> str:
    return clean(line[:LONGEST_LINE].rstrip(b"\r").decode("utf-8", errors="replace"))


def _wide(file: Readable, chunk: bytes) -> Iterator[str]:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    waiting = ""
    while chunk:
        *parts, waiting = (waiting + decoder.decode(chunk)).split("\n")
        yield from (clean(part[:LONGEST_LINE].rstrip("\r")) for part in parts)
        waiting = waiting[:LONGEST_LINE]
        chunk = file.read(CHUNK)
    if waiting:
        yield clean(waiting.rstrip("\r"))
