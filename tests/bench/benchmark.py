"""What a benchmark is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure, Value

Tell = Callable[[str], None]


class Unmeasured(RuntimeError):
    """A benchmark came to no figures; the text says why."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is there on this machine.

    Attributes:
        services: Folder with the programs kafka and minio; None where there is none.
        peers: Folder with the peers' programs; None where there is none.
        tell: Called with a sentence about each step.
        trial: Whether to go through everything once and small, to see that it works; figures mean nothing then.
    """

    services: Path | None
    peers: Path | None
    tell: Tell
    trial: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What a benchmark found.

    Attributes:
        values: By name of the figure; one that could not be measured here is not there.
        peer: Name of the peer with its version; "" where none ran.
        versions: Further versions of what took part, by name.
        details: Every run, and whatever else helps to read the figures. Of these, `notes` (sentences) and `tables`
            (each with a `head` and `rows`) are shown.
    """

    values: Mapping[str, Value]
    peer: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: Name on the command line and of its result.
        about: What is measured and how, in a few sentences for readers of the figures.
        figures: What comes out, in the order it is shown.
        distributions: Packages whose versions belong beside the figures.
        run: Measures; raises Unmeasured.
    """

    name: str
    about: str
    figures: Sequence[Figure]
    distributions: Sequence[str]
    run: Callable[[Surroundings], Measured]
