"""What `make upgrade-test` does, part by part: each is a run of its own, and a part of a page."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.parts import Parts
from tests.chaos.report import Report
from tests.upgrades import containers, scenarios, trees
from tests.upgrades.destroying import Destroying
from tests.upgrades.growing import Growing
from tests.upgrades.reformatting import Reformatting
from tests.upgrades.run import UpgradeRun, options

UPGRADES: Final = "upgrades.md"
BACKUP: Final = "backup.md"

Make = Callable[[Path, Parts], UpgradeRun]
Run = Callable[[Path], Report]


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        name: As `--only` says it.
        title: For people.
        page: Page in docs/operations that its tables are on.
        run: Does it, given the folder of the programs kafka and minio.
    """

    name: str
    title: str
    page: str
    run: Run


def _next(logs: Path, parts: Parts) -> UpgradeRun:
    new = trees.next_version()
    trees.compile_engine(new)
    return UpgradeRun(
        options(150),
        logs,
        parts,
        steps=lambda fleet: scenarios.there_and_back(fleet, None, new),
        title=command("next"),
    )


def _previous(logs: Path, parts: Parts) -> UpgradeRun:
    old = trees.of_commit(trees.before_the_last_contract())
    trees.compile_engine(old)
    return UpgradeRun(
        options(80),
        logs,
        parts,
        first=old,
        steps=lambda fleet: scenarios.one_by_one(fleet, None, "is upgraded", halves=True),
        title=command("previous"),
    )


def _format(logs: Path, parts: Parts) -> UpgradeRun:
    other = trees.other_format()
    trees.compile_engine(other)
    return Reformatting(options(70), logs, parts, other=other, title=command("format"))


def _partitions(logs: Path, parts: Parts) -> UpgradeRun:
    return Growing(options(70), logs, parts, title=command("partitions"))


def _restore(logs: Path, parts: Parts) -> UpgradeRun:
    return Destroying(options(90), logs, parts, talks=False, title=command("restore"))


def on_processes(make: Make) -> Run:
    """A run on three nodes of Kafka, a MinIO, a Redis and services that are processes, all of them its own."""

    def run(services: Path) -> Report:
        folder = Path(tempfile.mkdtemp(prefix="resonance-upgrades-"))
        logs = Path(tempfile.mkdtemp(prefix="resonance-upgrades-logs-"))
        parts = Parts(services, folder)
        try:
            parts.check()
            report = asyncio.run(make(logs, parts).run())
        finally:
            parts.stop()
        if all(outcome.passed for outcome in report.outcomes):
            shutil.rmtree(logs, ignore_errors=True)
        else:
            print(f"The logs of all workers are in {logs}.", file=sys.stderr)
        return report

    return run


def command(name: str) -> str:
    """How a part is run alone."""
    return f"make upgrade-test ONLY={name}"


def on_containers(_: Path) -> Report:
    """The run on the container engine."""
    return containers.run(command("containers"))


PARTS: Final = (
    Part("previous", "From the version before to this one, service by service", UPGRADES, on_processes(_previous)),
    Part("next", "To the next version and back, service by service", UPGRADES, on_processes(_next)),
    Part("format", "A version that keeps state in another format, rolled back", UPGRADES, on_processes(_format)),
    Part("partitions", "Partitions added while clients send", UPGRADES, on_processes(_partitions)),
    Part(
        "containers",
        "The containers of Compose, renewed, destroyed, restored",
        BACKUP,
        on_containers,
    ),
    Part("restore", "Everything destroyed and restored", BACKUP, on_processes(_restore)),
)
