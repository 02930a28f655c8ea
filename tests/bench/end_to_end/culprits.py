"""Users who each cause one alert: `python -m tests.bench.end_to_end.culprits`.

Each sends ten large messages within a tenth of a second. The tenth completes a vector, whose mean size breaks the one
rule there is. Prints one JSON object: of each user, when the first and when the tenth message was sent, seconds since
the epoch.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Final

from tests.bench.end_to_end.services import LARGE
from tests.bench.gateway.clients import Client, frame

MESSAGES: Final = 10
_APART_S: Final = 0.01
# What was open of a user closes in this time, so that ten messages are a vector of their own.
_SETTLE_S: Final = 2.0
# Pings are answered after so many users.
_ATTENDED: Final = 20
_BLOCK: Final = frame(json.dumps({"type": "message", "data": "x" * 2 * LARGE}))


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.end_to_end.culprits")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--each-s", type=float, required=True, help="time between two users")
    given = parser.parse_args(arguments)
    clients = [Client(given.port, name(i), acks=False) for i in range(given.users)]
    time.sleep(_SETTLE_S)
    began, times = time.monotonic(), {}
    for i, client in enumerate(clients):
        if i % _ATTENDED == 0:
            for waiting in clients:
                waiting.attend()
        time.sleep(max(0.0, began + i * given.each_s - time.monotonic()))
        times[name(i)] = _cause(client)
    print(json.dumps(times), flush=True)
    sys.stdin.read()


def name(number: int) -> str:
    """User id of a culprit."""
    return f"culprit-{number}"


def _cause(client: Client) -> tuple[float, float]:
    first_s = last_s = time.time()
    for i in range(MESSAGES):
        if i:
            time.sleep(_APART_S)
        last_s = time.time()
        client.send_whole(_BLOCK)
    return first_s, last_s


if __name__ == "__main__":
    main(sys.argv[1:])
