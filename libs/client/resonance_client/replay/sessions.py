"""From the entries of a log to a timeline: a user per address, a connection per visit.

The user agent is not in the timeline, in no form: it is what the truth is taken from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from resonance_client.replay.log_format import Entry
from resonance_client.timeline import Action, Kind, merge

SILENCE_US: Final = 30 * 60 * 1_000_000
"""A visit ends with 30 minutes of silence, the convention of web analytics."""
MOST_CHANNELS: Final = 64
"""Paths outside the log's most frequent first segments share one channel, so that a scan cannot make any number."""
LONGEST_CHANNEL: Final = 64
ELSEWHERE: Final = "other"
LARGEST: Final = 2**32 - 1


def timeline(entries: Sequence[Entry]) -> list[Action]:
    """Everything in the log, in order of its own times.

    One user per address, with one token; a message for each request: its channel is the first segment of the
    path, its size that of the answer, an error where the status is 400 or more.
    """
    channels = frequent_segments(entries)
    by_address: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_address[entry.address].append(entry)
    return merge(
        _visit(visit, number, channels)
        for mine in by_address.values()
        for number, visit in enumerate(visits(mine), start=1)
    )


def visits(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries of one address, by time, split where 30 minutes pass without one."""
    visit: list[Entry] = []
    for entry in sorted(entries, key=attrgetter("time_us")):
        if visit and entry.time_us - visit[-1].time_us > SILENCE_US:
            yield visit
            visit = []
        visit.append(entry)
    if visit:
        yield visit


def segment(path: str) -> str:
    """First segment of a path; "root" for "/"."""
    first = path.lstrip("/").split("/", 1)[0][:LONGEST_CHANNEL]
    printable = "".join(character if character.isprintable() else "?" for character in first)
    return printable or "root"


def frequent_segments(entries: Iterable[Entry]) -> frozenset[str]:
    """The first segments that most requests name; of equals, the first in alphabetical order."""
    counts: dict[str, int] = defaultdict(int)
    for entry in entries:
        counts[segment(entry.path)] += 1
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return frozenset(ranked[:MOST_CHANNELS])


def _visit(visit: Sequence[Entry], number: int, channels: frozenset[str]) -> Iterator[Action]:
    address = visit[0].address
    name, token = f"{address}@{number}", f"token-{address}"
    yield Action(visit[0].time_us, address, name, Kind.CONNECT, address, token)
    for entry in visit:
        channel = segment(entry.path)
        yield Action(
            entry.time_us, address, name, Kind.MESSAGE, address, token,
            (channel if channel in channels else ELSEWHERE,), min(entry.size, LARGEST), entry.status >= 400,
        )  # fmt: skip
    yield Action(visit[-1].time_us, address, name, Kind.DISCONNECT, address, token)
