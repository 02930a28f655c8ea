"""The loop that lets a crowd come, write and go."""

from __future__ import annotations

import heapq
import select
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from resonance_client.tokens import TokenSigner
from tests.crowd.people import Crowd, Person, gap, person
from tests.crowd.visit import Stage, Visit

WINDOW: Final = 512
"""Frames of a connection that may wait for their acknowledgement; a person with more holds back what they would say."""
OPENINGS: Final = 300
"""Connections that are opened in a second at most."""
_TICK_S: Final = 0.002
_TURNS: Final = 200
_MISDEED_S: Final = 45.0
_TOKEN_S: Final = 3600.0


@dataclass(slots=True)
class Member:
    """One person who is online.

    Attributes:
        person: Who.
        visit: Their connection.
        until_s: When they leave.
        misdeed: What they write instead, and how far apart, seconds; None while they behave.
        misdeed_until_s: When they behave again.
    """

    person: Person
    visit: Visit
    until_s: float
    misdeed: tuple[bool, float] | None = None
    misdeed_until_s: float = 0.0


@dataclass(slots=True)
class Tally:
    """What was done so far.

    Attributes:
        offered: Frames that were due.
        held_back: Of them, those that were not written, because too many waited or the socket took no more.
        misdeeds: People who began to misbehave.
        opened: Connections that were opened.
        failed: Connections that could not be.
    """

    offered: int = 0
    held_back: int = 0
    misdeeds: int = 0
    opened: int = 0
    failed: Counter[str] = field(default_factory=Counter)


class Loop:
    """Lets a crowd live at a gateway of this machine.

    Frames are due by the clock, whatever the gateway does (an open loop); what a person cannot write is held back and
    counted, not made up for.

    Args:
        crowd: Who, and how much.
        port: Of the gateway.
        signer: Signs the users' tokens.
        keep: Takes the account of each connection that is over.
    """

    def __init__(self, crowd: Crowd, port: int, signer: TokenSigner, keep: Callable[[dict[str, Any]], None]) -> None:
        self.crowd, self.rate, self.online, self.tally = crowd, crowd.rate, crowd.online, Tally()
        self._port, self._signer, self._keep = port, signer, keep
        self._chance = Random(crowd.seed)
        self._away = deque(range(crowd.users))
        self._poll = select.epoll()
        self._members: dict[int, tuple[int, Member]] = {}
        self._leaving: dict[int, tuple[int, Member]] = {}
        # Times of messages are in mean gaps of a person, so that another rate holds for everybody at once.
        self._due: list[tuple[float, int, Member]] = []
        self._misdeeds: list[tuple[float, int, Member]] = []
        self._virtual = 0.0
        self._order = 0
        self._last_s = self._began_s = time.monotonic()
        self._misbehave_s = crowd.misbehave_s
        self._misdeed_s = self._began_s + crowd.misbehave_s
        self._openings = 0.0
        self._tokens: dict[str, tuple[int, str]] = {}
        self._over: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    @property
    def full(self) -> bool:
        """Whether as many are online as should be, but for one in fifty who comes in place of one who left."""
        open_ = sum(m.visit.stage is Stage.OPEN for _, m in self._members.values())
        return open_ >= 0.98 * min(self.online, self.crowd.users)

    def hold(self, online: int) -> None:
        """From now on so many are online, each as lively and as good as before: others come, or the oldest leave."""
        self.rate *= online / self.online
        self._misbehave_s *= self.online / online
        self.online = online
        for number in list(self._members)[: max(0, len(self._members) - online)]:
            self._goes(number, farewell=True)

    def report(self) -> dict[str, Any]:
        """How far it is: counts from the beginning."""
        visits = [m.visit for held in (self._members, self._leaving) for _, m in held.values()]
        refused = Counter(self._refused)
        for visit in visits:
            refused.update(visit.refused)
        return {
            "at_s": time.time(), "offered": self.tally.offered, "held_back": self.tally.held_back,
            "sent": self._over["sent"] + sum(v.sent for v in visits),
            "acked": self._over["acked"] + sum(v.acked for v in visits),
            "refused": dict(refused), "online": len(self._members), "opened": self.tally.opened,
            "misdeeds": self.tally.misdeeds, "failed": dict(self.tally.failed), "late_s": self._late_s(),
        }  # fmt: skip

    def turn(self) -> None:
        """Does what is due, and takes what came."""
        now = time.monotonic()
        self._virtual += (now - self._last_s) * self.rate / max(1, min(self.online, self.crowd.users))
        self._openings = min(OPENINGS / 10, self._openings + (now - self._last_s) * OPENINGS)
        self._last_s = now
        busy = self._write(now)
        self._come_and_go(now)
        self._misbehave(now)
        for number, _ in self._poll.poll(0 if busy else _TICK_S):
            found = self._members.get(number) or self._leaving.get(number)
            if found is not None:
                found[1].visit.hear()
                if found[1].visit.stage is Stage.OVER:
                    self._ended(number)

    def end(self, within_s: float) -> None:
        """Everybody says good-bye; who is not answered in time is cut."""
        self.rate = 0.0
        for number in list(self._members):
            self._goes(number, farewell=True)
        deadline = time.monotonic() + within_s
        while self._leaving and time.monotonic() < deadline:
            for number, _ in self._poll.poll(0.05):
                if number in self._leaving:
                    self._leaving[number][1].visit.hear()
                    if self._leaving[number][1].visit.stage is Stage.OVER:
                        self._ended(number)
            for _, member in self._leaving.values():
                if not member.visit.whole:
                    member.visit.flush()
        for number in list(self._leaving):
            self._leaving[number][1].visit.cut("no answer to bye")
            self._ended(number)

    def _late_s(self) -> float:
        """By how much the loop is behind its own clock, seconds."""
        behind = self._virtual - self._due[0][0] if self._due else 0.0
        return max(0.0, behind) * max(1, self.online) / self.rate if self.rate else 0.0

    def _write(self, now: float) -> bool:
        done = 0
        while self._due and self._due[0][0] <= self._virtual and done < _TURNS:
            at, _, member = heapq.heappop(self._due)
            if member.visit.stage is Stage.OPEN and member.misdeed is None:
                self._say(member, self._chance.choice(member.person.messages))
            if member.visit.stage in (Stage.OPEN, Stage.GREETING):
                self._push(self._due, at + gap(self._chance) / member.person.weight, member)
            done += 1
        while self._misdeeds and self._misdeeds[0][0] <= now:
            _, _, member = heapq.heappop(self._misdeeds)
            if member.misdeed is None or member.visit.stage is not Stage.OPEN:
                continue
            forbidden, apart_s = member.misdeed
            self._say(member, member.person.forbidden if forbidden else self._chance.choice(member.person.messages))
            if now < member.misdeed_until_s:
                self._push(self._misdeeds, now + apart_s * self._chance.uniform(0.5, 1.5), member)
            else:
                member.misdeed = None
        return done >= _TURNS

    def _say(self, member: Member, data: bytes) -> None:
        visit = member.visit
        self.tally.offered += 1
        if visit.sent - visit.acked >= WINDOW or not visit.say(data):
            self.tally.held_back += 1

    def _push(self, heap: list[tuple[float, int, Member]], at: float, member: Member) -> None:
        self._order += 1
        heapq.heappush(heap, (at, self._order, member))

    def _come_and_go(self, now: float) -> None:
        # Nobody hears of a socket that was closed while it was written to, and the next one has its number.
        for held in (self._members, self._leaving):
            for number in [n for n, (_, m) in held.items() if m.visit.stage is Stage.OVER]:
                self._ended(number)
        if self.crowd.session_s:
            for number in [n for n, (_, m) in self._members.items() if now >= m.until_s and m.misdeed is None]:
                self._goes(number, farewell=self._chance.random() >= self.crowd.abrupt)
        while self._away and self._openings >= 1 and len(self._members) < self.online:
            self._openings -= 1
            self._comes(self._away.popleft(), now)

    def _comes(self, who: int, now: float) -> None:
        someone = person(self.crowd, who)
        headers = {"X-Forwarded-For": someone.address} if self.crowd.forwarded else {}
        try:
            visit = Visit(self._port, someone.user, self._token(someone.user, now), headers)
        except OSError as error:
            self.tally.failed[error.strerror or type(error).__name__] += 1
            self._away.append(who)
            return
        if visit.stage is Stage.OVER:
            self.tally.failed[visit.ended] += 1
            self._away.append(who)
            return
        self.tally.opened += 1
        length = self.crowd.session_s * self._chance.uniform(0.5, 1.5) if self.crowd.session_s else float("inf")
        member = Member(someone, visit, now + length)
        number = visit.socket.fileno()
        if visit.say(someone.subscribe):
            self.tally.offered += 1
        if visit.stage is Stage.OVER:
            self._account(who, member)
            return
        self._members[number] = who, member
        self._poll.register(number, select.EPOLLIN)
        self._push(self._due, self._virtual + self._chance.random(), member)

    def _token(self, user: str, now: float) -> str:
        """The token that they hold; a new one after an hour."""
        hour = int((now - self._began_s) / _TOKEN_S)
        if self._tokens.get(user, (-1, ""))[0] != hour:
            self._tokens[user] = hour, self._signer.sign(user, token_id=f"{user}-{hour}")
        return self._tokens[user][1]

    def _goes(self, number: int, *, farewell: bool) -> None:
        who, member = self._members.pop(number)
        if farewell and member.visit.stage is not Stage.OVER:
            self._leaving[number] = who, member
            member.visit.leave()
        else:
            self._poll.unregister(number)
            member.visit.cut("left without a farewell")
            self._account(who, member)

    def _ended(self, number: int) -> None:
        who, member = self._members.pop(number, None) or self._leaving.pop(number)
        # The socket is closed, and with it its place in the poll.
        self._account(who, member)

    def _account(self, who: int, member: Member) -> None:
        self._away.append(who)
        self._over["sent"] += member.visit.sent
        self._over["acked"] += member.visit.acked
        self._refused.update(member.visit.refused)
        self._keep(member.visit.account())

    def _misbehave(self, now: float) -> None:
        if not self._misbehave_s or now < self._misdeed_s or not self._members:
            return
        self._misdeed_s = now + self._misbehave_s
        _, member = self._chance.choice(list(self._members.values()))
        if member.misdeed is None:
            self.tally.misdeeds += 1
            # Three to four messages a second are a flood, forbidden channels a storm of errors.
            member.misdeed = (True, 1.0) if self.tally.misdeeds % 3 == 0 else (False, 0.27)
            member.misdeed_until_s = now + _MISDEED_S
            self._push(self._misdeeds, now, member)
