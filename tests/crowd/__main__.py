"""A crowd as a process: `python -m tests.crowd --port 8000 --users 600 --online 200 --rate 50 --ledger FILE`.

Reads commands from its input, one a line: `rate 200` changes the rate, `online 400` how many there are (each as lively
as before), `end` lets everybody go, and so does the end of the input. Prints a report a second as a line of JSON, the
last one with `"ended": true`. The ledger has an account of each connection that is over, a line of JSON each. The
gateway's secret is in RESONANCE_JWT_SECRET.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from resonance_client.tokens import TokenSigner
from tests.crowd.crowd import Loop
from tests.crowd.people import Crowd

_FAREWELL_S = 30.0


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    given = _parser().parse_args(arguments)
    # A socket for each connection.
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    signer = TokenSigner(os.environ["RESONANCE_JWT_SECRET"])
    crowd = Crowd(
        given.users, given.online, given.rate, given.session_s, given.misbehave_s, given.abrupt, given.prefix,
        given.seed, not given.one_address,
    )  # fmt: skip
    with Path(given.ledger).open("w", encoding="utf-8") as ledger:
        loop = Loop(crowd, given.port, signer, lambda account: print(json.dumps(account), file=ledger))
        _live(loop)
        loop.end(_FAREWELL_S)
    print(json.dumps(loop.report() | {"ended": True}), flush=True)


def _live(loop: Loop) -> None:
    told_s = time.monotonic()
    os.set_blocking(sys.stdin.fileno(), False)
    waiting = select.poll()
    waiting.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
    while True:
        loop.turn()
        now = time.monotonic()
        if now - told_s >= 1.0:
            told_s = now
            print(json.dumps(loop.report() | {"full": loop.full}), flush=True)
        if waiting.poll(0):
            said = sys.stdin.readline().split()
            if not said or said[0] == "end":
                return
            if said[0] == "rate":
                loop.rate = float(said[1])
            elif said[0] == "online":
                loop.hold(int(said[1]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crowd")
    parser.add_argument("--port", type=int, required=True, help="of the gateway, on 127.0.0.1")
    parser.add_argument("--users", type=int, required=True, help="people; they come in turn")
    parser.add_argument("--online", type=int, required=True, help="connections at a time")
    parser.add_argument("--rate", type=float, required=True, help="frames a second of all together")
    parser.add_argument("--session-s", type=float, default=0.0, help="length of a visit in the mean; 0: no end")
    parser.add_argument("--misbehave-s", type=float, default=0.0, help="from one misdeed to the next; 0: none")
    parser.add_argument("--abrupt", type=float, default=0.0, help="share of visits that end without a farewell")
    parser.add_argument("--prefix", default="crowd", help="user ids begin so")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one-address", action="store_true", help="do not name addresses of users")
    parser.add_argument("--ledger", required=True, help="file of accounts of connections")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
