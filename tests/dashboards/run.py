"""One run: the system is started, loaded, and everything asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service
from tests.compose.conftest import ROOT
from tests.compose.stack import Stack, docker, running
from tests.dashboards.asking import Answered, Prometheus
from tests.dashboards.load import Load, Say
from tests.dashboards.matrix import Matrix, matrix
from tests.dashboards.panels import Panel, boards

FILES: Final = ("docker-compose.ml.yml", "tests/dashboards/compose.yml")
SCRAPED_S: Final = 10.0
"""Until what happened last is read."""

Boards = Mapping[str, Sequence[tuple[Panel, Sequence[Answered]]]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a run gave.

    Attributes:
        boards: Answers to every panel, by dashboard.
        matrix: What services expose.
        statuses: Answers over REST, by status.
        began_s, ended_s: When load was sent, seconds since the epoch.
    """

    boards: Boards
    matrix: Matrix
    statuses: Mapping[int, int]
    began_s: float
    ended_s: float

    @property
    def empty(self) -> list[str]:
        """Queries without data, in sentences."""
        return [
            f"{panel.board}, {panel.title}: {answered.fault or 'no data'}: {answered.expression}"
            for panels in self.boards.values()
            for panel, answers in panels
            for answered in answers
            if not answered.series
        ]


def loaded(seconds: float, say: Say, keep: Path | None) -> Found:
    """Starts the system, loads it for some seconds, and asks every panel.

    Args:
        seconds: How long load is sent.
        say: Told how it goes.
        keep: Folder that gets what Prometheus knows, to be asked again; None keeps nothing.
    """
    with running(Stack(ROOT, files=FILES)) as stack:
        say("Everything is up.")
        began_s = time.time()
        load = Load(stack, seconds, say)
        asyncio.run(load.run())
        time.sleep(SCRAPED_S)
        statuses: dict[int, int] = {}
        for (_, status), count in load.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
        addresses = {service: stack.url(f"{service.upper().replace('-', '_')}_PORT") for service in Service}
        seen = matrix(addresses)
        ended_s = time.time()
        found = Found(asked(stack.url("PROMETHEUS_PORT"), began_s, ended_s), seen, statuses, began_s, ended_s)
        if keep is not None:
            docker("cp", f"{stack.project}-prometheus-1:/prometheus", str(keep))
            (keep / "span").write_text(f"{began_s} {ended_s}", encoding="utf-8")
        return found


def asked(url: str, began_s: float, ended_s: float) -> Boards:
    """Answers to every panel of every dashboard."""
    prometheus = Prometheus(url)
    return {
        name: [(panel, prometheus.answers(panel, began_s, ended_s)) for panel in panels]
        for name, panels in boards().items()
    }
