"""Sends anomalies as a predictor does: `python -m tests.bench.explained.sending FILE --rate 200 --seconds 60`.

FILE has anomalies, each after its length (see `write`); they are sent in turn, at an even pace, each as a vector of its
own of one of a thousand users, found just now. Prints a line when the first is sent, and ends after the last. Variables
lead to the broker, as those of a service do.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_contracts.topics import ANOMALIES_DETECTED, Service
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load

USERS: Final = 1_000
_TICK_S: Final = 0.01
_LENGTH: Final = 4


def write(anomalies: Iterable[Anomaly], path: Path) -> None:
    """Writes anomalies to a file."""
    with path.open("wb") as file:
        for one in anomalies:
            value = one.SerializeToString()
            file.write(len(value).to_bytes(_LENGTH, "big") + value)


def read(path: Path) -> Iterator[Anomaly]:
    """Anomalies of a file."""
    with path.open("rb") as file:
        while length := file.read(_LENGTH):
            yield Anomaly.FromString(file.read(int.from_bytes(length, "big")))


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.explained.sending")
    parser.add_argument("file", type=Path)
    parser.add_argument("--rate", type=float, required=True, help="anomalies a second")
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args(arguments)
    asyncio.run(_send(list(read(given.file)), given.rate, round(given.rate * given.seconds)))


async def _send(anomalies: Sequence[Anomaly], rate: float, count: int) -> None:
    publisher = Publisher(Service.PREDICTOR, load(RuntimeSettings))
    await publisher.start()
    print("sends", flush=True)
    began, sent, sending = time.monotonic(), 0, set[asyncio.Task[None]]()
    while sent < count:
        due = min(count, int((time.monotonic() - began) * rate) + 1)
        now_us = time.time_ns() // 1000
        batch = [_outgoing(anomalies[n % len(anomalies)], n, now_us) for n in range(sent, due)]
        task = asyncio.create_task(publisher.send_all(batch))
        sending.add(task)
        task.add_done_callback(sending.discard)
        sent = due
        await asyncio.sleep(_TICK_S)
    await asyncio.gather(*sending)
    await publisher.stop()


def _outgoing(anomaly: Anomaly, number: int, now_us: int) -> Outgoing:
    found = Anomaly()
    found.CopyFrom(anomaly)
    found.vector_id, found.user_key = f"v{number:07d}-{anomaly.vector_id}", f"u_{number % USERS}"
    found.start_us, found.end_us = now_us - (anomaly.end_us - anomaly.start_us), now_us
    found.first_received_us = found.last_received_us = now_us
    return Outgoing(ANOMALIES_DETECTED, found, found.vector_id, now_us, user_key=found.user_key)


if __name__ == "__main__":
    main(sys.argv[1:])
