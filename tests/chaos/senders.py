"""The writer processes, as the driver sees them."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.writer import Task

LINE_LIMIT = 2**28


@dataclass(slots=True)
class Sender:
    """One writer process.

    Attributes:
        progress: Times, seconds since the epoch, and frames acknowledged by then.
        done: Whether all is acknowledged.
        account: What became of every connection, as of `give_account`.
    """

    process: asyncio.subprocess.Process
    progress: list[tuple[float, int]] = field(default_factory=list)
    done: bool = False
    account: dict[str, Any] | None = None
    _closed: asyncio.Event = field(default_factory=asyncio.Event)
    _accounted: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def start(cls, task: Task) -> Sender:
        """Starts a writer on its task."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.writer",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_LIMIT,
        )
        sender = cls(process)
        await sender._say(task.line())
        return sender

    async def follow(self) -> None:
        """Takes what it says until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            if "accounts" in said:
                self.account = said
                self._accounted.set()
            elif "done" in said:
                self.done = True
            elif "closed" in said:
                self._closed.set()
            else:
                self.progress.append((said["at"], said["acknowledged"]))
        if not self.done:
            raise RuntimeError(f"A writer ended with status {await self.process.wait()} before it was done.")

    async def close_windows(self) -> None:
        """Has event time moved on; returns when it is."""
        await self._say("close\n")
        await self._closed.wait()

    async def give_account(self) -> None:
        """Has it say what became of every connection; those that are cut later open sockets it does not tell of."""
        await self._say("account\n")
        await self._accounted.wait()

    async def end(self) -> None:
        """Ends it; its connections are cut."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode())
        await self.process.stdin.drain()
