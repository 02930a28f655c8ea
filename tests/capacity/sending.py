"""Users who are connected and send at a pace: `python -m tests.capacity.sending`.

Says "open" when everybody is connected, sends until its standard input ends, and then says as JSON how many messages
and how many culprits there were.
"""

from __future__ import annotations

import argparse
import json
import random
import select
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

from tests.bench.end_to_end.services import LARGE
from tests.bench.gateway.clients import Client, frame

MESSAGES_A_VECTOR: Final = 10
# Pings are answered after so long, in so many steps.
_ATTEND_S: Final = 10.0
_STEPS: Final = 100
_TICK_S: Final = 0.005
# Between two vectors of a culprit, seconds: what is open of a user is closed by then.
_BETWEEN_S: Final = 0.4
_OF_CULPRITS: Final = frame(json.dumps({"type": "message", "data": "x" * 2 * LARGE})) * MESSAGES_A_VECTOR


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.capacity.sending")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", required=True, help="of the run: its culprits are called so, with a number")
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="messages a second of all together")
    parser.add_argument("--burst", type=int, required=True, help="messages that a user sends at once")
    parser.add_argument("--culprits", type=float, required=True, help="culprits a second")
    parser.add_argument("--times", type=int, required=True, help="vectors of each")
    given = parser.parse_args(arguments)
    Sender(given).send()


class Sender:
    """All users of a run.

    Args:
        given: The arguments.
    """

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        self._random = random.Random(given.name)
        self._users = [Client(given.port, f"user-{i}", acks=False) for i in range(given.users)]
        self._blocks = [frame(_message(self._random)) for _ in range(200)]
        self._culprits: list[tuple[float, int, Client]] = []
        self._sent = self._caused = 0

    def send(self) -> None:
        """Sends until standard input ends."""
        print("open", flush=True)
        given, attending = self._given, self._attending()
        began, bursts, numbers = time.monotonic(), 0, count()
        attended = began
        while not select.select([sys.stdin], [], [], _TICK_S)[0]:
            now = time.monotonic()
            while self._users and bursts * given.burst < (now - began) * given.rate:
                self._burst()
                bursts += 1
            while self._caused < (now - began) * given.culprits:
                self._caused += 1
                culprit = Client(given.port, f"{given.name}-culprit-{next(numbers)}", acks=False)
                self._culprits.append((now, 0, culprit))
            self._cause(now)
            if now - attended > _ATTEND_S / _STEPS:
                attended = now
                next(attending)
        print(json.dumps({"sent": self._sent, "culprits": self._caused}), flush=True)
        for client in self._users:
            client.close()

    def _burst(self) -> None:
        client = self._random.choice(self._users)
        client.send_whole(b"".join(self._random.choice(self._blocks) for _ in range(self._given.burst)))
        self._sent += self._given.burst

    def _cause(self, now: float) -> None:
        left = []
        for due, done, client in self._culprits:
            if due > now:
                left.append((due, done, client))
            elif done < self._given.times:
                client.send_whole(_OF_CULPRITS)
                self._sent += MESSAGES_A_VECTOR
                left.append((now + _BETWEEN_S, done + 1, client))
            else:
                client.close()
        self._culprits = left

    def _attending(self) -> Iterator[None]:
        while True:
            step = max(1, len(self._users) // _STEPS)
            for first in range(0, max(1, len(self._users)), step):
                for client in self._users[first : first + step]:
                    client.attend()
                yield


def _message(rng: random.Random) -> str:
    text = "x" * int(rng.lognormvariate(4.5, 0.6))
    return json.dumps({"type": "message", "channel": f"room-{rng.randrange(20)}", "data": {"text": text}})


if __name__ == "__main__":
    main(sys.argv[1:])
