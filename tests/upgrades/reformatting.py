"""A version that keeps state in another format is rolled back: it is refused, taken back, and read again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.chaos.evidence import Evidence
from tests.chaos.faults import Chaos, Step
from tests.chaos.outcome import Outcome
from tests.chaos.plan import Run
from tests.upgrades.commands import command
from tests.upgrades.fleet import stopped, version_of
from tests.upgrades.run import UpgradeRun

REFUSED_S: Final = 60.0


@dataclass
class Reformatting(UpgradeRun):
    """One run.

    Attributes:
        other: The version that keeps state otherwise.
        words: What the version before said of that state.
    """

    other: Path | None = None
    words: list[str] = field(default_factory=list)
    took: list[tuple[str, str]] = field(default_factory=list)

    def _schedule(self) -> list[Step]:
        return [
            Step("predictors are upgraded to a version that keeps state in another format", self._upgrade),
            Step("the predictors are rolled back: refused, state taken back, started", self._roll_back),
        ]

    async def _upgrade(self, chaos: Chaos, step: Step) -> None:
        await command(self.workers.environment, "backup", "--to", str(self.folder / "before"))
        for worker in self.fleet.predictors:
            await stopped([worker])
            version_of(worker, self.other)
            worker.start()
        await self._ready_again()

    async def _roll_back(self, chaos: Chaos, step: Step) -> None:
        began, keeping = time.monotonic(), self.fleet.predictors
        await stopped(keeping)
        version_of(keeping[0], None)
        keeping[0].child.start()
        self.words.append(await self._refused(keeping[0].child.log))
        keeping[0].child.stop(REFUSED_S)
        await command(self.workers.environment, "restore", "--from", str(self.folder / "before"), "--state")
        for worker in keeping:
            version_of(worker, None)
            worker.start()
        await self._ready_again()
        self.took.append(("from stopped until rolled back and ready", f"{time.monotonic() - began:.1f} s"))

    async def _refused(self, log: Path) -> str:
        """What a version says of state that it does not read."""
        at, deadline = log.stat().st_size, time.monotonic() + REFUSED_S
        while time.monotonic() < deadline:
            for line in log.read_text(encoding="utf-8", errors="replace")[at:].splitlines():
                if "format" in line and "state" in line:
                    return line
            await asyncio.sleep(0.2)
        return ""

    async def _ready_again(self) -> None:
        async with asyncio.timeout(REFUSED_S):
            while not all([await asyncio.to_thread(lambda w=w: w.ready) for w in self.fleet.all]):
                await asyncio.sleep(0.2)

    def _checked(self, evidence: Evidence, detection: object) -> list[Outcome]:
        found = UpgradeRun._checked(self, evidence, detection)
        faults = [] if all(self.words) else ["it was not refused in words"]
        what = "state of another format is refused in words, and left as it is"
        return [*found, Outcome(what, self.words[0] if self.words else "", faults)]

    def _facts(self, plan: Run, evidence: Evidence, took: float) -> list[tuple[str, str]]:
        return [*UpgradeRun._facts(self, plan, evidence, took), *self.took]
