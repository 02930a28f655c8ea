"""One thing that is done to the system on a game day, and what came of it at the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.gameday.containers import Containers
from tests.gameday.proxy import Proxy
from tests.gameday.stage import Stage


@dataclass(frozen=True, slots=True)
class Hands:
    """What faults are done with."""

    stage: Stage
    containers: Containers
    proxy: Proxy


Act = Callable[[Hands], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault.

    Attributes:
        name: By which it is chosen.
        title: What is done, for people.
        strike: Does it.
        relieve: Undoes it; None where the system recovers by itself from the moment it was struck.
        lasts_s: How long it is left so, seconds.
        advice: What an operator sees and does.
        ends: Whose process it ends: the engine starts these again, and no other.
    """

    name: str
    title: str
    strike: Act
    relieve: Act | None = None
    lasts_s: float = 0.0
    advice: str = ""
    ends: tuple[str, ...] = ()


@dataclass(slots=True)
class Played:
    """A fault that was done; times in seconds since the epoch.

    Attributes:
        struck_s, over_s: When it was done, and undone.
        well_s: When everything was well again; None where it was not in time.
        unwell: What was not, then.
        restarts: Containers that the engine started again meanwhile, a name for each time.
    """

    fault: Fault
    struck_s: float
    over_s: float = 0.0
    well_s: float | None = None
    unwell: str = ""
    restarts: tuple[str, ...] = ()
