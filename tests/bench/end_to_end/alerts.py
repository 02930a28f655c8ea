"""Reads alerts as they come: `python -m tests.bench.end_to_end.alerts`.

Says "ready" once it reads; then, for each alert of the benchmark's kind, its user key and when it was read, as a line
of JSON. Ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence

import uvloop
from aiokafka import AIOKafkaConsumer

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED
from tests.bench.end_to_end.services import KIND


def main(arguments: Sequence[str]) -> None:
    """Reads from the broker that the command line names."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(_read(arguments[0]))


async def _read(bootstrap: str) -> None:
    consumer = AIOKafkaConsumer(ALERTS_RAISED.name, bootstrap_servers=bootstrap, auto_offset_reset="latest")
    await consumer.start()
    try:
        await asyncio.gather(*(consumer.position(partition) for partition in consumer.assignment()))
        print("ready", flush=True)
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        while not ended.done():
            for records in (await consumer.getmany(timeout_ms=200)).values():
                read_s = time.time()
                for record in records:
                    alert = detection_pb2.Alert.FromString(record.value)
                    if alert.kind == KIND:
                        print(json.dumps([alert.user_key, read_s]), flush=True)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
