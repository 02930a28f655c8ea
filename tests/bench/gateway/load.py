"""Sends messages as fast as the gateway takes them, or at a pace: `python -m tests.bench.gateway.load`.

Prints one JSON object: what was sent, and from when to when.
"""

from __future__ import annotations

import argparse
import json
import select
import sys
import time
from collections.abc import Sequence
from typing import Final

from tests.bench.gateway.clients import Client, clients, frame

MESSAGE: Final = json.dumps({"type": "message", "channel": "chat.lobby", "data": {"text": "Shall we meet at noon?"}})
# Frames a client may have that are not acknowledged, where it wants acknowledgements.
WINDOW: Final = 4096
_POLL_S: Final = 0.001


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gateway.load")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--frames-a-write", type=int, required=True, help="frames that leave in one write")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second of all together; 0 for no bound")
    parser.add_argument("--acks", action="store_true")
    given = parser.parse_args(arguments)
    with clients(given.port, given.connections, given.acks) as opened:
        began_s = time.time()
        _send(opened, given.frames_a_write, given.seconds, given.rate, given.acks)
        ended_s = time.time()
        _finish(opened, frame(MESSAGE) * given.frames_a_write, given.frames_a_write)
        sent = sum(client.sent for client in opened)
        print(json.dumps({"sent": sent, "began_s": began_s, "ended_s": ended_s}), flush=True)
        # Stays until it is told to end, so that the gateway is not busy with disconnects.
        sys.stdin.read()


def _send(opened: Sequence[Client], frames: int, seconds: float, rate: float, acks: bool) -> None:
    block = frame(MESSAGE) * frames
    poll = select.epoll()
    of = {client.socket.fileno(): client for client in opened}
    for number in of:
        poll.register(number, select.EPOLLIN if acks else 0)
    began, total, turn = time.monotonic(), 0, 0
    while (now := time.monotonic()) - began < seconds:
        due = (now - began) * rate if rate else float("inf")
        idle = True
        for _ in opened:
            if total >= due:
                break
            client = opened[turn]
            turn = (turn + 1) % len(opened)
            if acks and client.sent - client.acked >= WINDOW:
                continue
            before = client.sent
            idle = not client.write(block, frames) and idle
            total += client.sent - before
        for number, _ in poll.poll(_POLL_S if idle or total >= due else 0):
            of[number].read_acks()


def _finish(opened: Sequence[Client], block: bytes, frames: int) -> None:
    """Sends what is left of blocks, so that every frame is whole."""
    deadline = time.monotonic() + 30
    while any(not client.whole for client in opened) and time.monotonic() < deadline:
        for client in opened:
            if not client.whole:
                client.write(block, frames)
        time.sleep(0.001)


if __name__ == "__main__":
    main(sys.argv[1:])
