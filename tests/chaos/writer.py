"""A process that sends a share of the users: `python -m tests.chaos.writer`, started by the driver.

Reads its task as one line of JSON from standard input, writes a line of progress every quarter of a second, and that it
is done when every frame is acknowledged. Connections stay open until standard input ends, and are opened again where
they are cut. The line "close" asks it to move event time on, so that nothing stays open; "account" asks what became of
every connection.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from resonance_client.frames import Authentication, ReplayIdentity
from resonance_client.tokens import TokenSigner
from tests.chaos.conversation import Conversation
from tests.chaos.plan import SECOND_US, STREAM, Act, Run, User, Visit

REPORT_S: Final = 0.25
# Frames due within this go together.
TICK_S: Final = 0.005
# How far beyond the plan the closing frames are: more than the gateway lets the connections of a replay be apart.
CLOSING_US: Final = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Task:
    """What a writer does.

    Attributes:
        run: What the run sends.
        gateways: Ports of the gateways on loopback.
        secret: Signs tokens.
        share, shares: Users whose number is `share` modulo `shares` are this writer's.
    """

    run: Run
    gateways: list[int]
    secret: str
    share: int
    shares: int

    def line(self) -> str:
        """As it goes over standard input."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, line: str) -> Task:
        """From standard input."""
        fields = json.loads(line)
        return cls(**{**fields, "run": Run(**fields["run"])})


@dataclass(slots=True)
class Account:
    """What became of one connection of the plan.

    Attributes:
        user: Number of the user.
        source: Name of the visit.
        acknowledged: Frames that are stored, as the gateways said.
    """

    user: int
    source: str
    conversation: Conversation

    def fields(self) -> dict[str, Any]:
        """As JSON."""
        talk = self.conversation
        return {
            "user": self.user,
            "source": self.source,
            "acknowledged": talk.acknowledged,
            "refused": talk.refused,
            "sockets": [asdict(socket) for socket in talk.sockets],
            "cuts": [asdict(cut) for cut in talk.cuts],
        }


@dataclass(slots=True)
class Writer:
    """All users of one share."""

    task: Task
    accounts: list[Account] = field(default_factory=list)
    closing: list[Conversation] = field(default_factory=list)
    sent: int = 0

    async def write(self) -> None:
        """Sends everything; returns when it is acknowledged."""
        signer = TokenSigner(self.task.secret)
        users = [(user, user.visits()) for user in self._users()]
        reporting = asyncio.create_task(self._report())
        async with asyncio.TaskGroup() as group:
            for user, visits in users:
                group.create_task(self._live(signer, user, visits))
        reporting.cancel()
        self._tell()

    def account(self) -> str:
        """The last line."""
        return json.dumps({"sent": self.sent, "accounts": [account.fields() for account in self.accounts]})

    def _users(self) -> Iterable[User]:
        return (user for user in self.task.run.everybody() if user.number % self.task.shares == self.task.share)

    async def _live(self, signer: TokenSigner, user: User, visits: list[Visit]) -> None:
        for visit in visits:
            await _until(visit.time_us)
            talk = self._talk(user, visit.source, _authentication(signer, user, visit))
            for act in visit.acts:
                await _until(act.time_us)
                await self._send(talk, act, user.live)
            await talk.drained()
            if not visit.last:
                await talk.leave(visit.end_us)

    async def close_windows(self) -> None:
        """One frame far ahead in event time at every gateway: nothing that is still open is waited for any longer."""
        run, signer = self.task.run, TokenSigner(self.task.secret)
        for i, port in enumerate(self.task.gateways):
            token, time_us = signer.replay(f"chaos-closing-{i}", "closing"), run.end_us + CLOSING_US
            identity = ReplayIdentity(STREAM, f"closing-{i}", time_us, "10.255.255.255")
            talk = Conversation([port], Authentication(token, True, identity), time.time)
            self.closing.append(talk)
            await talk.send(Act("message", time_us, (), 0, False, "10.255.255.255").frame(live=False))
            await talk.drained()

    def _talk(self, user: User, source: str, authentication: Authentication) -> Conversation:
        ports = self.task.gateways
        first = user.number // self.task.shares % len(ports)
        talk = Conversation([*ports[first:], *ports[:first]], authentication, time.time)
        self.accounts.append(Account(user.number, source, talk))
        return talk

    async def _send(self, talk: Conversation, act: Act, live: bool) -> None:
        await talk.send(act.frame(live))
        self.sent += 1

    async def _report(self) -> None:
        while True:
            self._tell()
            await asyncio.sleep(REPORT_S)

    def _tell(self) -> None:
        acknowledged = sum(account.conversation.acknowledged for account in self.accounts)
        print(json.dumps({"at": time.time(), "sent": self.sent, "acknowledged": acknowledged}), flush=True)


async def _until(time_us: int) -> None:
    wait_s = time_us / SECOND_US - time.time()
    if wait_s > TICK_S:
        await asyncio.sleep(wait_s)


def _authentication(signer: TokenSigner, user: User, visit: Visit) -> Authentication:
    if user.live:
        return Authentication(signer.sign(user.name, token_id=visit.token))
    identity = ReplayIdentity(STREAM, visit.source, visit.time_us, visit.address)
    return Authentication(signer.replay(user.name, visit.token), True, identity)


async def main() -> None:
    """Does one task."""
    writer = Writer(Task.of(sys.stdin.readline()))
    await writer.write()
    print(json.dumps({"done": time.time()}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        match line.strip():
            case "close":
                await writer.close_windows()
                print(json.dumps({"closed": time.time()}), flush=True)
            case "account":
                print(writer.account(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
