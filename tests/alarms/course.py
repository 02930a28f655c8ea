"""Plays faults, and notes of each alert when it came to its receiver, with what, and when it was over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from tests.alarms.faults import Fault, World
from tests.alarms.following import Followed, follow
from tests.alarms.scene import Arrived

FIRES_S: Final = 110.0
ENDS_S: Final = 240.0

Tell = Callable[[str], None]


@dataclass(slots=True)
class Row:
    """One alert of one fault.

    Attributes:
        fired_s: From the fault's beginning until the receiver knew; None where it never did.
        resolved_s: From the repair until the receiver knew that it is over.
        told: The first that came.
        page: HTTP status of its runbook's link.
        broken: What went wrong with the fault itself.
        followed: Blocks of its runbook that were run.
        left: Of what it still fired when it should have been over.
    """

    fault: Fault
    name: str
    fired_s: float | None = None
    resolved_s: float | None = None
    told: Arrived | None = None
    page: int = 0
    broken: str = ""
    followed: list[Followed] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What is not as it should be."""
        found = [self.broken] if self.broken else []
        if self.told is None:
            return [*found, "it never came"]
        if self.resolved_s is None:
            found.append(f"it was not over: {'; '.join(self.left)}")
        severity = self.told.labels.get("severity")
        if severity != self.told.receiver:
            found.append(f"severity {severity} came to {self.told.receiver}")
        if self.page != 200:
            found.append(f"its link answers {self.page}")
        if "{{" in "".join(self.told.annotations.values()) or "<no value>" in "".join(self.told.annotations.values()):
            found.append("its words are a template")
        found += [f"{one.block.heading}: {one.block.commands.strip()[:80]}" for one in self.followed if not one.right]
        return found


class Course:
    """All that was played so far."""

    def __init__(self, world: World, tell: Tell, rows: list[Row]) -> None:
        self.rows = rows
        self._world = world
        self._tell = tell
        self._books: set[tuple[str, str]] = set()

    async def lane(self, faults: tuple[Fault, ...]) -> None:
        """Plays faults one after another: the next one waits until the alerts of one are over."""
        for fault in faults:
            rows = [Row(fault, name) for name in (*fault.alerts, *fault.after)]
            self.rows += rows
            if not fault.stands:
                await self._calm(rows)
            began = self._world.scene.began if fault.stands else time.time()
            self._tell(f"begins: {fault.what}")
            try:
                try:
                    await fault.begin(self._world)
                    now = rows[: len(fault.alerts)]
                    await asyncio.gather(*(self._until_fired(row, began) for row in now))
                    await self._read(now, "Confirm")
                finally:
                    await fault.end(self._world)
            except Exception as error:  # the other faults are played all the same, and the table says it
                self._tell(f"  went wrong: {fault.what}: {error!r}")
                for row in rows:
                    row.broken = f"the fault itself went wrong: {error!r}"
            mended = time.time()
            self._tell(f"mended after {mended - began:.0f} s: {fault.what}")
            await asyncio.gather(*(self._until_fired(row, began) for row in rows[len(fault.alerts) :]))
            await asyncio.gather(*(self._until_over(row, mended) for row in rows))
            await self._read(rows, "Over")

    async def _calm(self, rows: list[Row]) -> None:
        """What fires for another reason could not be told from what the fault does."""
        for row in rows:
            if not await self._world.scene.until(lambda name=row.name: not self._world.scene.firing(name), ENDS_S):
                row.broken = "it fired before"

    async def _until_fired(self, row: Row, began: float) -> None:
        scene = self._world.scene
        if await scene.until(lambda: scene.came(row.name, began) is not None, FIRES_S):
            row.told = told = scene.came(row.name, began)
            if told is not None:
                row.fired_s = max(0.0, told.at - began)
                row.page = await self._page(told.annotations.get("runbook_url", ""))
        self._tell(f"  {row.name}: {'never came' if row.fired_s is None else f'after {row.fired_s:.0f} s'}")

    async def _until_over(self, row: Row, mended: float) -> None:
        scene = self._world.scene
        if row.told is None:
            return
        if await scene.until(lambda: not scene.firing(row.name), ENDS_S):
            row.resolved_s = max(0.0, max(one.at for one in scene.arrived if one.name == row.name) - mended)
            self._tell(f"  {row.name}: over after {row.resolved_s:.0f} s")
        else:
            row.left = [str(dict(one.labels)) for one in scene.firing(row.name)]
            self._tell(f"  {row.name}: not over: {row.left}")

    async def _page(self, url: str) -> int:
        try:
            async with self._world.scene.http.get(url) as answer:
                return answer.status
        except (aiohttp.ClientError, ValueError):
            return 0

    async def _read(self, rows: list[Row], heading: str) -> None:
        for row in rows:
            if row.told is None:
                continue
            book = row.told.annotations.get("runbook_url", "").rpartition("/")[2].removesuffix(".html")
            if (book, heading) not in self._books:
                self._books.add((book, heading))
                row.followed += await follow(self._world.scene, book, heading, row.told.labels)
