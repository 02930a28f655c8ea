r"""Reads access logs in the common and the combined format of Apache and nginx.

    address identity user [time] "request" status size ["referer" "agent"]

Apache escapes quotes, backslashes and control characters in the quoted parts (`\"`, `\\`, `\n`, `\x16`), and
writes `-` for what is absent (Apache HTTP Server 2.4, mod_log_config). A virtual host before the address (the
format `vhost_combined`) and fields after the agent are tolerated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Final

_QUOTED: Final = r'"((?:[^"\\]|\\.)*)"'
_LINE: Final = re.compile(
    r"(?P<address>\S++)\s++(?P<identity>\S++)\s++(?P<user>[^\[]+?)\s"
    r"\[(?P<time>[^\]]+)\]\s+"
    rf"{_QUOTED.replace('(', '(?P<request>', 1)}\s+(?P<status>\d{{3}}|-)\s+(?P<size>\d+|-)"
    rf"(?:\s+{_QUOTED.replace('(', '(?P<referer>', 1)}\s+{_QUOTED.replace('(', '(?P<agent>', 1)}.*)?\s*"
)
_TIME: Final = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "b": "\b", "f": "\f"}
LONGEST_LINE: Final = 16_384
"""Characters; servers refuse requests that would make longer ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request.

    Attributes:
        address: Address of the client, in the form of the log; IPv6 without brackets.
        time_us: When it was made, microseconds since the epoch.
        path: Path without query; "" where the request could not be read.
        status: HTTP status; 0 for `-`.
        size: Bytes of the answer; 0 for `-`.
        agent: User agent; "" for `-` or where the format has none.
    """

    address: str
    time_us: int
    path: str
    status: int
    size: int
    agent: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no entry: its number from 1, and why."""

    number: int
    reason: str


def parse(lines: Iterable[str]) -> Iterator[Entry | BadLine]:
    """Every line that is not blank, in order, as an entry or as what is wrong with it."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield parse_line(line, number)


def parse_line(line: str, number: int = 1) -> Entry | BadLine:
    """One line; never raises."""
    if len(line) > LONGEST_LINE:
        return BadLine(number, f"it has {len(line)} characters, more than {LONGEST_LINE}")
    match = _LINE.fullmatch(line.strip())
    if match is None:
        return BadLine(number, "it is not in common or combined log format")
    time_us = parse_time(match["time"])
    if time_us is None:
        return BadLine(number, f"{match['time']!r} is no time such as 17/May/2015:10:05:03 +0000")
    # Where a virtual host stands before the address, the address is where the identity would be.
    address = _ip_address(match["identity"]) or _ip_address(match["address"]) or _host_name(match["address"])
    if address is None:
        return BadLine(number, f"{match['address']!r} is no address")
    agent = _unescaped(match["agent"] or "")
    return Entry(
        address, time_us, _path(_unescaped(match["request"])), _number(match["status"]), _number(match["size"]),
        "" if agent == "-" else agent,
    )  # fmt: skip


def parse_time(text: str) -> int | None:
    """Microseconds since the epoch of `17/May/2015:10:05:03 +0000`; None where it is no such time."""
    match = _TIME.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    try:
        offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (1 if match[7] == "+" else -1)
        date = int(match[3]), _MONTHS[match[2]], int(match[1])
        moment = datetime(*date, int(match[4]), int(match[5]), int(match[6]), tzinfo=timezone(offset))
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000_000


def _ip_address(text: str) -> str | None:
    try:
        return str(ip_address(text.strip("[]").split("%")[0]))
    except ValueError:
        return None


def _host_name(text: str) -> str | None:
    """Servers that look names up write them in place of the address."""
    return text.lower() if _HOST_NAME.fullmatch(text) else None


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 3 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(character, text)


def _path(request: str) -> str:
    """Path of `GET /path?query HTTP/1.1`; of an absolute address, without scheme and host."""
    parts = request.split(" ")
    if len(parts) < 2:
        return ""
    target = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*", "", parts[1])
    return re.split(r"[?#]", target, maxsplit=1)[0]


def _number(text: str) -> int:
    return 0 if text == "-" else int(text)
