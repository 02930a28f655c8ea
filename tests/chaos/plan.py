"""What every user does, from a seed: the same for those who send it and for those who check what came of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from resonance_client.frames import ClientFrame, Stamp, message, subscribe, unsubscribe

STREAM: Final = "chaos"
SECOND_US: Final = 1_000_000
# Shares of users and frames.
LIVE_SHARE: Final = 0.05
STEADY_SHARE: Final = 0.1
TWO_SESSIONS_SHARE: Final = 0.5
SUBSCRIBE_SHARE: Final = 0.03
UNSUBSCRIBE_SHARE: Final = 0.01
CHANNEL_SHARE: Final = 0.2
ERROR_SHARE: Final = 0.02
# The newest ten buckets of a minute hold every event of a run that is shorter than this.
LONGEST_S: Final = 540.0
BETWEEN_SESSIONS_US: Final = 1000
CHANNELS: Final = tuple(f"room-{i}" for i in range(40))
FILLING: Final = "." * 64


@dataclass(frozen=True, slots=True)
class Run:
    """What a run sends.

    Attributes:
        seed: Everything else that looks like chance follows from it.
        events: Frames of all users together.
        users: How many users send them.
        begin_us: Event time of the beginning, microseconds since the epoch.
        seconds: Event time, and where nothing is down also time, from the first frame to the last.
    """

    seed: int
    events: int
    users: int
    begin_us: int
    seconds: float

    @property
    def end_us(self) -> int:
        """No frame of the plan is later, microseconds since the epoch."""
        return self.begin_us + round(self.seconds * SECOND_US)

    def user(self, number: int) -> User:
        """User of this number, 0 to users - 1."""
        share, rest = divmod(self.events, self.users)
        return User(self, number, share + (number < rest))

    def everybody(self) -> Iterator[User]:
        """All users, in order."""
        return map(self.user, range(self.users))


@dataclass(frozen=True, slots=True)
class Act:
    """One frame.

    Attributes:
        kind: "message", "subscribe" or "unsubscribe".
        time_us: Event time, microseconds since the epoch.
        channels: Channels that it names.
        size: Bytes of payload.
        error: Whether it is said to have been answered with an error.
        address: Where it came from.
    """

    kind: str
    time_us: int
    channels: tuple[str, ...]
    size: int
    error: bool
    address: str

    def frame(self, live: bool) -> ClientFrame:
        """As it is sent: a live one leaves to the gateway what a replay states."""
        if live:
            return _frame(self.kind, self.channels, FILLING[: self.size % len(FILLING)], None)
        return _frame(self.kind, self.channels, "", Stamp(self.time_us, self.address, self.size, self.error))


@dataclass(frozen=True, slots=True)
class Visit:
    """One connection of a user, over as many sockets as it takes.

    Attributes:
        source: Name under which a replay numbers its frames.
        token: Id of the token.
        address: Where it came from.
        time_us: Event time at which it was opened.
        acts: Its frames, in order of time.
        last: Whether it stays open until the end of the run.
    """

    source: str
    token: str
    address: str
    time_us: int
    acts: tuple[Act, ...]
    last: bool

    @property
    def end_us(self) -> int:
        """Event time at which bye is said."""
        return self.acts[-1].time_us


@dataclass(frozen=True, slots=True)
class User:
    """One user.

    Attributes:
        number: Number of the user, from 0.
        events: How many frames the user sends.
    """

    run: Run
    number: int
    events: int

    @property
    def name(self) -> str:
        """Id in tokens."""
        return f"chaos-{self.number}"

    @property
    def live(self) -> bool:
        """Whether the gateway stamps the user's frames; the others replay, and give their own times and numbers."""
        return self._chance("live").random() < LIVE_SHARE

    def visits(self) -> list[Visit]:
        """Connections of the user, one after the other."""
        chance = self._chance("visits")
        addresses = [f"10.{self.number >> 8}.{self.number & 255}.{i}" for i in range(1, 4)]
        acts = [self._act(chance, time_us, addresses) for time_us in self._times()]
        cut = len(acts) // 2 if not self.live and len(acts) >= 4 and chance.random() < TWO_SESSIONS_SHARE else 0
        parts = [part for part in (acts[:cut], acts[cut:]) if part]
        return [
            Visit(
                f"visit-{i + 1}",
                f"token-{self.number}-{chance.randrange(2)}",
                addresses[0],
                part[0].time_us - BETWEEN_SESSIONS_US // 2,
                tuple(part),
                i == len(parts) - 1,
            )
            for i, part in enumerate(parts)
        ]

    def _times(self) -> list[int]:
        """Event times, strictly ascending: evenly spread for a few users, in bursts for the others."""
        chance = self._chance("times")
        begin, length = self.run.begin_us + BETWEEN_SESSIONS_US, self.run.end_us - self.run.begin_us
        if chance.random() < STEADY_SHARE:
            drawn = [chance.randrange(length) for _ in range(self.events)]
        else:
            drawn = []
            while len(drawn) < self.events:
                at = chance.randrange(length)
                for _ in range(min(chance.randint(5, 40), self.events - len(drawn))):
                    drawn.append(at)
                    at = min(length, at + chance.randint(2000, 30_000))
        times: list[int] = []
        for offset in sorted(drawn):
            times.append(max(begin + offset, times[-1] + BETWEEN_SESSIONS_US if times else 0))
        return times

    def _act(self, chance: Random, time_us: int, addresses: list[str]) -> Act:
        draw = chance.random()
        if draw < SUBSCRIBE_SHARE:
            return Act(
                "subscribe", time_us, tuple(chance.sample(CHANNELS, chance.randint(1, 3))), 0, False, addresses[0]
            )
        if draw < SUBSCRIBE_SHARE + UNSUBSCRIBE_SHARE:
            return Act("unsubscribe", time_us, (chance.choice(CHANNELS),), 0, False, addresses[0])
        channels = (chance.choice(CHANNELS),) if chance.random() < CHANNEL_SHARE else ()
        address = chance.choice(addresses) if chance.random() < 0.1 else addresses[0]
        return Act("message", time_us, channels, chance.randrange(2000), chance.random() < ERROR_SHARE, address)

    def _chance(self, what: str) -> Random:
        return Random(f"{self.run.seed}/{self.number}/{what}")


def _frame(kind: str, channels: tuple[str, ...], data: str, stamp: Stamp | None) -> ClientFrame:
    match kind:
        case "subscribe":
            return subscribe(channels, stamp)
        case "unsubscribe":
            return unsubscribe(channels, stamp)
        case _:
            return message(data, channels[0] if channels else None, stamp)
